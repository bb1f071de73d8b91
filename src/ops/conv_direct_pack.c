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

/* The same where lanes are those of the sum: [run][vec of its length][column][vlen]. */
static void pack_few(const struct pack *a, const struct gather *g, struct panel panel, int64_t t,
                     struct range rows) {
    const struct conv_params *p = a->p;
    int64_t icg = p->ic / p->groups, ocg = p->oc / p->groups, channels = a->backward ? ocg : icg;
    int64_t vlen = a->columns.vlen, whole = round_up(g->width * channels, vlen);
    int64_t row_step = a->backward ? 1 : p->oc, column_step = a->backward ? p->oc : 1;
    const float *tap = a->kernel + gather_kernel_tap(p, g, t) * icg * p->oc + panel.group * ocg;
    float *b =
        a->packed + packed_offset(g, &a->columns, &panel) + t / g->width * whole * panel.count;
    bool last = t % g->width == g->width - 1 && rows.last == channels;
    int64_t first = t % g->width * channels, end = last ? whole - first : rows.last;
    for (int64_t j = 0; j < panel.count; j++)
        for (int64_t k = rows.first; k < end; k++) {
            int64_t at = first + k;
            b[(at / vlen * panel.count + j) * vlen + at % vlen] =
                k < rows.last ? tap[k * row_step + j * column_step] : 0.0f;
        }
}

static void pack_task(void *arg, int64_t task, int thread) {
    (void)thread;
    const struct pack *a = arg;
    int64_t panels = a->columns.groups * a->columns.panels;
    struct gather g = gather_phase(a->p, 1, a->backward, MERGE_WIDE_MAPS, task / a->cuts / panels);
    struct panel panel = panel_of(&a->columns, task / a->cuts % panels);
    struct range rows = shard(g.in_channels / a->columns.groups, a->cuts, task % a->cuts);
    bool few = columns_are_few(&g, &a->columns);
    for (int64_t t = 0; t < g.taps; t++)
        (few ? pack_few : pack_tap)(a, &g, panel, t, rows);
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
