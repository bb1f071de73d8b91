/* conv_fft_weights.c: the kernel gradient of large kernels as products of spectra,
 *
 *   dG[f][ic][oc] = sum over tiles of X[f][tile][ic] * conj(dY[f][tile][oc])
 *
 * chunk by chunk of tiles: their transforms; for each frequency the four real products of
 * [Xr Xi]^T [dYr dYi] in one GEMM that sums over tiles; last the inverse. */
#include "conv_fft.h"

enum { CHUNK_BYTES = 1 << 25, CHUNK_LEAST = 8, CHUNK_MOST = 128 }; /* of spectra; tiles */

struct fft_weights {
    const struct conv_work *work;
    struct fft_grid grid;
    int64_t groups, rows, columns; /* of a group: real and imaginary parts, columns in whole vecs */
    struct range tiles;            /* of the chunk */
    float *x, *dy;                 /* spectra [tile][frequency][group][rows or columns] */
    float *sum;                    /* [frequency][group][rows][columns] */
    bool last;
};

static int64_t x_floats(const struct fft_weights *w) {
    return w->grid.frequencies * w->groups * w->rows;
}
static int64_t dy_floats(const struct fft_weights *w) {
    return w->grid.frequencies * w->groups * w->columns;
}
static int64_t sum_floats(const struct fft_weights *w) { return x_floats(w) * w->columns; }

static int64_t chunk_tiles(const struct fft_weights *w) {
    int64_t bytes = (x_floats(w) + dy_floats(w)) * (int64_t)sizeof(float);
    return max64(min64(CHUNK_BYTES / bytes, CHUNK_MOST), CHUNK_LEAST);
}

static struct fft_weights weights_of(const struct conv_params *p) {
    return (struct fft_weights){.grid = fft_grid_of(p, CONV_BACKWARD_WEIGHTS),
                                .groups = p->groups,
                                .rows = 2 * (p->ic / p->groups),
                                .columns = 2 * round_up(p->oc / p->groups, VLEN_MOST)};
}

/* The spectra of one tile of x. */
static void transform_x(const struct fft_weights *w, int64_t i, float *work) {
    const struct kernels *k = w->work->run->kernels;
    const struct conv_params *p = w->work->p;
    int64_t channels = w->rows / 2;
    struct fft_place at = fft_place_of(&w->grid, w->tiles.first + i);
    struct fft_tile t = fft_tile_of(&w->grid, work);
    const float *x = w->work->in + fft_input(&t, p, &w->grid, &at, CONV_FORWARD);
    t.step = w->groups * w->rows;
    t.imaginary = channels;
    for (int64_t g = 0; g < w->groups; g++)
        for (int64_t j = 0; j < channels; j += k->vlen) {
            t.x = x + g * channels + j;
            t.spectrum = w->x + i * x_floats(w) + g * w->rows + j;
            t.lanes = t.pixel_lanes = (int)min64(channels - j, k->vlen);
            k->fft_forward(&t);
        }
}

/* The spectra of one tile of dy, in whole vecs. */
static void transform_dy(const struct fft_weights *w, int64_t i, float *work) {
    const struct kernels *k = w->work->run->kernels;
    const struct conv_params *p = w->work->p;
    int64_t channels = p->oc / p->groups;
    struct fft_place at = fft_place_of(&w->grid, w->tiles.first + i);
    struct fft_tile t = fft_tile_of(&w->grid, work);
    const float *dy = w->work->dy + fft_output(&t, p, &w->grid, &at, CONV_FORWARD);
    t.step = w->groups * w->columns;
    t.imaginary = w->columns / 2;
    t.lanes = k->vlen;
    for (int64_t g = 0; g < w->groups; g++)
        for (int64_t j = 0; j < w->columns / 2; j += k->vlen) {
            t.x = dy + g * channels + j;
            t.spectrum = w->dy + i * dy_floats(w) + g * w->columns + j;
            t.pixel_lanes = (int)max64(min64(channels - j, k->vlen), 0);
            k->fft_forward(&t);
        }
}

static void transform_task(void *arg, int64_t task, int thread) {
    const struct fft_weights *w = arg;
    float *work = run_scratch(w->work->run, thread);
    transform_x(w, task, work);
    transform_dy(w, task, work);
}

/* The four products of a row become the real and the imaginary part of one. */
static void join_products(float *sum, int64_t channels, int64_t columns) {
    int64_t half = columns / 2;
    for (int64_t i = 0; i < channels; i++) {
        float *restrict real = sum + i * columns, *restrict low = sum + (channels + i) * columns;
        for (int64_t j = 0; j < half; j++) {
            real[j] += low[half + j];
            real[half + j] = low[j] - real[half + j];
        }
    }
}

