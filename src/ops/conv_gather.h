/* conv_gather.h: a convolution pass as a gather. Each pixel of the output is a sum over runs:
 * pieces of memory on the input's side that lie side by side, times rows of the packed kernel.
 * Forward and backward_data differ in their axis maps alone. */
#ifndef PYCONV_CONV_GATHER_H
#define PYCONV_CONV_GATHER_H

#include "algorithm.h"

/* One axis of one phase. Output j < count is at out_first + out_step * j; its tap u < taps reads
 * in_first + in_step * j + tap_step * u and multiplies by the kernel's k_first + k_step * u, of
 * tile tile_first + tile_step * u (mod t).
 *
 * forward: outputs that use the same of the t tiles are a phase a = o mod t.
 * backward_data: input i meets the outputs o with o * s + k * d = i + p. So the inputs fall into s
 * phases r = i mod s, each with the taps k * d = r + p (mod s): every (s / gcd(s, d))-th one.
 * Within a phase it is a convolution of stride 1. The taps of all phases together are the kernel's.
 * Tiles divide each phase by t: inputs s * t apart meet outputs t apart, through the same tiles.
 */
struct axis_map {
    int64_t out_size, out_first, out_step, count;
    int64_t in_size, in_first, in_step;
    int64_t taps, tap_step, k_first, k_step;
    int64_t tile_first, tile_step;
    int64_t taps_before, taps_all; /* of the phases before this one, and of all */
    enum conv_mode mode;           /* what is read outside of the input */
};

enum { AXIS_D, AXIS_H, AXIS_W, AXES };

struct gather {
    struct axis_map axis[AXES];
    int64_t images;
    int64_t in_channels, out_channels; /* of all groups */
    int64_t width;                     /* taps along w that are one run: all of them, or 1 */
    int64_t runs;                      /* of a pixel */
    int64_t taps;                      /* all taps of the phase */
    int64_t taps_before;               /* taps of the phases before this one */
    int64_t pixels;                    /* images * count[d] * count[h] * count[w] */
};

/* The number of phases: the tiles, and for backward_data each of them times the strides, as far as
 * there are inputs. */
int64_t gather_phases(const struct conv_params *p, bool backward);

/* Whether taps along w whose pixels lie side by side become one run. Of a run that begins or ends
 * outside a copy is made, so that a narrow map is better off with a run for each tap. */
enum merge { MERGE_NEVER, MERGE_WIDE_MAPS, MERGE_ALWAYS };

struct gather gather_phase(const struct conv_params *p, int64_t images, bool backward,
                           enum merge merge, int64_t phase);

/* Whether the pixels are rows of a matrix, one after another in memory: a kernel of 1, stride 1. */
static inline bool gather_is_matrix(const struct gather *g) {
    const struct axis_map *w = &g->axis[AXIS_W];
    return g->taps == 1 && g->images == 1 && w->in_step == 1 && w->in_size == g->pixels;
}

/* Index, in the kernel of all tiles, of the tap that tap t of the phase is. */
int64_t gather_kernel_tap(const struct conv_params *p, const struct gather *g, int64_t t);

/* The indirection table of a block of pixels, in scratch memory. */
struct gather_table {
    const float **rows; /* [runs][pixels] where each run of each pixel begins */
    float **out;        /* [pixels] */
    int64_t pixels;
    const float *zeros; /* a run that is wholly padding; NULL until one is met */
    float *zeros_at;
    float *edge; /* the next copy of a run that is partly padding */
};

/* Positions along w, of a phase, whose run of `width` taps may cross an edge of the input. */
int64_t gather_edge_positions(const struct axis_map *w, int64_t width);

/* Bytes of the table of a block of that many pixels of a phase, and of any phase. */
int64_t gather_table_bytes(const struct gather *g, int64_t pixels);
int64_t gather_scratch(const struct conv_params *p, bool backward, enum merge merge,
                       int64_t pixels);

/* The table of these pixels and runs (other runs' rows are not set); out may be NULL. */
struct gather_table gather_fill(const struct gather *g, const float *in, float *out,
                                struct range pixels, struct range runs, void *scratch);

#endif
