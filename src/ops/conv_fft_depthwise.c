/* conv_fft_depthwise.c: Fourier transforms where each channel is by itself: a vec of channels of a
 * tile goes through transform, product and inverse while it is in the cache.
 *
 *   forward           Y = X conj(G)
 *   backward_data     dX = dY G
 *   backward_weights  dG = sum over tiles of X conj(dY)
 */
#include "conv_fft.h"

#include <string.h>

enum { TILES_TASK = 4 }; /* of a map; at least */

struct depthwise {
    const struct conv_work *work;
    enum conv_pass pass;
    struct fft_grid grid;
    int64_t vecs, tiles; /* of the channels; of all images */
    int64_t blocks;      /* of tiles */
    float *dw;           /* [blocks][kh][kw][channels] */
};

static struct depthwise depthwise_of(const struct conv_work *work, enum conv_pass pass) {
    struct depthwise d = {.work = work, .pass = pass, .grid = fft_grid_of(work->p, pass)};
    d.vecs = div_up(work->p->ic, work->run->kernels->vlen);
    d.tiles = d.grid.tiles * work->images;
    return d;
}

/* Floats of a spectrum of one vec of channels; with any instruction set. */
static int64_t vec_floats(const struct depthwise *d) {
    return d->grid.frequencies * 2 * d->work->run->kernels->vlen;
}
static int64_t spectrum_floats(const struct fft_grid *g) { return g->frequencies * 2 * VLEN_MOST; }

/* The tile of the vec `v` of channels, with its spectrum [frequency][real, imaginary][lane]. */
static struct fft_tile vec_tile(const struct depthwise *d, int64_t v, float *spectrum,
                                float *work) {
    int vlen = d->work->run->kernels->vlen;
    struct fft_tile t = fft_tile_of(&d->grid, work);
    t.spectrum = spectrum;
    t.step = 2 * vlen;
    t.imaginary = vlen;
    t.lanes = vlen;
    t.pixel_lanes = (int)min64(d->work->p->ic - v * vlen, vlen);
    return t;
}

static void pack_task(void *arg, int64_t v, int thread) {
    const struct depthwise *d = arg;
    const struct conv_params *p = d->work->p;
    const struct kernels *k = d->work->run->kernels;
    float *spectrum = d->work->out + v * vec_floats(d);
    struct fft_tile t = vec_tile(d, v, spectrum, run_scratch(d->work->run, thread));
    struct fft_map map = {p->kh, p->kw, p->oc};
    fft_window(&t, &map, 0, 0, d->grid.h.t, d->grid.w.t);
    t.x = d->work->kernel + v * k->vlen;
    k->fft_forward(&t);
}

void fft_depthwise_pack(const struct conv_work *work, enum conv_pass pass) {
    struct depthwise d = depthwise_of(work, pass);
    run_tasks(work->run, d.vecs, pack_task, &d);
}

static void map_tile(const struct depthwise *d, int64_t v, int64_t index, float *scratch) {
    const struct conv_params *p = d->work->p;
    const struct kernels *k = d->work->run->kernels;
    const float *kernel = d->work->kernel + v * vec_floats(d);
    struct fft_place at = fft_place_of(&d->grid, index);
    struct fft_tile t = vec_tile(d, v, scratch, scratch + spectrum_floats(&d->grid));
    t.x = d->work->in + fft_input(&t, p, &d->grid, &at, d->pass) + v * k->vlen;
    k->fft_forward(&t);
    k->fft_product(t.spectrum, kernel, t.spectrum, d->grid.frequencies, d->pass == CONV_FORWARD,
                   false);
    t.y = d->work->out + fft_output(&t, p, &d->grid, &at, d->pass) + v * k->vlen;
    t.finish = &d->work->finish;
    t.channel = v * k->vlen;
    k->fft_inverse(&t);
}

