/* resample.c: a constant sparse matrix along one axis: resizing, windows, filter banks. */
#include "ops.h"

enum { RESAMPLE_BLOCK = 16384 }; /* output floats of a task, about */

/* x[n][outer][i][inner], y[n][outer][o][inner]; the matrix has o rows, i columns, some entries */
PARAMS(axis_matrix_params, batched, n, outer, i, o, inner, entries);

struct axis_matrix_args {
    const struct axis_matrix_params *p;
    sparse_kernel *kernel;
    struct sparse_tile tile; /* of the whole matrix, with x and y where they begin */
    int64_t rows, rows_of_task;
};

/* Rows [first, last) of y, which belong to one index of the outer axes. */
static void axis_matrix_rows(const struct axis_matrix_args *a, int64_t first, int64_t last) {
    const struct axis_matrix_params *p = a->p;
    struct sparse_tile tile = a->tile;
    tile.x += first / p->o * p->i * p->inner;
    tile.y += first * p->inner;
    tile.starts += first % p->o;
    tile.rows = last - first;
    a->kernel(&tile);
}

static void axis_matrix_task(void *arg, int64_t task, int thread) {
    (void)thread;
    const struct axis_matrix_args *a = arg;
    int64_t first = task * a->rows_of_task, last = min64(first + a->rows_of_task, a->rows);
    while (first < last) {
        int64_t end = min64(last, (first / a->p->o + 1) * a->p->o);
        axis_matrix_rows(a, first, end);
        first = end;
    }
}

static void axis_matrix_run(const struct op *op, struct run *run) {
    const struct axis_matrix_params *p = PARAMS_OF(op, axis_matrix_params);
    struct axis_matrix_args a = {
        .p = p,
        .kernel = run->kernels->sparse_gather,
        .tile = {.x = op_buffer(op, run, 0),
                 .starts = op_buffer(op, run, 1),
                 .columns = op_buffer(op, run, 2),
                 .weights = op_buffer(op, run, 3),
                 .y = op_buffer(op, run, 4),
                 .step = p->inner,
                 .channels = p->inner},
        .rows = op_extent(p->n, p->batched, run->n) * p->outer * p->o,
        .rows_of_task = max64(1, RESAMPLE_BLOCK / max64(1, p->inner)),
    };
    run_tasks(run, div_up(a.rows, a.rows_of_task), axis_matrix_task, &a);
}

static double axis_matrix_cost(const struct op *op, int64_t n) {
    const struct axis_matrix_params *p = PARAMS_OF(op, axis_matrix_params);
    double rows = (double)(op_extent(p->n, p->batched, n) * p->outer);
    return rows * (double)((p->entries + p->o) * p->inner) * sizeof(float) * NS_PER_BYTE;
}

const struct op_type op_axis_matrix = {
    .name = "axis_matrix",
    .buffers = "x, starts, columns, weights, y!",
    .params = axis_matrix_params_names,
    .constants = "",
    .cost = axis_matrix_cost,
    .by_example = leads_with_examples,
    .run = axis_matrix_run,
};
