/* conv_fft_grid.c: how maps are cut into tiles for Fourier transforms. */
#include "conv_fft.h"

/* What things cost, in multiply-adds of the GEMM (one core, AMD with AVX-512): an element of a tile
 * for each doubling of the tile; a number of a spectrum, which is written and read twice, in the
 * second-level cache and beyond it; a number of the kernel's spectrum, made and read once in a run
 * of some images. */
static const double TRANSFORM = 2.5, SPECTRUM_NEAR = 15, SPECTRUM_FAR = 40, KERNEL = 25;
/* What a product of the direct algorithms costs: in the GEMM, and by channel. */
static const double DIRECT = 1.1, DEPTHWISE = 1.6;

enum { KERNEL_BYTES = 1 << 27 }; /* of a spectrum, at most */

static struct fft_axis axis_of(int t, int64_t k, int64_t outputs) {
    int64_t m = t - k + 1;
    return (struct fft_axis){t, m, m > 0 ? div_up(outputs, m) : 0};
}

static struct fft_grid grid_of(struct fft_axis h, struct fft_axis w) {
    return (struct fft_grid){h, w, h.tiles * w.tiles, fft_frequencies(h.t, w.t)};
}

/* Real numbers of the kernel's spectrum in a pass: four products make a complex one; columns are
 * whole vecs. */
static double kernel_floats(const struct conv_params *p, const struct fft_grid *g,
                            enum conv_pass pass) {
    int64_t in = p->ic / p->groups, out = p->oc / p->groups;
    int64_t dense =
        pass == CONV_BACKWARD_DATA ? out * round_up(in, VLEN_MOST) : in * round_up(out, VLEN_MOST);
    return (double)(g->frequencies * p->groups * (fft_depthwise(p) ? 2 : 4 * dense));
}

/* What a tile's spectra cost on their way; depthwise, they stay in the cache. */
static double spectra_products(const struct conv_params *p, const struct fft_grid *g,
                               double channels) {
    enum { NEAR_BYTES = 1 << 19, TILES = 8 };
    double numbers = 2.0 * (double)g->frequencies * channels;
    bool near = numbers * TILES * sizeof(float) <= NEAR_BYTES;
    return fft_depthwise(p) ? 0 : numbers * (near ? SPECTRUM_NEAR : SPECTRUM_FAR);
}

/* What an image costs. */
static double grid_products(const struct conv_params *p, const struct fft_grid *g,
                            enum conv_pass pass) {
    double channels = (double)(round_up(p->ic, VLEN_MOST) + round_up(p->oc, VLEN_MOST));
    double points = (double)(g->h.t * g->w.t) * (g->h.t == 1 ? 2 : 1); /* one line: half is used */
    double transform = TRANSFORM * __builtin_ctz((unsigned)(g->h.t * g->w.t)) * points;
    double kernel = kernel_floats(p, g, pass);
    double tile = kernel + transform * channels + spectra_products(p, g, channels);
    return (double)g->tiles * tile + KERNEL * kernel;
}

/* Of few out channels each still takes a vec. */
static double direct_products(const struct conv_params *p, enum conv_pass pass) {
    int64_t out =
        fft_depthwise(p) ? p->oc : (pass == CONV_BACKWARD_DATA ? p->ic : p->oc) / p->groups;
    double lanes = (double)round_up(out, VLEN_MOST) / (double)out;
    return conv_products(p) * lanes * (fft_depthwise(p) ? DEPTHWISE : DIRECT);
}

static bool is_possible(const struct conv_params *p, const struct fft_grid *g,
                        enum conv_pass pass) {
    return g->tiles > 0 && kernel_floats(p, g, pass) * sizeof(float) <= KERNEL_BYTES;
}

