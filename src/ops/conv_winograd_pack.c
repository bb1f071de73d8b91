/* conv_winograd_pack.c: the transform of a kernel, u[group][slab][position][panel][row][width],
 * rows being planes and in channels; in backward_data one after another for each phase. */
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
    int64_t floats; /* of a packed phase */
    int64_t cuts;   /* of each slab's rows */
};

/* t[row][column] = kernel[column][row]; in the kernel columns are `stride` apart. */
static void transpose_tap(const float *kernel, int64_t stride, int64_t rows, int64_t columns,
                          float *t) {
    for (int64_t c = 0; c < columns; c++)
        for (int64_t r = 0; r < rows; r++)
            t[r * VLEN_MOST + c] = kernel[c * stride + r];
}

/* Rows and columns of backward_data, up to 16 of each: the taps of a plane of the phase, each
 * transposed, in the order in which outputs are read. */
static void pack_transposed(const struct winograd_pack *a, const struct gather *g, int64_t plane,
                            const float *kernel, struct winograd_kernel t) {
    const struct conv_params *p = a->work->p;
    float block[TAPS_MOST * PACK_ROWS * VLEN_MOST];
    int64_t taps = winograd_taps(a->shape), floats = p->ic / p->groups * p->oc;
    t.row = VLEN_MOST;
    t.tap = PACK_ROWS * VLEN_MOST;
    t.tap_row = t.tap * g->axis[AXIS_W].taps;
    t.g = block;
    for (int64_t i = 0; i < taps; i++)
        transpose_tap(kernel + gather_kernel_tap(p, g, plane * taps + i) * floats, p->oc, t.rows,
                      t.columns, block + i * t.tap);
    a->kernels->winograd_kernel[a->shape->form](&t);
}

/* A panel [row][width] of backward_data: rows are filters, columns channels. */
static void pack_backward(const struct winograd_pack *a, const struct gather *g, int64_t plane,
                          const float *kernel, struct winograd_kernel t) {
    int64_t stride = a->work->p->oc;
    for (int64_t r = 0; r < t.rows; r += PACK_ROWS)
        for (int64_t c = 0; c < t.columns; c += VLEN_MOST) {
            struct winograd_kernel block = t;
            block.rows = min64(PACK_ROWS, t.rows - r);
            block.columns = min64(VLEN_MOST, t.columns - c);
            block.u += r * t.width + c;
            pack_transposed(a, g, plane, kernel + c * stride + r, block);
        }
}

/* Some rows of one plane in a panel, whose first column is `column` of the group. */
static void pack_panel(const struct winograd_pack *a, const struct gather *g, int64_t group,
                       int64_t plane, struct range rows, int64_t column, struct winograd_kernel t) {
    const struct conv_params *p = a->work->p;
    int64_t icg = p->ic / p->groups, ocg = p->oc / p->groups, in = a->backward ? ocg : icg;
    int64_t tap = icg * p->oc;
    const float *kernel = a->work->kernel + group * ocg;
    t.rows = rows.last - rows.first;
    t.u += (plane * in + rows.first) * t.width;
    if (a->backward) {
        pack_backward(a, g, plane, kernel + column * p->oc + rows.first, t);
    } else {
        t.tap = p->sw * tap;
        t.tap_row = p->sh * p->kw * tap;
        t.row = p->oc;
        t.g = kernel + winograd_first_tap(p, plane) * tap + rows.first * p->oc + column;
        a->kernels->winograd_kernel[a->shape->form](&t);
    }
}

static void pack_task(void *arg, int64_t task, int thread) {
    (void)thread;
    const struct winograd_pack *a = arg;
    int64_t slabs = a->slabs.groups * a->slabs.each, phase = task / a->cuts / slabs;
    struct winograd_slab slab =
        winograd_slab_at(&a->slabs, a->kernels->vlen, task / a->cuts % slabs);
    struct gather g = gather_phase(a->work->p, 1, a->backward, MERGE_NEVER, phase);
    int64_t planes = winograd_planes(a->work->p, a->backward);
    struct range rows = shard(a->slabs.rows / planes, a->cuts, task % a->cuts);
    for (int64_t j = 0; j < winograd_panel_count(a->kernels, slab.width); j++) {
        struct range vecs = winograd_panel_vecs(a->kernels, slab.width, j);
        int64_t first = vecs.first * a->kernels->vlen;
        struct winograd_kernel t = {.width = (vecs.last - vecs.first) * a->kernels->vlen};
        t.columns = min64(t.width, slab.count - first);
        t.u = a->work->out + phase * a->floats + slab.packed + first * a->slabs.rows;
        t.plane = winograd_kernel_plane(&a->slabs, slab.width);
        for (int64_t plane = 0; plane < planes; plane++)
            pack_panel(a, &g, slab.group, plane, rows, slab.first + first, t);
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
    a.floats = winograd_packed(&a.slabs);
    int64_t rows = a.slabs.rows / winograd_planes(work->p, backward);
    int64_t floats = a.slabs.positions * a.slabs.rows * min64(a.slabs.count, WINOGRAD_SLAB);
    a.cuts = min64(div_up(floats, PACK_TASK), div_up(rows, PACK_ROWS));
    int64_t slabs = a.slabs.groups * a.slabs.each;
    run_tasks(work->run, gather_phases(work->p, backward) * slabs * a.cuts, pack_task, &a);
}