static void product_task(void *arg, int64_t task, int thread) {
    const struct fft_weights *w = arg;
    const struct kernels *k = w->work->run->kernels;
    int64_t f = task / w->groups, group = task % w->groups;
    int64_t vecs = w->columns / k->vlen, panels = div_up(vecs, k->gemm_nv);
    const float **rows = run_scratch(w->work->run, thread);
    float *packed = (float *)(rows + CHUNK_MOST);
    struct gemm gemm = {.a = rows,
                        .a_first = (f * w->groups + group) * w->rows,
                        .b = packed,
                        .c_base = w->sum + task * w->rows * w->columns,
                        .c_stride = w->columns,
                        .m = w->rows,
                        .k = w->tiles.last - w->tiles.first,
                        .add = w->tiles.first > 0};
    for (int64_t i = 0; i < gemm.k; i++)
        rows[i] = w->x + i * x_floats(w);
    for (int64_t j = 0; j < panels; j++) {
        struct range r = shard(vecs, panels, j);
        gemm.nv = (int)(r.last - r.first);
        gemm.columns = gemm.nv * k->vlen;
        gemm.c_first = r.first * k->vlen;
        k->gemm_pack(w->dy + task * w->columns + gemm.c_first, dy_floats(w), gemm.k, gemm.columns,
                     packed);
        k->gemm_outer(&gemm);
    }
    if (w->last)
        join_products(gemm.c_base, w->rows / 2, w->columns);
}

/* The taps of one input channel. */
static void inverse_task(void *arg, int64_t task, int thread) {
    const struct fft_weights *w = arg;
    const struct kernels *k = w->work->run->kernels;
    const struct conv_params *p = w->work->p;
    int64_t icg = w->rows / 2, ocg = p->oc / p->groups, group = task / icg, in = task % icg;
    struct fft_tile t = fft_tile_of(&w->grid, run_scratch(w->work->run, thread));
    struct fft_map map = {p->kh, p->kw, icg * p->oc};
    fft_window(&t, &map, 0, 0, w->grid.h.t, w->grid.w.t);
    t.step = w->groups * w->rows * w->columns;
    t.imaginary = w->columns / 2;
    for (int64_t j = 0; j < ocg; j += k->vlen) {
        t.y = w->work->out + in * p->oc + group * ocg + j;
        t.spectrum = w->sum + (group * w->rows + in) * w->columns + j;
        t.lanes = t.pixel_lanes = (int)min64(ocg - j, k->vlen);
        k->fft_inverse(&t);
    }
}

static void weights_run(const struct conv_work *work) {
    if (fft_depthwise(work->p)) {
        fft_depthwise_weights_run(work);
        return;
    }
    struct fft_weights w = weights_of(work->p);
    int64_t tiles = w.grid.tiles * work->images, most = chunk_tiles(&w);
    w.work = work;
    w.x = (float *)work->run->workspace;
    w.dy = w.x + most * x_floats(&w);
    w.sum = w.dy + most * dy_floats(&w);
    for (int64_t first = 0; first < tiles; first += most) {
        w.tiles = (struct range){first, min64(first + most, tiles)};
        w.last = w.tiles.last == tiles;
        run_tasks(work->run, w.tiles.last - w.tiles.first, transform_task, &w);
        run_tasks(work->run, w.grid.frequencies * w.groups, product_task, &w);
    }
    run_tasks(work->run, w.groups * (w.rows / 2), inverse_task, &w);
}

static void weights_prepare(struct op *op) {
    const struct conv_params *p = PARAMS_OF(op, conv_params);
    if (fft_depthwise(p)) {
        fft_depthwise_prepare(op, CONV_BACKWARD_WEIGHTS);
        return;
    }
    enum { GEMM_WIDTH = 4 * VLEN_MOST };
    struct fft_weights w = weights_of(p);
    int64_t floats = chunk_tiles(&w) * (x_floats(&w) + dy_floats(&w)) + sum_floats(&w);
    int64_t product = CHUNK_MOST * ((int64_t)sizeof(float *) + GEMM_WIDTH * (int64_t)sizeof(float));
    int64_t transform = fft_work(w.grid.h.t, w.grid.w.t) * (int64_t)sizeof(float);
    op->workspace = floats * (int64_t)sizeof(float);
    op->scratch = max64(product, transform);
}

static bool applicable(const struct conv_params *p) {
    return fft_applicable(p, CONV_BACKWARD_WEIGHTS);
}
static bool pays(const struct conv_params *p) { return fft_pays(p, CONV_BACKWARD_WEIGHTS); }

const struct conv_algorithm conv_backward_weights_fft = {
    .name = "fft",
    .applicable = applicable,
    .prepare = weights_prepare,
    .run = weights_run,
    .pays = pays,
};
