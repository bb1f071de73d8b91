/* conv_direct_weights.c: the kernel gradient as a product that sums over pixels,
 *
 *   dw[row][column] = sum over pixels of x[run of the pixel][row in the run] * dy[pixel][column]
 *
 * with a row for each tap and input channel. x is read where it lies; dy is packed chunk by chunk. */
#include "conv_direct.h"

#include <string.h>

enum { WORKSPACE_MOST = 8 << 20 };            /* bytes of partial sums */
enum { SHARDS_MOST = 64, SHARD_PIXELS = 512 }; /* at most; at least */
enum { CHUNK_PIXELS = 256 };                  /* at most */
enum { PART_ROWS = 384 }; /* at least, to be worth another packing of dy */
enum { ROW_UNIT = 24 };   /* whole tiles of 6 or 8 rows */

struct weights {
    const struct conv_params *p;
    const struct run *run;
    const float *x, *dy;
    float *dw; /* [shards][rows][oc] */
    struct gather g;
    struct columns columns;
    int64_t rows;                  /* taps * input channels of a group */
    int64_t parts, shards, chunks; /* tasks = shards * panels * parts of the rows */
};

/* The panel's columns of dy as packed B. */
static const float *dy_panel(const struct weights *w, struct panel panel, struct range pixels,
                             float *packed)
{
    int64_t oc = w->p->oc, count = pixels.last - pixels.first;
    const float *dy = w->dy + pixels.first * oc + panel.group * w->columns.count + panel.first;
    if (panel.width == oc)
        return dy;
    w->run->kernels->gemm_pack(dy, oc, count, panel.count, packed);
    return packed;
}

/* Adds a chunk of pixels to the rows of one panel. */
static void weights_chunk(const struct weights *w, struct panel panel, struct range rows,
                          struct range pixels, float *dw, bool add, char *scratch)
{
    const struct gather *g = &w->g;
    int64_t channels = g->in_channels / w->columns.groups, length = g->width * channels;
    struct range runs = {rows.first / length, div_up(rows.last, length)};
    const float *b = dy_panel(w, panel, pixels, (float *)scratch);
    struct gather_table t = gather_fill(g, w->x, NULL, pixels, runs,
                                        scratch + B_FLOATS * sizeof(float));
    for (int64_t r = runs.first; r < runs.last; r++) {
        int64_t first = max64(rows.first - r * length, 0);
        int64_t last = min64(rows.last - r * length, length);
        struct gemm gemm = {
            .a = t.rows + r * t.pixels,
            .a_first = panel.group * channels + first,
            .b = b,
            .c_base = dw + (r * length + first) * w->p->oc,
            .c_stride = w->p->oc,
            .c_first = panel.group * w->columns.count + panel.first,
            .m = last - first,
            .k = t.pixels,
            .columns = panel.count,
            .nv = (int)panel.nv,
            .add = add,
        };
        w->run->kernels->gemm_outer(&gemm);
    }
}

static void weights_task(void *arg, int64_t task, int thread)
{
    const struct weights *w = arg;
    int64_t panels = w->columns.groups * w->columns.panels;
    int64_t s = task / w->parts / panels;
    struct panel panel = panel_of(&w->columns, task / w->parts % panels);
    struct range units = shard(div_up(w->rows, ROW_UNIT), w->parts, task % w->parts);
    struct range rows = {units.first * ROW_UNIT, min64(units.last * ROW_UNIT, w->rows)};
    struct range pixels = shard(w->g.pixels, w->shards, s);
    int64_t count = pixels.last - pixels.first;
    int64_t chunks = div_up(count, min64(B_FLOATS / panel.width, CHUNK_PIXELS));
    for (int64_t i = 0; i < chunks; i++) {
        struct range chunk = shard(count, chunks, i);
        chunk.first += pixels.first;
        chunk.last += pixels.first;
        weights_chunk(w, panel, rows, chunk, w->dw + s * w->rows * w->p->oc, i > 0,
                      run_scratch(w->run, thread));
    }
}

/* dw = the sum of the shards, in their order. */
enum { SUM_FLOATS = 8192 };

struct sum {
    const float *partial; /* [shards][count] */
    float *dw;
    int64_t shards, count;
};

static void sum_task(void *arg, int64_t task, int thread)
{
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

static int64_t most_shards(const struct conv_params *p)
{
    int64_t bytes = conv_weights(p) * (int64_t)sizeof(float);
    return min64(max64(WORKSPACE_MOST / bytes, 1), SHARDS_MOST);
}

/* Parts of many rows first; then shards of the pixels, while their partial sums are small; then
 * smaller parts. */
static void weights_cut(struct weights *w, double products)
{
    int64_t tasks = conv_tasks(products), panels = w->columns.groups * w->columns.panels;
    int64_t parts = min64(div_up(tasks, panels), max64(w->rows / PART_ROWS, 1));
    int64_t shards = max64(min64(most_shards(w->p), w->g.pixels / SHARD_PIXELS), 1);
    w->shards = min64(div_up(tasks, panels * parts), shards);
    w->parts = max64(parts, min64(div_up(tasks, panels * w->shards), div_up(w->rows, 2 * ROW_UNIT)));
}

static void weights_run(const struct op *op, struct run *run)
{
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
        .rows = conv_weights(p) / p->oc,
    };
    if (images == 0) {
        memset(dw, 0, (size_t)conv_weights(p) * sizeof(float));
        return;
    }
    weights_cut(&w, (double)images * conv_products(p));
    w.dw = w.shards == 1 ? dw : (float *)run->workspace;
    run_tasks(run, w.shards * w.columns.groups * w.columns.panels * w.parts, weights_task, &w);
    if (w.shards == 1)
        return;
    struct sum sum = {w.dw, dw, w.shards, conv_weights(p)};
    run_tasks(run, div_up(sum.count, SUM_FLOATS), sum_task, &sum);
}

static void weights_prepare(struct op *op)
{
    const struct conv_params *p = PARAMS_OF(op, conv_params);
    int64_t shards = most_shards(p);
    op->scratch = B_FLOATS * (int64_t)sizeof(float) + gather_scratch(p, false, true, CHUNK_PIXELS);
    op->workspace = shards == 1 ? 0 : shards * conv_weights(p) * (int64_t)sizeof(float);
}

static bool applicable(const struct conv_params *p)
{
    (void)p;
    return true;
}

const struct conv_algorithm conv_backward_weights_direct = {
    "direct", applicable, weights_prepare, NULL, weights_run,
};