struct fft_grid fft_grid_of(const struct conv_params *p, enum conv_pass pass) {
    enum { SMALLEST = 16 };
    bool line = p->kh == 1;
    int64_t oh = pass == CONV_BACKWARD_DATA ? p->ih : p->oh;
    int64_t ow = pass == CONV_BACKWARD_DATA ? p->iw : p->ow;
    struct fft_grid best = {.tiles = 0};
    for (int th = line ? 1 : SMALLEST; th <= (line ? 1 : FFT_MOST / 2); th *= 2)
        for (int tw = SMALLEST; tw <= (line ? FFT_MOST : FFT_MOST / 2); tw *= 2) {
            struct fft_grid g = grid_of(axis_of(th, p->kh, oh), axis_of(tw, p->kw, ow));
            bool better =
                best.tiles == 0 || grid_products(p, &g, pass) < grid_products(p, &best, pass);
            if (is_possible(p, &g, pass) && better)
                best = g;
        }
    return best;
}

struct fft_place fft_place_of(const struct fft_grid *g, int64_t index) {
    int64_t within = index % g->tiles;
    return (struct fft_place){index / g->tiles, within / g->w.tiles * g->h.m,
                              within % g->w.tiles * g->w.m};
}

int64_t fft_window(struct fft_tile *t, const struct fft_map *map, int64_t row, int64_t col,
                   int64_t height, int64_t width) {
    t->row_step = map->width * map->channels;
    t->col_step = map->channels;
    t->first_row = max64(-row, 0);
    t->first_col = max64(-col, 0);
    t->rows = max64(min64(map->height - row, height) - t->first_row, 0);
    t->cols = max64(min64(map->width - col, width) - t->first_col, 0);
    return max64(row, 0) * t->row_step + max64(col, 0) * t->col_step;
}

/* forward: output o reads inputs from o - p on. backward_data: input i, at position k - 1 of the
 * tile, meets outputs from i + p - (k - 1) on, and those before. */
int64_t fft_input(struct fft_tile *t, const struct conv_params *p, const struct fft_grid *g,
                  const struct fft_place *at, enum conv_pass pass) {
    bool back = pass == CONV_BACKWARD_DATA;
    struct fft_map map =
        back ? (struct fft_map){p->oh, p->ow, p->oc} : (struct fft_map){p->ih, p->iw, p->ic};
    int64_t row = at->row - (back ? p->kh - 1 - p->ph : p->ph);
    int64_t col = at->col - (back ? p->kw - 1 - p->pw : p->pw);
    return at->image * map.height * map.width * map.channels +
           fft_window(t, &map, row, col, g->h.t, g->w.t);
}

int64_t fft_output(struct fft_tile *t, const struct conv_params *p, const struct fft_grid *g,
                   const struct fft_place *at, enum conv_pass pass) {
    bool back = pass == CONV_BACKWARD_DATA;
    struct fft_map map =
        back ? (struct fft_map){p->ih, p->iw, p->ic} : (struct fft_map){p->oh, p->ow, p->oc};
    int64_t offset = fft_window(t, &map, at->row, at->col, g->h.m, g->w.m);
    t->first_row = back ? p->kh - 1 : 0;
    t->first_col = back ? p->kw - 1 : 0;
    return at->image * map.height * map.width * map.channels + offset;
}

/* A map of one kernel, with zeros around it, whose windows move pixel by pixel. */
static bool is_plain(const struct conv_params *p) {
    return p->id == 1 && p->od == 1 && p->kd == 1 && p->pd == 0 && p->sh == 1 && p->sw == 1 &&
           p->dh == 1 && p->dw == 1 && conv_tiles(p) == 1 && !p->each && p->mh == MODE_ZEROS &&
           p->mw == MODE_ZEROS && p->ph < p->kh && p->pw < p->kw;
}

bool fft_applicable(const struct conv_params *p, enum conv_pass pass) {
    return is_plain(p) && fft_grid_of(p, pass).tiles > 0;
}

bool fft_pays(const struct conv_params *p, enum conv_pass pass) {
    struct fft_grid g = fft_grid_of(p, pass);
    return grid_products(p, &g, pass) < direct_products(p, pass);
}
