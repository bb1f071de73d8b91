/* reduce.c: folds, indices of extremes and moments of x[outer][mid][inner] along mid. */
#include <math.h>

#include "ops.h"

enum { REDUCE_BLOCK = 16384 }; /* floats of a task, about */
enum { REDUCE_COLS = 1024 };   /* columns of a task, at most */
enum { MAX_SHARDS = 64 };      /* partial results, over outer, mid and columns */
enum { SHARD_ROWS = 256 };     /* at least */
enum { WIDE_COLS = 32 };       /* fewer columns are folded several rows side by side */

/* axis: which extent is multiplied by the examples of a batched run, 0 outer or 1 mid. */
PARAMS(reduce_params, batched, outer, mid, inner, axis, function);
PARAMS(moments_params, batched, outer, mid, inner, axis);

/* How the work is cut: `group` outer indices, one shard of mid and one chunk of columns a task. */
struct reduce_grid {
    int64_t outer, mid, inner;
    int64_t shards, chunks, group;
};

static struct reduce_grid reduce_grid(const struct op *op, int64_t examples, bool sharded) {
    const struct moments_params *p = PARAMS_OF(op, moments_params);
    struct reduce_grid g = {p->outer, p->mid, p->inner, 1, 1, 1};
    if (p->axis == 0)
        g.outer = op_extent(g.outer, p->batched, examples);
    else
        g.mid = op_extent(g.mid, p->batched, examples);
    g.chunks = max64(1, div_up(g.inner, REDUCE_COLS));
    int64_t size = g.mid * g.inner, most = MAX_SHARDS / max64(1, g.outer * g.chunks);
    if (sharded)
        g.shards = max64(1, min64(most, size / REDUCE_BLOCK));
    if (g.inner > 1)
        g.shards = max64(1, min64(g.shards, g.mid / SHARD_ROWS));
    if (g.shards == 1 && g.chunks == 1)
        g.group = max64(1, REDUCE_BLOCK / max64(1, size));
    return g;
}

/* Partial results of one kind: shards x columns are bounded, since chunks bound the shards. */
static int64_t reduce_workspace(const struct op *op) {
    const struct moments_params *p = PARAMS_OF(op, moments_params);
    return MAX_SHARDS * round_up(min64(p->inner, REDUCE_COLS), 16) * (int64_t)sizeof(float);
}

/* What a task of any of the three kinds knows. Results of (outer, shard) begin at float
 * (outer * shards + shard) * inner of y and m2. */
struct reduce_args {
    const struct kernels *kernels;
    struct reduce_grid grid;
    enum reduce function;
    const float *x;
    void *y;   /* result, or mean; int32 of indices */
    float *m2; /* moments only */
    bool add;  /* to y; folds only */
    /* `count` rows of n that lie end to end, one result each, from result `at` on */
    void (*rows)(const struct reduce_args *a, const float *x, int64_t count, int64_t n, int64_t at);
    /* columns of n rows that are inner apart */
    void (*columns)(const struct reduce_args *a, const float *x, int64_t n, int64_t cols,
                    int64_t at);
};

static void reduce_task(void *arg, int64_t task, int thread) {
    (void)thread;
    const struct reduce_args *a = arg;
    const struct reduce_grid *g = &a->grid;
    int64_t col = task % g->chunks * REDUCE_COLS, part = task / g->chunks % g->shards;
    int64_t outer = task / g->chunks / g->shards * g->group;
    int64_t count = min64(g->group, g->outer - outer), cols = min64(REDUCE_COLS, g->inner - col);
    struct range r = shard(g->mid, g->shards, part);
    const float *x = a->x + (outer * g->mid + r.first) * g->inner + col;
    int64_t at = (outer * g->shards + part) * g->inner + col;
    if (g->inner == 1)
        a->rows(a, x, count, r.last - r.first, at);
    else
        for (int64_t i = 0; i < count; i++)
            a->columns(a, x + i * g->mid * g->inner, r.last - r.first, cols, at + i * g->inner);
}

static void reduce_tasks(const struct reduce_args *a, struct run *run) {
    const struct reduce_grid *g = &a->grid;
    if (g->inner == 0)
        return; /* no results */
    run_tasks(run, div_up(g->outer, g->group) * g->shards * g->chunks, reduce_task, (void *)a);
}

/* How many rows of few columns are folded side by side: a power of 2, 64 to 127 columns. */
static int64_t wide_rows(int64_t cols) {
    int64_t k = 2;
    while (k * cols < 2 * WIDE_COLS)
        k *= 2;
    return k;
}

static void divide_all(float *y, int64_t n, int64_t divisor) {
    float d = (float)divisor;
    for (int64_t i = 0; i < n; i++)
        y[i] /= d;
}

