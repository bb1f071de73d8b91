/* conv.c: the convolution ops: their shapes, and which algorithm runs each pass. */
#include "algorithm.h"

#include <string.h>

static const struct conv_algorithm *const algorithms[CONV_PASSES][4] = {
    [CONV_FORWARD] = {&conv_forward_depthwise, &conv_forward_direct, &conv_forward_reference},
    [CONV_BACKWARD_DATA] = {&conv_backward_data_depthwise, &conv_backward_data_direct,
                            &conv_backward_data_reference},
    [CONV_BACKWARD_WEIGHTS] = {&conv_backward_weights_depthwise, &conv_backward_weights_direct,
                               &conv_backward_weights_reference},
};

static const char *forced;

void conv_algorithm_force(const char *name) { forced = name; }

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
        if (!chosen)
            chosen = *a;
    }
    return chosen;
}

/* One axis: the last window begins before the end of the padded input, and no further window would
 * fit in it without padding: zeros after > -stride. */
static bool axis_fits(int64_t i, int64_t o, int64_t k, int64_t stride, int64_t dilation,
                      int64_t before) {
    if (i < 1 || o < 1 || k < 1 || stride < 1 || dilation < 1 || before < 0)
        return false;
    int64_t after = (o - 1) * stride + (k - 1) * dilation + 1 - before - i;
    return after > -stride;
}

static bool shapes_fit(const struct conv_params *p) {
    return axis_fits(p->id, p->od, p->kd, p->sd, p->dd, p->pd) &&
           axis_fits(p->ih, p->oh, p->kh, p->sh, p->dh, p->ph) &&
           axis_fits(p->iw, p->ow, p->kw, p->sw, p->dw, p->pw) && p->n >= 0 && p->ic >= 1 &&
           p->oc >= 1 && p->groups >= 1 && p->ic % p->groups == 0 && p->oc % p->groups == 0 &&
           p->activation >= ACTIVATION_NONE && p->activation <= ACTIVATION_RELU;
}

static enum status prepare(struct op *op, enum conv_pass pass) {
    const struct conv_params *p = PARAMS_OF(op, conv_params);
    if (!shapes_fit(p))
        return STATUS_BAD_PARAMS;
    const struct conv_algorithm *chosen = choose(p, pass);
    op->algorithm = chosen;
    chosen->prepare(op);
    return STATUS_OK;
}

static enum status forward_prepare(struct op *op) { return prepare(op, CONV_FORWARD); }
static enum status backward_data_prepare(struct op *op) { return prepare(op, CONV_BACKWARD_DATA); }
static enum status backward_weights_prepare(struct op *op) {
    return prepare(op, CONV_BACKWARD_WEIGHTS);
}

static enum status pack_prepare(struct op *op) {
    int64_t pass = PARAMS_OF(op, conv_params)->pass;
    if (pass != CONV_FORWARD && pass != CONV_BACKWARD_DATA)
        return STATUS_BAD_PARAMS;
    enum status status = prepare(op, (enum conv_pass)pass);
    op->scratch = op->workspace = 0;
    return status;
}

static double conv_cost(const struct op *op, int64_t n) {
    const struct conv_params *p = PARAMS_OF(op, conv_params);
    return (double)conv_images(p, n) * conv_products(p) * 2 * NS_PER_FLOP;
}

/* Each slice of the examples reads the whole kernel, which has to stay in the cache. */
static bool conv_by_example(const struct op *op) {
    enum { KERNEL_BYTES = 1 << 18 };
    return leads_with_examples(op) && op->packed <= KERNEL_BYTES;
}

static double pack_cost(const struct op *op, int64_t n) {
    (void)n;
    return (double)op->packed * 2 * NS_PER_BYTE;
}

static void conv_run(const struct op *op, struct run *run) {
    ((const struct conv_algorithm *)op->algorithm)->run(op, run);
}

static void pack_run(const struct op *op, struct run *run) {
    ((const struct conv_algorithm *)op->algorithm)->pack(op, run);
}

const struct op_type op_conv_forward = {
    .name = "conv_forward",
    .buffers = "x, packed, bias?, y!",
    .params = conv_params_names,
    .constants = "",
    .prepare = forward_prepare,
    .cost = conv_cost,
    .by_example = conv_by_example,
    .run = conv_run,
};

const struct op_type op_conv_backward_data = {
    .name = "conv_backward_data",
    .buffers = "dy, packed, bias?, dx!",
    .params = conv_params_names,
    .constants = "",
    .prepare = backward_data_prepare,
    .cost = conv_cost,
    .by_example = conv_by_example,
    .run = conv_run,
};

const struct op_type op_conv_backward_weights = {
    .name = "conv_backward_weights",
    .buffers = "x, dy, dw!",
    .params = conv_params_names,
    .constants = "",
    .prepare = backward_weights_prepare,
    .cost = conv_cost,
    .run = conv_run,
};

const struct op_type op_conv_pack = {
    .name = "conv_pack",
    .buffers = "kernel, packed!",
    .params = conv_params_names,
    .constants = "",
    .prepare = pack_prepare,
    .cost = pack_cost,
    .run = pack_run,
};
