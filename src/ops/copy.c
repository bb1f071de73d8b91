/* copy.c: transposes, slices, pads, joins, broadcasts and flips: a copy with strides. */
#include <stdlib.h>

#include "sweep.h"

/* Extents, strides and starts (xo, yo) in elements of 4 bytes; strides of x may be 0. */
PARAMS(copy_params, batched, n, d1, d2, d3, d4, d5, xn, x1, x2, x3, x4, x5, yn, y1, y2, y3, y4, y5,
       xo, yo);

struct copy_args {
    const float *x;
    float *y;
    void (*kernel)(const struct copy_tile *t);
};

static void copy_tile(const struct nest *nest, const int64_t *offset, int64_t rows, int64_t cols) {
    const struct copy_args *args = nest->arg;
    const int row = NEST_DEPTH - 2, col = NEST_DEPTH - 1;
    struct copy_tile tile = {
        .x = args->x + offset[0],
        .y = args->y + offset[1],
        .rows = rows,
        .cols = cols,
        .x_row = nest->stride[0][row],
        .x_col = nest->stride[0][col],
        .y_row = nest->stride[1][row],
        .y_col = nest->stride[1][col],
    };
    args->kernel(&tile);
}

static void swap(int64_t *a, int64_t *b) {
    int64_t t = *a;
    *a = *b;
    *b = t;
}

static void swap_loops(struct nest *nest, int a, int b) {
    swap(&nest->extent[a], &nest->extent[b]);
    for (int k = 0; k < nest->operands; k++)
        swap(&nest->stride[k][a], &nest->stride[k][b]);
}

/* Whether loop a belongs outside loop b, by the steps of one operand; loops of 1 go outside. */
static bool is_outer(const struct nest *nest, int operand, int a, int b) {
    if (nest->extent[a] == 1 || nest->extent[b] == 1)
        return nest->extent[b] != 1;
    return llabs(nest->stride[operand][a]) > llabs(nest->stride[operand][b]);
}

/* Loops in the order of y's memory; then the loop along which x is dense comes second last, so that
 * a tile reads and writes whole cache lines. */
static void order_loops(struct nest *nest) {
    for (int i = 1; i < NEST_DEPTH; i++)
        for (int d = i; d > 0 && is_outer(nest, 1, d, d - 1); d--)
            swap_loops(nest, d, d - 1);
    nest_collapse(nest);
    if (nest->stride[0][NEST_DEPTH - 1] == 1)
        return;
    for (int d = 0; d < NEST_DEPTH - 2; d++)
        if (is_outer(nest, 0, NEST_DEPTH - 2, d))
            swap_loops(nest, NEST_DEPTH - 2, d);
}

static void copy_run(const struct op *op, struct run *run) {
    const struct copy_params *p = PARAMS_OF(op, copy_params);
    struct copy_args args = {op_buffer(op, run, 0), op_buffer(op, run, 1), run->kernels->copy};
    args.x += p->xo;
    args.y += p->yo;
    struct nest nest = {
        .extent = {op_extent(p->n, p->batched, run->n), p->d1, p->d2, p->d3, p->d4, p->d5},
        .stride = {{p->xn, p->x1, p->x2, p->x3, p->x4, p->x5},
                   {p->yn, p->y1, p->y2, p->y3, p->y4, p->y5}},
        .operands = 2,
        .tile = copy_tile,
        .arg = &args,
    };
    order_loops(&nest);
    nest_run(&nest, run);
}

static double copy_cost(const struct op *op, int64_t n) {
    const struct copy_params *p = PARAMS_OF(op, copy_params);
    int64_t count = op_extent(p->n, p->batched, n) * p->d1 * p->d2 * p->d3 * p->d4 * p->d5;
    return (double)(count * 2) * sizeof(float) * NS_PER_BYTE;
}

const struct op_type op_copy = {
    .name = "copy",
    .buffers = "x, y!",
    .params = copy_params_names,
    .constants = "",
    .cost = copy_cost,
    .by_example = leads_with_examples,
    .run = copy_run,
};
