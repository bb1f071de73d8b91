/* conv_direct.c: convolution and its transpose as products of matrices whose rows are read where
 * they lie, through an indirection table (conv_gather.h). Any shape.
 *
 *   out[p][j] = finish(sum over runs r and k of row[r][p][k] * b[r][k][j])
 *
 * with p a pixel and j a column, that is an output channel. */
#include "conv_direct.h"

/* Floats of packed B that tiles walk over again and again, in the second-level cache (256 KiB).
 * 3x3, 128 -> 128 on a Xeon with AVX-512: 8192 (the first level) reach 87-91 % of the peak, 32768
 * 93-97 %, 65536 94-98 %: a tile's end costs more than what the first level saves. */
enum { B_FLOATS = 65536 };
enum { PATCH_FLOATS = 1 << 17 }; /* patches of a block of pixels, in the second-level cache */

/* Pixels of a block, in whole tiles of 6 or of 8. A kernel beyond the second-level cache is read
 * from further away once for each block: 3x3, 512 -> 512 at 14x14 went from 74 % of the peak with
 * blocks of 24 pixels to 92 % with 96. */
enum { TILES = 24, PIXELS_LEAST = 24, PIXELS_LARGE_KERNEL = 96, PIXELS_MOST = 512, HALVES = 2 };
enum { LARGE_KERNEL = 1 << 18 }; /* floats */
enum { NEXT_ROWS = 12 };         /* a tile's rows are fetched two tiles before they are read */

static int64_t block_pixels(const struct conv_params *p, bool backward) {
    int64_t patch = p->kd * p->kh * p->kw * (backward ? p->oc : p->ic) / p->groups;
    int64_t pixels = PATCH_FLOATS / patch / TILES * TILES;
    return min64(max64(pixels, PIXELS_LARGE_KERNEL), PIXELS_MOST);
}

struct direct {
    const struct conv_params *p;
    const struct run *run;
    bool backward;
    int64_t images;
    const float *in, *packed;
    const struct finish *finish;
    float *out;
    struct columns columns;
    int64_t phases;
    struct gather first;          /* phase 0 */
    int64_t spans, parts, blocks; /* tasks = spans of phases * parts of the panels * blocks */
};

/* How the sum over runs * length is cut into chunks whose part of B stays in the cache: pieces of
 * one run, or bundles of whole runs. There is always a chunk: a phase may have no taps. */
struct chunks {
    int64_t bundles, pieces;
};

static struct chunks chunks_of(int64_t runs, int64_t length, int64_t width) {
    int64_t pieces = div_up(length * width, B_FLOATS);
    int64_t bundles = pieces > 1 ? runs : div_up(runs * length * width, B_FLOATS);
    return (struct chunks){max64(bundles, 1), pieces};
}

/* fetch: the rows follow one another, and are read for the first time. */
static void direct_panel(const struct direct *d, const struct gather *g,
                         const struct gather_table *t, struct panel panel, bool fetch) {
    int64_t channels = g->in_channels / d->p->groups, length = g->width * channels;
    int64_t column = panel.group * d->columns.count + panel.first;
    bool few = columns_are_few(g, &d->columns);
    struct chunks cut = few ? (struct chunks){1, 1} : chunks_of(g->runs, length, panel.width);
    int64_t count = cut.bundles * cut.pieces;
    struct gemm gemm = {
        .a_stride = t->pixels,
        .zeros = t->zeros,
        .b = d->packed + packed_offset(g, &d->columns, &panel),
        .c = t->out,
        .c_first = column,
        .m = t->pixels,
        .columns = panel.count,
        .nv = (int)panel.nv,
        .ahead = fetch ? t->rows[0] + NEXT_ROWS * g->in_channels : NULL,
    };
    for (int64_t i = 0; i < count; i++) {
        struct range runs = shard(g->runs, cut.bundles, i / cut.pieces);
        struct range k = shard(length, cut.pieces, i % cut.pieces);
        gemm.a = t->rows + runs.first * t->pixels;
        gemm.a_first = panel.group * channels + k.first;
        gemm.runs = runs.last - runs.first;
        gemm.k = k.last - k.first;
        gemm.add = i > 0;
        gemm.finish = i == count - 1 ? d->finish : NULL;
        gemm.ahead_lines = fetch && i == 0 ? t->pixels * g->in_channels / VLEN_MOST : 0;
        (few ? d->run->kernels->gemm_few : d->run->kernels->gemm)(&gemm);
        gemm.b += gemm.runs * gemm.k * panel.width;
    }
}

