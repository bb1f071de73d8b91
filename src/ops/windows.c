/* windows.c: the cells of each window of NDHWC images side by side, and the transpose. */
#include <string.h>

#include "images.h"

enum { WINDOWS_BLOCK = 16384 }; /* floats of y of a task, about */

/* windows: y[n][od][oh][ow][kd][kh][kw][c] = x[n][o s - p + k d][c] per axis, `value` outside the
 * image; fold: x[n][id][ih][iw][c] = the sum of the y that came from there. */
PARAMS(windows_params, batched, n, id, ih, iw, c, od, oh, ow, kd, kh, kw, sd, sh, sw, dd, dh, dw,
       pd, ph, pw);

struct windows_args {
    const struct run *run;
    const struct windows_params *p;
    const float *x;
    float *y;
    float value;
    int64_t images;
    int64_t rows_of_task; /* windows: output rows (image, od, oh) */
};

static bool inside(int64_t at, int64_t size) { return at >= 0 && at < size; }

/* One row of a window: kw cells, from the image's row x. */
static void copy_row(const struct windows_args *a, const float *x, struct cells w, float *y) {
    const struct windows_params *p = a->p;
    int64_t c = p->c;
    a->run->kernels->fill(y, w.first * c, a->value);
    if (p->dw == 1)
        memcpy(y + w.first * c, x + (w.at + w.first) * c,
               sizeof(float) * (size_t)((w.last - w.first) * c));
    else
        for (int64_t k = w.first; k < w.last; k++)
            memcpy(y + k * c, x + (w.at + k * p->dw) * c, sizeof(float) * (size_t)c);
    a->run->kernels->fill(y + w.last * c, (p->kw - w.last) * c, a->value);
}

/* All cells of one window; d and h are where its first cell lies. */
static void copy_window(const struct windows_args *a, const float *image, int64_t d, int64_t h,
                        struct cells w, float *y) {
    const struct windows_params *p = a->p;
    int64_t row = p->kw * p->c;
    for (int64_t k = 0; k < p->kd * p->kh; k++, y += row) {
        int64_t z = d + k / p->kh * p->dd, v = h + k % p->kh * p->dh;
        if (inside(z, p->id) && inside(v, p->ih) && w.last > w.first)
            copy_row(a, image + (z * p->ih + v) * p->iw * p->c, w, y);
        else
            a->run->kernels->fill(y, row, a->value);
    }
}

static void windows_task(void *arg, int64_t task, int thread) {
    (void)thread;
    const struct windows_args *a = arg;
    const struct windows_params *p = a->p;
    int64_t window = p->kd * p->kh * p->kw * p->c, rows = a->images * p->od * p->oh;
    int64_t first = task * a->rows_of_task;
    for (int64_t row = first; row < min64(rows, first + a->rows_of_task); row++) {
        const float *image = a->x + row / p->oh / p->od * p->id * p->ih * p->iw * p->c;
        int64_t d = row / p->oh % p->od * p->sd - p->pd, h = row % p->oh * p->sh - p->ph;
        for (int64_t o = 0; o < p->ow; o++) {
            struct cells w = cells_inside(o, p->sw, p->pw, p->dw, p->kw, p->iw);
            copy_window(a, image, d, h, w, a->y + (row * p->ow + o) * window);
        }
    }
}

/* Outputs [first, last) of a row whose k-th cell lies inside the image. */
static struct range outputs_of(int64_t k, const struct windows_params *p) {
    int64_t shift = p->pw - k * p->dw; /* o sw - shift is the cell's place */
    int64_t first = shift > 0 ? div_up(shift, p->sw) : 0;
    int64_t end = p->iw + shift;
    int64_t last = end > 0 ? min64(p->ow, div_up(end, p->sw)) : 0;
    return (struct range){first, max64(first, last)};
}

/* dx += one output row of windows, cell by cell; some channels. dx, dy: the image's row that the
 * windows' row k meets, and where this row of cells begins in dy. */
