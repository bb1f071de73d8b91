/* conv.c: the convolution ops: their shapes, which algorithm runs each pass, and whether examples
 * meet in them. */
#include "conv_run.h"

#include <string.h>

static const struct conv_algorithm *const algorithms[CONV_PASSES][7] = {
    [CONV_FORWARD] = {&conv_forward_winograd, &conv_forward_fft, &conv_forward_narrow,
                      &conv_forward_dense, &conv_forward_direct, &conv_forward_reference},
    [CONV_BACKWARD_DATA] = {&conv_backward_data_winograd, &conv_backward_data_fft,
                            &conv_backward_data_narrow, &conv_backward_data_dense,
                            &conv_backward_data_direct, &conv_backward_data_reference},
    [CONV_BACKWARD_WEIGHTS] = {&conv_backward_weights_winograd, &conv_backward_weights_fft,
                               &conv_backward_weights_narrow, &conv_backward_weights_direct,
                               &conv_backward_weights_reference},
};

static const char *forced;

static const char *name_of_any(const char *name) {
    for (int pass = 0; pass < CONV_PASSES; pass++)
        for (const struct conv_algorithm *const *a = algorithms[pass]; *a; a++)
            if (strcmp((*a)->name, name) == 0)
                return (*a)->name;
    return NULL;
}

bool conv_algorithm_force(const char *name) {
    const char *known = name ? name_of_any(name) : NULL;
    if (name && !known)
        return false;
    forced = known;
    return true;
}

const char *conv_algorithm_name(const struct op *op) {
    return ((const struct conv_algorithm *)op->algorithm)->name;
}

static const struct conv_algorithm *choose(const struct conv_params *p, enum conv_pass pass) {
    const struct conv_algorithm *chosen = NULL;
    for (const struct conv_algorithm *const *a = algorithms[pass]; *a; a++) {
        if (!(*a)->applicable(p))
            continue;
        if (forced && strcmp((*a)->name, forced) == 0)
            return *a;
        if (!chosen && (!(*a)->pays || (*a)->pays(p)))
            chosen = *a;
    }
    return chosen;
}

/* One axis. */
struct axis {
    int64_t i, o, k, stride, dilation, before, tiles, mode;
};

/* Padding after the axis, as far as windows reach into it; negative where they do not. */
static int64_t padding_after(const struct axis *a) {
    return (a->o - 1) * a->stride + (a->k - 1) * a->dilation + 1 - a->before - a->i;
}

/* Mirrors once, and goes round once. */
static bool mode_fits(const struct axis *a, enum conv_pass pass) {
    if (a->mode == MODE_ZEROS)
        return true;
    int64_t most = a->mode == MODE_REFLECT ? a->i - 1 : a->mode == MODE_CIRCULAR ? a->i : INT64_MAX;
    return a->mode > MODE_ZEROS && a->mode < CONV_MODES && pass != CONV_BACKWARD_DATA &&
           a->before <= most && padding_after(a) <= most;
}

/* The last window begins before the end of the padded input, and no further window would fit in it
 * without padding: padding after > -stride. */
static bool axis_fits(const struct axis *a, enum conv_pass pass) {
    return a->i >= 1 && a->o >= 1 && a->k >= 1 && a->stride >= 1 && a->dilation >= 1 &&
           a->before >= 0 && a->tiles >= 1 && padding_after(a) > -a->stride && mode_fits(a, pass);
}

static bool is_activation(int64_t a) { return a >= ACTIVATION_NONE && a < ACTIVATIONS; }

