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
 * cache. Parts of the columns instead read all of x again: 1x1, 512 -> 512, 16 images of 14x14 that
 * are not in the cache went from 134 to 168 GFLOP/s on two cores with 4 shards of 4 parts. */
enum { SHARD_PIXELS = 768, SHARD_PIXELS_SMALL = 128, SMALL_KERNEL = 4096 /* floats */ };
enum { B_FLOATS = 10240 };   /* of dy that stay in the first-level cache (40 KiB) */
enum { CHUNK_PIXELS = 256 }; /* at most */
enum { SLICE_ROWS = 288 };   /* at least: packing dy costs as much as 16 rows */
enum { SLICE_UNIT = 24 };    /* whole tiles of 6 or 8 rows */
enum { NEAR_FLOATS = 1024 }; /* of a run that are fetched ahead */

struct weights {
    const struct conv_params *p;
    const struct run *run;
    const float *x, *dy;
    float *dw; /* [shards][tiles][rows][oc] */
    int64_t images, tiles;
    bool add; /* to dw */
    struct columns columns;
    int64_t rows, length;          /* of a tile; of a run */
    int64_t spans;                 /* of the tiles; tasks = spans * */
    int64_t shards, parts, slices; /* shards * parts of the panels * slices of the rows */
};

/* Pixels whose dy, one panel wide, stays in the first-level cache. */
static int64_t chunk_pixels(const struct weights *w) {
    int64_t widest = div_up(w->columns.vecs, w->columns.panels) * w->columns.vlen;
    return min64(B_FLOATS / widest, CHUNK_PIXELS);
}

/* The panel's columns of dy as packed B. Pixels of one of several tiles do not follow one another.
 */
static const float *dy_panel(const struct weights *w, struct panel panel, struct range pixels,
                             const struct gather_table *t, float *packed) {
    int64_t oc = w->p->oc, first = panel.group * w->columns.count + panel.first;
    const float *dy = w->dy + pixels.first * oc + first;
    if (w->tiles > 1)
        for (int64_t i = 0; i < t->pixels; i++)
            w->run->kernels->gemm_pack(t->out[i] + first, oc, 1, panel.count,
                                       packed + i * panel.width);
    else if (panel.width == oc && panel.count == oc)
        return dy;
    else
        w->run->kernels->gemm_pack(dy, oc, t->pixels, panel.count, packed);
    return packed;
}

/* Cache lines that are fetched during a product. */
struct fetch {
    const float *from;
    int64_t lines;
};

/* Of a matrix x, a panel's share of the next chunk; a slice is in the cache. */
static bool fetches_ahead(const struct weights *w, const struct gather *g) {
    return !w->run->sliced && w->slices == 1 && gather_is_matrix(g);
}
static struct fetch share_of_next(const struct weights *w, const struct gather_table *t,
                                  struct range panels, int64_t panel) {
    int64_t floats = t->pixels * w->p->ic;
    struct range lines =
        shard(floats / VLEN_MOST, panels.last - panels.first, panel - panels.first);
    return (struct fetch){t->rows[0] + floats + lines.first * VLEN_MOST, lines.last - lines.first};
}

