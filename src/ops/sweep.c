/* sweep.c: cuts flat and nested sweeps into tasks. */
#include "sweep.h"

struct sweep_args {
    const struct op *op;
    const struct run *run;
    sweep_body *body;
    int64_t extent;
};

static void sweep_task(void *arg, int64_t task, int thread) {
    (void)thread;
    const struct sweep_args *a = arg;
    int64_t first = task * SWEEP_BLOCK;
    a->body(a->op, a->run, first, min64(SWEEP_BLOCK, a->extent - first));
}

void sweep_run(const struct op *op, struct run *run, sweep_body *body) {
    struct sweep_args a = {op, run, body, sweep_extent(op, run->n)};
    run_tasks(run, div_up(a.extent, SWEEP_BLOCK), sweep_task, &a);
}

/* Loop `from` takes the place of loop `to`. */
static void nest_move(struct nest *nest, int from, int to) {
    nest->extent[to] = nest->extent[from];
    for (int k = 0; k < nest->operands; k++)
        nest->stride[k][to] = nest->stride[k][from];
}

static bool nest_mergeable(const struct nest *nest, int outer, int inner) {
    for (int k = 0; k < nest->operands; k++)
        if (nest->stride[k][outer] != nest->stride[k][inner] * nest->extent[inner])
            return false;
    return true;
}

void nest_collapse(struct nest *nest) {
    int first = NEST_DEPTH - 1; /* loops [first, NEST_DEPTH) are done */
    for (int d = NEST_DEPTH - 2; d >= 0; d--) {
        if (nest->extent[d] == 1)
            continue;
        if (nest->extent[first] == 1)
            nest_move(nest, d, first);
        else if (nest_mergeable(nest, d, first))
            nest->extent[first] *= nest->extent[d];
        else
            nest_move(nest, d, --first);
    }
    while (first > 0)
        nest->extent[--first] = 1;
}

/* Where the outer loops stand, and the operands' offsets there. */
struct nest_position {
    int64_t index[NEST_DEPTH - 2];
    int64_t offset[NEST_OPERANDS];
};

static void nest_seek(const struct nest *nest, struct nest_position *at, int64_t outer, int64_t row,
                      int64_t col) {
    for (int k = 0; k < nest->operands; k++)
        at->offset[k] =
            row * nest->stride[k][NEST_DEPTH - 2] + col * nest->stride[k][NEST_DEPTH - 1];
    for (int d = NEST_DEPTH - 3; d >= 0; d--) {
        bool single = nest->extent[d] == 1;
        at->index[d] = single ? 0 : outer % nest->extent[d];
        outer = single ? outer : outer / nest->extent[d];
        for (int k = 0; k < nest->operands; k++)
            at->offset[k] += at->index[d] * nest->stride[k][d];
    }
}

static void nest_advance(const struct nest *nest, struct nest_position *at) {
    for (int d = NEST_DEPTH - 3; d >= 0; d--) {
        bool wraps = ++at->index[d] == nest->extent[d];
        int64_t steps = wraps ? 1 - nest->extent[d] : 1;
        for (int k = 0; k < nest->operands; k++)
            at->offset[k] += steps * nest->stride[k][d];
        if (!wraps)
            return;
        at->index[d] = 0;
    }
}

static int64_t nest_outer(const struct nest *nest) {
    int64_t outer = 1;
    for (int d = 0; d < NEST_DEPTH - 2; d++)
        outer *= nest->extent[d];
    return outer;
}

/* Tasks are numbered (outer, rows, columns), the last fastest. */
static void nest_task(void *arg, int64_t task, int thread) {
    (void)thread;
    const struct nest *nest = arg;
    int64_t rows = nest->extent[NEST_DEPTH - 2], cols = nest->extent[NEST_DEPTH - 1];
    int64_t row_tasks = div_up(rows, nest->chunk_rows), col_tasks = div_up(cols, nest->chunk_cols);
    int64_t col = task % col_tasks * nest->chunk_cols;
    int64_t row = task / col_tasks % row_tasks * nest->chunk_rows;
    int64_t outer = task / col_tasks / row_tasks * nest->chunk_outer;
    int64_t last = min64(outer + nest->chunk_outer, nest_outer(nest));
    struct nest_position at;
    nest_seek(nest, &at, outer, row, col);
    rows = min64(nest->chunk_rows, rows - row);
    cols = min64(nest->chunk_cols, cols - col);
    for (; outer < last; outer++) {
        nest->tile(nest, at.offset, rows, cols);
        nest_advance(nest, &at);
    }
}

void nest_run(struct nest *nest, struct run *run) {
    int64_t rows = nest->extent[NEST_DEPTH - 2], cols = nest->extent[NEST_DEPTH - 1];
    int64_t outer = nest_outer(nest);
    if (outer * rows * cols == 0)
        return;
    nest->chunk_cols = min64(cols, SWEEP_BLOCK);
    nest->chunk_rows = min64(rows, max64(1, SWEEP_BLOCK / nest->chunk_cols));
    nest->chunk_outer = max64(1, SWEEP_BLOCK / (nest->chunk_rows * nest->chunk_cols));
    int64_t tasks = div_up(outer, nest->chunk_outer) * div_up(rows, nest->chunk_rows) *
                    div_up(cols, nest->chunk_cols);
    run_tasks(run, tasks, nest_task, nest);
}
