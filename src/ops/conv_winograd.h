/* conv_winograd.h: how Winograd's convolution cuts images into tiles and channels into slabs. */
#ifndef PYCONV_CONV_WINOGRAD_H
#define PYCONV_CONV_WINOGRAD_H

#include "conv_gather.h"
#include "images.h"

/* A form's tile: pixels that it makes and reads, a side; a line is one pixel high. */
struct winograd_shape {
    enum winograd_form form;
    int64_t taps, outputs, size;
    bool line;
};

static const struct winograd_shape winograd_shapes[WINOGRAD_FORMS] = {
    [WINOGRAD_4X4_3X3] = {WINOGRAD_4X4_3X3, 3, 4, 6, false},
    [WINOGRAD_2X2_5X5] = {WINOGRAD_2X2_5X5, 5, 2, 6, false},
    [WINOGRAD_4X4_2X2] = {WINOGRAD_4X4_2X2, 2, 4, 5, false},
    [WINOGRAD_1X6_3] = {WINOGRAD_1X6_3, 3, 6, 8, true},
    [WINOGRAD_1X4_5] = {WINOGRAD_1X4_5, 5, 4, 8, true},
};

/* The form, or NULL: of lines of 3 or 5 taps and stride 1, and of r s x r s taps with stride s,
 * which are s x s kernels of r x r taps with stride 1. */
static inline const struct winograd_shape *winograd_shape_of(const struct conv_params *p) {
    if (p->kh == 1 && p->kd == 1 && p->sh == 1 && p->sw == 1)
        return p->kw == 3   ? &winograd_shapes[WINOGRAD_1X6_3]
               : p->kw == 5 ? &winograd_shapes[WINOGRAD_1X4_5]
                            : NULL;
    if (p->kh != p->kw || p->sh != p->sw || p->kw % p->sw || (p->sw > 1 && p->dh * p->dw > 1))
        return NULL;
    switch (p->kw / p->sw) {
    case 2:
        return &winograd_shapes[WINOGRAD_4X4_2X2];
    case 3:
        return &winograd_shapes[WINOGRAD_4X4_3X3];
    case 5:
        return &winograd_shapes[WINOGRAD_2X2_5X5];
    default:
        return NULL;
    }
}

static inline bool winograd_applicable(const struct conv_params *p) {
    return winograd_shape_of(p) && p->sd == 1 && conv_tiles(p) == 1 && !p->each &&
           p->md + p->mh + p->mw == 0;
}

/* Kernels of stride 1 whose results are added up in the product, as channels are: the taps along
 * the depth, of each residue of the stride. In backward_data residues are phases of the output. */
static inline int64_t winograd_planes(const struct conv_params *p, bool backward) {
    return p->kd * (backward ? 1 : p->sh * p->sw);
}

/* The first tap of a plane of the forward pass in the kernel; the next ones are `stride` apart. */
static inline int64_t winograd_first_tap(const struct conv_params *p, int64_t plane) {
    return (plane / p->sw / p->sh * p->kh + plane / p->sw % p->sh) * p->kw + plane % p->sw;
}

/* Of a tile along an axis: outputs that it makes, positions that it reads. */
static inline int64_t winograd_made(const struct winograd_shape *s, int axis) {
    return s->line && axis == AXIS_H ? 1 : s->outputs;
}
static inline int64_t winograd_read(const struct winograd_shape *s, int axis) {
    return s->line && axis == AXIS_H ? 1 : s->size;
}

/* Taps of a plane of the kernel. */
static inline int64_t winograd_taps(const struct winograd_shape *s) {
    return s->line ? s->taps : s->taps * s->taps;
}

/* Positions of a tile, each of which is a matrix product of its own. */
static inline int64_t winograd_positions(const struct winograd_shape *s) {
    return s->line ? s->size : s->size * s->size;
}

/* The tiles of all images, of one phase. Where taps are `tap_step` apart, so are the pixels of a
 * tile: each residue has tiles of its own. */
struct winograd_grid {
    const struct winograd_shape *shape;
    struct gather g;              /* the phase as a gather */
    int64_t planes, stride;       /* summed by the product; of the forward pass, else 1 */
    int64_t rows, columns, tiles; /* of a plane, of a plane, of all images */
};

