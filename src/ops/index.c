/* index.c: elements chosen by indices, and the transpose, elements put where indices say. */
#include <string.h>

#include "ops.h"

enum { INDEX_BLOCK = 16384 };  /* elements of a task, about */
enum { SCATTER_COLUMNS = 64 }; /* of a task of scatter, when outer indices are few */
enum { SCATTER_TASKS = 16 };   /* as many outer indices are tasks enough */

/* take: y[outer][count][inner] = x[outer][i][inner], scatter: x from y, with i in [-mid, mid) of
 * index[outer][count][inner], or index[count] where `shared`; negative ones count from the end.
 * axis: which extent is multiplied by the examples of a batched run, 0 outer or 1 count. */
PARAMS(take_params, batched, outer, mid, inner, count, axis, shared);
/* write: of several elements for one place the last stays; else their sum, 0 where there is none */
PARAMS(scatter_params, batched, outer, mid, inner, count, axis, shared, write);

/* What a task of either knows. Elements have 4 bytes, floats where they are added. */
struct index_args {
    struct run *run;
    int64_t outer, mid, inner, count;
    bool shared, write;
    const int32_t *index;
    const float *x; /* take: by mid; scatter: by count */
    float *y;
    int64_t rows_of_task;    /* take: rows of inner elements */
    int64_t columns_of_task; /* scatter */
    int64_t outer_of_task;
};

/* Where one index points; -1, and the run fails, when it is out of range. */
static int64_t place_of(const struct index_args *a, int32_t index) {
    int64_t place = index < 0 ? index + a->mid : index;
    if (place >= 0 && place < a->mid)
        return place;
    run_fail(a->run, STATUS_INDEX_RANGE, index);
    return -1;
}

/* y[inner] from the rows of x that `index` has for each element. */
static bool take_elements(const struct index_args *a, const int32_t *index, const float *x,
                          float *y) {
    for (int64_t i = 0; i < a->inner; i++) {
        int64_t place = place_of(a, index[i]);
        if (place < 0)
            return false;
        y[i] = x[place * a->inner + i];
    }
    return true;
}

static bool take_row(const struct index_args *a, int32_t index, const float *x, float *y) {
    int64_t place = place_of(a, index);
    if (place >= 0)
        memcpy(y, x + place * a->inner, sizeof(float) * (size_t)a->inner);
    return place >= 0;
}

/* Rows are (outer, count). */
static void take_task(void *arg, int64_t task, int thread) {
    (void)thread;
    const struct index_args *a = arg;
    int64_t first = task * a->rows_of_task;
    int64_t last = min64(first + a->rows_of_task, a->outer * a->count);
    for (int64_t row = first; row < last; row++) {
        const float *x = a->x + row / a->count * a->mid * a->inner;
        float *y = a->y + row * a->inner;
        bool good = a->shared ? take_row(a, a->index[row % a->count], x, y)
                              : take_elements(a, a->index + row * a->inner, x, y);
        if (!good)
            return;
    }
}

/* Columns [first, last) of one outer index, in the order of `count`. */
static bool scatter_columns(const struct index_args *a, int64_t outer, struct range columns) {
    const float *x = a->x + outer * a->count * a->inner;
    const int32_t *index = a->index + (a->shared ? 0 : outer * a->count * a->inner);
    float *y = a->y + outer * a->mid * a->inner;
    for (int64_t row = 0; row < a->count; row++)
        for (int64_t i = columns.first; i < columns.last; i++) {
            int64_t place = place_of(a, index[a->shared ? row : row * a->inner + i]);
            if (place < 0)
                return false;
            float *to = y + place * a->inner + i, from = x[row * a->inner + i];
            *to = a->write ? from : *to + from;
        }
    return true;
}

static void clear_columns(const struct index_args *a, int64_t outer, struct range columns) {
    float *y = a->y + outer * a->mid * a->inner;
    int64_t width = columns.last - columns.first;
    if (width == a->inner)
        a->run->kernels->fill(y, a->mid * a->inner, 0.0f);
    else
        for (int64_t row = 0; row < a->mid; row++)
            a->run->kernels->fill(y + row * a->inner + columns.first, width, 0.0f);
}

