/* conv_reference.c: the textbook's equations as literal loops, summed in float64. Any shape, and
 * slow: the oracle of the tests, and the last resort of the tables. */
#include "algorithm.h"

#include <string.h>

/* Position on the input side that tap k meets at output o; -1 where that is padding. */
static int64_t input_at(int64_t o, int64_t k, int64_t stride, int64_t dilation, int64_t before,
                        int64_t size) {
    int64_t i = o * stride + k * dilation - before;
    return i >= 0 && i < size ? i : -1;
}

/* Output that meets input i through tap k; -1 where there is none. */
static int64_t output_at(int64_t i, int64_t k, int64_t stride, int64_t dilation, int64_t before,
                         int64_t size) {
    int64_t reach = i + before - k * dilation;
    return reach >= 0 && reach % stride == 0 && reach / stride < size ? reach / stride : -1;
}

struct position {
    int64_t n, d, h, w, c;
};

/* Element of x[n][id][ih][iw][ic]; 0 in the padding. */
static double input_element(const struct conv_params *p, const float *x, struct position i) {
    if (i.d < 0 || i.h < 0 || i.w < 0)
        return 0;
    return x[(((i.n * p->id + i.d) * p->ih + i.h) * p->iw + i.w) * p->ic + i.c];
}

/* Element of y[n][od][oh][ow][oc]; 0 where no output is. */
static double output_element(const struct conv_params *p, const float *y, struct position o) {
    if (o.d < 0 || o.h < 0 || o.w < 0)
        return 0;
    return y[(((o.n * p->od + o.d) * p->oh + o.h) * p->ow + o.w) * p->oc + o.c];
}

/* Index into kernel[kd][kh][kw][ic / groups][oc]; k.n is the input channel of the group. */
static int64_t kernel_index(const struct conv_params *p, struct position k) {
    return (((k.d * p->kh + k.h) * p->kw + k.w) * (p->ic / p->groups) + k.n) * p->oc + k.c;
}

/* Takes an index of [n][d][h][w][c] apart. */
static struct position position_of(int64_t index, int64_t d, int64_t h, int64_t w, int64_t c) {
    struct position at = {.c = index % c};
    index /= c;
    at.w = index % w;
    index /= w;
    at.h = index % h;
    index /= h;
    at.d = index % d;
    at.n = index / d;
    return at;
}

static float activate(const struct conv_params *p, double sum) {
    return (float)(p->activation == ACTIVATION_RELU && sum < 0 ? 0 : sum);
}

static double forward_sum(const struct conv_params *p, const float *x, const float *kernel,
                          struct position o) {
    int64_t icg = p->ic / p->groups, group = o.c / (p->oc / p->groups);
    double sum = 0;
    for (int64_t kd = 0; kd < p->kd; kd++)
        for (int64_t kh = 0; kh < p->kh; kh++)
            for (int64_t kw = 0; kw < p->kw; kw++)
                for (int64_t c = 0; c < icg; c++) {
                    struct position i = {o.n, input_at(o.d, kd, p->sd, p->dd, p->pd, p->id),
                                         input_at(o.h, kh, p->sh, p->dh, p->ph, p->ih),
                                         input_at(o.w, kw, p->sw, p->dw, p->pw, p->iw),
                                         group * icg + c};
                    struct position k = {c, kd, kh, kw, o.c};
                    sum += input_element(p, x, i) * kernel[kernel_index(p, k)];
                }
    return sum;
}

static double backward_data_sum(const struct conv_params *p, const float *dy, const float *kernel,
                                struct position i) {
    int64_t icg = p->ic / p->groups, ocg = p->oc / p->groups, group = i.c / icg;
    double sum = 0;
    for (int64_t kd = 0; kd < p->kd; kd++)
        for (int64_t kh = 0; kh < p->kh; kh++)
            for (int64_t kw = 0; kw < p->kw; kw++)
                for (int64_t c = 0; c < ocg; c++) {
                    struct position o = {i.n, output_at(i.d, kd, p->sd, p->dd, p->pd, p->od),
                                         output_at(i.h, kh, p->sh, p->dh, p->ph, p->oh),
                                         output_at(i.w, kw, p->sw, p->dw, p->pw, p->ow),
                                         group * ocg + c};
                    struct position k = {i.c % icg, kd, kh, kw, o.c};
                    sum += output_element(p, dy, o) * kernel[kernel_index(p, k)];
                }
    return sum;
}