/* Adds a chunk of pixels to the rows of one slice, in one panel. */
static void weights_panel(const struct weights *w, const struct gather_table *t, const float *b,
                          struct panel panel, struct range slice, struct fetch fetch, float *dw,
                          bool add) {
    int64_t oc = w->p->oc, channels = w->p->ic / w->p->groups;
    struct gemm gemm = {
        .zeros = t->zeros,
        .b = b,
        .c_stride = oc,
        .c_first = panel.group * w->columns.count + panel.first,
        .k = t->pixels,
        .columns = panel.count,
        .nv = (int)panel.nv,
        .add = add,
        .ahead = fetch.from,
        .ahead_lines = fetch.lines,
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

/* What one task adds up, in each tile of its span. */
struct part {
    struct range slice, runs, panels;
    int64_t shard;
};

/* The gradient of a tile, or a shard of it, that has no pixels. */
static void weights_none(const struct weights *w, const struct part *part, float *dw) {
    int64_t oc = w->p->oc;
    for (int64_t j = part->panels.first; j < part->panels.last; j++) {
        struct panel panel = panel_of(&w->columns, j);
        for (int64_t row = part->slice.first; row < part->slice.last; row++)
            memset(dw + row * oc + panel.group * w->columns.count + panel.first, 0,
                   (size_t)panel.count * sizeof(float));
    }
}

/* Sums the part's shard of one tile's pixels into dw[rows][oc]. */
static void weights_tile(const struct weights *w, int64_t tile, const struct part *part, float *dw,
                         float *packed) {
    struct gather g = gather_phase(w->p, w->images, false, MERGE_ALWAYS, tile);
    struct range pixels = shard(g.pixels, w->shards, part->shard);
    int64_t count = pixels.last - pixels.first, chunks = div_up(count, chunk_pixels(w));
    bool ahead = fetches_ahead(w, &g);
    float *dy = w->tiles > 1 ? (float *)w->dy : NULL; /* for the table's addresses, to be read */
    if (count == 0 && !w->add)
        weights_none(w, part, dw);
    for (int64_t i = 0; i < chunks; i++) {
        struct range chunk = shard(count, chunks, i);
        chunk = (struct range){pixels.first + chunk.first, pixels.first + chunk.last};
        struct gather_table t = gather_fill(&g, w->x, dy, chunk, part->runs, packed + B_FLOATS);
        if (!w->run->sliced && (i == 0 || !ahead))
            fetch_run(&t, part->runs.last - 1, w->length);
        for (int64_t j = part->panels.first; j < part->panels.last; j++) {
            struct panel panel = panel_of(&w->columns, j);
            const float *b = dy_panel(w, panel, chunk, &t, packed);
            struct fetch fetch = {NULL, 0};
            if (ahead && i < chunks - 1)
                fetch = share_of_next(w, &t, part->panels, j);
            weights_panel(w, &t, b, panel, part->slice, fetch, dw, i > 0 || w->add);
        }
    }
}

static void weights_task(void *arg, int64_t task, int thread) {
    const struct weights *w = arg;
    struct part part = {.slice = slice_of(w, task % w->slices)};
    task /= w->slices;
    part.runs = (struct range){part.slice.first / w->length, div_up(part.slice.last, w->length)};
    part.panels = shard(w->columns.groups * w->columns.panels, w->parts, task % w->parts);
    task /= w->parts;
    part.shard = task % w->shards;
    struct range span = shard(w->tiles, w->spans, task / w->shards);
    for (int64_t tile = span.first; tile < span.last; tile++) {
        float *dw = w->dw + (part.shard * w->tiles + tile) * w->rows * w->p->oc;
        weights_tile(w, tile, &part, dw, run_scratch(w->run, thread));
    }
}

/* Tiles first, then shards; then parts of the columns, each of which reads x again; then slices of
 * many rows, each of which packs dy again. */
static void weights_cut(struct weights *w, int64_t pixels) {
    int64_t all = w->run->sliced ? 1 : conv_tasks((double)w->images * conv_products(w->p));
    int64_t panels = w->columns.groups * w->columns.panels;
    int64_t least = conv_tile_weights(w->p) <= SMALL_KERNEL ? SHARD_PIXELS_SMALL : SHARD_PIXELS;
    int64_t shards = min64(conv_most_shards(w->p), pixels / least);
    w->spans = min64(w->tiles, all);
    int64_t tasks = all / w->spans;
    w->shards = max64(min64(tasks, shards), 1);
    w->parts = max64(min64(tasks / w->shards, panels), 1);
    w->slices = max64(min64(tasks / w->shards / w->parts, w->rows / SLICE_ROWS), 1);
}

static void weights_run(const struct conv_work *work) {
    const struct conv_params *p = work->p;
    struct gather g = gather_phase(p, work->images, false, MERGE_ALWAYS, 0); /* the largest tile */
    struct weights w = {
        .p = p,
        .run = work->run,
        .x = work->in,
        .dy = work->dy,
        .images = work->images,
        .add = work->add,
        .tiles = conv_tiles(p),
        .columns = columns_of(work->run->kernels, p->groups, p->oc),
    };
    w.length = g.width * p->ic / p->groups;
    w.rows = g.runs * w.length;
    weights_cut(&w, g.pixels);
    w.dw = w.shards == 1 ? work->out : (float *)work->run->workspace;
    run_tasks(work->run, w.spans * w.shards * w.parts * w.slices, weights_task, &w);
    if (w.shards > 1)
        conv_sum_shards(work->run, w.dw, w.shards, conv_weights(p), work->out);
}

static void weights_prepare(struct op *op) {
    const struct conv_params *p = PARAMS_OF(op, conv_params);
    int64_t shards = conv_most_shards(p);
    op->scratch =
        B_FLOATS * (int64_t)sizeof(float) + gather_scratch(p, false, MERGE_ALWAYS, CHUNK_PIXELS);
    op->workspace = shards == 1 ? 0 : shards * conv_weights(p) * (int64_t)sizeof(float);
}

static bool applicable(const struct conv_params *p) {
    (void)p;
    return true;
}

const struct conv_algorithm conv_backward_weights_direct = {
    .name = "direct",
    .applicable = applicable,
    .prepare = weights_prepare,
    .run = weights_run,
    .adds = true,
};