static void direct_phase(const struct direct *d, const struct gather *g, int64_t part,
                         int64_t block, void *scratch) {
    struct range pixels = shard(g->pixels, d->blocks, block);
    if (pixels.first == pixels.last)
        return;
    struct gather_table t =
        gather_fill(g, d->in, d->out, pixels, (struct range){0, g->runs}, scratch);
    struct range panels = shard(d->columns.groups * d->columns.panels, d->parts, part);
    bool far = !d->run->sliced && gather_is_matrix(g); /* a slice is in the cache */
    for (int64_t i = panels.first; i < panels.last; i++)
        direct_panel(d, g, &t, panel_of(&d->columns, i), far && i == panels.first);
}

static void direct_task(void *arg, int64_t task, int thread) {
    const struct direct *d = arg;
    int64_t part = task % d->parts, block = task / d->parts % d->blocks;
    struct range span = shard(d->phases, d->spans, task / d->parts / d->blocks);
    void *scratch = run_scratch(d->run, thread);
    if (span.first == 0)
        direct_phase(d, &d->first, part, block, scratch);
    for (int64_t phase = max64(span.first, 1); phase < span.last; phase++) {
        struct gather g = gather_phase(d->p, d->images, d->backward, MERGE_WIDE_MAPS, phase);
        direct_phase(d, &g, part, block, scratch);
    }
}

/* Phases first: of many tiles, several make a task. Blocks of pixels are made smaller before panels
 * are shared out: each part of the panels fills a table of its own. Where there would be too few
 * blocks, there are two, of all panels: so a thread that keeps to one makes and reads the same half
 * of the map in op after op, and the kernel is read once for each. */
static void direct_cut(struct direct *d) {
    int64_t pixels = d->first.pixels;
    int64_t all = d->run->sliced ? 1 : conv_tasks((double)d->images * conv_products(d->p));
    bool tiled = conv_tiles(d->p) > 1;
    d->spans = tiled ? min64(d->phases, all) : d->phases;
    int64_t tasks = div_up(all, d->spans);
    int64_t fewest = div_up(pixels, block_pixels(d->p, d->backward));
    bool large = conv_tile_weights(d->p) > LARGE_KERNEL;
    int64_t most = div_up(pixels, large ? PIXELS_LARGE_KERNEL : PIXELS_LEAST);
    int64_t panels = d->columns.groups * d->columns.panels;
    if (tasks > most)
        most = min64(most, max64(HALVES, div_up(tasks, panels)));
    d->blocks = max64(fewest, min64(tasks, most));
    d->parts = min64(div_up(tasks, d->blocks), panels);
}

static void direct_run(const struct conv_work *work, bool backward) {
    const struct conv_params *p = work->p;
    struct direct d = {
        .p = p,
        .run = work->run,
        .backward = backward,
        .images = work->images,
        .in = work->in,
        .packed = work->kernel,
        .finish = &work->finish,
        .out = work->out,
        .columns = columns_of(work->run->kernels, p->groups, backward ? p->ic : p->oc),
        .phases = gather_phases(p, backward),
        .first = gather_phase(p, work->images, backward, MERGE_WIDE_MAPS, 0),
    };
    direct_cut(&d);
    run_tasks(work->run, d.spans * d.parts * d.blocks, direct_task, &d);
}

static void forward_run(const struct conv_work *work) { direct_run(work, false); }
static void backward_data_run(const struct conv_work *work) { direct_run(work, true); }

static void direct_prepare(struct op *op, bool backward) {
    const struct conv_params *p = PARAMS_OF(op, conv_params);
    int64_t in = backward ? p->oc : p->ic, out = (backward ? p->ic : p->oc) / p->groups;
    int64_t taps = conv_tiles(p) * conv_taps(p);
    op->packed = taps * in * round_up(out, VLEN_MOST) * (int64_t)sizeof(float);
    op->scratch = gather_scratch(p, backward, MERGE_WIDE_MAPS, block_pixels(p, backward));
}

static void forward_prepare(struct op *op) { direct_prepare(op, false); }
static void backward_data_prepare(struct op *op) { direct_prepare(op, true); }

static bool applicable(const struct conv_params *p) {
    (void)p;
    return true;
}

const struct conv_algorithm conv_forward_direct = {
    .name = "direct",
    .applicable = applicable,
    .by_rows = true,
    .prepare = forward_prepare,
    .pack = conv_forward_direct_pack,
    .run = forward_run,
};
const struct conv_algorithm conv_backward_data_direct = {
    .name = "direct",
    .applicable = applicable,
    .prepare = backward_data_prepare,
    .pack = conv_backward_data_direct_pack,
    .run = backward_data_run,
};