/* Places may meet, so a task owns all places of some columns. */
static void scatter_task(void *arg, int64_t task, int thread) {
    (void)thread;
    const struct index_args *a = arg;
    int64_t chunks = div_up(a->inner, a->columns_of_task);
    int64_t column = task % chunks * a->columns_of_task, outer = task / chunks * a->outer_of_task;
    struct range columns = {column, min64(column + a->columns_of_task, a->inner)};
    int64_t last = min64(outer + a->outer_of_task, a->outer);
    for (; outer < last; outer++) {
        clear_columns(a, outer, columns);
        if (!scatter_columns(a, outer, columns))
            return;
    }
}

static struct index_args index_args(const struct op *op, struct run *run) {
    const struct take_params *p = PARAMS_OF(op, take_params);
    return (struct index_args){
        .run = run,
        .outer = op_extent(p->outer, p->batched && p->axis == 0, run->n),
        .mid = p->mid,
        .inner = p->inner,
        .count = op_extent(p->count, p->batched && p->axis == 1, run->n),
        .shared = p->shared != 0,
        .x = op_buffer(op, run, 0),
        .index = op_buffer(op, run, 1),
        .y = op_buffer(op, run, 2),
    };
}

static void take_run(const struct op *op, struct run *run) {
    struct index_args a = index_args(op, run);
    if (a.inner == 0)
        return;
    a.rows_of_task = max64(1, INDEX_BLOCK / a.inner);
    run_tasks(run, div_up(a.outer * a.count, a.rows_of_task), take_task, &a);
}

static void scatter_run(const struct op *op, struct run *run) {
    struct index_args a = index_args(op, run);
    if (a.inner == 0)
        return;
    a.write = PARAMS_OF(op, scatter_params)->write != 0;
    a.columns_of_task = a.outer < SCATTER_TASKS ? min64(SCATTER_COLUMNS, a.inner) : a.inner;
    a.outer_of_task = a.columns_of_task < a.inner
                          ? 1
                          : max64(1, INDEX_BLOCK / max64(1, (a.count + a.mid) * a.inner));
    run_tasks(run, div_up(a.outer, a.outer_of_task) * div_up(a.inner, a.columns_of_task),
              scatter_task, &a);
}

static double index_cost(const struct op *op, int64_t n) {
    const struct take_params *p = PARAMS_OF(op, take_params);
    int64_t rows = op_extent(p->outer * (p->count + p->mid / 4), p->batched, n);
    return (double)(rows * p->inner); /* about a nanosecond each */
}

/* In take slices of the batch may be slices of `count`, since x stays whole. */
static bool scatter_by_example(const struct op *op) {
    const struct scatter_params *p = PARAMS_OF(op, scatter_params);
    return p->batched == 1 && p->axis == 0;
}

static enum status index_prepare(struct op *op) {
    const struct take_params *p = PARAMS_OF(op, take_params);
    bool fits = p->outer >= 0 && p->mid >= 0 && p->inner >= 0 && p->count >= 0;
    bool whole = p->axis == 0 || p->outer == 1; /* examples lead */
    return fits && whole ? STATUS_OK : STATUS_BAD_PARAMS;
}

const struct op_type op_take = {
    .name = "take",
    .buffers = "x, index, y!",
    .params = take_params_names,
    .constants = "",
    .prepare = index_prepare,
    .cost = index_cost,
    .by_example = leads_with_examples,
    .run = take_run,
    .may_fail = true,
};

const struct op_type op_scatter = {
    .name = "scatter",
    .buffers = "x, index, y!",
    .params = scatter_params_names,
    .constants = "",
    .prepare = index_prepare,
    .cost = index_cost,
    .by_example = scatter_by_example,
    .run = scatter_run,
    .may_fail = true,
};
