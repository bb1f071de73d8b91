/* conv_winograd_pack.c: the transform of a kernel, u[group][slab][position][panel][row][width],
 * rows being depth taps and in channels. */
#include "conv_winograd.h"

enum { PACK_ROWS = VLEN_MOST }; /* of a block that is transposed */
enum { PACK_TASK = 1 << 15 };   /* floats of a task */
enum { TAPS_MOST = 25 };

struct winograd_pack {
    const struct conv_work *work;
    const struct kernels *kernels;
    const struct winograd_shape *shape;
    bool backward;
    struct winograd_slabs slabs;
    int64_t cuts; /* of each slab's rows */
};

/* t[tap][row][column] = kernel[tap][first column + column][first row + row]; in the kernel columns
 * are `stride` apart and taps `tap`. */
static void transpose_taps(const float *kernel, int64_t stride, int64_t tap, int64_t taps,
                           int64_t rows, int64_t columns, float *t) {
    for (int64_t i = 0; i < taps; i++, kernel += tap, t += PACK_ROWS * VLEN_MOST)
        for (int64_t c = 0; c < columns; c++)
            for (int64_t r = 0; r < rows; r++)
                t[r * VLEN_MOST + c] = kernel[c * stride + r];
}

/* Rows and columns of backward_data, up to 16 of each: the kernel is transposed and its taps go
 * from the last to the first. */
static void pack_transposed(const struct winograd_pack *a, const float *kernel,
                            struct winograd_kernel t) {
    const struct conv_params *p = a->work->p;
    float block[TAPS_MOST * PACK_ROWS * VLEN_MOST];
    int64_t taps = winograd_taps(a->shape);
    int64_t tap = p->ic / p->groups * p->oc;
    transpose_taps(kernel, p->oc, tap, taps, t.rows, t.columns, block);
    t.tap = -PACK_ROWS * VLEN_MOST;
    t.row = VLEN_MOST;
    t.g = block - (taps - 1) * t.tap;
    a->kernels->winograd_kernel[a->shape->form](&t);
}

/* A panel [row][width] of backward_data: rows are filters, columns channels. */
static void pack_backward(const struct winograd_pack *a, const float *kernel,
                          struct winograd_kernel t) {
    int64_t stride = a->work->p->oc;
    for (int64_t r = 0; r < t.rows; r += PACK_ROWS)
        for (int64_t c = 0; c < t.columns; c += VLEN_MOST) {
            struct winograd_kernel block = t;
            block.rows = min64(PACK_ROWS, t.rows - r);
            block.columns = min64(VLEN_MOST, t.columns - c);
            block.u += r * t.width + c;
            pack_transposed(a, kernel + c * stride + r, block);
        }
}

/* Some rows of one depth tap in a panel, whose first column is `column` of the group. */
static void pack_panel(const struct winograd_pack *a, int64_t group, int64_t depth,
                       struct range rows, int64_t column, struct winograd_kernel t) {
    const struct conv_params *p = a->work->p;
    int64_t icg = p->ic / p->groups, ocg = p->oc / p->groups, in = a->backward ? ocg : icg;
    int64_t plane = a->backward ? p->kd - 1 - depth : depth;
    int64_t tap = icg * p->oc, taps = winograd_taps(a->shape);
    const float *kernel = a->work->kernel + plane * taps * tap + group * ocg;
    t.rows = rows.last - rows.first;
    t.u += (depth * in + rows.first) * t.width;
    if (a->backward) {
        pack_backward(a, kernel + column * p->oc + rows.first, t);
    } else {
        t.tap = tap;
        t.row = p->oc;
        t.g = kernel + rows.first * p->oc + column;
        a->kernels->winograd_kernel[a->shape->form](&t);
    }
}

static void pack_task(void *arg, int64_t task, int thread) {
    (void)thread;
    const struct winograd_pack *a = arg;
    struct winograd_slab slab = winograd_slab_at(&a->slabs, a->kernels->vlen, task / a->cuts);
    int64_t depths = a->work->p->kd;
    struct range rows = shard(a->slabs.rows / depths, a->cuts, task % a->cuts);
    for (int64_t j = 0; j < winograd_panel_count(a->kernels, slab.width); j++) {
        struct range vecs = winograd_panel_vecs(a->kernels, slab.width, j);
        int64_t first = vecs.first * a->kernels->vlen;
        struct winograd_kernel t = {.width = (vecs.last - vecs.first) * a->kernels->vlen};
        t.columns = min64(t.width, slab.count - first);
        t.u = a->work->out + slab.packed + first * a->slabs.rows;
        t.plane = winograd_kernel_plane(&a->slabs, slab.width);
        for (int64_t depth = 0; depth < depths; depth++)
            pack_panel(a, slab.group, depth, rows, slab.first + first, t);
    }
}

void conv_winograd_pack(const struct conv_work *work, bool backward) {
    const struct winograd_shape *shape = winograd_shape_of(work->p);
    struct winograd_pack a = {
        .work = work,
        .kernels = work->run->kernels,
        .shape = shape,
        .backward = backward,
        .slabs = winograd_slabs_of(work->p, shape, backward),
    };
    int64_t rows = a.slabs.rows / work->p->kd;
    int64_t floats = a.slabs.positions * a.slabs.rows * min64(a.slabs.count, WINOGRAD_SLAB);
    a.cuts = min64(div_up(floats, PACK_TASK), div_up(rows, PACK_ROWS));
    run_tasks(work->run, a.slabs.groups * a.slabs.each * a.cuts, pack_task, &a);
}
