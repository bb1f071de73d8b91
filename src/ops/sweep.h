/* sweep.h: the two ways in which elementwise ops walk memory: flat blocks, and nested loops. */
#ifndef PYCONV_SWEEP_H
#define PYCONV_SWEEP_H

#include "ops.h"

enum { SWEEP_BLOCK = 16384 }; /* floats of a task: 64 KB, 4 microseconds at 16 GB/s */

/* How the integers of every flat op begin. */
PARAMS(sweep_params, batched, n, count);

/* Elements [first, first + n) of the op's buffers. */
typedef void sweep_body(const struct op *op, const struct run *run, int64_t first, int64_t n);

static inline int64_t sweep_extent(const struct op *op, int64_t examples) {
    const struct sweep_params *p = PARAMS_OF(op, sweep_params);
    return op_extent(p->n, p->batched, examples) * p->count;
}

void sweep_run(const struct op *op, struct run *run, sweep_body *body);

enum { NEST_DEPTH = 6, NEST_OPERANDS = 3 };

/* Nested loops, the innermost last, over operands with strides in floats. `tile` does the two
 * innermost, from the operands' offsets on; those loops are `extent` and `stride` of the last two.
 */
struct nest {
    int64_t extent[NEST_DEPTH];
    int64_t stride[NEST_OPERANDS][NEST_DEPTH];
    int operands;
    void (*tile)(const struct nest *nest, const int64_t *offset, int64_t rows, int64_t cols);
    const void *arg;
    int64_t chunk_outer, chunk_rows, chunk_cols; /* of a task; set by nest_run */
};

/* Merges loops that are one for all operands; the loops that are left come last. */
void nest_collapse(struct nest *nest);

/* Runs all loops in tasks of about SWEEP_BLOCK elements. */
void nest_run(struct nest *nest, struct run *run);

#endif
