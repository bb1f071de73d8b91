/* conv_reference.c: the textbook's equations as literal loops, summed in float64. Any shape, and
 * slow: the oracle of the tests, and the last resort of the tables. */
#include "algorithm.h"

#include <string.h>

/* Position on the input side that tap k meets at output o; -1 where that is zero padding. */
static int64_t input_at(int64_t o, int64_t k, int64_t stride, int64_t dilation, int64_t before,
                        int64_t size, int64_t mode) {
    int64_t i = o * stride + k * dilation - before;
    if (i >= 0 && i < size)
        return i;
    switch (mode) {
    case MODE_REFLECT:
        return i < 0 ? -i : 2 * (size - 1) - i;
    case MODE_REPLICATE:
        return i < 0 ? 0 : size - 1;
    case MODE_CIRCULAR:
        return (i + size) % size;
    default:
        return -1;
    }
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

/* Element of y[n][od][oh][ow][oc]. */
static double output_element(const struct conv_params *p, const float *y, struct position o) {
    return y[(((o.n * p->od + o.d) * p->oh + o.h) * p->ow + o.w) * p->oc + o.c];
}

/* Index into kernel[kd][kh][kw][ic / groups][oc]; k.n is the input channel of the group. */
static int64_t kernel_index(const struct conv_params *p, struct position k) {
    return (((k.d * p->kh + k.h) * p->kw + k.w) * (p->ic / p->groups) + k.n) * p->oc + k.c;
}

/* Where the kernel of output o begins; o is an output, or its place among the tiles. */
static int64_t tile_index(const struct conv_params *p, struct position o) {
    int64_t tile = ((o.d % p->td) * p->th + o.h % p->th) * p->tw + o.w % p->tw;
    return tile * conv_tile_weights(p);
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

/* Where the bit of element e lies. */
struct bit_place {
    uint8_t *byte;
    int bit;
};
static struct bit_place bit_place(const struct bits *b, int64_t e, int64_t lanes) {
    int64_t c = e % b->channels;
    return (struct bit_place){b->bytes + e / b->channels * b->row + c / lanes, (int)(c % lanes)};
}

static bool passes(const struct finish *f, int64_t e, int64_t lanes) {
    if (f->mask)
        return f->mask[e] > 0 && f->mask[e] <= f->mask_last;
    if (!f->passes.bytes)
        return true;
    struct bit_place at = bit_place(&f->passes, e, lanes);
    return *at.byte >> at.bit & 1;
}

/* The first bit of a byte is made first, and clears the others. */
static void make_bit(const struct finish *f, float y, int64_t e, int64_t lanes) {
    struct bit_place at = bit_place(&f->made, e, lanes);
    int bit = (y > f->least && y <= f->last) << at.bit;
    *at.byte = (uint8_t)(at.bit == 0 ? bit : *at.byte | bit);
}

/* Output e of channel c; lanes: bits of a byte. */
static float finish(const struct conv_work *work, double sum, int64_t e, int64_t c) {
    const struct finish *f = &work->finish;
    int64_t lanes = min64(work->run->kernels->vlen, BITS_LANES);
    sum += f->bias ? f->bias[c] : 0;
    sum += f->residual ? f->residual[e] : 0;
    sum = sum < f->least ? f->least : sum > f->most ? f->most : sum; /* NaN stays */
    float y = passes(f, e, lanes) ? (float)sum : 0;
    if (f->made.bytes)
        make_bit(f, y, e, lanes);
    return y;
}

static double forward_sum(const struct conv_params *p, const float *x, const float *kernel,
                          struct position o) {
    int64_t icg = p->ic / p->groups, group = o.c / (p->oc / p->groups);
    double sum = 0;
    for (int64_t kd = 0; kd < p->kd; kd++)
        for (int64_t kh = 0; kh < p->kh; kh++)
            for (int64_t kw = 0; kw < p->kw; kw++)
                for (int64_t c = 0; c < icg; c++) {
                    struct position i = {o.n, input_at(o.d, kd, p->sd, p->dd, p->pd, p->id, p->md),
                                         input_at(o.h, kh, p->sh, p->dh, p->ph, p->ih, p->mh),
                                         input_at(o.w, kw, p->sw, p->dw, p->pw, p->iw, p->mw),
                                         group * icg + c};
                    struct position k = {c, kd, kh, kw, o.c};
                    sum += input_element(p, x, i) * kernel[tile_index(p, o) + kernel_index(p, k)];
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
                    if (o.d >= 0 && o.h >= 0 && o.w >= 0)
                        sum += output_element(p, dy, o) *
                               kernel[tile_index(p, o) + kernel_index(p, k)];
                }
    return sum;
}

/* tile: the first output that uses the kernel. */
static double backward_weights_sum(const struct conv_work *work, struct position tile,
                                   struct position k) {
    const struct conv_params *p = work->p;
    int64_t channel = k.c / (p->oc / p->groups) * (p->ic / p->groups) + k.n;
    double sum = 0;
    for (int64_t n = 0; n < work->images; n++)
        for (int64_t od = tile.d; od < p->od; od += p->td)
            for (int64_t oh = tile.h; oh < p->oh; oh += p->th)
                for (int64_t ow = tile.w; ow < p->ow; ow += p->tw) {
                    struct position i = {n, input_at(od, k.d, p->sd, p->dd, p->pd, p->id, p->md),
                                         input_at(oh, k.h, p->sh, p->dh, p->ph, p->ih, p->mh),
                                         input_at(ow, k.w, p->sw, p->dw, p->pw, p->iw, p->mw),
                                         channel};
                    struct position o = {n, od, oh, ow, k.c};
                    sum += input_element(p, work->in, i) * output_element(p, work->dy, o);
                }
    return sum;
}

static void forward_run(const struct conv_work *work) {
    const struct conv_params *p = work->p;
    int64_t count = work->images * p->od * p->oh * p->ow * p->oc;
    for (int64_t e = 0; e < count; e++) {
        struct position o = position_of(e, p->od, p->oh, p->ow, p->oc);
        double sum = forward_sum(p, work->in, work->kernel, o);
        work->out[e] = finish(work, sum, e, o.c);
    }
}

static void backward_data_run(const struct conv_work *work) {
    const struct conv_params *p = work->p;
    int64_t count = work->images * p->id * p->ih * p->iw * p->ic;
    for (int64_t e = 0; e < count; e++) {
        struct position i = position_of(e, p->id, p->ih, p->iw, p->ic);
        double sum = backward_data_sum(p, work->in, work->kernel, i);
        work->out[e] = finish(work, sum, e, i.c);
    }
}

static void backward_weights_run(const struct conv_work *work) {
    const struct conv_params *p = work->p;
    int64_t icg = p->ic / p->groups;
    for (int64_t e = 0; e < conv_weights(p); e++) {
        struct position tile = position_of(e / conv_tile_weights(p), p->td, p->th, p->tw, 1);
        struct position at = position_of(e / p->oc, p->kh, p->kw, icg, 1);
        struct position k = {at.w, at.n % p->kd, at.d, at.h, e % p->oc};
        work->out[e] = (float)backward_weights_sum(work, tile, k);
    }
}

static bool applicable(const struct conv_params *p) {
    (void)p;
    return true;
}

static void prepare(struct op *op) {
    op->packed = conv_weights(PARAMS_OF(op, conv_params)) * (int64_t)sizeof(float);
}

static void pack(const struct conv_work *work) {
    memcpy(work->out, work->kernel, (size_t)conv_weights(work->p) * sizeof(float));
}

static void prepare_nothing(struct op *op) { (void)op; }

const struct conv_algorithm conv_forward_reference = {
    .name = "reference",
    .applicable = applicable,
    .prepare = prepare,
    .pack = pack,
    .run = forward_run,
};
const struct conv_algorithm conv_backward_data_reference = {
    .name = "reference",
    .applicable = applicable,
    .prepare = prepare,
    .pack = pack,
    .run = backward_data_run,
};
const struct conv_algorithm conv_backward_weights_reference = {
    .name = "reference",
    .applicable = applicable,
    .prepare = prepare_nothing,
    .run = backward_weights_run,
};
