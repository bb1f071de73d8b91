/* normalize.c: batch normalization in sweeps by example, and what joins the examples.
 *
 *   normalize     y = act((x - mean) factor + shift + residual * residual_factor), per channel
 *                 and the bits of act, where a gradient flows back through it
 *   centred_sums  of each example: sum[c] of g, dot[c] of g (x - mean)
 *   join_moments  the mean and variance of all examples from those of each: the mean of the
 *                 variances plus the variance of the means (Chan, Golub and LeVeque 1979) */
#include "sweep.h"

/* count: floats of one of n; activation: as a convolution's, none, relu, relu6. */
PARAMS(normalize_params, batched, n, count, channels, activation);

enum { NORMALIZE_X, NORMALIZE_MEAN, NORMALIZE_FACTOR, NORMALIZE_SHIFT };
enum { NORMALIZE_RESIDUAL = 4, NORMALIZE_RESIDUAL_FACTOR, NORMALIZE_Y, NORMALIZE_BITS };

static int64_t normalize_block(const struct normalize_params *p) {
    return max64(SWEEP_BLOCK / p->channels, 1);
}

struct normalize_args {
    const struct kernels *kernels;
    struct normalize_tile tile; /* all rows */
    int64_t block;              /* rows of a task */
};

static void normalize_task(void *arg, int64_t task, int thread) {
    (void)thread;
    const struct normalize_args *a = arg;
    struct normalize_tile tile = a->tile;
    int64_t first = task * a->block, at = first * tile.channels;
    tile.rows = min64(a->block, tile.rows - first);
    tile.x += at;
    tile.residual = tile.residual ? tile.residual + at : NULL;
    tile.y += at;
    tile.bits = tile.bits ? tile.bits + first * bits_row(tile.channels, a->kernels->vlen) : NULL;
    a->kernels->normalize(&tile);
}

static void normalize_run(const struct op *op, struct run *run) {
    const struct normalize_params *p = PARAMS_OF(op, normalize_params);
    struct normalize_args a = {
        .kernels = run->kernels,
        .tile = {.x = op_buffer(op, run, NORMALIZE_X),
                 .mean = op_buffer(op, run, NORMALIZE_MEAN),
                 .factor = op_buffer(op, run, NORMALIZE_FACTOR),
                 .shift = op_buffer(op, run, NORMALIZE_SHIFT),
                 .residual = op_buffer(op, run, NORMALIZE_RESIDUAL),
                 .residual_factor = op_buffer(op, run, NORMALIZE_RESIDUAL_FACTOR),
                 .y = op_buffer(op, run, NORMALIZE_Y),
                 .bits = op_buffer(op, run, NORMALIZE_BITS),
                 .rows = op_extent(p->n, p->batched, run->n) * p->count / p->channels,
                 .channels = p->channels,
                 .least = activation_least(p->activation),
                 .most = activation_most(p->activation),
                 .last = activation_last(p->activation)},
        .block = normalize_block(p),
    };
    run_tasks(run, div_up(a.tile.rows, a.block), normalize_task, &a);
}

static enum status normalize_prepare(struct op *op) {
    const struct normalize_params *p = PARAMS_OF(op, normalize_params);
    bool fits = p->channels >= 1 && p->count % p->channels == 0;
    return fits && p->activation >= 0 && p->activation < ACTIVATIONS ? STATUS_OK
                                                                     : STATUS_BAD_PARAMS;
}

static double normalize_cost(const struct op *op, int64_t n) {
    int64_t arrays = 2 + (op->buffer[NORMALIZE_RESIDUAL] >= 0);
    return (double)(sweep_extent(op, n) * arrays) * sizeof(float) * NS_PER_BYTE;
}

const struct op_type op_normalize = {
    .name = "normalize",
    .buffers = "x, mean, factor, shift, residual?, residual_factor?, y!, bits?!",
    .params = normalize_params_names,
    .constants = "",
    .prepare = normalize_prepare,
    .cost = normalize_cost,
    .by_example = leads_with_examples,
    .run = normalize_run,
};

