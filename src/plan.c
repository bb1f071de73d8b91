/* plan.c: runs op records in order and hands their tasks to threads. */
#define _POSIX_C_SOURCE 200809L /* clock_gettime */

#include "pyconv.h"

#include <stdatomic.h>
#include <time.h>

#include "cpu.h"

/* Below these costs more threads lose: waking the pool takes microseconds, a barrier 0.3. */
static const double WAKE_COST = 20e3; /* nanoseconds of a whole run */
static const double WIDE_COST = 2e3;  /* nanoseconds of one op */

enum status plan_prepare(struct plan *plan)
{
    plan->scratch = plan->workspace = 0;
    for (int32_t i = 0; i < plan->op_count; i++) {
        const struct op *op = &plan->ops[i];
        if (op->scratch > plan->scratch)
            plan->scratch = op->scratch;
        if (op->workspace > plan->workspace)
            plan->workspace = op->workspace;
    }
    plan->scratch = (plan->scratch + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return STATUS_OK;
}

double plan_cost(const struct plan *plan, int first, int last, int64_t n)
{
    double cost = 0;
    for (int i = first; i < last; i++)
        cost += plan->ops[i].type->cost(&plan->ops[i], n);
    return cost;
}

void run_tasks(struct run *run, int64_t tasks, task_fn *fn, void *arg)
{
    if (run->wide && tasks > 1) {
        team_run(tasks, fn, arg);
        return;
    }
    for (int64_t task = 0; task < tasks; task++)
        fn(arg, task, 0);
}

void run_fail(struct run *run, enum status status, int64_t detail)
{
    int expected = STATUS_OK;
    _Atomic int *slot = (_Atomic int *)&run->status;
    if (atomic_compare_exchange_strong(slot, &expected, (int)status))
        run->detail = detail;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void run_op(struct run *run, int32_t i)
{
    const struct op *op = &run->plan->ops[i];
    double start = run->seconds ? now() : 0;
    run->wide = run->team && op->type->cost(op, run->n) >= WIDE_COST;
    op->type->run(op, run);
    if (run->seconds)
        run->seconds[i] += now() - start;
}

/* Takes the pool, unless it has grown since the run's scratch was made. */
static bool enter_team(const struct run *run)
{
    if (!team_enter())
        return false;
    if (threads_get() <= run->threads)
        return true;
    team_leave();
    return false;
}

enum status plan_run(struct run *run, int first, int last)
{
    unsigned caller = fp_enter();
    run->status = STATUS_OK;
    run->team = run->threads > 1 && run->cost >= WAKE_COST && enter_team(run);
    for (int32_t i = first; i < last && run->status == STATUS_OK; i++) {
        run->failed = i;
        run_op(run, i);
    }
    if (run->team)
        team_leave();
    fp_leave(caller);
    return run->status;
}
