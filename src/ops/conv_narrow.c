/* conv_narrow.c: convolution in groups narrower than a vec, depthwise convolution among them, row
 * by row of the output; backward_data row by row of each phase (conv_gather.h).
 *
 * On two cores (AMD with AVX-512, shared; medians of six runs in turn), 3x3 at 56x56, batch 4, 128
 * channels by themselves: 0.60 ms with a pointer to every tap of every pixel, 0.31 ms like this; in
 * 32 groups of 4 on the tiles of the GEMM 4.2 ms, like this 1.2 ms.
 */
#include "conv_gather.h"

#include <string.h>

enum { ROWS_TOGETHER = 2 };  /* of each phase */
enum { COLUMNS_LEAST = 8 };  /* a tile */
enum { SHARD_PIXELS = 128 }; /* of a part of a kernel gradient's sum, at least */

static bool applicable(const struct conv_params *p) {
    return p->groups > 1 && conv_tiles(p) == 1 && p->ic / p->groups <= NARROW_MOST &&
           p->oc / p->groups <= NARROW_MOST;
}

struct narrow_pass {
    const struct conv_params *p;
    const struct run *run;
    void (*kernel)(const struct narrow *);
    struct gather g;
    struct narrow row; /* what all rows have in common */
    const float *in;
    float *weights; /* [kernel tap][inner][channels] */
    float *out;     /* or its gradient */
    int32_t lane[NARROW_MOST][VLEN_MOST];
};

/* lanes: as many whole groups as fit into a vec on both sides, or as much of one as does. */
static void set_lanes(struct narrow_pass *d) {
    struct narrow *r = &d->row;
    int64_t vlen = d->run->kernels->vlen, groups = vlen / max64(r->inner, r->outer);
    r->lanes = groups > 0 ? groups * r->outer : min64(vlen, r->outer);
    for (int64_t k = 0; k < r->inner; k++)
        for (int64_t i = 0; i < vlen; i++)
            d->lane[k][i] = (int32_t)(i / r->outer * r->inner + k) % (int32_t)vlen;
}

static struct narrow_pass pass_of(const struct conv_work *work, const struct gather *g,
                                  bool backward) {
    const struct conv_params *p = work->p;
    const struct axis_map *w = &g->axis[AXIS_W];
    int64_t inner = (backward ? p->oc : p->ic) / p->groups;
    struct narrow_pass d = {
        .p = p, .run = work->run, .g = *g, .kernel = work->run->kernels->narrow, .in = work->in};
    d.row = (struct narrow){
        .taps = w->taps,
        .in_step = w->in_step,
        .tap_step = w->taps == 1 ? w->in_step : w->tap_step, /* one tap is near the next pixel's */
        .mode = w->mode,
        .x_channels = g->in_channels,
        .y_pixel = w->out_step * g->out_channels,
        .b_tap = w->k_step * inner * g->out_channels,
        .channels = g->out_channels,
        .inner = inner,
        .outer = g->out_channels / p->groups,
    };
    set_lanes(&d);
    return d;
}

/* Where a row of pixels is: image, depth, height of the phase. */
struct place {
    int64_t n, d, h;
};

/* The lines of a row that lie inside the image: for the tap at w = 0, where position 0 is and where
 * the weights are. Returns how many. */
static int64_t find_lines(const struct narrow_pass *a, struct place at, const float **x,
                          float **b) {
    const struct axis_map *d = &a->g.axis[AXIS_D], *h = &a->g.axis[AXIS_H], *w = &a->g.axis[AXIS_W];
    int64_t plane = w->in_size * a->g.in_channels, lines = 0;
    int64_t d_first = d->in_first + d->in_step * at.d, h_first = h->in_first + h->in_step * at.h;
    for (int64_t td = 0; td < d->taps; td++)
        for (int64_t th = 0; th < h->taps; th++) {
            int64_t id = mode_source(d->mode, d_first + d->tap_step * td, d->in_size);
            int64_t ih = mode_source(h->mode, h_first + h->tap_step * th, h->in_size);
            if (id < 0 || ih < 0)
                continue;
            int64_t kd = d->k_first + d->k_step * td, kh = h->k_first + h->k_step * th;
            int64_t tap = (kd * a->p->kh + kh) * a->p->kw + w->k_first;
            x[lines] = a->in + ((at.n * d->in_size + id) * h->in_size + ih) * plane;
            b[lines] = a->weights + tap * a->row.inner * a->row.channels;
            lines++;
        }
    return lines;
}

