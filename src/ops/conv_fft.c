/* conv_fft.c: convolution with large kernels as products of spectra, tile by tile (overlap-save).
 *
 *   forward        Y[f][oc] = sum over ic of X[f][ic] * conj(G[f][ic][oc])
 *   backward_data  dX[f][ic] = sum over oc of dY[f][oc] * G[f][ic][oc]
 *
 * with X, Y, G the transforms of tiles of x and y and of the kernel. A complex product is a real
 * one of twice the size, [Xr Xi] times [[Gr -Gi] [Gi Gr]], so that each frequency is one GEMM
 * whose rows are tiles. An infinity or NaN of the input spreads over its tile. */
#include "conv_fft.h"

#include <string.h>

enum { TILES_LEAST = 8, TILES_MOST = 24 }; /* of a block: rows of the GEMM */
enum { PACK_ROWS = 8 };                    /* input channels together */
enum { BLOCK_BYTES = 1 << 23 };            /* of a block's spectra */

/* Channels of a group on either side: columns are padded to whole vecs of any instruction set. */
struct fft_sides {
    int64_t groups, in, out, columns;
};

static struct fft_sides sides_of(const struct conv_params *p, enum conv_pass pass) {
    bool back = pass == CONV_BACKWARD_DATA;
    int64_t in = (back ? p->oc : p->ic) / p->groups, out = (back ? p->ic : p->oc) / p->groups;
    return (struct fft_sides){p->groups, in, out, round_up(out, VLEN_MOST)};
}

/* Floats of a tile's spectra [frequency][group][real, imaginary][channel]. */
static int64_t in_floats(const struct fft_sides *s) { return s->groups * 2 * s->in; }
static int64_t out_floats(const struct fft_sides *s) { return s->groups * 2 * s->columns; }

static int64_t block_tiles(const struct fft_grid *g, const struct fft_sides *s) {
    int64_t tile = g->frequencies * (in_floats(s) + out_floats(s)) * (int64_t)sizeof(float);
    return max64(min64(BLOCK_BYTES / tile, TILES_MOST), TILES_LEAST);
}

static int64_t packed_floats(const struct fft_grid *g, const struct fft_sides *s) {
    return g->frequencies * s->groups * 2 * s->in * 2 * s->columns;
}

struct fft {
    const struct conv_work *work;
    enum conv_pass pass;
    struct fft_grid grid;
    struct fft_sides sides;
    int64_t tiles, blocks; /* of all images */
};

static struct fft fft_of(const struct conv_work *work, enum conv_pass pass) {
    struct fft c = {work, pass, fft_grid_of(work->p, pass), sides_of(work->p, pass), 0, 0};
    c.tiles = c.grid.tiles * work->images;
    double products = (double)work->images * conv_products(work->p);
    int64_t most = div_up(c.tiles, TILES_LEAST),
            least = div_up(c.tiles, block_tiles(&c.grid, &c.sides));
    c.blocks = max64(least, min64(conv_tasks(products), most));
    return c;
}

/* Where vec `v` of the 2 * columns begins in packed B [frequency][group][panel][2 in][width], and
 * how far its rows are apart. */
struct fft_column {
    float *b;
    int64_t width;
};

static struct fft_column column_of(const struct fft *c, int64_t group, int64_t v) {
    const struct kernels *k = c->work->run->kernels;
    int64_t vecs = 2 * c->sides.columns / k->vlen, panels = div_up(vecs, k->gemm_nv), i = 0;
    while (shard(vecs, panels, i).last <= v)
        i++;
    struct range r = shard(vecs, panels, i);
    int64_t rows = 2 * c->sides.in, first = group * vecs + r.first;
    return (struct fft_column){c->work->out + first * rows * k->vlen + (v - r.first) * k->vlen,
                               (r.last - r.first) * k->vlen};
}

/* The rows of one input channel: where its products with the real and the imaginary part begin. */
struct pack_rows {
    struct fft_column re, im;
    int64_t in, channels; /* the input channel, of how many in the group */
    float sign;           /* of the imaginary part */
};