static void fold_row(const struct windows_args *a, float *dx, const float *dy, int64_t channels) {
    const struct windows_params *p = a->p;
    int64_t window = p->kd * p->kh * p->kw * p->c;
    for (int64_t k = 0; k < p->kw; k++) {
        struct range o = outputs_of(k, p);
        if (o.last == o.first)
            continue;
        float *first = dx + (o.first * p->sw - p->pw + k * p->dw) * p->c;
        struct binary_tile tile = {
            .a = first,
            .b = dy + o.first * window + k * p->c,
            .y = first,
            .rows = o.last - o.first,
            .cols = channels,
            .a_row = p->sw * p->c,
            .b_row = window,
            .y_row = p->sw * p->c,
            .a_col = 1,
            .b_col = 1,
        };
        a->run->kernels->binary[BINARY_add](&tile);
    }
}

/* Windows may overlap: tasks are images and some of their channels. */
static void fold_task(void *arg, int64_t task, int thread) {
    (void)thread;
    const struct windows_args *a = arg;
    const struct windows_params *p = a->p;
    struct slab slab = slab_of(task, a->images, p->c);
    int64_t rows = p->od * p->oh, pixels = p->id * p->ih * p->iw;
    int64_t cells = p->kw * p->c, window = p->kd * p->kh * cells;
    float *dx = a->y + slab.image * pixels * p->c + slab.channel;
    clear_channels(a->run->kernels, dx, pixels, p->c, slab.channels);
    for (int64_t row = 0; row < rows; row++) {
        const float *dy = a->x + (slab.image * rows + row) * p->ow * window + slab.channel;
        int64_t d = row / p->oh * p->sd - p->pd, h = row % p->oh * p->sh - p->ph;
        for (int64_t k = 0; k < p->kd * p->kh; k++, dy += cells) {
            int64_t z = d + k / p->kh * p->dd, v = h + k % p->kh * p->dh;
            if (inside(z, p->id) && inside(v, p->ih))
                fold_row(a, dx + (z * p->ih + v) * p->iw * p->c, dy, slab.channels);
        }
    }
}

static struct windows_args windows_args(const struct op *op, const struct run *run) {
    const struct windows_params *p = PARAMS_OF(op, windows_params);
    return (struct windows_args){
        .run = run,
        .p = p,
        .x = op_buffer(op, run, 0),
        .y = op_buffer(op, run, 1),
        .images = op_extent(p->n, p->batched, run->n),
    };
}

static void windows_run(const struct op *op, struct run *run) {
    struct windows_args a = windows_args(op, run);
    const struct windows_params *p = a.p;
    a.value = op->constants[0];
    a.rows_of_task = max64(1, WINDOWS_BLOCK / max64(1, p->ow * p->kd * p->kh * p->kw * p->c));
    run_tasks(run, div_up(a.images * p->od * p->oh, a.rows_of_task), windows_task, &a);
}

static void fold_run(const struct op *op, struct run *run) {
    struct windows_args a = windows_args(op, run);
    run_tasks(run, slab_count(a.images, a.p->c), fold_task, &a);
}

static double windows_cost(const struct op *op, int64_t n) {
    const struct windows_params *p = PARAMS_OF(op, windows_params);
    int64_t cells = p->od * p->oh * p->ow * p->kd * p->kh * p->kw;
    int64_t floats = (2 * cells + p->id * p->ih * p->iw) * p->c;
    return (double)(op_extent(p->n, p->batched, n) * floats) * sizeof(float) * NS_PER_BYTE;
}

static enum status windows_prepare(struct op *op) {
    const struct windows_params *p = PARAMS_OF(op, windows_params);
    bool fits = p->c >= 1 && p->kd >= 1 && p->kh >= 1 && p->kw >= 1 && p->sd >= 1 && p->sh >= 1 &&
                p->sw >= 1 && p->dd >= 1 && p->dh >= 1 && p->dw >= 1;
    return fits ? STATUS_OK : STATUS_BAD_PARAMS;
}

const struct op_type op_windows = {
    .name = "windows",
    .buffers = "x, y!",
    .params = windows_params_names,
    .constants = "value",
    .prepare = windows_prepare,
    .cost = windows_cost,
    .by_example = leads_with_examples,
    .run = windows_run,
};

const struct op_type op_fold = {
    .name = "fold",
    .buffers = "dy, dx!",
    .params = windows_params_names,
    .constants = "",
    .prepare = windows_prepare,
    .cost = windows_cost,
    .by_example = leads_with_examples,
    .run = fold_run,
};