static double backward_weights_sum(const struct conv_params *p, const float *x, const float *dy,
                                   int64_t images, struct position k) {
    int64_t channel = k.c / (p->oc / p->groups) * (p->ic / p->groups) + k.n;
    double sum = 0;
    for (int64_t n = 0; n < images; n++)
        for (int64_t od = 0; od < p->od; od++)
            for (int64_t oh = 0; oh < p->oh; oh++)
                for (int64_t ow = 0; ow < p->ow; ow++) {
                    struct position i = {n, input_at(od, k.d, p->sd, p->dd, p->pd, p->id),
                                         input_at(oh, k.h, p->sh, p->dh, p->ph, p->ih),
                                         input_at(ow, k.w, p->sw, p->dw, p->pw, p->iw), channel};
                    struct position o = {n, od, oh, ow, k.c};
                    sum += input_element(p, x, i) * output_element(p, dy, o);
                }
    return sum;
}

static void forward_run(const struct op *op, struct run *run) {
    const struct conv_params *p = PARAMS_OF(op, conv_params);
    const float *x = op_buffer(op, run, CONV_IN), *kernel = op_buffer(op, run, CONV_PACKED);
    const float *bias = op_buffer(op, run, CONV_BIAS);
    float *y = op_buffer(op, run, CONV_OUT);
    int64_t count = conv_images(p, run->n) * p->od * p->oh * p->ow * p->oc;
    for (int64_t e = 0; e < count; e++) {
        struct position o = position_of(e, p->od, p->oh, p->ow, p->oc);
        y[e] = activate(p, forward_sum(p, x, kernel, o) + (bias ? bias[o.c] : 0));
    }
}

static void backward_data_run(const struct op *op, struct run *run) {
    const struct conv_params *p = PARAMS_OF(op, conv_params);
    const float *dy = op_buffer(op, run, CONV_IN), *kernel = op_buffer(op, run, CONV_PACKED);
    const float *bias = op_buffer(op, run, CONV_BIAS);
    float *dx = op_buffer(op, run, CONV_OUT);
    int64_t count = conv_images(p, run->n) * p->id * p->ih * p->iw * p->ic;
    for (int64_t e = 0; e < count; e++) {
        struct position i = position_of(e, p->id, p->ih, p->iw, p->ic);
        dx[e] = activate(p, backward_data_sum(p, dy, kernel, i) + (bias ? bias[i.c] : 0));
    }
}

static void backward_weights_run(const struct op *op, struct run *run) {
    const struct conv_params *p = PARAMS_OF(op, conv_params);
    const float *x = op_buffer(op, run, WEIGHTS_X), *dy = op_buffer(op, run, WEIGHTS_DY);
    float *dw = op_buffer(op, run, WEIGHTS_DW);
    int64_t images = conv_images(p, run->n), icg = p->ic / p->groups;
    for (int64_t e = 0; e < conv_weights(p); e++) {
        struct position at = position_of(e / p->oc, p->kh, p->kw, icg, 1);
        struct position k = {at.w, at.n, at.d, at.h, e % p->oc};
        dw[e] = (float)backward_weights_sum(p, x, dy, images, k);
    }
}

static bool applicable(const struct conv_params *p) {
    (void)p;
    return true;
}

static void prepare(struct op *op) {
    op->packed = conv_weights(PARAMS_OF(op, conv_params)) * (int64_t)sizeof(float);
}

static void pack(const struct op *op, struct run *run) {
    memcpy(op_buffer(op, run, PACK_PACKED), op_buffer(op, run, PACK_KERNEL), (size_t)op->packed);
}

static void prepare_nothing(struct op *op) { (void)op; }

const struct conv_algorithm conv_forward_reference = {
    "reference", applicable, prepare, pack, forward_run,
};
const struct conv_algorithm conv_backward_data_reference = {
    "reference", applicable, prepare, pack, backward_data_run,
};
const struct conv_algorithm conv_backward_weights_reference = {
    "reference", applicable, prepare_nothing, NULL, backward_weights_run,
};
