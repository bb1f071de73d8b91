/* conv_winograd.c: convolution of stride 1, and its transpose, in tiles of 4x4 pixels for kernels
 * of 3x3, of 2x2 for 5x5: 36 products a tile instead of 144 or 100; of 4x4 for 2x2, 25 products
 * instead of 64; and of lines, 8 products for 6 pixels of 3 taps or 4 of 5 (kernels/winograd.h).
 * Kernels of 4x4, 6x6 and 10x10 with stride 2 are four of these.
 *
 *   v[i][t][k] = (B^T d B)[i]                    i: position, t: tile, k: in channel
 *   m[i][t][j] = sum over k of v[i][t][k] * u[i][k][j]       j: out channel
 *   y          = finish(A^T m A)
 *
 * The packed kernel is u[group][slab][i][k][width]: slabs of at most 64 out channels, within each
 * position panels of a product, one after another.
 *
 * A block of tiles stays in the second-level cache. Of many blocks each is a task that transforms
 * its input and goes through the slabs; of few blocks, or where many channels leave room for few
 * tiles, a span of blocks is transformed first, shared by tasks that each make one slab of a block.
 */
#include "conv_pool.h"
#include "conv_winograd.h"

enum { BLOCK_FLOATS = 160 << 10 };          /* of v and m in the second-level cache */
enum { TILES_LEAST = 24, TILES_MOST = 48 }; /* of a block */
enum { CHANNELS_SHARED = 128 };             /* more than these are transformed ahead, */
enum { BLOCKS_ENOUGH = 16 };                /* and where blocks are fewer than these */
enum { SPAN_BYTES = 8 << 20 };              /* of input transformed ahead */
enum { TILES_TASK = 8 };                    /* at least */
enum { KERNEL_SMALL = 1 << 11 }; /* channels in and out: blocks may be small, it is in the cache */

/* Sizes of one block of tiles, in floats. */
struct block_sizes {
    int64_t tiles;   /* at most */
    int64_t pitch;   /* of a tile's channels in v */
    int64_t v_plane; /* [plane][tile][pitch] of one position */
    int64_t v, m;
};

static struct block_sizes block_sizes_of(const struct conv_params *p,
                                         const struct winograd_shape *s, bool backward) {
    struct block_sizes b = {.pitch = round_up(backward ? p->oc : p->ic, VLEN_MOST)};
    int64_t channels = winograd_planes(p, backward) * b.pitch;
    int64_t tiles = BLOCK_FLOATS / winograd_positions(s) / (channels + WINOGRAD_SLAB);
    b.tiles =
        channels > CHANNELS_SHARED ? TILES_MOST : min64(max64(tiles, TILES_LEAST), TILES_MOST);
    b.v_plane = b.tiles * channels + WINOGRAD_LINE;
    b.v = winograd_positions(s) * b.v_plane;
    b.m = winograd_positions(s) * (b.tiles * WINOGRAD_SLAB + WINOGRAD_LINE);
    return b;
}

struct winograd {
    const struct conv_work *work;
    const struct kernels *kernels;
    struct winograd_grid grid;
    struct winograd_slabs slabs;
    struct block_sizes sizes;
    const float *kernel; /* of the phase */
    int64_t blocks;
    struct range span; /* of blocks whose input is transformed ahead */
    float *v;          /* theirs */
};

static struct range block_tiles(const struct winograd *a, int64_t block) {
    return shard(a->grid.tiles, a->blocks, block);
}

/* Some tiles of a block, whose v is [position][plane][tile][pitch]. */
static void transform_tiles(const struct winograd *a, int64_t first, struct range tiles, float *v) {
    for (int64_t i = tiles.first; i < tiles.last; i++) {
        struct winograd_tile tile = winograd_tile_of(&a->grid, i);
        for (int64_t plane = 0; plane < a->grid.planes; plane++)
            winograd_tile_input(&a->grid, a->kernels, a->work->in, &tile, plane,
                                v + (plane * a->sizes.tiles + i - first) * a->sizes.pitch,
                                a->sizes.v_plane);
    }
}

