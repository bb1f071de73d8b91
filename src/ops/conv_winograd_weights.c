/* conv_winograd_weights.c: the kernel gradient in tiles (kernels/winograd_weights.h):
 *
 *   v[i][plane][t][k] = (B^T d B)[i]         w[i][t][j] = (A o A^T)[i]      i: position, t: tile
 *   s[i][plane][k][j] = sum over t of v * w          dg = G^T s G    k, j: channels of x and of dy
 *
 * It goes by rounds of tiles, which are added up as kernels: a float32 sum of few terms is more
 * exact, and v and w stay in a cache. Of a small kernel each shard of the tiles is a task with a
 * gradient of its own. Else the tasks of a round first share out the tiles, to transform them, then
 * the rows and columns of s.
 */
#include "conv_direct.h"
#include "conv_winograd.h"

/* Found with 3x3 kernels, 16 to 512 channels and maps of 7 to 224 pixels on Zen 4 (1 MB of
 * second-level cache a core, 32 MB of third). */
enum { TILES_LEAST = 4 };                     /* the direct algorithm is better with fewer */
enum { ROUND_LEAST = 32, ROUND_MOST = 256 };  /* tiles; a sum has at most 16 x 256 pixels */
enum { ROUND_FLOATS = 5 << 19 };              /* of v and w, in the cache that cores share: 10 MB */
enum { SHARD_FLOATS = 1 << 16 };              /* of a shard's, in the second level: 256 KB */
enum { SHARD_TILES = 32, SHARDS_LEAST = 16 }; /* a kernel is small if it may have as many shards */
enum { CHUNK_TILES = 128 };                   /* whose w, one panel wide, is 32 KiB */
enum { SLICE_ROWS = 24 };                     /* of s, in the second-level cache: 216 KiB */
enum { LOAD_TILES = 8 };                      /* of a task that transforms */

struct weights {
    const struct conv_work *work;
    const struct kernels *kernels;
    struct winograd_grid grid;
    struct columns columns;
    int64_t rows, planes;   /* of a group; kernels of stride 1 */
    int64_t slices, shards; /* of the rows; of the tiles */
    int64_t round, pitch;   /* tiles of a round at most; floats of a tile in v */
    float *v, *w;
    float *dw;
    struct range tiles; /* of this round */
    bool add;           /* to dw, which holds those before it */
};

/* An odd number of cache lines: a column of v is spread over all sets of a cache. */
static int64_t v_pitch(const struct conv_params *p) {
    return (div_up(p->ic, VLEN_MOST) | 1) * VLEN_MOST;
}

/* Floats of a tile in v and w. */
static int64_t tile_floats(const struct conv_params *p, const struct winograd_shape *s) {
    int64_t w = p->groups * round_up(p->oc / p->groups, VLEN_MOST);
    return winograd_positions(s) * (winograd_planes(p, false) * v_pitch(p) + w);
}

static bool is_small(const struct conv_params *p) { return conv_most_shards(p) >= SHARDS_LEAST; }

static int64_t round_tiles(const struct conv_params *p, const struct winograd_shape *s) {
    int64_t floats = is_small(p) ? SHARD_FLOATS : ROUND_FLOATS;
    return max64(min64(floats / tile_floats(p, s), ROUND_MOST), ROUND_LEAST);
}

static int64_t v_plane(const struct weights *a) { return a->planes * a->round * a->pitch; }

/* A panel of w is [position][tile][width]. */
static float *panel_begin(const struct weights *a, const struct panel *panel) {
    int64_t vec = panel->group * a->columns.vecs + panel->first_vec;
    return a->w + vec * a->columns.vlen * winograd_positions(a->grid.shape) * a->round;
}

static int64_t panel_channel(const struct weights *a, const struct panel *panel) {
    return panel->group * a->columns.count + panel->first;
}

static void load_gradient(const struct weights *a, const struct winograd_tile *tile, int64_t at) {
    const struct axis_map *h = &a->grid.g.axis[AXIS_H], *w = &a->grid.g.axis[AXIS_W];
    int64_t channels = a->work->p->oc;
    int64_t line = (tile->n * a->grid.g.axis[AXIS_D].count + tile->d) * h->count + tile->h;
    struct winograd_input t = {
        .row = h->tap_step * w->count * channels,
        .pixel = w->tap_step * channels,
        .h_last = (int)winograd_outputs(&a->grid, AXIS_H, tile->h),
        .w_last = (int)winograd_outputs(&a->grid, AXIS_W, tile->w),
    };
    for (int64_t i = 0; i < a->columns.groups * a->columns.panels; i++) {
        struct panel panel = panel_of(&a->columns, i);
        t.x = a->work->dy + (line * w->count + tile->w) * channels + panel_channel(a, &panel);
        t.channels = panel.count;
        t.v = panel_begin(a, &panel) + at * panel.width;
        t.plane = a->round * panel.width;
        a->kernels->winograd_gradient[a->grid.shape->form](&t);
    }
}

