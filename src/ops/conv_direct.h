/* conv_direct.h: what the direct convolution's passes share: how the columns of a product are cut.
 */
#ifndef PYCONV_CONV_DIRECT_H
#define PYCONV_CONV_DIRECT_H

#include "conv_gather.h"

/* The columns of a product: of each group, and in how many panels of at most gemm_nv vecs. */
struct columns {
    int64_t groups, count, vecs, panels;
    int vlen;
};

static inline struct columns columns_of(const struct kernels *k, int64_t groups, int64_t channels) {
    int64_t count = channels / groups, vecs = div_up(count, k->vlen);
    return (struct columns){groups, count, vecs, div_up(vecs, k->gemm_nv), k->vlen};
}

/* One panel: index < groups * panels. */
struct panel {
    int64_t group;
    int64_t first, count; /* columns of the group */
    int64_t first_vec, nv;
    int64_t width; /* nv * vlen */
};

static inline struct panel panel_of(const struct columns *c, int64_t index) {
    struct range vecs = shard(c->vecs, c->panels, index % c->panels);
    struct panel p = {.group = index / c->panels,
                      .first = vecs.first * c->vlen,
                      .first_vec = vecs.first,
                      .nv = vecs.last - vecs.first};
    p.width = p.nv * c->vlen;
    p.count = min64(p.width, c->count - p.first);
    return p;
}

/* Where a panel of a phase begins in the packed kernel
 * [phase][group][panel][tap][in channels of the group][width], in floats. */
static inline int64_t packed_offset(const struct gather *g, const struct columns *c,
                                    const struct panel *p) {
    int64_t rows = g->taps * (g->in_channels / c->groups);
    int64_t vecs =
        g->taps_before * g->in_channels * c->vecs + rows * (p->group * c->vecs + p->first_vec);
    return vecs * c->vlen;
}

/* Whether a phase's sums are long and its columns so few that lanes are better spent on the sums
 * (kernels/few.h). Packed so, a panel is no larger. */
static inline bool columns_are_few(const struct gather *g, const struct columns *c) {
    enum { VECS_LEAST = 4 };
    int64_t channels = g->in_channels / c->groups;
    return c->count <= GEMM_FEW && c->count <= c->vlen / 2 && g->width * channels >= c->vlen &&
           g->taps * channels >= VECS_LEAST * c->vlen;
}

/* conv_direct_pack.c */
void conv_forward_direct_pack(const struct conv_work *work);
void conv_backward_data_direct_pack(const struct conv_work *work);

#endif
