/* pool.c: max and average pooling of NDHWC images, and their gradients. */
#include "images.h"

enum { POOL_BLOCK = 16384 }; /* output floats of a task, about */

PARAMS(pool_params, batched, n, id, ih, iw, c, od, oh, ow, kd, kh, kw, sd, sh, sw, pd, ph, pw, dd,
       dh, dw);
/* mask: of an activation that x came out of, and that dx flows back through: codes are none where
 * it lets no gradient through. */
PARAMS(max_params, batched, n, id, ih, iw, c, od, oh, ow, kd, kh, kw, sd, sh, sw, pd, ph, pw, dd,
       dh, dw, mask);
/* ad, ah, aw: cells of padding after each axis. Windows of averages have no dilation. */
PARAMS(average_params, batched, n, id, ih, iw, c, od, oh, ow, kd, kh, kw, sd, sh, sw, pd, ph, pw,
       dd, dh, dw, ad, ah, aw, divisor);

/* What a window's sum is divided by: its cells inside the image, or inside the image and its
 * padding, or 1. */
enum divisor { DIVISOR_INSIDE, DIVISOR_PADDED, DIVISOR_ONE };

/* Cells inside the image of any window, which may be much larger: "same" padding allows that. */
static int64_t most_cells_inside(const struct pool_params *p) {
    return min64(p->kd, p->id) * min64(p->kh, p->ih) * min64(p->kw, p->iw);
}

struct pool_args {
    const struct run *run;
    const struct pool_params *p;
    pool_kernel *kernel;
    struct pool_tile tile; /* buffers; what else is the same for all rows */
    int64_t images;
    int64_t rows_of_task; /* output rows, where outputs are written */
    enum divisor divisor;
};

/* Cells of a window inside the image along one axis: where the first lies, and how many. */
struct span {
    int64_t first, count;
};
static struct span window(int64_t o, int64_t stride, int64_t pad, int64_t dilation, int64_t kernel,
                          int64_t size) {
    struct cells cells = cells_inside(o, stride, pad, dilation, kernel, size);
    return (struct span){cells.at + cells.first * dilation, cells.last - cells.first};
}

/* How many windows of a row, from the o-th on, have as many cells inside as the o-th. */
static int64_t equal_windows(const struct pool_params *p, int64_t o, struct span w) {
    if (w.count < p->kw)
        return 1;
    int64_t reach = (p->kw - 1) * p->dw + 1;
    int64_t whole = (p->iw - reach + p->pw) / p->sw + 1; /* windows that end inside */
    return min64(whole, p->ow) - o;
}

static int64_t list_cells(const struct pool_params *p, struct span d, struct span h, struct span w,
                          int64_t *cells) {
    int64_t count = 0;
    for (int64_t i = 0; i < d.count; i++)
        for (int64_t j = 0; j < h.count; j++)
            for (int64_t k = 0; k < w.count; k++)
                cells[count++] = ((i * p->dd * p->ih + j * p->dh) * p->iw + k * p->dw) * p->c;
    return count;
}

/* Cells of a window along one axis that lie in the image or in its padding. */
static double padded_cells(int64_t o, int64_t stride, int64_t pad, int64_t kernel, int64_t size,
                           int64_t after) {
    int64_t start = o * stride - pad;
    return (double)(min64(start + kernel, size + after) - start);
}

/* The number that the sum over the window of output (d, h, w) is divided by. */
static double divisor_of(const struct pool_args *a, int64_t d, int64_t h, int64_t w,
                         int64_t inside) {
    const struct average_params *p = (const struct average_params *)a->p;
    switch (a->divisor) {
    case DIVISOR_PADDED:
        return padded_cells(d, p->sd, p->pd, p->kd, p->id, p->ad) *
               padded_cells(h, p->sh, p->ph, p->kh, p->ih, p->ah) *
               padded_cells(w, p->sw, p->pw, p->kw, p->iw, p->aw);
    case DIVISOR_ONE:
        return 1;
    default:
        return (double)max64(1, inside);
    }
}