static void pack_frequency(const struct pack_rows *r, const float *g, int vlen, int64_t offset) {
    float *restrict real = r->re.b + offset, *restrict imaginary = r->im.b + offset;
    int64_t re_row = r->in * r->re.width, im_row = r->in * r->im.width;
    int64_t re_low = re_row + r->channels * r->re.width,
            im_low = im_row + r->channels * r->im.width;
    for (int i = 0; i < vlen; i++) {
        float gr = g[i], gi = r->sign * g[vlen + i];
        real[re_row + i] = gr;
        imaginary[im_row + i] = -gi;
        real[re_low + i] = gi;
        imaginary[im_low + i] = gr;
    }
}

/* The taps from one input channel to a vec of output channels side by side, in the pass's sense. */
static void pack_taps(const struct fft *c, int64_t group, int64_t in, int64_t out, float *taps) {
    const struct conv_params *p = c->work->p;
    int64_t icg = p->ic / p->groups, ocg = p->oc / p->groups, count = conv_taps(p);
    bool back = c->pass == CONV_BACKWARD_DATA;
    int64_t vlen = c->work->run->kernels->vlen, lanes = min64(c->sides.out - out, vlen);
    const float *kernel = c->work->kernel + group * ocg;
    int64_t first = back ? out * p->oc + in : in * p->oc + out, step = back ? p->oc : 1;
    memset(taps, 0, (size_t)(count * vlen) * sizeof(float));
    for (int64_t tap = 0; tap < count; tap++)
        for (int64_t i = 0; i < lanes; i++)
            taps[tap * vlen + i] = kernel[tap * icg * p->oc + first + i * step];
}

/* The spectra of PACK_ROWS input channels, then their rows of each frequency together: rows of
 * different frequencies are pages apart. */
static void pack_some(const struct fft *c, struct pack_rows *rows, struct fft_tile *t,
                      int64_t group, int64_t out, int64_t count) {
    const struct kernels *k = c->work->run->kernels;
    float *taps = (float *)t->x, *spectra = t->spectrum;
    int64_t frequencies = c->grid.frequencies, first = rows->in;
    int64_t stride = packed_floats(&c->grid, &c->sides) / frequencies;
    for (int64_t i = 0; i < count; i++) {
        pack_taps(c, group, first + i, out, taps);
        t->spectrum = spectra + i * frequencies * t->step;
        k->fft_forward(t);
    }
    t->spectrum = spectra;
    for (int64_t f = 0; f < frequencies; f++)
        for (int64_t i = 0; i < count; i++) {
            rows->in = first + i;
            pack_frequency(rows, spectra + (i * frequencies + f) * t->step, k->vlen, f * stride);
        }
}

static void pack_task(void *arg, int64_t task, int thread) {
    const struct fft *c = arg;
    const struct kernels *k = c->work->run->kernels;
    int64_t vecs = c->sides.columns / k->vlen, group = task / vecs, out = task % vecs * k->vlen;
    float *spectra = run_scratch(c->work->run, thread);
    float *taps = spectra + PACK_ROWS * c->grid.frequencies * 2 * VLEN_MOST;
    struct fft_tile t = fft_tile_of(&c->grid, taps + conv_taps(c->work->p) * VLEN_MOST);
    struct fft_map map = {c->work->p->kh, c->work->p->kw, k->vlen};
    fft_window(&t, &map, 0, 0, c->grid.h.t, c->grid.w.t);
    t.x = taps;
    t.spectrum = spectra;
    t.step = 2 * k->vlen;
    t.imaginary = k->vlen;
    t.lanes = t.pixel_lanes = k->vlen;
    struct pack_rows rows = {.re = column_of(c, group, out / k->vlen),
                             .im = column_of(c, group, (c->sides.columns + out) / k->vlen),
                             .channels = c->sides.in,
                             .sign = c->pass == CONV_BACKWARD_DATA ? -1.0f : 1.0f};
    for (int64_t in = 0; in < c->sides.in; in += PACK_ROWS) {
        rows.in = in;
        pack_some(c, &rows, &t, group, out, min64(PACK_ROWS, c->sides.in - in));
    }
}