/* Rows of the products' two sides at position 0. */
static void fill_rows(const struct winograd *a, const float *v, float *m, int64_t width,
                      const float **rows, float **out) {
    for (int64_t i = 0; i < a->grid.planes * a->sizes.tiles; i++)
        rows[i] = v + i * a->sizes.pitch;
    for (int64_t i = 0; i < a->sizes.tiles; i++)
        out[i] = m + i * width;
}

/* m[position][tile][width], planes a line further apart. */
static int64_t product_plane(const struct winograd *a, int64_t width) {
    return a->sizes.tiles * width + WINOGRAD_LINE;
}

static void multiply(const struct winograd *a, const struct winograd_slab *slab, int64_t tiles,
                     const float *const *rows, float *const *out) {
    int64_t channels = a->grid.g.in_channels / a->slabs.groups;
    const float *u = a->kernel + slab->packed;
    struct gemm gemm = {
        .a = rows,
        .a_stride = a->sizes.tiles,
        .c = out,
        .m = tiles,
        .runs = a->grid.planes,
        .k = channels,
    };
    int64_t panels = winograd_panel_count(a->kernels, slab->width);
    for (int64_t i = 0; i < a->slabs.positions; i++)
        for (int64_t j = 0; j < panels; j++) {
            struct range vecs = winograd_panel_vecs(a->kernels, slab->width, j);
            int64_t first = vecs.first * a->kernels->vlen;
            gemm.nv = (int)(vecs.last - vecs.first);
            gemm.columns = gemm.nv * a->kernels->vlen;
            gemm.a_first = slab->group * channels + i * a->sizes.v_plane;
            gemm.b = u + i * winograd_kernel_plane(&a->slabs, slab->width) + first * a->slabs.rows;
            gemm.c_first = first + i * product_plane(a, slab->width);
            gemm.ahead = gemm.b + a->slabs.rows * gemm.columns; /* the next one's B, or near it */
            gemm.ahead_lines = a->slabs.rows * gemm.columns / WINOGRAD_LINE;
            a->kernels->gemm(&gemm);
        }
}

/* Floats of a tile's pixels in the channels of a slab. */
static int64_t tile_floats(const struct winograd_shape *s) {
    return winograd_made(s, AXIS_H) * winograd_made(s, AXIS_W) * WINOGRAD_SLAB;
}

/* Has a tile's pixels written to `held`, and pools them. */
static void pool_tile(const struct winograd *a, const struct winograd_tile *tile,
                      struct winograd_output *t, float *held) {
    struct finish finish = a->work->finish;
    finish.out = held;
    t->y = held;
    t->pixel = WINOGRAD_SLAB;
    t->row = winograd_made(a->grid.shape, AXIS_W) * WINOGRAD_SLAB;
    t->finish = &finish;
    a->kernels->winograd_output[a->grid.shape->form](t);
    conv_pool(a->work, &(struct pool_part){
                           .x = held,
                           .row = t->row,
                           .pixel = t->pixel,
                           .image = tile->n * a->grid.g.axis[AXIS_D].out_size + tile->d,
                           .h = tile->h,
                           .w = tile->w,
                           .rows = t->rows,
                           .columns = t->columns,
                           .channel = t->channel,
                           .channels = t->channels,
                       });
}

/* The pixels of one tile, in the channels of one slab. */
static void finish_tile(const struct winograd *a, const struct winograd_slab *slab, int64_t index,
                        const float *m, float *held) {
    const struct axis_map *h = &a->grid.g.axis[AXIS_H], *w = &a->grid.g.axis[AXIS_W];
    struct winograd_tile tile = winograd_tile_of(&a->grid, index);
    int64_t channel = slab->group * a->slabs.count + slab->first;
    int64_t channels = a->grid.g.out_channels;
    int64_t plane = tile.n * a->grid.g.axis[AXIS_D].out_size + tile.d;
    int64_t line = plane * h->out_size + h->out_first + tile.h * h->out_step;
    int64_t column = w->out_first + tile.w * w->out_step;
    struct winograd_output t = {
        .m = m,
        .plane = product_plane(a, slab->width),
        .y = a->work->out + (line * w->out_size + column) * channels + channel,
        .row = h->tap_step * h->out_step * w->out_size * channels,
        .pixel = w->tap_step * w->out_step * channels,
        .rows = winograd_outputs(&a->grid, AXIS_H, tile.h),
        .columns = winograd_outputs(&a->grid, AXIS_W, tile.w),
        .channels = slab->count,
        .channel = channel,
        .finish = &a->work->finish,
    };
    if (t.rows == 0 || t.columns == 0)
        return;
    if (conv_pools(a->work->p))
        pool_tile(a, &tile, &t, held);
    else
        a->kernels->winograd_output[a->grid.shape->form](&t);
}

