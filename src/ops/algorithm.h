/* algorithm.h: what the convolution's files share. Each algorithm is one file and one row of the
 * tables in conv.c; the first that is applicable, and pays, wins. */
#ifndef PYCONV_ALGORITHM_H
#define PYCONV_ALGORITHM_H

#include "ops.h"

/* 1-D and 2-D are 3-D with axes of length 1. i*: the convolution's input side, o*: its output side,
 * in all passes; p*: padding before each axis, that after it follows from the sizes; m*: its
 * mode (enum conv_mode; not in backward_data).
 * t*: how many kernels take turns along each axis; each: every image has a kernel of its own;
 * lasts: the kernel is the same in all runs.
 * qh, qw: windows of max pooling, edge to edge, that take y to yh x yw pixels, and whose codes
 * (pool.c) are masked by an activation; 1: none.
 * Buffer `code` is that of these windows, or of y where nothing is pooled: its bits. */
PARAMS(conv_params, batched, n, id, ih, iw, ic, od, oh, ow, oc, kd, kh, kw, sd, sh, sw, dd, dh, dw,
       pd, ph, pw, groups, activation, mask, pass, td, th, tw, each, md, mh, mw, lasts, qh, qw, yh,
       yw, code_mask);

/* conv_forward          y[n][od][oh][ow][oc] = finish(sum over taps and channels of x * kernel)
 * conv_backward_data    dx = finish(the transpose of that map, applied to dy)
 * conv_backward_weights dw[kd][kh][kw][ic / groups][oc] = sum over n and pixels of x * dy
 *
 * A tiled kernel is [td][th][tw][kd][kh][kw][ic / groups][oc]: output o uses tile o mod t
 * (eq. 9.10; t = 1 is convolution, t = o the locally connected map of eq. 9.9). */
enum conv_pass { CONV_FORWARD, CONV_BACKWARD_DATA, CONV_BACKWARD_WEIGHTS, CONV_PASSES };

/* Buffers of the ops. */
enum {
    CONV_IN,
    CONV_PACKED,
    CONV_BIAS,
    CONV_RESIDUAL,
    CONV_MASK,
    CONV_OUT,
    CONV_CODE
}; /* both maps */
enum { WEIGHTS_X, WEIGHTS_DY, WEIGHTS_DW }; /* backward_weights */
enum { PACK_KERNEL, PACK_PACKED };          /* pack */

/* What one call of an algorithm works on: all images of a run, or one and its own kernel. */
struct conv_work {
    const struct conv_params *p;
    struct run *run;
    int64_t images;
    const float *in;      /* x; in backward_data dy */
    const float *kernel;  /* packed; in pack as it is */
    const float *dy;      /* of backward_weights */
    float *out;           /* y, dx, dw, packed */
    void *code;           /* of y where it is pooled, or NULL */
    int64_t scratch;      /* bytes of each thread's that the algorithm itself needs */
    struct finish finish; /* of y, dx: every algorithm ends with it (finish.h) */
    bool add;             /* to dw */
};

struct conv_algorithm {
    const char *name;
    bool (*applicable)(const struct conv_params *p);
    void (*prepare)(struct op *op);             /* bytes packed, scratch and workspace */
    void (*pack)(const struct conv_work *work); /* NULL: no kernel */
    void (*run)(const struct conv_work *work);
    bool adds;    /* of backward_weights: knows work->add */
    bool by_rows; /* forward: pixels do not depend on the map's height */
    bool (*pools)(const struct conv_params *p); /* forward: whether run pools; NULL: it does not */
    bool (*pays)(const struct conv_params *p);  /* not forced, is it chosen; NULL: always */
};

extern const struct conv_algorithm conv_forward_direct, conv_backward_data_direct,
    conv_backward_weights_direct;
extern const struct conv_algorithm conv_forward_narrow, conv_backward_data_narrow,
    conv_backward_weights_narrow;
extern const struct conv_algorithm conv_forward_dense, conv_backward_data_dense;
extern const struct conv_algorithm conv_forward_winograd, conv_backward_data_winograd,
    conv_backward_weights_winograd;
extern const struct conv_algorithm conv_forward_fft, conv_backward_data_fft,
    conv_backward_weights_fft;
extern const struct conv_algorithm conv_forward_reference, conv_backward_data_reference,
    conv_backward_weights_reference;

/* Images of a run. */
static inline int64_t conv_images(const struct conv_params *p, int64_t n) {
    return op_extent(p->n, p->batched, n);
}

/* Multiply-adds of one pass over one image. */
static inline double conv_products(const struct conv_params *p) {
    return (double)(p->od * p->oh * p->ow) * (double)(p->kd * p->kh * p->kw) *
           (double)(p->ic / p->groups) * (double)p->oc;
}

/* Kernels that take turns. */
static inline int64_t conv_tiles(const struct conv_params *p) { return p->td * p->th * p->tw; }

static inline int64_t conv_taps(const struct conv_params *p) { return p->kd * p->kh * p->kw; }

/* Floats of the kernel: of one tile, of all. */
static inline int64_t conv_tile_weights(const struct conv_params *p) {
    return conv_taps(p) * (p->ic / p->groups) * p->oc;
}
static inline int64_t conv_weights(const struct conv_params *p) {
    return conv_tiles(p) * conv_tile_weights(p);
}

/* Tasks that an op is worth: 2 to 4 microseconds each up to 16 tasks, then longer ones. */
static inline int64_t conv_tasks(double products) {
    enum { SHORT = 200000, LONG = 100000000, ENOUGH = 16, MOST = 256 };
    double few = products / SHORT, many = products / LONG;
    return (int64_t)(few < ENOUGH ? few + 1 : many < ENOUGH ? ENOUGH : many < MOST ? many : MOST);
}

/* Shards that a sum over pixels may be cut into: as many as the partial sums of kernel gradients
 * leave room for, in 8 MiB of workspace; of one image there is one. */
static inline int64_t conv_most_shards(const struct conv_params *p) {
    enum { WORKSPACE_MOST = 8 << 20, SHARDS_MOST = 64 };
    if (p->each)
        return 1;
    int64_t bytes = conv_weights(p) * (int64_t)sizeof(float);
    return min64(max64(WORKSPACE_MOST / bytes, 1), SHARDS_MOST);
}

/* conv_shards.c: dw[count] = the sum of partial[shards][count]. */
void conv_sum_shards(struct run *run, const float *partial, int64_t shards, int64_t count,
                     float *dw);

#endif