static float fold_identity(enum reduce function) {
    switch (function) {
    case REDUCE_max:
        return -INFINITY;
    case REDUCE_min:
        return INFINITY;
    case REDUCE_product:
        return 1.0f;
    default:
        return 0.0f;
    }
}

static void fold_finish(const struct reduce_args *a, float *y, int64_t n) {
    if (a->function == REDUCE_mean)
        divide_all(y, n, a->grid.mid);
}

static void fold_rows(const struct reduce_args *a, const float *x, int64_t count, int64_t n,
                      int64_t at) {
    float *y = (float *)a->y + at, before = a->add ? *y : 0.0f;
    a->kernels->fold_rows[a->function](x, count, n, y);
    if (a->add)
        *y += before;
    if (a->grid.shards == 1)
        fold_finish(a, y, count);
}

/* Folds k rows of few columns at a time, then halves their number until one is left. */
static void fold_wide(const struct reduce_args *a, const float *x, int64_t n, int64_t k,
                      int64_t cols, float *y) {
    float wide[4 * WIDE_COLS];
    fold_columns_kernel *merge = a->kernels->fold_merge[a->function];
    a->kernels->fill(wide, k * cols, fold_identity(a->function));
    a->kernels->fold_columns[a->function](x, n / k, k * cols, k * cols, wide);
    for (int64_t half = k / 2; half > 0; half /= 2)
        merge(wide + half * cols, 1, half * cols, half * cols, wide);
    merge(wide, 1, cols, cols, y);
}

static void fold_columns(const struct reduce_args *a, const float *x, int64_t n, int64_t cols,
                         int64_t at) {
    float *y = (float *)a->y + at;
    int64_t inner = a->grid.inner, k = inner < WIDE_COLS ? wide_rows(cols) : 1, done = 0;
    if (!a->add)
        a->kernels->fill(y, cols, fold_identity(a->function));
    if (k > 1 && n >= 2 * k) {
        done = n / k * k;
        fold_wide(a, x, done, k, cols, y);
    }
    a->kernels->fold_columns[a->function](x + done * inner, n - done, cols, inner, y);
    if (a->grid.shards == 1)
        fold_finish(a, y, cols);
}

static void fold_run(struct reduce_args *a, struct run *run) {
    const struct reduce_grid *g = &a->grid;
    const struct kernels *k = a->kernels;
    float *y = a->y;
    a->rows = fold_rows;
    a->columns = fold_columns;
    if (g->shards > 1)
        a->y = run->workspace;
    reduce_tasks(a, run);
    if (g->shards == 1)
        return;
    const float *part = a->y;
    k->fill(y, g->outer * g->inner, fold_identity(a->function));
    for (int64_t o = 0; o < g->outer; o++)
        k->fold_merge[a->function](part + o * g->shards * g->inner, g->shards, g->inner, g->inner,
                                   y + o * g->inner);
    fold_finish(a, y, g->outer * g->inner);
}

static void index_rows(const struct reduce_args *a, const float *x, int64_t count, int64_t n,
                       int64_t at) {
    a->kernels->arg_rows(x, count, n, a->function == REDUCE_argmax, (int32_t *)a->y + at);
}

static void index_columns(const struct reduce_args *a, const float *x, int64_t n, int64_t cols,
                          int64_t at) {
    a->kernels->arg_columns(x, n, cols, a->grid.inner, a->function == REDUCE_argmax,
                            (int32_t *)a->y + at);
}

static bool is_index(enum reduce function) {
    return function == REDUCE_argmax || function == REDUCE_argmin;
}

static bool reduce_sums(const struct op *op) {
    const struct reduce_params *p = PARAMS_OF(op, reduce_params);
    bool adds = p->function == REDUCE_sum || p->function == REDUCE_sum_squares;
    return leads_with_examples(op) && p->axis == 1 && adds;
}

static void reduce_run(const struct op *op, struct run *run) {
    enum reduce function = (enum reduce)PARAMS_OF(op, reduce_params)->function;
    struct reduce_args a = {
        .kernels = run->kernels,
        .grid = reduce_grid(op, run->n, !is_index(function) && !run->sliced),
        .function = function,
        .x = op_buffer(op, run, 0),
        .y = op_buffer(op, run, 1),
        .add = run->add && reduce_sums(op),
        .rows = index_rows,
        .columns = index_columns,
    };
    if (!is_index(function))
        fold_run(&a, run);
    else if (a.grid.mid > 0)
        reduce_tasks(&a, run);
}

static double reduce_cost(const struct op *op, int64_t n) {
    const struct moments_params *p = PARAMS_OF(op, moments_params);
    int64_t count = op_extent(p->outer * p->mid * p->inner, p->batched, n);
    return (double)count * sizeof(float) * NS_PER_BYTE;
}

static enum status reduce_prepare(struct op *op) {
    if (PARAMS_OF(op, reduce_params)->function >= REDUCE_COUNT)
        return STATUS_BAD_PARAMS;
    op->workspace = reduce_workspace(op);
    return STATUS_OK;
}

