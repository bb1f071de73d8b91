/* conv_direct_pack.c: the kernel as panels of packed B, in the order in which a product reads it.
 */
#include "conv_direct.h"

struct pack {
    const struct conv_params *p;
    const struct kernels *kernels;
    bool backward;
    const float *kernel; /* [tile][tap][ic / groups][oc] */
    float *packed;
    struct columns columns;
    int64_t cuts; /* of each panel's rows */
};

/* The rows of one tap: input channels of the panel's group. */
static void pack_tap(const struct pack *a, const struct gather *g, struct panel panel, int64_t t,
                     struct range rows) {
    const struct conv_params *p = a->p;
    int64_t icg = p->ic / p->groups, ocg = p->oc / p->groups, count = rows.last - rows.first;
    const float *tap = a->kernel + gather_kernel_tap(p, g, t) * icg * p->oc + panel.group * ocg;
    float *b = a->packed + packed_offset(g, &a->columns, &panel) +
               (t * (a->backward ? ocg : icg) + rows.first) * panel.width;
    if (a->backward)
        a->kernels->gemm_pack_transposed(tap + panel.first * p->oc + rows.first, p->oc, count,
                                         panel.count, b);
    else
        a->kernels->gemm_pack(tap + rows.first * p->oc + panel.first, p->oc, count, panel.count, b);
}

static void pack_task(void *arg, int64_t task, int thread) {
    (void)thread;
    const struct pack *a = arg;
    int64_t panels = a->columns.groups * a->columns.panels;
    struct gather g = gather_phase(a->p, 1, a->backward, false, task / a->cuts / panels);
    struct panel panel = panel_of(&a->columns, task / a->cuts % panels);
    struct range rows = shard(g.in_channels / a->columns.groups, a->cuts, task % a->cuts);
    for (int64_t t = 0; t < g.taps; t++)
        pack_tap(a, &g, panel, t, rows);
}

static void direct_pack(const struct conv_work *work, bool backward) {
    enum { TASK_FLOATS = 1 << 16, ROWS_LEAST = 64 };
    const struct conv_params *p = work->p;
    struct pack a = {
        .p = p,
        .kernels = work->run->kernels,
        .backward = backward,
        .kernel = work->kernel,
        .packed = work->out,
        .columns = columns_of(work->run->kernels, p->groups, backward ? p->ic : p->oc),
    };
    int64_t panels = a.columns.groups * a.columns.panels;
    int64_t rows = (backward ? p->oc : p->ic) / p->groups;
    int64_t cuts = div_up(conv_tile_weights(p) / panels, TASK_FLOATS);
    a.cuts = min64(cuts, div_up(rows, ROWS_LEAST));
    run_tasks(work->run, gather_phases(p, backward) * panels * a.cuts, pack_task, &a);
}

void conv_forward_direct_pack(const struct conv_work *work) { direct_pack(work, false); }

void conv_backward_data_direct_pack(const struct conv_work *work) { direct_pack(work, true); }
