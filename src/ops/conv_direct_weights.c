/* conv_direct_weights.c: the kernel gradient as a product that sums over pixels,
 *
 *   dw[row][column] = sum over pixels of x[run of the pixel][row in the run] * dy[pixel][column]
 *
 * with a row for each tap and input channel. x is read where it lies; dy is packed chunk by chunk.
 */
#include "conv_direct.h"

#include <string.h>

/* These were tried on 3x3, 128 -> 128 at widths 8 to 56 (Xeon with AVX-512, caches of 48 KiB and
 * 2 MiB). */
/* A shard has at least this many pixels: adding it up costs as much as 30, fewer in the first-level
 * cache. */
enum { SHARD_PIXELS = 2048, SHARD_PIXELS_SMALL = 128, SMALL_KERNEL = 4096 /* floats */ };
enum { B_FLOATS = 10240 };   /* of dy that stay in the first-level cache (40 KiB) */
enum { CHUNK_PIXELS = 256 }; /* at most */
enum { SLICE_ROWS = 288 };   /* at least: packing dy costs as much as 16 rows */
enum { SLICE_UNIT = 24 };    /* whole tiles of 6 or 8 rows */
enum { NEAR_FLOATS = 1024 }; /* of a run that are fetched ahead */

struct weights {
    const struct conv_params *p;
    const struct run *run;
    const float *x, *dy;
    float *dw; /* [shards][rows][oc] */
    struct gather g;
    struct columns columns;
    int64_t rows, length;          /* all; of a run */
    int64_t shards, parts, slices; /* tasks = shards * parts of the panels * slices of the rows */
};

/* Pixels whose dy, one panel wide, stays in the first-level cache. */
static int64_t chunk_pixels(const struct weights *w) {
    int64_t widest = div_up(w->columns.vecs, w->columns.panels) * w->columns.vlen;
    return min64(B_FLOATS / widest, CHUNK_PIXELS);
}

/* The panel's columns of dy as packed B. */
static const float *dy_panel(const struct weights *w, struct panel panel, struct range pixels,
                             float *packed) {
    int64_t oc = w->p->oc, count = pixels.last - pixels.first;
    const float *dy = w->dy + pixels.first * oc + panel.group * w->columns.count + panel.first;
    if (panel.width == oc)
        return dy;
    w->run->kernels->gemm_pack(dy, oc, count, panel.count, packed);
    return packed;
}

/* Adds a chunk of pixels to the rows of one slice, in one panel. */
static void weights_panel(const struct weights *w, const struct gather_table *t, const float *b,
                          struct panel panel, struct range slice, float *dw, bool add) {
    int64_t oc = w->p->oc, channels = w->p->ic / w->p->groups;
    struct gemm gemm = {
        .b = b,
        .c_stride = oc,
        .c_first = panel.group * w->columns.count + panel.first,
        .k = t->pixels,
        .columns = panel.count,
        .nv = (int)panel.nv,
        .add = add,
    };
    for (int64_t row = slice.first; row < slice.last; row += gemm.m) {
        int64_t run = row / w->length, first = row % w->length;
        gemm.a = t->rows + run * t->pixels;
        gemm.a_first = panel.group * channels + first;
        gemm.c_base = dw + row * oc;
        gemm.m = min64(w->length - first, slice.last - row);
        w->run->kernels->gemm_outer(&gemm);
    }
}

static struct range slice_of(const struct weights *w, int64_t index) {
    struct range units = shard(div_up(w->rows, SLICE_UNIT), w->slices, index);
    return (struct range){units.first * SLICE_UNIT, min64(units.last * SLICE_UNIT, w->rows)};
}

/* Fetches a run of all pixels into the second-level cache, in the order of memory: products go
 * through it by columns of 6 or 8 floats, which no hardware prefetcher follows (3 % at width 56).
 */
static void fetch_run(const struct gather_table *t, int64_t run, int64_t length) {
    enum { LINE = ALIGNMENT / sizeof(float) };
    for (int64_t i = 0; i < t->pixels; i++)
        for (int64_t k = 0; k < min64(length, NEAR_FLOATS); k += LINE)
            __builtin_prefetch(t->rows[run * t->pixels + i] + k, 0, 2);
}