static bool reduce_by_example(const struct op *op) {
    return leads_with_examples(op) && PARAMS_OF(op, moments_params)->axis == 0;
}

const struct op_type op_reduce = {
    .name = "reduce",
    .buffers = "x, y!",
    .params = reduce_params_names,
    .constants = "",
    .prepare = reduce_prepare,
    .cost = reduce_cost,
    .by_example = reduce_by_example,
    .sums = reduce_sums,
    .run = reduce_run,
};

static void moments_finish(const struct reduce_args *a, float *m2, int64_t n) {
    divide_all(m2, n, a->grid.mid);
}

static void moments_rows(const struct reduce_args *a, const float *x, int64_t count, int64_t n,
                         int64_t at) {
    a->kernels->moments_rows(x, count, n, (float *)a->y + at, a->m2 + at);
    if (a->grid.shards == 1)
        moments_finish(a, a->m2 + at, count);
}

/* As fold_wide: the moments of `n / k` rows of k x cols columns, merged by halves. */
static void moments_wide(const struct reduce_args *a, const float *x, int64_t n, int64_t k,
                         int64_t cols, float *mean, float *m2) {
    float wide_mean[4 * WIDE_COLS], wide_m2[4 * WIDE_COLS];
    int64_t count = n / k;
    a->kernels->moments_columns(x, count, k * cols, k * cols, wide_mean, wide_m2);
    for (int64_t half = k / 2; half > 0; half /= 2, count *= 2)
        a->kernels->moments_merge(count, wide_mean, wide_m2, count, wide_mean + half * cols,
                                  wide_m2 + half * cols, half * cols);
    for (int64_t c = 0; c < cols; c++) {
        mean[c] = wide_mean[c];
        m2[c] = wide_m2[c];
    }
}

static void moments_columns(const struct reduce_args *a, const float *x, int64_t n, int64_t cols,
                            int64_t at) {
    float *mean = (float *)a->y + at, *m2 = a->m2 + at;
    int64_t inner = a->grid.inner, k = inner < WIDE_COLS ? wide_rows(cols) : 1;
    if (k == 1 || n < 2 * k) {
        a->kernels->moments_columns(x, n, cols, inner, mean, m2);
    } else {
        float rest_mean[WIDE_COLS], rest_m2[WIDE_COLS];
        int64_t done = n / k * k;
        moments_wide(a, x, done, k, cols, mean, m2);
        a->kernels->moments_columns(x + done * inner, n - done, cols, inner, rest_mean, rest_m2);
        a->kernels->moments_merge(done, mean, m2, n - done, rest_mean, rest_m2, cols);
    }
    if (a->grid.shards == 1)
        moments_finish(a, m2, cols);
}

/* Adds the shards of one outer index in order; the first is there already. */
static void moments_join(const struct reduce_args *a, int64_t outer, float *mean, float *m2) {
    const struct reduce_grid *g = &a->grid;
    int64_t at = outer * g->shards * g->inner;
    const float *part_mean = (const float *)a->y + at, *part_m2 = a->m2 + at;
    for (int64_t i = 0; i < g->shards; i++) {
        struct range r = shard(g->mid, g->shards, i);
        a->kernels->moments_merge(r.first, mean, m2, r.last - r.first, part_mean + i * g->inner,
                                  part_m2 + i * g->inner, g->inner);
    }
}

static void moments_run(const struct op *op, struct run *run) {
    float *mean = op_buffer(op, run, 1), *variance = op_buffer(op, run, 2);
    struct reduce_args a = {
        .kernels = run->kernels,
        .grid = reduce_grid(op, run->n, !run->sliced),
        .x = op_buffer(op, run, 0),
        .y = mean,
        .m2 = variance,
        .rows = moments_rows,
        .columns = moments_columns,
    };
    int64_t results = a.grid.outer * a.grid.inner;
    if (a.grid.shards > 1) {
        a.y = run->workspace;
        a.m2 = (float *)(run->workspace + reduce_workspace(op));
    }
    reduce_tasks(&a, run);
    if (a.grid.shards == 1)
        return;
    run->kernels->fill(mean, results, 0.0f);
    run->kernels->fill(variance, results, 0.0f);
    for (int64_t o = 0; o < a.grid.outer; o++)
        moments_join(&a, o, mean + o * a.grid.inner, variance + o * a.grid.inner);
    moments_finish(&a, variance, results);
}

static enum status moments_prepare(struct op *op) {
    op->workspace = 2 * reduce_workspace(op);
    return STATUS_OK;
}

const struct op_type op_moments = {
    .name = "moments",
    .buffers = "x, mean!, variance!",
    .params = moments_params_names,
    .constants = "",
    .prepare = moments_prepare,
    .cost = reduce_cost,
    .by_example = reduce_by_example,
    .run = moments_run,
};
