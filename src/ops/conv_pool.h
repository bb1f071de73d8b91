/* conv_pool.h: max pooling in a convolution's end. */
#ifndef PYCONV_CONV_POOL_H
#define PYCONV_CONV_POOL_H

#include "algorithm.h"

enum { CONV_POOL_MOST = 4 }; /* pixels of a window's side */

static inline bool conv_pools(const struct conv_params *p) { return p->qh * p->qw > 1; }

/* A part of the map, whole windows but at the map's end. */
struct pool_part {
    const float *x;            /* its first pixel, */
    int64_t row, pixel;        /* and how far the next ones are */
    int64_t image, h, w;       /* where it lies */
    int64_t rows, columns;     /* of the map that it has */
    int64_t channel, channels; /* of the map; x begins at the first */
};

/* Pools it into work->out and work->code. */
void conv_pool(const struct conv_work *work, const struct pool_part *part);

/* Band by band of the map, each made in scratch memory, behind work->scratch, by an algorithm whose
 * pixels do not depend on the map's height. */
bool conv_pool_by_bands(const struct conv_params *p);
int64_t conv_pool_band(const struct conv_params *p); /* bytes */
void conv_pool_bands(const struct conv_work *work, void (*run)(const struct conv_work *work));

#endif
