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
    [WINOGRAD_1X6_3] = {WINOGRAD_1X6_3, 3, 6, 8, true},
    [WINOGRAD_1X4_5] = {WINOGRAD_1X4_5, 5, 4, 8, true},
};

/* Of kernels 3x3, 5x5, 1x3 and 1x5. */
static inline const struct winograd_shape *winograd_shape_of(const struct conv_params *p) {
    if (p->kh == 1)
        return &winograd_shapes[p->kw == 3 ? WINOGRAD_1X6_3 : WINOGRAD_1X4_5];
    return &winograd_shapes[p->kh == 3 ? WINOGRAD_4X4_3X3 : WINOGRAD_2X2_5X5];
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

/* The tiles of all images. Taps along the depth are summed by the product, as channels are. Where
 * taps are `step` apart, so are the pixels of a tile: each residue has tiles of its own. */
struct winograd_grid {
    const struct winograd_shape *shape;
    struct gather g;              /* the pass as a gather of stride 1 */
    int64_t rows, columns, tiles; /* of a plane, of a plane, of all images */
};

struct winograd_grid winograd_grid_of(const struct conv_params *p,
                                      const struct winograd_shape *shape, int64_t images,
                                      bool backward);

/* Where a tile's outputs begin. */
struct winograd_tile {
    int64_t n, d, h, w;
};
struct winograd_tile winograd_tile_of(const struct winograd_grid *grid, int64_t index);

/* Transforms what a tile reads at tap `depth` along the depth to v[position][in channels]. */
void winograd_tile_input(const struct winograd_grid *grid, const struct kernels *kernels,
                         const float *in, const struct winograd_tile *tile, int64_t depth, float *v,
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
    int64_t rows;                       /* of the packed kernel: depth taps and in channels */
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
        .rows = p->kd * in / p->groups,
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