struct winograd_grid winograd_grid_of(const struct conv_params *p,
                                      const struct winograd_shape *shape, int64_t images,
                                      bool backward, int64_t phase);

/* Where a tile's outputs begin. */
struct winograd_tile {
    int64_t n, d, h, w;
};
struct winograd_tile winograd_tile_of(const struct winograd_grid *grid, int64_t index);

/* Transforms what a tile reads for the i-th plane of the kernel to v[position][in channels]. */
void winograd_tile_input(const struct winograd_grid *grid, const struct kernels *kernels,
                         const float *in, const struct winograd_tile *tile, int64_t i, float *v,
                         int64_t plane);

/* How many of a tile's outputs lie on an axis, `at` being the first. */
static inline int64_t winograd_outputs(const struct winograd_grid *grid, int axis, int64_t at) {
    const struct axis_map *a = &grid->g.axis[axis];
    return max64(min64(div_up(a->count - at, a->tap_step), winograd_made(grid->shape, axis)), 0);
}

enum { WINOGRAD_SLAB = 64 }; /* out channels whose products are held at a time */
enum { WINOGRAD_LINE = 16 };

/* The out channels of a pass, in slabs of each group; widths are whole vecs of any instruction set.
 */
struct winograd_slabs {
    int64_t groups, count, units, each; /* channels, units of 16 and slabs of a group */
    int64_t rows;                       /* of the packed kernel: planes and in channels */
    int64_t positions;
};

struct winograd_slab {
    int64_t group, first, count, width;
    int64_t packed; /* where it begins in the packed kernel */
};

static inline struct winograd_slabs
winograd_slabs_of(const struct conv_params *p, const struct winograd_shape *s, bool backward) {
    int64_t in = backward ? p->oc : p->ic, out = backward ? p->ic : p->oc;
    int64_t count = out / p->groups;
    return (struct winograd_slabs){
        .groups = p->groups,
        .count = count,
        .units = div_up(count, VLEN_MOST),
        .each = div_up(count, WINOGRAD_SLAB),
        .rows = winograd_planes(p, backward) * in / p->groups,
        .positions = winograd_positions(s),
    };
}

/* Planes of positions are a cache line more than a power of two apart, which would make them meet
 * in few sets of the cache. */
static inline int64_t winograd_kernel_plane(const struct winograd_slabs *s, int64_t width) {
    return s->rows * width + WINOGRAD_LINE;
}

/* Floats of the slabs before slab i < each of a group, whose channels begin at that unit. */
static inline int64_t winograd_packed_before(const struct winograd_slabs *s, int64_t unit,
                                             int64_t i) {
    return s->positions * (s->rows * unit * VLEN_MOST + i * WINOGRAD_LINE);
}

/* Floats of the packed kernel of a phase. */
static inline int64_t winograd_packed(const struct winograd_slabs *s) {
    return s->groups * winograd_packed_before(s, s->units, s->each);
}

static inline struct winograd_slab winograd_slab_at(const struct winograd_slabs *s, int64_t vlen,
                                                    int64_t index) {
    int64_t group = index / s->each, i = index % s->each;
    struct range units = shard(s->units, s->each, i);
    int64_t first = units.first * VLEN_MOST, most = (units.last - units.first) * VLEN_MOST;
    int64_t count = min64(most, s->count - first);
    return (struct winograd_slab){
        .group = group,
        .first = first,
        .count = count,
        .width = round_up(count, vlen),
        .packed = group * winograd_packed_before(s, s->units, s->each) +
                  winograd_packed_before(s, units.first, i),
    };
}

/* Panels of a slab: as wide as a product is. */
static inline struct range winograd_panel_vecs(const struct kernels *k, int64_t width, int64_t i) {
    int64_t vecs = width / k->vlen;
    return shard(vecs, div_up(vecs, k->gemm_nv), i);
}
static inline int64_t winograd_panel_count(const struct kernels *k, int64_t width) {
    return div_up(width / k->vlen, k->gemm_nv);
}

/* conv_winograd_pack.c */
void conv_winograd_pack(const struct conv_work *work, bool backward);

#endif
