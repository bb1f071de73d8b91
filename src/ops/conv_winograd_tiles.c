/* conv_winograd_tiles.c: where the tiles of Winograd's convolution lie, and what they read. */
#include "conv_winograd.h"

/* Along an axis: pixels as far apart as taps are share tiles, if there are several of them. */
static int64_t residues(const struct axis_map *a) { return min64(a->tap_step, a->count); }

static int64_t axis_tiles(const struct axis_map *a, int64_t made) {
    return residues(a) * div_up(div_up(a->count, a->tap_step), made);
}

struct winograd_grid winograd_grid_of(const struct conv_params *p,
                                      const struct winograd_shape *shape, int64_t images,
                                      bool backward, int64_t phase) {
    struct winograd_grid grid = {.shape = shape,
                                 .g = gather_phase(p, images, backward, MERGE_NEVER, phase),
                                 .planes = winograd_planes(p, backward),
                                 .stride = backward ? 1 : p->sw};
    const struct axis_map *h = &grid.g.axis[AXIS_H], *w = &grid.g.axis[AXIS_W];
    grid.rows = axis_tiles(h, winograd_made(shape, AXIS_H));
    grid.columns = axis_tiles(w, winograd_made(shape, AXIS_W));
    grid.tiles = images * grid.g.axis[AXIS_D].count * grid.rows * grid.columns;
    return grid;
}

/* Where the i-th of the tiles along an axis begins: residue by residue. */
static int64_t tile_begin(const struct winograd_grid *grid, int axis, int64_t tiles, int64_t i) {
    const struct axis_map *a = &grid->g.axis[axis];
    int64_t each = tiles / residues(a);
    return i / each + i % each * a->tap_step * winograd_made(grid->shape, axis);
}

struct winograd_tile winograd_tile_of(const struct winograd_grid *grid, int64_t index) {
    int64_t column = index % grid->columns, row = index / grid->columns % grid->rows;
    int64_t plane = index / grid->columns / grid->rows, depth = grid->g.axis[AXIS_D].count;
    return (struct winograd_tile){
        .n = plane / depth,
        .d = plane % depth,
        .h = tile_begin(grid, AXIS_H, grid->rows, row),
        .w = tile_begin(grid, AXIS_W, grid->columns, column),
    };
}

static struct cells tile_cells(const struct winograd_grid *grid, int axis, int64_t at,
                               int64_t residue) {
    const struct axis_map *a = &grid->g.axis[axis];
    return cells_inside(at, grid->stride, -a->in_first - residue, a->tap_step * grid->stride,
                        winograd_read(grid->shape, axis), a->in_size);
}

void winograd_tile_input(const struct winograd_grid *grid, const struct kernels *kernels,
                         const float *in, const struct winograd_tile *tile, int64_t i, float *v,
                         int64_t plane) {
    const struct gather *g = &grid->g;
    const struct axis_map *d = &g->axis[AXIS_D], *w = &g->axis[AXIS_W];
    int64_t s = grid->stride, depth = i / s / s;
    struct cells rows = tile_cells(grid, AXIS_H, tile->h, i / s % s);
    struct cells columns = tile_cells(grid, AXIS_W, tile->w, i % s);
    int64_t at = d->in_first + tile->d + depth * d->tap_step;
    bool inside = at >= 0 && at < d->in_size;
    int64_t line = (tile->n * d->in_size + at) * g->axis[AXIS_H].in_size + rows.at;
    struct winograd_input t = {
        .x = in + (line * w->in_size + columns.at) * g->in_channels,
        .row = g->axis[AXIS_H].tap_step * s * w->in_size * g->in_channels,
        .pixel = w->tap_step * s * g->in_channels,
        .h_first = (int)rows.first,
        .h_last = inside ? (int)rows.last : 0,
        .w_first = (int)columns.first,
        .w_last = (int)columns.last,
        .channels = g->in_channels,
        .v = v,
        .plane = plane,
    };
    kernels->winograd_input[grid->shape->form](&t);
}
