/* plan.c: runs op records in order and hands their tasks to threads. */
#define _POSIX_C_SOURCE 200809L /* clock_gettime */

#include "pyconv.h"

#include <stdatomic.h>
#include <time.h>

#include "cpu.h"

/* Below these costs more threads lose: waking the pool takes microseconds, a barrier 0.3. */
static const double WAKE_COST = 20e3; /* nanoseconds of a whole run */
static const double WIDE_COST = 2e3;  /* nanoseconds of one op */

enum status plan_prepare(struct plan *plan) {
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

double plan_cost(const struct plan *plan, int first, int last, int64_t n) {
    double cost = 0;
    for (int i = first; i < last; i++)
        cost += plan->ops[i].type->cost(&plan->ops[i], n);
    return cost;
}

void run_tasks(struct run *run, int64_t tasks, task_fn *fn, void *arg) {
    if (run->wide && tasks > 1) {
        team_run(tasks, fn, arg);
        return;
    }
    for (int64_t task = 0; task < tasks; task++)
        fn(arg, task, 0);
}

bool run_fail(struct run *run, enum status status, int64_t detail) {
    int expected = STATUS_OK;
    _Atomic int *slot = (_Atomic int *)&run->status;
    bool first = atomic_compare_exchange_strong(slot, &expected, (int)status);
    if (first)
        run->detail = detail;
    return first;
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void run_op(struct run *run, int32_t i) {
    const struct op *op = &run->plan->ops[i];
    double start = run->seconds ? now() : 0;
    run->failed = i;
    op->type->run(op, run);
    if (run->seconds)
        run->seconds[i] += now() - start;
}

static bool is_wide(const struct run *run, double cost) { return run->team && cost >= WIDE_COST; }

/* How many slices a stripe's examples are cut into: by shapes alone. Small enough that what a slice
 * touches stays in the second-level cache; many enough for some threads, while worth a task. One
 * slice: the ops run one after another, each on all threads. */
static int64_t stripe_slices(const struct plan *plan, const struct stripe *s, int64_t n) {
    const double slice_bytes = 768 * 1024, slice_cost = 25e3, longest_cost = 2e6;
    const int64_t enough = 16;
    double cost = plan_cost(plan, s->first, s->last, n);
    int64_t by_bytes = (int64_t)((double)s->touched * (double)n / slice_bytes) + 1;
    int64_t by_cost = (int64_t)(cost / slice_cost) + 1;
    int64_t slices = by_cost < enough ? by_cost : enough;
    if (by_bytes > slices)
        slices = by_bytes;
    if (slices > n)
        slices = n;
    bool few_long = slices < enough && cost > (double)slices * longest_cost;
    return few_long || slices < 1 ? 1 : slices;
}

/* Bytes of a thread's local memory: a slice at its largest. */
static int64_t slice_local(const struct stripe *s, int64_t n, int64_t slices) {
    int64_t size = s->local * ((n + slices - 1) / slices);
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

int64_t plan_local(const struct plan *plan, int64_t n, int threads) {
    int64_t most = 0;
    for (int32_t i = 0; i < plan->stripe_count; i++) {
        int64_t slices = stripe_slices(plan, &plan->stripes[i], n);
        int64_t size = slice_local(&plan->stripes[i], n, slices) * (slices > 1 ? threads : 1);
        if (size > most)
            most = size;
    }
    return most;
}

struct stripe_args {
    struct run *run;
    const struct stripe *stripe;
    int64_t slices;
};

static void slice_task(void *arg, int64_t task, int thread) {
    const struct stripe_args *a = arg;
    struct run slice = *a->run;
    int64_t n = slice.total;
    slice.first = n * task / a->slices;
    slice.n = n * (task + 1) / a->slices - slice.first;
    slice.local += thread * slice_local(a->stripe, n, a->slices);
    slice.scratch = run_scratch(&slice, thread);
    slice.wide = false;
    slice.sliced = true;
    slice.workspace = NULL;
    for (int32_t i = a->stripe->first; i < a->stripe->last && slice.status == STATUS_OK; i++)
        run_op(&slice, i);
    if (slice.status != STATUS_OK && run_fail(a->run, slice.status, slice.detail))
        a->run->failed = slice.failed;
}

/* Ops [first, last), one after another, each on all threads that it is worth. */
static void run_whole(struct run *run, int32_t first, int32_t last) {
    for (int32_t i = first; i < last && run->status == STATUS_OK; i++) {
        run->wide = is_wide(run, plan_cost(run->plan, i, i + 1, run->n));
        run_op(run, i);
    }
}

static void run_stripe(struct run *run, const struct stripe *s) {
    struct stripe_args a = {run, s, stripe_slices(run->plan, s, run->total)};
    if (a.slices == 1) {
        run_whole(run, s->first, s->last);
        return;
    }
    /* timed slices run one by one, since they add to the same numbers */
    run->wide = is_wide(run, plan_cost(run->plan, s->first, s->last, run->n)) && !run->seconds;
    run_tasks(run, a.slices, slice_task, &a);
}

/* Takes the pool, unless it has grown since the run's scratch was made. */
static bool enter_team(const struct run *run) {
    if (!team_enter())
        return false;
    if (threads_get() <= run->threads)
        return true;
    team_leave();
    return false;
}

/* The stripes that a run from op `first` on meets. */
static const struct stripe *stripes_from(const struct plan *plan, int first) {
    const struct stripe *s = plan->stripes;
    while (s < plan->stripes + plan->stripe_count && s->first < first)
        s++;
    return s;
}

enum status plan_run(struct run *run, int first, int last) {
    const struct plan *plan = run->plan;
    const struct stripe *stripe = stripes_from(plan, first);
    unsigned caller = fp_enter();
    run->status = STATUS_OK;
    run->first = 0;
    run->n = run->total;
    run->team = run->threads > 1 && run->cost >= WAKE_COST && enter_team(run);
    for (int32_t i = first; i < last && run->status == STATUS_OK;) {
        if (stripe < plan->stripes + plan->stripe_count && stripe->first == i) {
            run_stripe(run, stripe);
            i = stripe++->last;
        } else {
            run_whole(run, i, i + 1);
            i++;
        }
    }
    if (run->team)
        team_leave();
    fp_leave(caller);
    return run->status;
}
