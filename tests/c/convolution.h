/* What tests of the convolution ops share: whole numbers to convolve, and packed kernels. */
#ifndef PYCONV_TEST_CONVOLUTION_H
#define PYCONV_TEST_CONVOLUTION_H

#include "harness.h"

#include "ops/algorithm.h"

/* Whole numbers: some outputs are alike, some at a bound. */
static inline float *draws(int64_t count, double most) {
    float *x = malloc(4 * (size_t)count + 4);
    for (int64_t i = 0; i < count; i++)
        x[i] = roundf((float)draw(-most, most));
    return x;
}

/* The op's next buffer: these numbers. */
static inline float *copy_in(struct problem *p, const float *x, int64_t count) {
    return memcpy(output(p, count), x, 4 * (size_t)count);
}

/* The op's next buffer: the kernel as `pack`, whose params are set, packs it, or as it is. */
static inline void add_kernel(struct problem *p, struct problem *pack, const float *kernel) {
    const struct conv_params *c = PARAMS_OF(&pack->op, conv_params);
    assert(pack->op.type->prepare(&pack->op) == STATUS_OK);
    int64_t kernels = c->each ? c->n : 1, count = kernels * conv_weights(c);
    int64_t packed = kernels * pack->op.packed / 4;
    if (packed > 0) {
        pack->batched = c->each;
        copy_in(pack, kernel, count);
        kernel = output(pack, packed);
        solve(pack);
        count = packed;
    }
    copy_in(p, kernel, count);
}

#endif