/* Some of the round's tiles. */
static void load_tiles(const struct weights *a, struct range some) {
    for (int64_t i = some.first; i < some.last; i++) {
        struct winograd_tile tile = winograd_tile_of(&a->grid, a->tiles.first + i);
        for (int64_t plane = 0; plane < a->planes; plane++)
            winograd_tile_input(&a->grid, a->kernels, a->work->in, &tile, plane,
                                a->v + (plane * a->round + i) * a->pitch, v_plane(a));
        load_gradient(a, &tile, i);
    }
}

/* What is made at a time: some rows of a plane of the kernel, and a panel of columns. */
struct piece {
    struct panel panel;
    int64_t plane;
    struct range rows;
};

static int64_t piece_count(const struct weights *a) {
    return a->columns.groups * a->columns.panels * a->planes * a->slices;
}

static struct piece piece_of(const struct weights *a, int64_t index) {
    return (struct piece){
        .rows = shard(a->rows, a->slices, index % a->slices),
        .plane = index / a->slices % a->planes,
        .panel = panel_of(&a->columns, index / a->slices / a->planes),
    };
}

/* s[position][row][width] of the round */
static void sum_tiles(const struct weights *a, const struct piece *piece, const float **tiles,
                      float *s) {
    int64_t count = a->tiles.last - a->tiles.first, width = piece->panel.width;
    for (int64_t i = 0; i < count; i++)
        tiles[i] = a->v + (piece->plane * a->round + i) * a->pitch;
    struct gemm gemm = {
        .a_first = piece->panel.group * a->rows + piece->rows.first,
        .c_base = s,
        .c_stride = width,
        .m = piece->rows.last - piece->rows.first,
        .columns = width,
        .nv = (int)piece->panel.nv,
    };
    const float *w = panel_begin(a, &piece->panel);
    for (int64_t i = 0; i < winograd_positions(a->grid.shape); i++) {
        for (int64_t first = 0; first < count; first += CHUNK_TILES) {
            gemm.a = tiles + first;
            gemm.b = w + first * width;
            gemm.k = min64(CHUNK_TILES, count - first);
            gemm.add = first > 0;
            a->kernels->gemm_outer(&gemm);
        }
        gemm.a_first += v_plane(a);
        gemm.c_base += gemm.m * width;
        w += a->round * width;
    }
}

static void make_piece(const struct weights *a, int64_t index, void *scratch) {
    struct piece piece = piece_of(a, index);
    const float **tiles = scratch;
    float *s = (float *)(tiles + ROUND_MOST);
    sum_tiles(a, &piece, tiles, s);
    const struct conv_params *p = a->work->p;
    int64_t rows = piece.rows.last - piece.rows.first;
    int64_t row = winograd_first_tap(p, piece.plane) * a->rows + piece.rows.first;
    struct winograd_sums t = {
        .s = s,
        .plane = rows * piece.panel.width,
        .width = piece.panel.width,
        .g = a->dw + row * p->oc + panel_channel(a, &piece.panel),
        .tap_row = p->sh * p->kw * a->rows * p->oc,
        .tap = p->sw * a->rows * p->oc,
        .row = p->oc,
        .rows = rows,
        .columns = piece.panel.count,
        .add = a->add,
    };
    a->kernels->winograd_sums[a->grid.shape->form](&t);
}

static void load_task(void *arg, int64_t task, int thread) {
    (void)thread;
    const struct weights *a = arg;
    int64_t count = a->tiles.last - a->tiles.first;
    load_tiles(a, shard(count, div_up(count, LOAD_TILES), task));
}

static void piece_task(void *arg, int64_t task, int thread) {
    const struct weights *a = arg;
    make_piece(a, task, run_scratch(a->work->run, thread));
}

/* Round by round, each on all threads. */
static void run_rounds(struct weights *a) {
    struct run *run = a->work->run;
    int64_t rounds = div_up(a->grid.tiles, a->round);
    a->v = (float *)run->workspace;
    a->w = a->v + winograd_positions(a->grid.shape) * v_plane(a);
    for (int64_t i = 0; i < rounds; i++, a->add = true) {
        a->tiles = shard(a->grid.tiles, rounds, i);
        run_tasks(run, div_up(a->tiles.last - a->tiles.first, LOAD_TILES), load_task, a);
        run_tasks(run, piece_count(a), piece_task, a);
    }
}

/* Bytes of a thread's pointers to tiles and its part of s. */
static int64_t piece_scratch(const struct winograd_shape *s) {
    enum { WIDTH_MOST = 4 * VLEN_MOST };
    int64_t sums = winograd_positions(s) * SLICE_ROWS * WIDTH_MOST;
    return ROUND_MOST * (int64_t)sizeof(float *) + sums * (int64_t)sizeof(float);
}