/* One output row, row = (image, od, oh): runs of windows with the same cells. */
static void pool_row(const struct pool_args *a, struct pool_tile tile, int64_t row,
                     int64_t *cells) {
    const struct pool_params *p = a->p;
    int64_t image = row / p->oh / p->od;
    int64_t od = row / p->oh % p->od, oh = row % p->oh;
    struct span d = window(od, p->sd, p->pd, p->dd, p->kd, p->id);
    struct span h = window(oh, p->sh, p->ph, p->dh, p->kh, p->ih);
    tile.cells = cells;
    tile.image = image * p->id * p->ih * p->iw * p->c;
    for (int64_t o = 0; o < p->ow; o += tile.pixels) {
        struct span w = window(o, p->sw, p->pw, p->dw, p->kw, p->iw);
        tile.pixels = equal_windows(p, o, w);
        tile.cell_count = list_cells(p, d, h, w, cells);
        tile.input =
            tile.image + ((d.first * p->ih + h.first) * p->iw + w.first) * p->c + tile.channel;
        tile.output = row * p->ow + o;
        tile.scale = 1.0f / (float)divisor_of(a, od, oh, o, tile.cell_count);
        a->kernel(&tile);
    }
}

/* y is written: tasks are output rows. */
static void pool_task(void *arg, int64_t task, int thread) {
    const struct pool_args *a = arg;
    int64_t rows = a->images * a->p->od * a->p->oh, first = task * a->rows_of_task;
    for (int64_t row = first; row < min64(rows, first + a->rows_of_task); row++)
        pool_row(a, a->tile, row, run_scratch(a->run, thread));
}

/* dx is written, windows may overlap: tasks are images and some of their channels. */
static void scatter_task(void *arg, int64_t task, int thread) {
    const struct pool_args *a = arg;
    const struct pool_params *p = a->p;
    struct slab slab = slab_of(task, a->images, p->c);
    int64_t rows = p->od * p->oh, pixels = p->id * p->ih * p->iw;
    struct pool_tile tile = a->tile;
    tile.channels = slab.channels;
    tile.channel = slab.channel;
    float *dx = tile.out + slab.image * pixels * p->c + slab.channel;
    clear_channels(a->run->kernels, dx, pixels, p->c, slab.channels);
    for (int64_t row = slab.image * rows; row < (slab.image + 1) * rows; row++)
        pool_row(a, tile, row, run_scratch(a->run, thread));
}

/* Codes are bytes as long as they can count a window's cells. */
enum { CODES_MOST = 255 };
static bool wide_codes(const struct pool_params *p) {
    return (double)p->kd * (double)p->kh * (double)p->kw > CODES_MOST;
}

static struct pool_args pool_args(const struct op *op, const struct run *run) {
    const struct pool_params *p = PARAMS_OF(op, pool_params);
    return (struct pool_args){
        .run = run,
        .p = p,
        .tile = {.step = p->sw * p->c,
                 .channels = p->c,
                 .c = p->c,
                 .code_c = wide_codes(p) ? p->c : round_up(p->c, POOL_CODES_PACKED),
                 .wide = wide_codes(p)},
        .images = op_extent(p->n, p->batched, run->n),
        .rows_of_task = max64(1, POOL_BLOCK / max64(1, p->ow * p->c)),
    };
}

static void pool_run(struct pool_args *a, struct run *run) {
    run_tasks(run, div_up(a->images * a->p->od * a->p->oh, a->rows_of_task), pool_task, a);
}

/* Whether windows along an axis do not overlap, and whether they leave no gaps. */
static bool apart_axis(int64_t outputs, int64_t kernel, int64_t stride, int64_t dilation) {
    return outputs == 1 || (kernel - 1) * dilation < stride;
}
static bool covers_axis(int64_t size, int64_t outputs, int64_t kernel, int64_t stride, int64_t pad,
                        int64_t dilation) {
    return kernel == stride && outputs * stride - pad >= size && (dilation == 1 || kernel == 1);
}

static bool apart(const struct pool_params *p) {
    return apart_axis(p->od, p->kd, p->sd, p->dd) && apart_axis(p->oh, p->kh, p->sh, p->dh) &&
           apart_axis(p->ow, p->kw, p->sw, p->dw);
}
static bool covers(const struct pool_params *p) {
    return covers_axis(p->id, p->od, p->kd, p->sd, p->pd, p->dd) &&
           covers_axis(p->ih, p->oh, p->kh, p->sh, p->ph, p->dh) &&
           covers_axis(p->iw, p->ow, p->kw, p->sw, p->pw, p->dw);
}

static void scatter_run(struct pool_args *a, struct run *run) {
    a->tile.apart = apart(a->p);
    if (covers(a->p))
        pool_run(a, run);
    else
        run_tasks(run, slab_count(a->images, a->p->c), scatter_task, a);
}