/* Pixels of one row. */
static void run_row(const struct narrow_pass *a, struct place at, struct range pixels,
                    void *scratch) {
    const struct axis_map *d = &a->g.axis[AXIS_D], *h = &a->g.axis[AXIS_H], *w = &a->g.axis[AXIS_W];
    const float **x = (const float **)((float *)scratch + NARROW_HELD);
    float **b = (float **)(x + a->p->kd * a->p->kh);
    int64_t first = w->in_first + w->in_step * pixels.first;
    int64_t line = (at.n * d->out_size + d->out_first + d->out_step * at.d) * h->out_size +
                   h->out_first + h->out_step * at.h;
    int64_t pixel = line * w->out_size + w->out_first + w->out_step * pixels.first;
    struct narrow row = a->row;
    row.lines = w->taps > 0 ? find_lines(a, at, x, b) : 0; /* a phase may have no taps */
    for (int64_t l = 0; l < row.lines; l++)
        x[l] += first * a->g.in_channels;
    row.x = x;
    row.b = b;
    row.y = a->out + pixel * a->g.out_channels;
    row.lane = a->lane;
    row.held = scratch;
    row.in_first = -first;
    row.in_last = w->in_size - first;
    row.pixels = pixels.last - pixels.first;
    a->kernel(&row);
}

static int64_t rows_scratch(const struct conv_params *p) {
    return NARROW_HELD * (int64_t)sizeof(float) + p->kd * p->kh * 2 * (int64_t)sizeof(float *);
}

static void next_row(struct place *at, int64_t depth, int64_t height) {
    if (++at->h < height)
        return;
    at->h = 0;
    if (++at->d < depth)
        return;
    at->d = 0;
    at->n++;
}

/* Some rows of the phase, in some of their columns. */
static void run_rows(const struct narrow_pass *a, struct range rows, struct range columns,
                     void *scratch) {
    int64_t height = a->g.axis[AXIS_H].count, depth = a->g.axis[AXIS_D].count;
    int64_t plane = rows.first / height;
    struct place at = {plane / depth, plane % depth, rows.first % height};
    for (int64_t row = rows.first; row < rows.last; row++) {
        run_row(a, at, columns, scratch);
        next_row(&at, depth, height);
    }
}

/* The rows of a phase cut into parts, and each row where there are too few of them. */
struct cut {
    int64_t rows, columns;
};

static int64_t rows_of(const struct gather *g) {
    return g->images * g->axis[AXIS_D].count * g->axis[AXIS_H].count;
}

static struct cut cut_of(const struct gather *g, int64_t tasks) {
    int64_t rows = rows_of(g), width = g->axis[AXIS_W].count;
    struct cut cut = {.rows = min64(rows, tasks)};
    cut.columns = max64(min64(tasks / max64(cut.rows, 1), width / COLUMNS_LEAST), 1);
    return cut;
}

static struct range rows_of_part(const struct gather *g, struct cut cut, int64_t part) {
    return shard(rows_of(g), cut.rows, part / cut.columns);
}

static struct range columns_of_part(const struct gather *g, struct cut cut, int64_t part) {
    return shard(g->axis[AXIS_W].count, cut.columns, part % cut.columns);
}

/* Forward and backward_data. */
struct narrow_map {
    const struct conv_work *work;
    bool backward;
    int64_t phases;
    struct cut cut; /* of each phase; the first one is the largest */
};

/* Some of the rows of a part, in one phase. */
static void run_phase(const struct narrow_map *a, int64_t phase, int64_t part, int64_t block,
                      int64_t blocks, void *scratch) {
    const struct conv_work *work = a->work;
    struct gather g = gather_phase(work->p, work->images, a->backward, MERGE_NEVER, phase);
    if (g.pixels == 0)
        return;
    struct range rows = rows_of_part(&g, a->cut, part);
    struct range some = shard(rows.last - rows.first, blocks, block);
    struct narrow_pass d = pass_of(work, &g, a->backward);
    d.weights = (float *)work->kernel;
    d.out = work->out;
    d.row.finish = &work->finish;
    run_rows(&d, (struct range){rows.first + some.first, rows.first + some.last},
             columns_of_part(&g, a->cut, part), scratch);
}

/* Phases write pixels next to one another: they take turns, few rows at a time. */
static void part_task(void *arg, int64_t part, int thread) {
    const struct narrow_map *a = arg;
    struct gather g = gather_phase(a->work->p, a->work->images, a->backward, MERGE_NEVER, 0);
    int64_t rows = div_up(rows_of(&g), a->cut.rows);
    int64_t blocks = a->phases == 1 ? 1 : div_up(rows, ROWS_TOGETHER);
    for (int64_t block = 0; block < blocks; block++)
        for (int64_t phase = 0; phase < a->phases; phase++)
            run_phase(a, phase, part, block, blocks, run_scratch(a->work->run, thread));
}