static void fft_pack(const struct conv_work *work, enum conv_pass pass) {
    if (fft_depthwise(work->p)) {
        fft_depthwise_pack(work, pass);
        return;
    }
    struct fft c = fft_of(work, pass);
    int64_t vecs = c.sides.columns / work->run->kernels->vlen;
    run_tasks(work->run, c.sides.groups * vecs, pack_task, &c);
}

/* A block's memory: spectra [tile][frequency][...] of both sides, and a table of their rows. */
struct fft_block {
    struct range tiles;
    float *in, *out, *work;
    const float *in_rows[TILES_MOST];
    float *out_rows[TILES_MOST];
};

static struct fft_block block_of(const struct fft *c, int64_t index, float *scratch) {
    int64_t most = block_tiles(&c->grid, &c->sides), floats = c->grid.frequencies;
    struct fft_block b = {.tiles = shard(c->tiles, c->blocks, index), .in = scratch};
    b.out = b.in + most * floats * in_floats(&c->sides);
    b.work = b.out + most * floats * out_floats(&c->sides);
    for (int64_t i = 0; i < b.tiles.last - b.tiles.first; i++) {
        b.in_rows[i] = b.in + i * floats * in_floats(&c->sides);
        b.out_rows[i] = b.out + i * floats * out_floats(&c->sides);
    }
    return b;
}

static void block_forward(const struct fft *c, const struct fft_block *b, int64_t i) {
    const struct kernels *k = c->work->run->kernels;
    const struct fft_sides *s = &c->sides;
    struct fft_place at = fft_place_of(&c->grid, b->tiles.first + i);
    struct fft_tile t = fft_tile_of(&c->grid, b->work);
    const float *x = c->work->in + fft_input(&t, c->work->p, &c->grid, &at, c->pass);
    t.step = in_floats(s);
    t.imaginary = s->in;
    for (int64_t g = 0; g < s->groups; g++)
        for (int64_t j = 0; j < s->in; j += k->vlen) {
            t.x = x + g * s->in + j;
            t.spectrum = (float *)b->in_rows[i] + g * 2 * s->in + j;
            t.lanes = t.pixel_lanes = (int)min64(s->in - j, k->vlen);
            k->fft_forward(&t);
        }
}

/* All panels of a frequency. */
static void block_product(const struct fft *c, const struct fft_block *b, int64_t f) {
    const struct kernels *k = c->work->run->kernels;
    const struct fft_sides *s = &c->sides;
    int64_t vecs = 2 * s->columns / k->vlen, panels = div_up(vecs, k->gemm_nv);
    struct gemm gemm = {.b = c->work->kernel + f * s->groups * 2 * s->in * 2 * s->columns,
                        .m = b->tiles.last - b->tiles.first,
                        .runs = 1,
                        .k = 2 * s->in,
                        .a = b->in_rows,
                        .c = (float *const *)b->out_rows};
    for (int64_t i = 0; i < s->groups * panels; i++) {
        struct range r = shard(vecs, panels, i % panels);
        gemm.nv = (int)(r.last - r.first);
        gemm.columns = gemm.nv * k->vlen;
        gemm.a_first = f * in_floats(s) + i / panels * 2 * s->in;
        gemm.c_first = f * out_floats(s) + i / panels * 2 * s->columns + r.first * k->vlen;
        k->gemm(&gemm);
        gemm.b += gemm.k * gemm.columns;
    }
}

