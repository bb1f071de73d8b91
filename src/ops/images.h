/* images.h: what ops over NDHWC images share: the cells of a window that lie inside, and tasks that
 * each write some channels of one image, where windows overlap. */
#ifndef PYCONV_IMAGES_H
#define PYCONV_IMAGES_H

#include "ops.h"

/* The cells [first, last) of a window's axis that lie inside the image; `at` is where the first of
 * all cells lies. */
struct cells {
    int64_t at, first, last;
};
static inline struct cells cells_inside(int64_t o, int64_t stride, int64_t pad, int64_t dilation,
                                        int64_t kernel, int64_t size) {
    int64_t at = o * stride - pad;
    int64_t first = at < 0 ? min64(kernel, div_up(-at, dilation)) : 0;
    int64_t last = at < size ? min64(kernel, div_up(size - at, dilation)) : 0;
    return (struct cells){at, first, max64(first, last)};
}

enum { SLAB_CHANNELS = 64 }; /* channels of a task, when there are few images */
enum { SLAB_IMAGES = 16 };   /* as many images are tasks enough */

/* Some channels of one image: a task. */
struct slab {
    int64_t image, channel, channels;
};

/* The channels of a task of `images` with c channels; the last task of an image may have fewer. */
static inline int64_t slab_channels(int64_t images, int64_t c) {
    return images < SLAB_IMAGES ? min64(SLAB_CHANNELS, c) : c;
}

static inline int64_t slab_count(int64_t images, int64_t c) {
    return images * div_up(c, slab_channels(images, c));
}

static inline struct slab slab_of(int64_t task, int64_t images, int64_t c) {
    int64_t channels = slab_channels(images, c), slabs = div_up(c, channels);
    int64_t channel = task % slabs * channels;
    return (struct slab){task / slabs, channel, min64(channels, c - channel)};
}

/* Zeroes `channels` of the c channels of an image; x is where they begin. */
static inline void clear_channels(const struct kernels *kernels, float *x, int64_t pixels,
                                  int64_t c, int64_t channels) {
    if (channels == c)
        kernels->fill(x, pixels * c, 0.0f);
    else
        for (int64_t i = 0; i < pixels; i++)
            kernels->fill(x + i * c, channels, 0.0f);
}

#endif
