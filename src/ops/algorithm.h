/* algorithm.h: what the convolution's files share. Each algorithm is one file and one row of the
 * tables in conv.c; the first that is applicable wins. */
#ifndef PYCONV_ALGORITHM_H
#define PYCONV_ALGORITHM_H

#include "ops.h"

/* 1-D and 2-D are 3-D with axes of length 1. i*: the convolution's input side, o*: its output side,
 * in all passes; p*: zeros before each axis; the zeros after it follow from the sizes. */
PARAMS(conv_params, batched, n, id, ih, iw, ic, od, oh, ow, oc, kd, kh, kw, sd, sh, sw, dd, dh, dw,
       pd, ph, pw, groups, activation, pass);

/* conv_forward          y[n][od][oh][ow][oc] = act(bias + sum over taps and channels of x * kernel)
 * conv_backward_data    dx = act(bias + the transpose of that map, applied to dy)
 * conv_backward_weights dw[kd][kh][kw][ic / groups][oc] = sum over n and pixels of x * dy */
enum conv_pass { CONV_FORWARD, CONV_BACKWARD_DATA, CONV_BACKWARD_WEIGHTS, CONV_PASSES };

enum { ACTIVATION_NONE, ACTIVATION_RELU };

/* Buffers of the ops. */
enum { CONV_IN, CONV_PACKED, CONV_BIAS, CONV_OUT }; /* forward, backward_data */
enum { WEIGHTS_X, WEIGHTS_DY, WEIGHTS_DW };         /* backward_weights */
enum { PACK_KERNEL, PACK_PACKED };                  /* pack */

struct conv_algorithm {
    const char *name;
    bool (*applicable)(const struct conv_params *p);
    void (*prepare)(struct op *op);                     /* bytes packed, scratch and workspace */
    void (*pack)(const struct op *op, struct run *run); /* kernel[...] -> packed; NULL: no kernel */
    void (*run)(const struct op *op, struct run *run);
};

extern const struct conv_algorithm conv_forward_direct, conv_backward_data_direct,
    conv_backward_weights_direct;
extern const struct conv_algorithm conv_forward_depthwise, conv_backward_data_depthwise,
    conv_backward_weights_depthwise;
extern const struct conv_algorithm conv_forward_reference, conv_backward_data_reference,
    conv_backward_weights_reference;

/* Makes prepare take this algorithm wherever it is applicable; NULL: each pass takes its best. */
void conv_algorithm_force(const char *name);

/* The algorithm that prepare chose for one of the ops: "direct". */
const char *conv_algorithm_name(const struct op *op);

/* Images of a run. */
static inline int64_t conv_images(const struct conv_params *p, int64_t n) {
    return op_extent(p->n, p->batched, n);
}

/* Multiply-adds of one pass over one image. */
static inline double conv_products(const struct conv_params *p) {
    return (double)(p->od * p->oh * p->ow) * (double)(p->kd * p->kh * p->kw) *
           (double)(p->ic / p->groups) * (double)p->oc;
}

/* Floats of the kernel. */
static inline int64_t conv_weights(const struct conv_params *p) {
    return p->kd * p->kh * p->kw * (p->ic / p->groups) * p->oc;
}

/* Tasks that an op is worth: 2 to 4 microseconds each up to 16 tasks, then longer ones. */
static inline int64_t conv_tasks(double products) {
    enum { SHORT = 200000, LONG = 100000000, ENOUGH = 16, MOST = 256 };
    double few = products / SHORT, many = products / LONG;
    return (int64_t)(few < ENOUGH ? few + 1 : many < ENOUGH ? ENOUGH : many < MOST ? many : MOST);
}

/* Shards that a sum over pixels may be cut into: as many as the partial sums of kernel gradients
 * leave room for, in 8 MiB of workspace. */
static inline int64_t conv_most_shards(const struct conv_params *p) {
    enum { WORKSPACE_MOST = 8 << 20, SHARDS_MOST = 64 };
    int64_t bytes = conv_weights(p) * (int64_t)sizeof(float);
    return min64(max64(WORKSPACE_MOST / bytes, 1), SHARDS_MOST);
}

#endif
