/* conv_run.h: how the convolution ops run. */
#ifndef PYCONV_CONV_RUN_H
#define PYCONV_CONV_RUN_H

#include "conv_pool.h"

void conv_forward_run(const struct op *op, struct run *run);
void conv_backward_data_run(const struct op *op, struct run *run);
void conv_backward_weights_run(const struct op *op, struct run *run);
void conv_pack_run(const struct op *op, struct run *run);

/* Whether what is pooled is made by bands: where the algorithm does not pool itself. */
static inline bool conv_by_bands(const struct op *op) {
    const struct conv_algorithm *algorithm = op->algorithm;
    const struct conv_params *p = PARAMS_OF(op, conv_params);
    return conv_pools(p) && !(algorithm->pools && algorithm->pools(p));
}

/* conv.c: whether slices of the images add to one kernel gradient. */
bool conv_kernel_sums(const struct op *op);

#endif
