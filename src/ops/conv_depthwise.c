/* conv_depthwise.c: one filter or several (the multiplier m = oc / ic) for each channel by itself,
 * vectorised along channels. Output channel c * m + j is filter j of channel c.
 *
 * forward and backward_weights go filter by filter, on planes that hold every m-th channel of the
 * output's side; backward_data sums over m neighbours at the end. m = 1 needs neither. */
#include "conv_gather.h"

#include <string.h>

enum { BLOCK_PIXELS = 96, PIXELS_LEAST = 24 }; /* of a block */
enum { SHARD_PIXELS = 512 };                   /* at least */
enum { FLOATS_ALIGNED = ALIGNMENT / sizeof(float) };

static int64_t multiplier(const struct conv_params *p) { return p->oc / p->ic; }

static bool applicable(const struct conv_params *p) {
    return p->groups == p->ic && p->groups > 1 && conv_tiles(p) == 1;
}

/* planes[j][row][c] from rows[row][c * m + j]. */
static void split_planes(const float *rows, int64_t count, int64_t c, int64_t m, float *planes) {
    for (int64_t r = 0; r < count; r++)
        for (int64_t j = 0; j < m; j++)
            for (int64_t i = 0; i < c; i++)
                planes[(j * count + r) * c + i] = rows[(r * c + i) * m + j];
}

/* y[i] of m neighbours. */
static void sum_neighbours(const float *x, int64_t c, int64_t m, const float *bias, bool relu,
                           float *y) {
    for (int64_t i = 0; i < c; i++) {
        float sum = bias ? bias[i] : 0;
        for (int64_t j = 0; j < m; j++)
            sum += x[i * m + j];
        y[i] = relu && sum < 0 ? 0 : sum;
    }
}

struct depthwise_pass {
    const struct conv_params *p;
    const struct run *run;
    bool backward;
    int64_t images, blocks;
    const float *in, *packed, *bias;
    float *out;
};

/* A block's scratch: rows of one plane, or of neighbours to be summed, then the table. */
static int64_t staged_channels(const struct conv_params *p, bool backward) {
    return multiplier(p) == 1 ? 0 : backward ? p->oc : p->ic;
}

static int64_t staged_size(const struct conv_params *p, bool backward) {
    return round_up(BLOCK_PIXELS * staged_channels(p, backward), FLOATS_ALIGNED);
}

static void forward_planes(const struct depthwise_pass *d, const struct gather_table *t,
                           struct depthwise kernel, float *const *rows) {
    const struct conv_params *p = d->p;
    int64_t m = multiplier(p);
    for (int64_t j = 0; j < m; j++) {
        kernel.b = d->packed + j * kernel.terms * p->ic;
        d->run->kernels->depthwise(&kernel);
        for (int64_t r = 0; r < t->pixels; r++)
            for (int64_t c = 0; c < p->ic; c++) {
                float sum = rows[r][c] + (d->bias ? d->bias[c * m + j] : 0);
                t->out[r][c * m + j] = p->activation == ACTIVATION_RELU && sum < 0 ? 0 : sum;
            }
    }
}

/* Several filters a channel: the kernel's rows go to scratch and from there to the output. */
static void block_staged(const struct depthwise_pass *d, const struct gather_table *t,
                         struct depthwise kernel, float *staged) {
    const struct conv_params *p = d->p;
    float *rows[BLOCK_PIXELS];
    for (int64_t r = 0; r < t->pixels; r++)
        rows[r] = staged + r * staged_channels(p, d->backward);
    kernel.c = rows;
    if (!d->backward) {
        forward_planes(d, t, kernel, rows);
        return;
    }
    d->run->kernels->depthwise(&kernel);
    for (int64_t r = 0; r < t->pixels; r++)
        sum_neighbours(rows[r], p->ic, multiplier(p), d->bias, p->activation == ACTIVATION_RELU,
                       t->out[r]);
}