static void weights_task(void *arg, int64_t task, int thread) {
    const struct weights *w = arg;
    int64_t panels = w->columns.groups * w->columns.panels;
    struct range slice = slice_of(w, task % w->slices);
    struct range runs = {slice.first / w->length, div_up(slice.last, w->length)};
    struct range part = shard(panels, w->parts, task / w->slices % w->parts);
    int64_t s = task / w->slices / w->parts;
    float *packed = run_scratch(w->run, thread), *dw = w->dw + s * w->rows * w->p->oc;
    struct range pixels = shard(w->g.pixels, w->shards, s);
    int64_t count = pixels.last - pixels.first, chunks = div_up(count, chunk_pixels(w));
    for (int64_t i = 0; i < chunks; i++) {
        struct range chunk = shard(count, chunks, i);
        chunk = (struct range){pixels.first + chunk.first, pixels.first + chunk.last};
        struct gather_table t = gather_fill(&w->g, w->x, NULL, chunk, runs, packed + B_FLOATS);
        fetch_run(&t, runs.last - 1, w->length);
        for (int64_t j = part.first; j < part.last; j++) {
            struct panel panel = panel_of(&w->columns, j);
            const float *b = dy_panel(w, panel, chunk, packed);
            weights_panel(w, &t, b, panel, slice, dw, i > 0);
        }
    }
}

/* dw = the sum of the shards, in their order. */
enum { SUM_FLOATS = 8192 };

struct sum {
    const float *partial; /* [shards][count] */
    float *dw;
    int64_t shards, count;
};

static void sum_task(void *arg, int64_t task, int thread) {
    (void)thread;
    const struct sum *a = arg;
    int64_t first = task * SUM_FLOATS, count = min64(SUM_FLOATS, a->count - first);
    float *restrict dw = a->dw + first;
    memcpy(dw, a->partial + first, (size_t)count * sizeof(float));
    for (int64_t s = 1; s < a->shards; s++) {
        const float *restrict partial = a->partial + s * a->count + first;
        for (int64_t i = 0; i < count; i++)
            dw[i] += partial[i];
    }
}

/* Shards first; then parts of the columns, each of which reads x again; then slices of many rows,
 * each of which packs dy again. */
static void weights_cut(struct weights *w, double products) {
    int64_t tasks = conv_tasks(products), panels = w->columns.groups * w->columns.panels;
    int64_t least = conv_weights(w->p) <= SMALL_KERNEL ? SHARD_PIXELS_SMALL : SHARD_PIXELS;
    int64_t shards = min64(conv_most_shards(w->p), w->g.pixels / least);
    w->shards = max64(min64(tasks, shards), 1);
    w->parts = max64(min64(tasks / w->shards, panels), 1);
    w->slices = max64(min64(tasks / w->shards / w->parts, w->rows / SLICE_ROWS), 1);
}

static void weights_run(const struct op *op, struct run *run) {
    const struct conv_params *p = PARAMS_OF(op, conv_params);
    int64_t images = conv_images(p, run->n);
    float *dw = op_buffer(op, run, WEIGHTS_DW);
    struct weights w = {
        .p = p,
        .run = run,
        .x = op_buffer(op, run, WEIGHTS_X),
        .dy = op_buffer(op, run, WEIGHTS_DY),
        .g = gather_phase(p, images, false, true, 0),
        .columns = columns_of(run->kernels, p->groups, p->oc),
    };
    w.length = w.g.width * p->ic / p->groups;
    w.rows = w.g.runs * w.length;
    if (images == 0) {
        memset(dw, 0, (size_t)conv_weights(p) * sizeof(float));
        return;
    }
    weights_cut(&w, (double)images * conv_products(p));
    w.dw = w.shards == 1 ? dw : (float *)run->workspace;
    run_tasks(run, w.shards * w.parts * w.slices, weights_task, &w);
    if (w.shards == 1)
        return;
    struct sum sum = {w.dw, dw, w.shards, conv_weights(p)};
    run_tasks(run, div_up(sum.count, SUM_FLOATS), sum_task, &sum);
}

static void weights_prepare(struct op *op) {
    const struct conv_params *p = PARAMS_OF(op, conv_params);
    int64_t shards = conv_most_shards(p);
    op->scratch = B_FLOATS * (int64_t)sizeof(float) + gather_scratch(p, false, true, CHUNK_PIXELS);
    op->workspace = shards == 1 ? 0 : shards * conv_weights(p) * (int64_t)sizeof(float);
}

static bool applicable(const struct conv_params *p) {
    (void)p;
    return true;
}

const struct conv_algorithm conv_backward_weights_direct = {
    "direct", applicable, weights_prepare, NULL, weights_run,
};