/* One slab of a block's pixels; scratch: m, a tile's pixels, the tables of rows. */
static void make_slab(const struct winograd *a, int64_t block, int64_t index, const float *v,
                      float *m) {
    struct winograd_slab slab = winograd_slab_at(&a->slabs, a->kernels->vlen, index);
    struct range tiles = block_tiles(a, block);
    float *held = m + a->sizes.m;
    const float **rows = (const float **)(held + tile_floats(a->grid.shape));
    float **out = (float **)(rows + a->grid.planes * a->sizes.tiles);
    fill_rows(a, v, m, slab.width, rows, out);
    multiply(a, &slab, tiles.last - tiles.first, rows, out);
    for (int64_t i = tiles.first; i < tiles.last; i++)
        finish_tile(a, &slab, i, m + (i - tiles.first) * slab.width, held);
}

/* A block by itself. */
static void block_task(void *arg, int64_t block, int thread) {
    const struct winograd *a = arg;
    float *v = run_scratch(a->work->run, thread), *m = v + a->sizes.v;
    struct range tiles = block_tiles(a, block);
    transform_tiles(a, tiles.first, tiles, v);
    for (int64_t slab = 0; slab < a->slabs.groups * a->slabs.each; slab++)
        make_slab(a, block, slab, v, m);
}

static int64_t block_cuts(const struct winograd *a) { return div_up(a->sizes.tiles, TILES_TASK); }

static void input_task(void *arg, int64_t task, int thread) {
    (void)thread;
    const struct winograd *a = arg;
    int64_t cuts = block_cuts(a), block = task / cuts;
    struct range tiles = block_tiles(a, a->span.first + block);
    struct range some = shard(tiles.last - tiles.first, cuts, task % cuts);
    transform_tiles(a, tiles.first,
                    (struct range){tiles.first + some.first, tiles.first + some.last},
                    a->v + block * a->sizes.v);
}

/* Blocks of one slab one after another: they read the same part of the kernel. */
static void slab_task(void *arg, int64_t task, int thread) {
    const struct winograd *a = arg;
    int64_t blocks = a->span.last - a->span.first, block = task % blocks;
    make_slab(a, a->span.first + block, task / blocks, a->v + block * a->sizes.v,
              run_scratch(a->work->run, thread));
}

static int64_t span_blocks(const struct block_sizes *b) {
    return max64(SPAN_BYTES / (b->v * (int64_t)sizeof(float)), 1);
}

/* Span by span: v lies in the workspace. */
static void run_shared(struct winograd *a) {
    int64_t most = span_blocks(&a->sizes);
    a->v = (float *)a->work->run->workspace;
    for (int64_t first = 0; first < a->blocks; first += most) {
        a->span = (struct range){first, min64(first + most, a->blocks)};
        int64_t blocks = a->span.last - a->span.first;
        run_tasks(a->work->run, blocks * block_cuts(a), input_task, a);
        run_tasks(a->work->run, blocks * a->slabs.groups * a->slabs.each, slab_task, a);
    }
}

static void run_phase(struct winograd *a) {
    const struct conv_work *work = a->work;
    int64_t channels = a->grid.planes * a->sizes.pitch;
    a->blocks = div_up(a->grid.tiles, a->sizes.tiles);
    bool shared = a->blocks < BLOCKS_ENOUGH || channels > CHANNELS_SHARED;
    if (channels * a->slabs.count <= KERNEL_SMALL) {
        int64_t tasks = conv_tasks((double)work->images * conv_products(work->p));
        a->blocks = max64(a->blocks, min64(tasks, a->grid.tiles / TILES_TASK));
        shared = false;
    }
    if (shared && !work->run->sliced)
        run_shared(a);
    else
        run_tasks(work->run, a->blocks, block_task, a);
}