static void depthwise_task(void *arg, int64_t task, int thread) {
    const struct depthwise_pass *d = arg;
    const struct conv_params *p = d->p;
    struct gather g = gather_phase(p, d->images, d->backward, false, task / d->blocks);
    struct range pixels = shard(g.pixels, d->blocks, task % d->blocks);
    if (pixels.first == pixels.last)
        return;
    float *staged = run_scratch(d->run, thread);
    struct gather_table t = gather_fill(&g, d->in, d->out, pixels, (struct range){0, g.runs},
                                        staged + staged_size(p, d->backward));
    struct depthwise kernel = {
        .a = t.rows,
        .a_stride = t.pixels,
        .b = d->packed + g.taps_before * g.in_channels,
        .b_stride = d->backward ? p->oc : p->ic,
        .c = t.out,
        .rows = t.pixels,
        .terms = g.taps,
        .channels = d->backward ? p->oc : p->ic,
    };
    if (multiplier(p) > 1) {
        block_staged(d, &t, kernel, staged);
        return;
    }
    kernel.bias = d->bias;
    kernel.relu = p->activation == ACTIVATION_RELU;
    d->run->kernels->depthwise(&kernel);
}

static void depthwise_run(const struct conv_work *work, bool backward) {
    const struct conv_params *p = work->p;
    struct depthwise_pass d = {
        .p = p,
        .run = work->run,
        .backward = backward,
        .images = work->images,
        .in = work->in,
        .packed = work->kernel,
        .bias = work->bias,
        .out = work->out,
    };
    int64_t phases = gather_phases(p, backward);
    int64_t pixels = gather_phase(p, d.images, backward, false, 0).pixels;
    int64_t tasks = div_up(conv_tasks((double)d.images * conv_products(p) * 4), phases);
    d.blocks = max64(div_up(pixels, BLOCK_PIXELS), min64(tasks, div_up(pixels, PIXELS_LEAST)));
    run_tasks(work->run, phases * d.blocks, depthwise_task, &d);
}

static void forward_run(const struct conv_work *work) { depthwise_run(work, false); }
static void backward_data_run(const struct conv_work *work) { depthwise_run(work, true); }

static void depthwise_prepare(struct op *op, bool backward) {
    const struct conv_params *p = PARAMS_OF(op, conv_params);
    op->packed = conv_weights(p) * (int64_t)sizeof(float);
    op->scratch = staged_size(p, backward) * (int64_t)sizeof(float) +
                  gather_scratch(p, backward, false, BLOCK_PIXELS);
}

static void forward_prepare(struct op *op) { depthwise_prepare(op, false); }
static void backward_data_prepare(struct op *op) { depthwise_prepare(op, true); }

/* packed[plane][tap][ic]: the kernel itself when there is one filter. */
static void forward_pack(const struct conv_work *work) {
    const struct conv_params *p = work->p;
    split_planes(work->kernel, conv_taps(p), p->ic, multiplier(p), work->out);
}

/* packed[tap in the order of the phases][oc]. */
static void backward_data_pack(const struct conv_work *work) {
    const struct conv_params *p = work->p;
    float *packed = work->out;
    for (int64_t phase = 0; phase < gather_phases(p, true); phase++) {
        struct gather g = gather_phase(p, 1, true, false, phase);
        for (int64_t t = 0; t < g.taps; t++, packed += p->oc)
            memcpy(packed, work->kernel + gather_kernel_tap(p, &g, t) * p->oc,
                   (size_t)p->oc * sizeof(float));
    }
}

/* backward_weights: partial sums [shards][plane][tap][ic], then their sum as [tap][oc]. */
struct depthwise_weights {
    const struct conv_params *p;
    const struct run *run;
    const float *x, *dy;
    float *partial, *dw;
    struct gather g;
    int64_t shards;
};

