/* conv_fft.h: what the passes of convolution by Fourier transforms share. */
#ifndef PYCONV_CONV_FFT_H
#define PYCONV_CONV_FFT_H

#include "algorithm.h"

/* How one axis of a map is cut: m outputs each from tiles of t = m + k - 1 inputs. */
struct fft_axis {
    int t;
    int64_t m, tiles;
};

struct fft_grid {
    struct fft_axis h, w;
    int64_t tiles;       /* of an image */
    int64_t frequencies; /* of a tile */
};

/* The grid of a pass that has the least work. Outputs are y's pixels, in backward_data dx's. */
struct fft_grid fft_grid_of(const struct conv_params *p, enum conv_pass pass);

/* Whether there are transforms for these shapes, whose spectra are not too large to be held. */
bool fft_applicable(const struct conv_params *p, enum conv_pass pass);

/* Whether they then take less time than the direct algorithms, as measured. */
bool fft_pays(const struct conv_params *p, enum conv_pass pass);

/* Whether each channel is by itself. */
static inline bool fft_depthwise(const struct conv_params *p) {
    return p->groups == p->ic && p->groups == p->oc;
}

/* A tile among those of all images: where its outputs begin. */
struct fft_place {
    int64_t image, row, col;
};
struct fft_place fft_place_of(const struct fft_grid *g, int64_t index);

/* A map of pixels [height][width][channels]. */
struct fft_map {
    int64_t height, width, channels;
};

/* The part of a map that a tile covers whose position (0, 0) is the map's pixel (row, col); pixels
 * at (height, width) from there on are left out. Returns the first pixel's offset in the image. */
int64_t fft_window(struct fft_tile *t, const struct fft_map *map, int64_t row, int64_t col,
                   int64_t height, int64_t width);

/* A tile with its transform's numbers: lanes channels, a spectrum as the caller has it. */
static inline struct fft_tile fft_tile_of(const struct fft_grid *g, float *work) {
    return (struct fft_tile){
        .th = g->h.t, .tw = g->w.t, .work = work, .scale = 1.0f / (float)(4 * g->h.t * g->w.t)};
}

/* Reads, in the pass, the input's tile that makes the outputs at a place; writes these outputs. */
int64_t fft_input(struct fft_tile *t, const struct conv_params *p, const struct fft_grid *g,
                  const struct fft_place *at, enum conv_pass pass);
int64_t fft_output(struct fft_tile *t, const struct conv_params *p, const struct fft_grid *g,
                   const struct fft_place *at, enum conv_pass pass);

/* conv_fft_depthwise.c */
void fft_depthwise_prepare(struct op *op, enum conv_pass pass);
void fft_depthwise_pack(const struct conv_work *work, enum conv_pass pass);
void fft_depthwise_run(const struct conv_work *work, enum conv_pass pass);
void fft_depthwise_weights_run(const struct conv_work *work);

#endif
