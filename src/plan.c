/* plan.c: runs op records in order and hands their tasks to threads. */
#define _POSIX_C_SOURCE 200809L /* clock_gettime */

#include "pyconv.h"

#include <stdatomic.h>
#include <time.h>

#include "cpu.h"
#include "kernels/kernels.h"

/* Below these costs more threads lose: waking the pool takes microseconds, a barrier 0.3, and what
 * another core has written or read comes at 20 to 100 nanoseconds a cache line. */
static const double WAKE_COST = 20e3; /* nanoseconds of a whole run */
static const double WIDE_COST = 10e3; /* nanoseconds of one op */

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

static int64_t aligned(int64_t size) { return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT; }

enum status plan_prepare(struct plan *plan) {
    plan->scratch = plan->workspace = 0;
    for (int32_t i = 0; i < plan->op_count; i++) {
        const struct op *op = &plan->ops[i];
        if (op->scratch > plan->scratch)
            plan->scratch = op->scratch;
        if (op->workspace > plan->workspace)
            plan->workspace = op->workspace;
    }
    plan->scratch = aligned(plan->scratch);
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

/* How a stripe's examples are cut: into parts, the tasks, and each part into slices. */
struct cut {
    int64_t parts, slices;
};

/* How many slices all examples are cut into. Small enough that what a slice touches stays in the
 * second-level cache; many enough for some threads, while worth a task, and then a power of two:
 * of 5 tasks one of two threads would get 3. */
static int64_t stripe_slices(const struct stripe *s, int64_t n, double cost) {
    const double slice_bytes = 768 * 1024, slice_cost = 25e3, longest_cost = 2e6;
    const int64_t enough = 16;
    int64_t by_bytes = (int64_t)((double)s->touched * (double)n / slice_bytes) + 1;
    int64_t slices = enough;
    while (slices > 1 && (double)slices * slice_cost > cost + slice_cost)
        slices /= 2;
    if (by_bytes > slices)
        slices = by_bytes;
    if (slices > n)
        slices = n;
    bool few_long = slices < enough && cost > (double)slices * longest_cost;
    return few_long || slices < 1 ? 1 : slices;
}

/* By shapes alone. Without sums each slice is a task; with them there are few parts, since each has
 * sums to write and to add. One part: the ops run one after another, each on all threads. */
static struct cut stripe_cut(const struct plan *plan, const struct stripe *s, int64_t n) {
    const int64_t enough = 16, most = 64, most_bytes = 8 << 20;
    const double part_cost = 1e6;
    double cost = plan_cost(plan, s->first, s->last, n);
    int64_t slices = stripe_slices(s, n, cost), parts = slices;
    if (s->sums && parts > enough) {
        int64_t by_cost = (int64_t)(cost / part_cost);
        parts = least(parts, least(by_cost < enough ? enough : by_cost, most));
        parts = least(parts, most_bytes / s->sums + 1);
    }
    return (struct cut){parts, (slices + parts - 1) / parts};
}

/* Bytes of a thread's local memory: a slice at its largest. */
static int64_t slice_local(const struct stripe *s, int64_t n, struct cut cut) {
    int64_t part = (n + cut.parts - 1) / cut.parts;
    return aligned(s->local * ((part + cut.slices - 1) / cut.slices));
}

int64_t plan_local(const struct plan *plan, int64_t n, int threads) {
    int64_t most = 0;
    for (int32_t i = 0; i < plan->stripe_count; i++) {
        const struct stripe *s = &plan->stripes[i];
        struct cut cut = stripe_cut(plan, s, n);
        int64_t size = slice_local(s, n, cut) * (cut.parts > 1 ? threads : 1);
        size += cut.parts > 1 ? cut.parts * s->sums : 0;
        if (size > most)
            most = size;
    }
    return most;
}

struct stripe_args {
    struct run *run;
    const struct stripe *stripe;
    struct cut cut;
    char *sums;       /* [parts][stripe->sums] */
    int64_t sum_task; /* floats of a task that adds sums */
};

static void run_slice(const struct stripe_args *a, struct run *slice) {
    for (int32_t i = a->stripe->first; i < a->stripe->last && slice->status == STATUS_OK; i++)
        run_op(slice, i);
    if (slice->status != STATUS_OK && run_fail(a->run, slice->status, slice->detail))
        a->run->failed = slice->failed;
}

static void part_task(void *arg, int64_t task, int thread) {
    const struct stripe_args *a = arg;
    struct run slice = *a->run;
    int64_t n = slice.total, first = n * task / a->cut.parts;
    int64_t count = n * (task + 1) / a->cut.parts - first;
    slice.local += thread * slice_local(a->stripe, n, a->cut);
    slice.sums = a->sums + task * a->stripe->sums;
    slice.scratch = run_scratch(&slice, thread);
    slice.wide = false;
    slice.sliced = true;
    slice.workspace = NULL;
    if (slice.seconds)
        slice.seconds = slice.by_thread + (int64_t)thread * slice.plan->op_count;
    for (int64_t i = 0; i < a->cut.slices && slice.status == STATUS_OK; i++) {
        slice.first = first + count * i / a->cut.slices;
        slice.n = first + count * (i + 1) / a->cut.slices - slice.first;
        slice.add = slice.first > first;
        if (slice.n > 0)
            run_slice(a, &slice);
    }
}

/* Floats [first, last) of a part's sums, of all parts together. */
static void add_sums(const struct stripe_args *a, const struct stripe_sum *sum, int64_t first,
                     int64_t last) {
    const struct kernels *k = a->run->kernels;
    const float *parts = (const float *)(a->sums + sum->offset) + first;
    float *whole = (float *)run_buffer(a->run, sum->whole) + first;
    int64_t stride = a->stripe->sums / (int64_t)sizeof(float);
    k->fill(whole, last - first, 0.0f);
    k->fold_merge[REDUCE_sum](parts, a->cut.parts, last - first, stride, whole);
}

static void sum_task(void *arg, int64_t task, int thread) {
    (void)thread;
    const struct stripe_args *a = arg;
    const struct plan *plan = a->run->plan;
    int64_t begin = task * a->sum_task, end = begin + a->sum_task;
    for (int32_t i = a->stripe->first_sum; i < a->stripe->last_sum; i++) {
        const struct stripe_sum *sum = &plan->sums[i];
        int64_t start = sum->offset / (int64_t)sizeof(float), last = least(end - start, sum->count);
        int64_t first = begin > start ? begin - start : 0;
        if (first < last)
            add_sums(a, sum, first, last);
    }
}

static void run_sums(struct stripe_args *a) {
    const struct stripe *s = a->stripe;
    double bytes = (double)(s->sums * a->cut.parts);
    a->sum_task = 1024;
    a->run->wide = a->run->team && bytes > 64 * 1024;
    run_tasks(a->run, s->sums / (int64_t)sizeof(float) / a->sum_task + 1, sum_task, a);
}

/* Ops [first, last), one after another, each on all threads that it is worth. */
static void run_whole(struct run *run, int32_t first, int32_t last) {
    for (int32_t i = first; i < last && run->status == STATUS_OK; i++) {
        run->wide = is_wide(run, plan_cost(run->plan, i, i + 1, run->n));
        run_op(run, i);
    }
}

/* Shares a stripe's time among its ops, in proportion to what they took in all threads. */
static void share_seconds(struct run *run, const struct stripe *s, double elapsed) {
    const int64_t ops = run->plan->op_count;
    double total = 0;
    for (int64_t i = s->first; i < s->last; i++) {
        for (int thread = 1; thread < run->threads; thread++)
            run->by_thread[i] += run->by_thread[thread * ops + i];
        total += run->by_thread[i];
    }
    for (int64_t i = s->first; i < s->last; i++)
        run->seconds[i] += elapsed * (total > 0 ? run->by_thread[i] / total : 0);
}

static void run_stripe(struct run *run, const struct stripe *s) {
    struct stripe_args a = {run, s, .cut = stripe_cut(run->plan, s, run->total)};
    if (a.cut.parts == 1) {
        run_whole(run, s->first, s->last);
        return;
    }
    a.sums = run->local + run->threads * slice_local(s, run->total, a.cut);
    run->wide = is_wide(run, plan_cost(run->plan, s->first, s->last, run->n));
    double start = run->seconds ? now() : 0;
    run_tasks(run, a.cut.parts, part_task, &a);
    if (s->sums && run->status == STATUS_OK)
        run_sums(&a);
    if (run->seconds)
        share_seconds(run, s, now() - start);
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