static void weights_block(const struct depthwise_weights *w, struct range pixels, float *partial,
                          bool add, float *planes) {
    const struct conv_params *p = w->p;
    int64_t m = multiplier(p), count = pixels.last - pixels.first;
    const float *dy = w->dy + pixels.first * p->oc;
    struct gather_table t =
        gather_fill(&w->g, w->x, NULL, pixels, (struct range){0, w->g.runs},
                    planes + BLOCK_PIXELS * (m == 1 ? 0 : round_up(p->oc, FLOATS_ALIGNED)));
    if (m > 1)
        split_planes(dy, count, p->ic, m, planes);
    struct depthwise kernel = {
        .a = t.rows,
        .a_stride = t.pixels,
        .b_stride = p->ic,
        .c_stride = p->ic,
        .rows = w->g.taps,
        .terms = count,
        .channels = p->ic,
        .add = add,
    };
    for (int64_t j = 0; j < m; j++) {
        kernel.b = m > 1 ? planes + j * count * p->ic : dy;
        kernel.c_base = partial + j * w->g.taps * p->ic;
        w->run->kernels->depthwise_outer(&kernel);
    }
}

static void weights_task(void *arg, int64_t task, int thread) {
    const struct depthwise_weights *w = arg;
    struct range pixels = shard(w->g.pixels, w->shards, task);
    int64_t count = pixels.last - pixels.first, blocks = div_up(count, BLOCK_PIXELS);
    for (int64_t i = 0; i < blocks; i++) {
        struct range block = shard(count, blocks, i);
        block.first += pixels.first;
        block.last += pixels.first;
        weights_block(w, block, w->partial + task * conv_weights(w->p), i > 0,
                      run_scratch(w->run, thread));
    }
}

static void sum_shards(const struct depthwise_weights *w) {
    int64_t taps = w->g.taps, c = w->p->ic, m = multiplier(w->p), count = taps * c * m;
    for (int64_t s = 1; s < w->shards; s++)
        for (int64_t i = 0; i < count; i++)
            w->partial[i] += w->partial[s * count + i];
    for (int64_t t = 0; t < taps; t++)
        for (int64_t i = 0; i < c; i++)
            for (int64_t j = 0; j < m; j++)
                w->dw[(t * c + i) * m + j] = w->partial[(j * taps + t) * c + i];
}

static void weights_run(const struct conv_work *work) {
    const struct conv_params *p = work->p;
    struct depthwise_weights w = {
        .p = p,
        .run = work->run,
        .x = work->in,
        .dy = work->dy,
        .partial = (float *)work->run->workspace,
        .dw = work->out,
        .g = gather_phase(p, work->images, false, false, 0),
    };
    int64_t tasks = conv_tasks((double)work->images * conv_products(p) * 4);
    int64_t shards = max64(min64(conv_most_shards(p), w.g.pixels / SHARD_PIXELS), 1);
    w.shards = min64(tasks, shards);
    run_tasks(work->run, w.shards, weights_task, &w);
    sum_shards(&w);
}

static void weights_prepare(struct op *op) {
    const struct conv_params *p = PARAMS_OF(op, conv_params);
    int64_t planes = multiplier(p) == 1 ? 0 : BLOCK_PIXELS * round_up(p->oc, FLOATS_ALIGNED);
    op->scratch = planes * (int64_t)sizeof(float) + gather_scratch(p, false, false, BLOCK_PIXELS);
    op->workspace = conv_most_shards(p) * conv_weights(p) * (int64_t)sizeof(float);
}

const struct conv_algorithm conv_forward_depthwise = {
    "depthwise", applicable, forward_prepare, forward_pack, forward_run,
};
const struct conv_algorithm conv_backward_data_depthwise = {
    "depthwise", applicable, backward_data_prepare, backward_data_pack, backward_data_run,
};
/* Its partial sums are in the workspace, which images with kernels of their own would share. */
static bool weights_applicable(const struct conv_params *p) { return applicable(p) && !p->each; }

const struct conv_algorithm conv_backward_weights_depthwise = {
    "depthwise", weights_applicable, weights_prepare, NULL, weights_run,
};
