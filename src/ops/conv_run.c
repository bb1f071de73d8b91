/* conv_run.c: how the convolution ops run: what their buffers are to an algorithm, images with a
 * kernel for each, pooling in the end. */
#include "conv_run.h"

#include <string.h>

typedef void conv_function(const struct conv_work *work);

/* Images with kernels of their own, one by one: how far apart, in floats, their parts are. */
struct each {
    struct conv_work work; /* of the first */
    conv_function *function;
    int64_t in, kernel, dy, out;
};

/* The bits of whole rows that begin that many elements later. */
static struct bits bits_from(struct bits b, int64_t elements) {
    b.bytes = b.bytes ? b.bytes + elements / b.channels * b.row : NULL;
    return b;
}

/* The same of outputs that begin that many floats later. */
static struct finish finish_at(const struct finish *f, int64_t floats) {
    struct finish at = *f;
    at.out = f->out + floats;
    at.residual = f->residual ? f->residual + floats : NULL;
    at.mask = f->mask ? f->mask + floats : NULL;
    at.passes = bits_from(f->passes, floats);
    at.made = bits_from(f->made, floats);
    return at;
}

static void each_task(void *arg, int64_t image, int thread) {
    const struct each *e = arg;
    struct conv_work work = e->work;
    struct run own = *work.run;
    own.wide = false;
    own.sliced = true;
    own.scratch = run_scratch(work.run, thread);
    work.run = &own;
    work.images = 1;
    work.in += image * e->in;
    work.kernel += image * e->kernel;
    work.dy += image * e->dy;
    work.out += image * e->out;
    work.finish = finish_at(&work.finish, image * e->out);
    e->function(&work);
}

/* Absent arrays are 0 floats apart. */
static void run_work(struct each *e) {
    if (!e->work.p->each || e->work.images == 1)
        e->function(&e->work);
    else
        run_tasks(e->work.run, e->work.images, each_task, e);
}

static struct conv_work work_of(const struct op *op, struct run *run) {
    const struct conv_params *p = PARAMS_OF(op, conv_params);
    return (struct conv_work){.p = p, .run = run, .images = conv_images(p, run->n)};
}

static int64_t input_size(const struct conv_params *p) { return p->id * p->ih * p->iw * p->ic; }

static int64_t output_size(const struct conv_params *p) { return p->od * p->oh * p->ow * p->oc; }

/* Buffer i is bits of the output, whose rows have so many channels. */
static struct bits bits_buffer(const struct op *op, const struct run *run, int i,
                               int64_t channels) {
    return bits_of(run->kernels, op_buffer(op, run, i), channels);
}

static struct finish finish_of(const struct op *op, const struct run *run, int64_t channels) {
    const struct conv_params *p = PARAMS_OF(op, conv_params);
    bool bits = p->mask == MASK_BITS;
    return (struct finish){
        .bias = op_buffer(op, run, CONV_BIAS),
        .out = op_buffer(op, run, CONV_OUT),
        .residual = op_buffer(op, run, CONV_RESIDUAL),
        .mask = p->mask == ACTIVATION_NONE || bits ? NULL : op_buffer(op, run, CONV_MASK),
        .passes = bits ? bits_buffer(op, run, CONV_MASK, channels) : (struct bits){0},
        .made = conv_pools(p) ? (struct bits){0} : bits_buffer(op, run, CONV_CODE, channels),
        .least = activation_least(p->activation),
        .most = activation_most(p->activation),
        .last = activation_last(p->activation),
        .mask_last = activation_last(p->mask),
        .mask_least = 0.0f,
    };
}

/* Of forward and backward_data, whose output has so many channels. */
static struct conv_work map_work(const struct op *op, struct run *run, int64_t channels) {
    struct conv_work work = work_of(op, run);
    work.in = op_buffer(op, run, CONV_IN);
    work.kernel = op_buffer(op, run, CONV_PACKED);
    work.finish = finish_of(op, run, channels);
    work.out = op_buffer(op, run, CONV_OUT);
    return work;
}

static void map_run(const struct op *op, struct run *run, int64_t in, int64_t out,
                    int64_t channels) {
    struct each e = {
        .work = map_work(op, run, channels),
        .function = ((const struct conv_algorithm *)op->algorithm)->run,
        .in = in,
        .kernel = op->packed > 0 ? op->packed / (int64_t)sizeof(float)
                                 : conv_weights(PARAMS_OF(op, conv_params)),
        .out = out,
    };
    if (e.work.images > 0)
        run_work(&e);
}

static void pooled_run(const struct op *op, struct run *run) {
    const struct conv_params *p = PARAMS_OF(op, conv_params);
    const struct conv_algorithm *algorithm = op->algorithm;
    struct conv_work work = map_work(op, run, p->oc);
    work.code = op_buffer(op, run, CONV_CODE);
    if (work.images == 0)
        return;
    if (!conv_by_bands(op)) {
        algorithm->run(&work);
        return;
    }
    work.scratch = op->scratch - conv_pool_band(p);
    conv_pool_bands(&work, algorithm->run);
}

void conv_forward_run(const struct op *op, struct run *run) {
    const struct conv_params *p = PARAMS_OF(op, conv_params);
    if (conv_pools(p))
        pooled_run(op, run);
    else
        map_run(op, run, input_size(p), output_size(p), p->oc);
}

void conv_backward_data_run(const struct op *op, struct run *run) {
    const struct conv_params *p = PARAMS_OF(op, conv_params);
    map_run(op, run, output_size(p), input_size(p), p->ic);
}

void conv_backward_weights_run(const struct op *op, struct run *run) {
    const struct conv_params *p = PARAMS_OF(op, conv_params);
    struct each e = {
        .work = work_of(op, run),
        .function = ((const struct conv_algorithm *)op->algorithm)->run,
        .in = input_size(p),
        .dy = output_size(p),
        .out = conv_weights(p),
    };
    e.work.in = op_buffer(op, run, WEIGHTS_X);
    e.work.dy = op_buffer(op, run, WEIGHTS_DY);
    e.work.out = op_buffer(op, run, WEIGHTS_DW);
    e.work.add = run->add && conv_kernel_sums(op);
    if (e.work.images > 0)
        run_work(&e);
    else if (!p->each)
        memset(e.work.out, 0, (size_t)conv_weights(p) * sizeof(float));
}

void conv_pack_run(const struct op *op, struct run *run) {
    const struct conv_params *p = PARAMS_OF(op, conv_params);
    struct each e = {
        .work = work_of(op, run),
        .function = ((const struct conv_algorithm *)op->algorithm)->pack,
        .kernel = conv_weights(p),
        .out = op->packed / (int64_t)sizeof(float),
    };
    e.work.kernel = op_buffer(op, run, PACK_KERNEL);
    e.work.out = op_buffer(op, run, PACK_PACKED);
    if (!p->each || e.work.images > 0)
        run_work(&e);
}
