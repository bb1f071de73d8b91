/* ops.h: what the files of this folder share. An op says how its work is cut into tasks, by shapes
 * alone, and walks them; the arithmetic is in kernels/. */
#ifndef PYCONV_OPS_H
#define PYCONV_OPS_H

#include <math.h>

#include "../kernels/kernels.h"
#include "../pyconv.h"

/* Reads an op's integers through its own struct: PARAMS_OF(op, pool_params)->kh. */
#define PARAMS_OF(op, name) ((const struct name *)(op)->params)

/* by_example of an op whose first parameter is `batched`: its leading extent counts examples. */
static inline bool leads_with_examples(const struct op *op) { return op->params[0] == 1; }

static inline int64_t min64(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t max64(int64_t a, int64_t b) { return a > b ? a : b; }
static inline int64_t div_up(int64_t a, int64_t b) { return (a + b - 1) / b; }
static inline int64_t round_up(int64_t a, int64_t b) { return div_up(a, b) * b; }

/* The part [first, last) of n that shard i of the given count has: sizes differ by one at most. */
struct range {
    int64_t first, last;
};
static inline struct range shard(int64_t n, int64_t shards, int64_t i) {
    return (struct range){n * i / shards, n * (i + 1) / shards};
}

/* Codes of max pooling (pool.c) are bytes, of which a pixel has whole words. */
enum { POOL_CODES_PACKED = 4 };

/* What ops may end with: of params.activation, and of params.mask, where it is the activation whose
 * output the mask is. Outputs lie from `least` to `most`. */
enum { ACTIVATION_NONE, ACTIVATION_RELU, ACTIVATION_RELU6, ACTIVATIONS };
enum { MASK_BITS = ACTIVATIONS }; /* params.mask: the mask comes as bits (struct bits) */
static inline float activation_least(int64_t activation) {
    return activation == ACTIVATION_NONE ? -INFINITY : 0.0f;
}
static inline float activation_most(int64_t activation) {
    return activation == ACTIVATION_RELU6 ? 6.0f : INFINITY;
}

/* The largest output that lets a gradient through; 0 is the largest one that does not. */
static inline float activation_last(int64_t activation) {
    return activation == ACTIVATION_RELU6 ? nextafterf(6.0f, 0.0f) : INFINITY;
}

/* Bits of a map whose rows have so many channels. */
static inline struct bits bits_of(const struct kernels *kernels, void *bytes, int64_t channels) {
    return (struct bits){.bytes = bytes,
                         .channels = channels,
                         .row = bits_row(channels, kernels->vlen),
                         .inverse = UINT64_MAX / (uint64_t)channels};
}

/* Rough costs of one core in nanoseconds, for the decision to wake threads only. */
static const double NS_PER_FLOP = 1.0 / 64, NS_PER_BYTE = 1.0 / 16;

#endif