static bool shapes_fit(const struct conv_params *p, enum conv_pass pass) {
    struct axis d = {p->id, p->od, p->kd, p->sd, p->dd, p->pd, p->td, p->md};
    struct axis h = {p->ih, p->oh, p->kh, p->sh, p->dh, p->ph, p->th, p->mh};
    struct axis w = {p->iw, p->ow, p->kw, p->sw, p->dw, p->pw, p->tw, p->mw};
    return axis_fits(&d, pass) && axis_fits(&h, pass) && axis_fits(&w, pass) && p->n >= 0 &&
           p->ic >= 1 && p->oc >= 1 && p->groups >= 1 && p->ic % p->groups == 0 &&
           p->oc % p->groups == 0 && is_activation(p->activation) &&
           (is_activation(p->mask) || p->mask == MASK_BITS) && (p->each == 0 || p->each == 1) &&
           (p->lasts == 0 || p->lasts == 1);
}

static enum status prepare(struct op *op, enum conv_pass pass) {
    const struct conv_params *p = PARAMS_OF(op, conv_params);
    if (!shapes_fit(p, pass))
        return STATUS_BAD_PARAMS;
    const struct conv_algorithm *chosen = choose(p, pass);
    op->algorithm = chosen;
    chosen->prepare(op);
    return STATUS_OK;
}

/* At most, where examples go by slices: of a packed kernel (Winograd's of 64 -> 64 channels has
 * 580 KB), or of one that lasts for each pixel of an image; and of a kernel gradient, of which each
 * part has its own: for each pixel, and in all. */
enum { KERNEL_BYTES = 640 << 10, KERNEL_PIXEL_BYTES = 8 << 10 };
enum { PIXEL_BYTES = 16 << 10, GRADIENT_BYTES = 256 << 10 };

/* Of the kernel that the op reads, packed or as it is. */
static int64_t kernel_bytes(const struct op *op) {
    int64_t bytes = conv_weights(PARAMS_OF(op, conv_params)) * (int64_t)sizeof(float);
    return op->packed > 0 ? op->packed : bytes;
}

/* Windows along one axis: whole ones, and maybe one more at the end. */
static bool windows_fit(int64_t size, int64_t window, int64_t outputs) {
    return window >= 1 && window <= CONV_POOL_MOST &&
           (outputs == size / window || outputs == div_up(size, window)) && outputs >= 1;
}

/* By bands each task reads the whole kernel, which has to stay in the cache. */
static enum status pool_prepare(struct op *op) {
    const struct conv_params *p = PARAMS_OF(op, conv_params);
    const struct conv_algorithm *algorithm = op->algorithm;
    if (!windows_fit(p->oh, p->qh, p->yh) || !windows_fit(p->ow, p->qw, p->yw) ||
        !is_activation(p->code_mask) || p->mask != ACTIVATION_NONE)
        return STATUS_BAD_PARAMS;
    if (!conv_by_bands(op))
        return STATUS_OK;
    if (!algorithm->by_rows || !conv_pool_by_bands(p) || kernel_bytes(op) > KERNEL_BYTES)
        return STATUS_BAD_PARAMS;
    op->scratch = round_up(op->scratch, ALIGNMENT) + conv_pool_band(p);
    return STATUS_OK;
}

/* Groups begin with a byte of bits, and are not narrow ones, whose end knows no bits. */
static bool bits_fit(const struct conv_params *p, int64_t channels) {
    int64_t each = channels / max64(p->groups, 1);
    return p->groups <= 1 || (each % BITS_LANES == 0 && each > NARROW_MOST);
}

/* Forward and backward_data, whose output has so many channels. */
static enum status map_prepare(struct op *op, enum conv_pass pass, int64_t channels) {
    const struct conv_params *p = PARAMS_OF(op, conv_params);
    bool makes_bits = op->buffer[CONV_CODE] >= 0 && !conv_pools(p);
    if ((makes_bits || p->mask == MASK_BITS) && !bits_fit(p, channels))
        return STATUS_BAD_PARAMS;
    return prepare(op, pass);
}