static double pool_cost(const struct op *op, int64_t n) {
    const struct pool_params *p = PARAMS_OF(op, pool_params);
    int64_t outputs = p->od * p->oh * p->ow, inputs = p->id * p->ih * p->iw;
    int64_t image = outputs * most_cells_inside(p) + inputs;
    return (double)(op_extent(p->n, p->batched, n) * image * p->c) * sizeof(float) * NS_PER_BYTE;
}

static enum status pool_prepare(struct op *op) {
    const struct pool_params *p = PARAMS_OF(op, pool_params);
    if (p->c < 1 || p->kd < 1 || p->kh < 1 || p->kw < 1 || p->sd < 1 || p->sh < 1 || p->sw < 1 ||
        p->dd < 1 || p->dh < 1 || p->dw < 1)
        return STATUS_BAD_PARAMS;
    op->scratch = most_cells_inside(p) * (int64_t)sizeof(int64_t);
    return STATUS_OK;
}

static void max_pool_run(const struct op *op, struct run *run) {
    int64_t mask = PARAMS_OF(op, max_params)->mask;
    struct pool_args a = pool_args(op, run);
    a.kernel = run->kernels->max_pool;
    a.tile.x = op_buffer(op, run, 0);
    a.tile.out = op_buffer(op, run, 1);
    a.tile.code = op_buffer(op, run, 2);
    a.tile.masked = mask != ACTIVATION_NONE;
    a.tile.least = activation_least(mask);
    a.tile.last = activation_last(mask);
    pool_run(&a, run);
}

static void max_pool_gradient_run(const struct op *op, struct run *run) {
    struct pool_args a = pool_args(op, run);
    a.kernel = run->kernels->max_pool_gradient;
    a.tile.code = op_buffer(op, run, 0);
    a.tile.dy = op_buffer(op, run, 1);
    a.tile.out = op_buffer(op, run, 2);
    scatter_run(&a, run);
}

static void max_pool_gather_run(const struct op *op, struct run *run) {
    struct pool_args a = pool_args(op, run);
    a.kernel = run->kernels->max_pool_gather;
    a.tile.code = op_buffer(op, run, 0);
    a.tile.dy = op_buffer(op, run, 1);
    a.tile.out = op_buffer(op, run, 2);
    pool_run(&a, run);
}

static void max_pool_index_run(const struct op *op, struct run *run) {
    struct pool_args a = pool_args(op, run);
    a.kernel = run->kernels->max_pool_index;
    a.tile.code = op_buffer(op, run, 0);
    a.tile.index = op_buffer(op, run, 1);
    pool_run(&a, run);
}

static void average_pool_run(const struct op *op, struct run *run) {
    struct pool_args a = pool_args(op, run);
    a.kernel = run->kernels->average_pool;
    a.divisor = (enum divisor)PARAMS_OF(op, average_params)->divisor;
    a.tile.x = op_buffer(op, run, 0);
    a.tile.out = op_buffer(op, run, 1);
    pool_run(&a, run);
}

static void average_pool_gradient_run(const struct op *op, struct run *run) {
    struct pool_args a = pool_args(op, run);
    a.kernel = run->kernels->average_pool_gradient;
    a.divisor = (enum divisor)PARAMS_OF(op, average_params)->divisor;
    a.tile.dy = op_buffer(op, run, 0);
    a.tile.out = op_buffer(op, run, 1);
    scatter_run(&a, run);
}

#define POOL_OP(op_name, buffer_names, param_names) \
    const struct op_type op_##op_name = {           \
        .name = #op_name,                           \
        .buffers = buffer_names,                    \
        .params = param_names,                      \
        .constants = "",                            \
        .prepare = pool_prepare,                    \
        .cost = pool_cost,                          \
        .by_example = leads_with_examples,          \
        .run = op_name##_run,                       \
    }

POOL_OP(max_pool, "x, y?!, code?!", max_params_names);
POOL_OP(max_pool_gradient, "code, dy, dx!", pool_params_names);
POOL_OP(max_pool_gather, "code, v, u!", pool_params_names);
POOL_OP(max_pool_index, "code, index!", pool_params_names);
POOL_OP(average_pool, "x, y!", average_params_names);
POOL_OP(average_pool_gradient, "dy, dx!", average_params_names);