static void winograd_run(const struct conv_work *work, bool backward) {
    const struct conv_params *p = work->p;
    const struct winograd_shape *shape = winograd_shape_of(p);
    struct winograd a = {
        .work = work,
        .kernels = work->run->kernels,
        .slabs = winograd_slabs_of(p, shape, backward),
        .sizes = block_sizes_of(p, shape, backward),
    };
    for (int64_t phase = 0; phase < gather_phases(p, backward); phase++) {
        a.grid = winograd_grid_of(p, shape, work->images, backward, phase);
        a.kernel = work->kernel + phase * winograd_packed(&a.slabs);
        run_phase(&a);
    }
}

static void winograd_prepare(struct op *op, bool backward) {
    const struct conv_params *p = PARAMS_OF(op, conv_params);
    const struct winograd_shape *shape = winograd_shape_of(p);
    struct winograd_slabs slabs = winograd_slabs_of(p, shape, backward);
    struct block_sizes sizes = block_sizes_of(p, shape, backward);
    int64_t rows = (winograd_planes(p, backward) + 1) * sizes.tiles;
    int64_t pointers = rows * (int64_t)sizeof(float *);
    int64_t packed = gather_phases(p, backward) * winograd_packed(&slabs);
    op->packed = packed * (int64_t)sizeof(float);
    op->scratch = (sizes.v + sizes.m + tile_floats(shape)) * (int64_t)sizeof(float) + pointers;
    op->workspace = span_blocks(&sizes) * sizes.v * (int64_t)sizeof(float);
}

static void forward_prepare(struct op *op) { winograd_prepare(op, false); }
static void backward_data_prepare(struct op *op) { winograd_prepare(op, true); }
static void forward_pack(const struct conv_work *work) { conv_winograd_pack(work, false); }
static void backward_data_pack(const struct conv_work *work) { conv_winograd_pack(work, true); }
static void forward_run(const struct conv_work *work) { winograd_run(work, false); }
static void backward_data_run(const struct conv_work *work) { winograd_run(work, true); }

/* Whether half of the products or more are saved, tiles that hang over the edge counted, in groups
 * of as many channels as make the transforms worth it. On two cores (AMD with AVX-512) 16 channels
 * at 32x32 gain 1.7 times, 128 at 4x4 1.1 times with the kernel's transform and 1.8 without. */
static bool saves(const struct conv_params *p, bool backward) {
    enum { CHANNELS_LEAST = 16, SAVED = 2 };
    const struct winograd_shape *s = winograd_shape_of(p);
    struct winograd_grid grid = winograd_grid_of(p, s, 1, backward, 0);
    const struct axis_map *h = &grid.g.axis[AXIS_H], *w = &grid.g.axis[AXIS_W];
    int64_t direct = h->count * w->count * winograd_taps(s); /* of a plane */
    return min64(p->ic, p->oc) / p->groups >= CHANNELS_LEAST &&
           grid.rows * grid.columns * winograd_positions(s) * SAVED <= direct;
}

/* Whether windows lie within tiles. */
static bool pools(const struct conv_params *p) {
    const struct winograd_shape *s = winograd_shape_of(p);
    return winograd_made(s, AXIS_H) % p->qh == 0 && winograd_made(s, AXIS_W) % p->qw == 0 &&
           p->dh * p->dw == 1;
}

static bool forward_pays(const struct conv_params *p) { return saves(p, false); }
static bool backward_data_pays(const struct conv_params *p) { return saves(p, true); }

const struct conv_algorithm conv_forward_winograd = {
    .name = "winograd",
    .applicable = winograd_applicable,
    .prepare = forward_prepare,
    .pack = forward_pack,
    .run = forward_run,
    .pays = forward_pays,
    .pools = pools,
};
const struct conv_algorithm conv_backward_data_winograd = {
    .name = "winograd",
    .applicable = winograd_applicable,
    .prepare = backward_data_prepare,
    .pack = backward_data_pack,
    .run = backward_data_run,
    .pays = backward_data_pays,
};