static void block_inverse(const struct fft *c, const struct fft_block *b, int64_t i) {
    const struct kernels *k = c->work->run->kernels;
    const struct fft_sides *s = &c->sides;
    struct fft_place at = fft_place_of(&c->grid, b->tiles.first + i);
    struct fft_tile t = fft_tile_of(&c->grid, b->work);
    float *y = c->work->out + fft_output(&t, c->work->p, &c->grid, &at, c->pass);
    t.step = out_floats(s);
    t.imaginary = s->columns;
    t.finish = &c->work->finish;
    for (int64_t g = 0; g < s->groups; g++)
        for (int64_t j = 0; j < s->out; j += k->vlen) {
            t.channel = g * s->out + j;
            t.y = y + t.channel;
            t.spectrum = b->out_rows[i] + g * 2 * s->columns + j;
            t.lanes = t.pixel_lanes = (int)min64(s->out - j, k->vlen);
            k->fft_inverse(&t);
        }
}

static void block_task(void *arg, int64_t task, int thread) {
    const struct fft *c = arg;
    struct fft_block b = block_of(c, task, run_scratch(c->work->run, thread));
    int64_t tiles = b.tiles.last - b.tiles.first;
    for (int64_t i = 0; i < tiles; i++)
        block_forward(c, &b, i);
    for (int64_t f = 0; f < c->grid.frequencies; f++)
        block_product(c, &b, f);
    for (int64_t i = 0; i < tiles; i++)
        block_inverse(c, &b, i);
}

static void fft_run(const struct conv_work *work, enum conv_pass pass) {
    if (fft_depthwise(work->p)) {
        fft_depthwise_run(work, pass);
        return;
    }
    struct fft c = fft_of(work, pass);
    run_tasks(work->run, c.blocks, block_task, &c);
}

static void fft_prepare(struct op *op, enum conv_pass pass) {
    const struct conv_params *p = PARAMS_OF(op, conv_params);
    if (fft_depthwise(p)) {
        fft_depthwise_prepare(op, pass);
        return;
    }
    struct fft_grid g = fft_grid_of(p, pass);
    struct fft_sides s = sides_of(p, pass);
    int64_t run = block_tiles(&g, &s) * g.frequencies * (in_floats(&s) + out_floats(&s));
    int64_t pack = (PACK_ROWS * g.frequencies * 2 + conv_taps(p)) * VLEN_MOST;
    op->packed = packed_floats(&g, &s) * (int64_t)sizeof(float);
    op->scratch = (max64(run, pack) + fft_work(g.h.t, g.w.t)) * (int64_t)sizeof(float);
}

static void forward_prepare(struct op *op) { fft_prepare(op, CONV_FORWARD); }
static void backward_data_prepare(struct op *op) { fft_prepare(op, CONV_BACKWARD_DATA); }
static void forward_pack(const struct conv_work *work) { fft_pack(work, CONV_FORWARD); }
static void backward_data_pack(const struct conv_work *work) { fft_pack(work, CONV_BACKWARD_DATA); }
static void forward_run(const struct conv_work *work) { fft_run(work, CONV_FORWARD); }
static void backward_data_run(const struct conv_work *work) { fft_run(work, CONV_BACKWARD_DATA); }

static bool forward_applicable(const struct conv_params *p) {
    return fft_applicable(p, CONV_FORWARD);
}
static bool backward_data_applicable(const struct conv_params *p) {
    return fft_applicable(p, CONV_BACKWARD_DATA);
}
static bool forward_pays(const struct conv_params *p) { return fft_pays(p, CONV_FORWARD); }
static bool backward_data_pays(const struct conv_params *p) {
    return fft_pays(p, CONV_BACKWARD_DATA);
}

const struct conv_algorithm conv_forward_fft = {
    .name = "fft",
    .applicable = forward_applicable,
    .prepare = forward_prepare,
    .pack = forward_pack,
    .run = forward_run,
    .pays = forward_pays,
};
const struct conv_algorithm conv_backward_data_fft = {
    .name = "fft",
    .applicable = backward_data_applicable,
    .prepare = backward_data_prepare,
    .pack = backward_data_pack,
    .run = backward_data_run,
    .pays = backward_data_pays,
};