static void map_task(void *arg, int64_t task, int thread) {
    const struct depthwise *d = arg;
    struct range tiles = shard(d->tiles, d->blocks, task / d->vecs);
    for (int64_t i = tiles.first; i < tiles.last; i++)
        map_tile(d, task % d->vecs, i, run_scratch(d->work->run, thread));
}

void fft_depthwise_run(const struct conv_work *work, enum conv_pass pass) {
    struct depthwise d = depthwise_of(work, pass);
    d.blocks = div_up(d.tiles, TILES_TASK);
    run_tasks(work->run, d.blocks * d.vecs, map_task, &d);
}

void fft_depthwise_prepare(struct op *op, enum conv_pass pass) {
    const struct conv_params *p = PARAMS_OF(op, conv_params);
    struct fft_grid g = fft_grid_of(p, pass);
    int64_t floats = spectrum_floats(&g);
    op->packed = round_up(p->ic, VLEN_MOST) / VLEN_MOST * floats * (int64_t)sizeof(float);
    op->scratch = (3 * floats + fft_work(g.h.t, g.w.t)) * (int64_t)sizeof(float);
    if (pass == CONV_BACKWARD_WEIGHTS) {
        op->packed = 0;
        op->workspace = conv_most_shards(p) * conv_weights(p) * (int64_t)sizeof(float);
    }
}

/* Adds one tile to the kernel gradient's spectrum: x, dy and their product lie behind it. */
static void weights_tile(const struct depthwise *d, int64_t v, int64_t index, float *sum,
                         bool add) {
    const struct conv_params *p = d->work->p;
    const struct kernels *k = d->work->run->kernels;
    int64_t floats = spectrum_floats(&d->grid);
    struct fft_place at = fft_place_of(&d->grid, index);
    struct fft_tile x = vec_tile(d, v, sum + floats, sum + 3 * floats), dy = x;
    x.x = d->work->in + fft_input(&x, p, &d->grid, &at, CONV_FORWARD) + v * k->vlen;
    k->fft_forward(&x);
    dy.spectrum = sum + 2 * floats;
    dy.x = d->work->dy + fft_output(&dy, p, &d->grid, &at, CONV_FORWARD) + v * k->vlen;
    k->fft_forward(&dy);
    k->fft_product(x.spectrum, dy.spectrum, sum, d->grid.frequencies, true, add);
}

static void weights_task(void *arg, int64_t task, int thread) {
    const struct depthwise *d = arg;
    const struct conv_params *p = d->work->p;
    int64_t v = task % d->vecs, block = task / d->vecs;
    struct range tiles = shard(d->tiles, d->blocks, block);
    float *sum = run_scratch(d->work->run, thread);
    for (int64_t i = tiles.first; i < tiles.last; i++)
        weights_tile(d, v, i, sum, i > tiles.first);
    struct fft_tile t = vec_tile(d, v, sum, sum + 3 * spectrum_floats(&d->grid));
    struct fft_map map = {p->kh, p->kw, p->oc};
    fft_window(&t, &map, 0, 0, d->grid.h.t, d->grid.w.t);
    t.y = d->dw + block * conv_weights(p) + v * d->work->run->kernels->vlen;
    d->work->run->kernels->fft_inverse(&t);
}

void fft_depthwise_weights_run(const struct conv_work *work) {
    struct depthwise d = depthwise_of(work, CONV_BACKWARD_WEIGHTS);
    int64_t tasks = conv_tasks((double)work->images * conv_products(work->p));
    int64_t shards = min64(div_up(d.tiles, TILES_TASK), conv_most_shards(work->p));
    d.blocks = max64(min64(div_up(tasks, d.vecs), shards), 1);
    d.dw = d.blocks == 1 ? work->out : (float *)work->run->workspace;
    run_tasks(work->run, d.blocks * d.vecs, weights_task, &d);
    if (d.blocks > 1)
        conv_sum_shards(work->run, d.dw, d.blocks, conv_weights(work->p), work->out);
}