static enum status forward_prepare(struct op *op) {
    enum status status = map_prepare(op, CONV_FORWARD, PARAMS_OF(op, conv_params)->oc);
    bool pools = status == STATUS_OK && conv_pools(PARAMS_OF(op, conv_params));
    return pools ? pool_prepare(op) : status;
}
static enum status backward_data_prepare(struct op *op) {
    return map_prepare(op, CONV_BACKWARD_DATA, PARAMS_OF(op, conv_params)->ic);
}
static enum status backward_weights_prepare(struct op *op) {
    return prepare(op, CONV_BACKWARD_WEIGHTS);
}

static enum status pack_prepare(struct op *op) {
    int64_t pass = PARAMS_OF(op, conv_params)->pass;
    if (pass != CONV_FORWARD && pass != CONV_BACKWARD_DATA)
        return STATUS_BAD_PARAMS;
    enum status status = prepare(op, (enum conv_pass)pass);
    op->workspace = 0;
    return status;
}

static double conv_cost(const struct op *op, int64_t n) {
    const struct conv_params *p = PARAMS_OF(op, conv_params);
    return (double)conv_images(p, n) * conv_products(p) * 2 * NS_PER_FLOP;
}

/* Each slice of the examples reads the whole kernel, which has to stay in the cache, or be worth
 * reading again. */
static bool map_by_example(const struct op *op) {
    const struct conv_params *p = PARAMS_OF(op, conv_params);
    int64_t most = p->lasts ? p->od * p->oh * p->ow * KERNEL_PIXEL_BYTES : 0;
    bool fits = kernel_bytes(op) <= max64(most, KERNEL_BYTES);
    return leads_with_examples(op) && (p->each || fits);
}

static bool kernel_by_example(const struct op *op) {
    return leads_with_examples(op) && PARAMS_OF(op, conv_params)->each;
}

/* While it is small enough to write it part by part: each slice reads and writes all of it, for as
 * many products a number as the slice has pixels. */
bool conv_kernel_sums(const struct op *op) {
    const struct conv_params *p = PARAMS_OF(op, conv_params);
    const struct conv_algorithm *algorithm = op->algorithm;
    int64_t most = min64(p->od * p->oh * p->ow * PIXEL_BYTES, GRADIENT_BYTES);
    return leads_with_examples(op) && !p->each && algorithm->adds &&
           conv_weights(p) * (int64_t)sizeof(float) <= most;
}

static double pack_cost(const struct op *op, int64_t n) {
    const struct conv_params *p = PARAMS_OF(op, conv_params);
    int64_t kernels = p->each ? conv_images(p, n) : 1;
    return (double)(kernels * op->packed) * 2 * NS_PER_BYTE;
}

const struct op_type op_conv_forward = {
    .name = "conv_forward",
    .buffers = "x, packed, bias?, residual?, mask?, y!, code?!",
    .params = conv_params_names,
    .constants = "",
    .prepare = forward_prepare,
    .cost = conv_cost,
    .by_example = map_by_example,
    .run = conv_forward_run,
};

const struct op_type op_conv_backward_data = {
    .name = "conv_backward_data",
    .buffers = "dy, packed, bias?, residual?, mask?, dx!, code?!",
    .params = conv_params_names,
    .constants = "",
    .prepare = backward_data_prepare,
    .cost = conv_cost,
    .by_example = map_by_example,
    .run = conv_backward_data_run,
};

const struct op_type op_conv_backward_weights = {
    .name = "conv_backward_weights",
    .buffers = "x, dy, dw!",
    .params = conv_params_names,
    .constants = "",
    .prepare = backward_weights_prepare,
    .cost = conv_cost,
    .by_example = kernel_by_example,
    .sums = conv_kernel_sums,
    .run = conv_backward_weights_run,
};

const struct op_type op_conv_pack = {
    .name = "conv_pack",
    .buffers = "kernel, packed!",
    .params = conv_params_names,
    .constants = "",
    .prepare = pack_prepare,
    .cost = pack_cost,
    .by_example = kernel_by_example,
    .run = conv_pack_run,
};