static void narrow_run(const struct conv_work *work, bool backward) {
    struct gather g = gather_phase(work->p, work->images, backward, MERGE_NEVER, 0);
    int64_t tasks = conv_tasks((double)work->images * conv_products(work->p) * 4);
    struct narrow_map a = {work, backward, gather_phases(work->p, backward), cut_of(&g, tasks)};
    run_tasks(work->run, a.cut.rows * a.cut.columns, part_task, &a);
}

static void forward_run(const struct conv_work *work) { narrow_run(work, false); }
static void backward_data_run(const struct conv_work *work) { narrow_run(work, true); }

/* The kernel as it is serves forward, and backward_data of single channels. */
static void forward_prepare(struct op *op) {
    op->packed = 0;
    op->scratch = rows_scratch(PARAMS_OF(op, conv_params));
}

static void backward_data_prepare(struct op *op) {
    const struct conv_params *p = PARAMS_OF(op, conv_params);
    bool single = p->ic == p->groups && p->oc == p->groups;
    op->packed = single ? 0 : conv_weights(p) * (int64_t)sizeof(float);
    op->scratch = rows_scratch(p);
}

/* packed[tap][filter of the group][ic] from kernel[tap][channel of the group][oc]. */
static void backward_data_pack(const struct conv_work *work) {
    const struct conv_params *p = work->p;
    const float *kernel = work->kernel;
    float *packed = work->out;
    int64_t inner = p->oc / p->groups, outer = p->ic / p->groups;
    for (int64_t t = 0; t < conv_taps(p); t++, kernel += outer * p->oc)
        for (int64_t k = 0; k < inner; k++)
            for (int64_t c = 0; c < p->ic; c++)
                *packed++ = kernel[c % outer * p->oc + c / outer * inner + k];
}

/* backward_weights: partial sums [shards][tap][inner][oc]. */
struct narrow_weights {
    struct narrow_pass pass;
    struct cut cut;
    int64_t count;
    float *partial;
    bool add;
};

static void shard_task(void *arg, int64_t task, int thread) {
    const struct narrow_weights *a = arg;
    struct narrow_pass d = a->pass;
    d.weights = a->partial + task * a->count;
    if (!a->add)
        memset(d.weights, 0, (size_t)a->count * sizeof(float));
    run_rows(&d, rows_of_part(&d.g, a->cut, task), columns_of_part(&d.g, a->cut, task),
             run_scratch(d.run, thread));
}

static void weights_run(const struct conv_work *work) {
    const struct conv_params *p = work->p;
    struct gather g = gather_phase(p, work->images, false, MERGE_NEVER, 0);
    struct narrow_weights a = {.pass = pass_of(work, &g, false), .count = conv_weights(p)};
    a.add = work->add;
    a.pass.kernel = work->run->kernels->narrow_outer;
    a.pass.out = (float *)work->dy;
    int64_t tasks = conv_tasks((double)work->images * conv_products(p) * 4);
    int64_t shared = work->run->sliced ? 1 : conv_most_shards(p);
    int64_t most = max64(min64(shared, g.pixels / SHARD_PIXELS), 1);
    a.cut = cut_of(&g, min64(tasks, most));
    int64_t shards = a.cut.rows * a.cut.columns;
    a.partial = shards == 1 ? work->out : (float *)work->run->workspace;
    run_tasks(work->run, shards, shard_task, &a);
    if (shards > 1)
        conv_sum_shards(work->run, a.partial, shards, a.count, work->out);
}

static void weights_prepare(struct op *op) {
    const struct conv_params *p = PARAMS_OF(op, conv_params);
    int64_t shards = conv_most_shards(p);
    op->scratch = rows_scratch(p);
    op->workspace = shards == 1 ? 0 : shards * conv_weights(p) * (int64_t)sizeof(float);
}

const struct conv_algorithm conv_forward_narrow = {
    .name = "narrow",
    .applicable = applicable,
    .prepare = forward_prepare,
    .run = forward_run,
    .by_rows = true,
};
const struct conv_algorithm conv_backward_data_narrow = {
    .name = "narrow",
    .applicable = applicable,
    .prepare = backward_data_prepare,
    .pack = backward_data_pack,
    .run = backward_data_run,
};
const struct conv_algorithm conv_backward_weights_narrow = {
    .name = "narrow",
    .applicable = applicable,
    .prepare = weights_prepare,
    .run = weights_run,
    .adds = true,
};