/* A shard of the tiles, round by round. */
static void shard_task(void *arg, int64_t task, int thread) {
    struct weights own = *(const struct weights *)arg;
    char *scratch = run_scratch(own.work->run, thread);
    struct range tiles = shard(own.grid.tiles, own.shards, task);
    int64_t count = tiles.last - tiles.first, rounds = div_up(count, own.round);
    own.v = (float *)(scratch + piece_scratch(own.grid.shape));
    own.w = own.v + winograd_positions(own.grid.shape) * v_plane(&own);
    own.dw += task * conv_weights(own.work->p);
    for (int64_t i = 0; i < rounds; i++, own.add = true) {
        struct range round = shard(count, rounds, i);
        own.tiles = (struct range){tiles.first + round.first, tiles.first + round.last};
        load_tiles(&own, (struct range){0, round.last - round.first});
        for (int64_t j = 0; j < piece_count(&own); j++)
            make_piece(&own, j, scratch);
    }
}

/* A slice of a stripe is one thread's, and adds to what those before it have left in dw. */
static int64_t shards_of(const struct weights *a) {
    const struct conv_params *p = a->work->p;
    int64_t tasks = conv_tasks((double)a->work->images * conv_products(p));
    int64_t most = min64(conv_most_shards(p), div_up(a->grid.tiles, SHARD_TILES));
    return a->work->run->sliced ? 1 : min64(tasks, most);
}

static void run_shards(struct weights *a) {
    struct run *run = a->work->run;
    a->shards = shards_of(a);
    if (a->shards > 1)
        a->dw = (float *)run->workspace;
    run_tasks(run, a->shards, shard_task, a);
    if (a->shards > 1)
        conv_sum_shards(run, a->dw, a->shards, conv_weights(a->work->p), a->work->out);
}

static void weights_run(const struct conv_work *work) {
    const struct conv_params *p = work->p;
    const struct winograd_shape *shape = winograd_shape_of(p);
    struct weights a = {
        .work = work,
        .kernels = work->run->kernels,
        .grid = winograd_grid_of(p, shape, work->images, false, 0),
        .columns = columns_of(work->run->kernels, p->groups, p->oc),
        .rows = p->ic / p->groups,
        .planes = winograd_planes(p, false),
        .slices = div_up(p->ic / p->groups, SLICE_ROWS),
        .round = round_tiles(p, shape),
        .pitch = v_pitch(p),
        .dw = work->out,
        .add = work->add,
    };
    if (a.grid.tiles < TILES_LEAST)
        conv_backward_weights_direct.run(work);
    else if (is_small(p))
        run_shards(&a);
    else
        run_rounds(&a);
}

static void weights_prepare(struct op *op) {
    const struct conv_params *p = PARAMS_OF(op, conv_params);
    const struct winograd_shape *shape = winograd_shape_of(p);
    int64_t round = round_tiles(p, shape) * tile_floats(p, shape) * (int64_t)sizeof(float);
    int64_t piece = piece_scratch(shape);
    int64_t partial = conv_most_shards(p) * conv_weights(p) * (int64_t)sizeof(float);
    conv_backward_weights_direct.prepare(op);
    op->scratch = max64(op->scratch, is_small(p) ? piece + round : piece);
    op->workspace = max64(op->workspace, is_small(p) ? partial : round);
}

/* Whether products are 4 / 9 of the direct ones at most, tiles that hang over the edge counted. */
static bool saves(const struct conv_params *p, const struct winograd_shape *s) {
    enum { PRODUCTS = 4, DIRECT = 9 };
    struct winograd_grid grid = winograd_grid_of(p, s, 1, false, 0);
    int64_t direct = p->oh * p->ow * winograd_taps(s);
    return grid.rows * grid.columns * winograd_positions(s) * DIRECT <= direct * PRODUCTS;
}

/* 3x3, from 4 tiles on: 1.3 times as fast as the direct algorithm at 16 channels, 3 times at 256;
 * 5x5: 1.2 and 1.8 times on maps of 14 and more, slower on those of 7 and less. Dilated, 64
 * channels: 1.4 to 1.6 times at 14x14 with steps of 4 and 2, 0.04 at 8x8 with steps of 8. */
static bool pays(const struct conv_params *p) {
    enum { CHANNELS_LEAST = 16 }; /* of a group */
    const struct winograd_shape *s = winograd_shape_of(p);
    bool always = winograd_taps(s) == 9 && p->dh * p->dw == 1;
    return min64(p->ic, p->oc) / p->groups >= CHANNELS_LEAST && (always || saves(p, s));
}

const struct conv_algorithm conv_backward_weights_winograd = {
    .name = "winograd",
    .applicable = winograd_applicable,
    .prepare = weights_prepare,
    .run = weights_run,
    .pays = pays,
    .adds = true,
};