/* x[n][mid][channels], sum[n][channels] */
PARAMS(sums_params, batched, n, mid, channels);
PARAMS(join_params, batched, n, channels);

struct sums_args {
    const struct kernels *kernels;
    struct centred_sums_tile tile; /* of the first of n */
};

static void sums_task(void *arg, int64_t task, int thread) {
    (void)thread;
    const struct sums_args *a = arg;
    struct centred_sums_tile tile = a->tile;
    tile.x += task * tile.rows * tile.channels;
    tile.g += task * tile.rows * tile.channels;
    tile.sum += task * tile.channels;
    tile.dot += task * tile.channels;
    a->kernels->centred_sums(&tile);
}

static void sums_run(const struct op *op, struct run *run) {
    const struct sums_params *p = PARAMS_OF(op, sums_params);
    struct sums_args a = {run->kernels,
                          {.x = op_buffer(op, run, 0),
                           .g = op_buffer(op, run, 1),
                           .mean = op_buffer(op, run, 2),
                           .sum = op_buffer(op, run, 3),
                           .dot = op_buffer(op, run, 4),
                           .rows = p->mid,
                           .channels = p->channels}};
    run_tasks(run, op_extent(p->n, p->batched, run->n), sums_task, &a);
}

static double sums_cost(const struct op *op, int64_t n) {
    const struct sums_params *p = PARAMS_OF(op, sums_params);
    int64_t count = op_extent(p->n, p->batched, n) * p->mid * p->channels;
    return (double)(count * 2) * sizeof(float) * NS_PER_BYTE;
}

const struct op_type op_centred_sums = {
    .name = "centred_sums",
    .buffers = "x, g, mean, sum!, dot!",
    .params = sums_params_names,
    .constants = "",
    .cost = sums_cost,
    .by_example = leads_with_examples,
    .run = sums_run,
};

/* Some channels of mean, variance [n][channels], each of as many numbers. In float64: what is left
 * of a mean's rounding counts where the mean is large. */
enum { JOIN_CHANNELS = 64 };

static void join_channels(const float *mean, const float *variance, int64_t n, int64_t stride,
                          int64_t channels, float *joint_mean, float *joint) {
    double m[JOIN_CHANNELS] = {0}, v[JOIN_CHANNELS] = {0};
    for (int64_t i = 0; i < n; i++)
        for (int64_t c = 0; c < channels; c++)
            m[c] += mean[i * stride + c];
    for (int64_t c = 0; c < channels; c++)
        m[c] /= (double)n;
    for (int64_t i = 0; i < n; i++)
        for (int64_t c = 0; c < channels; c++) {
            double d = mean[i * stride + c] - m[c];
            v[c] += variance[i * stride + c] + d * d;
        }
    for (int64_t c = 0; c < channels; c++) {
        joint_mean[c] = (float)m[c];
        joint[c] = (float)(v[c] / (double)n);
    }
}

static void join_run(const struct op *op, struct run *run) {
    const struct join_params *p = PARAMS_OF(op, join_params);
    const float *mean = op_buffer(op, run, 0), *variance = op_buffer(op, run, 1);
    float *joint_mean = op_buffer(op, run, 2), *joint = op_buffer(op, run, 3);
    int64_t n = op_extent(p->n, p->batched, run->n);
    for (int64_t c = 0; c < p->channels; c += JOIN_CHANNELS)
        join_channels(mean + c, variance + c, n, p->channels, min64(JOIN_CHANNELS, p->channels - c),
                      joint_mean + c, joint + c);
}

static double join_cost(const struct op *op, int64_t n) {
    const struct join_params *p = PARAMS_OF(op, join_params);
    return (double)(op_extent(p->n, p->batched, n) * p->channels) * NS_PER_FLOP * 8;
}

const struct op_type op_join_moments = {
    .name = "join_moments",
    .buffers = "mean, variance, joint_mean!, joint_variance!",
    .params = join_params_names,
    .constants = "",
    .cost = join_cost,
    .run = join_run,
};
