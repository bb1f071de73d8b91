/* Convolution: every algorithm and pass against the float64 reference, under every instruction set,
 * on shapes that straddle tiles, vectors and edges; the reference against the adjoint identities.
 */
#include "convolution.h"

struct shape {
    int64_t n, i[3], ic, oc, k[3], s[3], d[3], before[3], after[3], groups;
    int64_t tiles[3]; /* NONE: a convolution */
    int64_t modes[3], each;
};

/* Most shapes leave out what they have none of. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

#define ONE {1, 1, 1}
#define NONE {0, 0, 0}

static const struct shape shapes[] = {
    /* the smallest, and products of matrices: Dense, 1x1 */
    {1, ONE, 1, 1, ONE, ONE, ONE, NONE, NONE, 1},
    {1, ONE, 33, 65, ONE, ONE, ONE, NONE, NONE, 1},
    {7, ONE, 60, 10, ONE, ONE, ONE, NONE, NONE, 1},
    {13, ONE, 40, 71, ONE, ONE, ONE, NONE, NONE, 1},
    {2, ONE, 9000, 17, ONE, ONE, ONE, NONE, NONE, 1},
    {2, {1, 5, 7}, 19, 32, ONE, ONE, ONE, NONE, NONE, 1},
    {2, {1, 5, 7}, 8, 9, ONE, {1, 2, 3}, ONE, NONE, {0, 1, 2}, 1},
    {2, {1, 3, 4}, 5, 6, ONE, ONE, ONE, {0, 1, 2}, {0, 2, 1}, 1},
    /* channels and widths around 4, 8, 16, 32, 64 and around tiles of 6, 7 and 8 */
    {1, {1, 1, 6}, 1, 4, {1, 1, 3}, ONE, ONE, NONE, NONE, 1},
    {3, {1, 1, 40}, 1, 15, {1, 1, 3}, {1, 1, 2}, ONE, NONE, NONE, 1},
    {3, {1, 1, 19}, 15, 15, {1, 1, 3}, {1, 1, 2}, ONE, NONE, NONE, 1},
    {2, {1, 7, 7}, 3, 16, {1, 3, 3}, ONE, ONE, {0, 1, 1}, {0, 1, 1}, 1},
    {2, {1, 6, 13}, 16, 17, {1, 3, 3}, ONE, ONE, {0, 1, 1}, {0, 1, 1}, 1},
    {1, {1, 9, 9}, 63, 64, {1, 3, 3}, ONE, ONE, {0, 1, 1}, {0, 1, 1}, 1},
    {1, {1, 9, 8}, 64, 63, {1, 3, 3}, ONE, ONE, {0, 1, 1}, {0, 1, 1}, 1},
    {1, {1, 5, 11}, 65, 48, {1, 3, 2}, ONE, ONE, {0, 0, 1}, {0, 2, 0}, 1},
    {2, {1, 8, 1}, 12, 81, {1, 3, 3}, ONE, ONE, {0, 1, 1}, {0, 1, 1}, 1},
    {1, {1, 4, 4}, 300, 5, {1, 2, 2}, ONE, ONE, NONE, NONE, 1},
    {1, {1, 30, 31}, 2, 3, {1, 5, 5}, ONE, ONE, {0, 2, 2}, {0, 2, 2}, 1},
    /* lines for Winograd's tiles */
    {3, {1, 1, 40}, 17, 20, {1, 1, 3}, ONE, ONE, {0, 0, 1}, {0, 0, 1}, 1},
    {2, {1, 3, 33}, 32, 18, {1, 1, 5}, ONE, {1, 1, 2}, {0, 0, 4}, {0, 0, 4}, 2},
    {9, {1, 1, 13}, 16, 70, {1, 1, 5}, ONE, ONE, {0, 0, 0}, {0, 0, 2}, 1},
    /* large kernels */
    {2, {1, 20, 37}, 5, 17, {1, 7, 9}, ONE, ONE, {0, 3, 4}, {0, 3, 4}, 1},
    {1, {1, 33, 12}, 20, 6, {1, 12, 11}, ONE, ONE, {0, 2, 0}, {0, 9, 10}, 2},
    {3, {1, 1, 150}, 3, 18, {1, 1, 33}, ONE, ONE, {0, 0, 32}, NONE, 1},
    {2, {1, 40, 25}, 19, 19, {1, 13, 21}, ONE, ONE, {0, 6, 10}, {0, 6, 10}, 19},
    /* a kernel larger than the input; strides above the kernel, and dilation beside them */
    {2, {1, 2, 3}, 4, 5, {1, 5, 7}, ONE, ONE, {0, 2, 3}, {0, 2, 3}, 1},
    {1, {1, 1, 2}, 3, 2, {1, 3, 9}, ONE, ONE, {0, 5, 9}, {0, 4, 8}, 1},
    {2, {1, 9, 10}, 5, 7, {1, 1, 2}, {1, 3, 4}, ONE, NONE, {0, 0, 1}, 1},
    {2, {1, 11, 12}, 6, 18, {1, 3, 3}, {1, 2, 2}, ONE, {0, 1, 0}, {0, 1, 1}, 1},
    {1, {1, 12, 13}, 5, 6, {1, 3, 2}, {1, 3, 2}, {1, 2, 3}, {0, 3, 2}, {0, 1, 4}, 1},
    {1, {1, 13, 12}, 17, 9, {1, 3, 4}, {1, 2, 3}, {1, 3, 2}, {0, 2, 4}, {0, 4, 1}, 1},
    {1, {1, 12, 11}, 70, 9, {1, 3, 3}, ONE, {1, 2, 2}, {0, 2, 2}, {0, 2, 2}, 1},
    {1, {1, 14, 15}, 4, 4, {1, 2, 3}, {1, 4, 2}, {1, 2, 4}, {0, 1, 3}, {0, 5, 6}, 1},
    {1, {1, 3, 5}, 2, 3, {1, 1, 2}, {1, 7, 6}, ONE, NONE, {0, 5, 4}, 1},
    /* 3-D */
    {2, {4, 5, 6}, 3, 10, {2, 3, 3}, ONE, ONE, {0, 1, 1}, {1, 1, 1}, 1},
    {1, {5, 4, 7}, 9, 8, {3, 2, 3}, {2, 1, 2}, {1, 2, 1}, {1, 1, 0}, {1, 1, 1}, 1},
    /* groups: even, odd, wide */
    {2, {1, 6, 7}, 8, 12, {1, 3, 3}, ONE, ONE, {0, 1, 1}, {0, 1, 1}, 4},
    {1, {1, 6, 5}, 15, 9, {1, 3, 2}, {1, 2, 1}, {1, 1, 2}, {0, 1, 1}, {0, 1, 2}, 3},
    {1, {1, 5, 5}, 40, 70, {1, 3, 3}, ONE, ONE, {0, 1, 1}, {0, 1, 1}, 2},
    {1, {1, 1, 9}, 21, 7, {1, 1, 3}, ONE, ONE, {0, 0, 1}, {0, 0, 1}, 7},
    /* groups narrower than a vec: 2, 3, 4, 5 and 8 channels, rows longer than a tile */
    {2, {1, 5, 19}, 32, 32, {1, 3, 3}, ONE, ONE, {0, 1, 1}, {0, 1, 1}, 8},
    {1, {1, 6, 18}, 34, 34, {1, 3, 3}, {1, 2, 2}, ONE, {0, 1, 1}, {0, 1, 1}, 17},
    {1, {1, 3, 21}, 48, 48, {1, 2, 5}, ONE, ONE, {0, 1, 2}, {0, 0, 2}, 6},
    {2, {1, 4, 17}, 33, 33, {1, 3, 3}, ONE, {1, 1, 2}, {0, 1, 2}, {0, 1, 2}, 11},
    {1, {1, 4, 16}, 12, 32, {1, 3, 3}, ONE, ONE, {0, 1, 1}, {0, 1, 1}, 4},
    {1, {1, 5, 16}, 40, 15, {1, 3, 3}, {1, 2, 1}, ONE, {0, 1, 1}, {0, 1, 1}, 5},
    {1, {3, 4, 9}, 16, 16, {3, 3, 3}, ONE, ONE, ONE, ONE, 4},
    {2, {1, 4, 5}, 24, 24, ONE, ONE, ONE, NONE, NONE, 6},
    {1, {1, 4, 9}, 8, 8, {1, 1, 2}, {1, 2, 3}, ONE, NONE, {0, 1, 1}, 4},
    /* depthwise, with multipliers */
    {2, {1, 4, 30}, 32, 32, {1, 3, 3}, ONE, ONE, {0, 1, 1}, {0, 1, 1}, 32},
    {1, {1, 5, 30}, 48, 48, {1, 3, 3}, {1, 2, 2}, ONE, {0, 0, 0}, {0, 1, 1}, 48},
    {1, {1, 5, 22}, 16, 16, {1, 5, 5}, ONE, ONE, {0, 2, 2}, {0, 2, 2}, 16},
    {1, {1, 7, 20}, 18, 18, {1, 7, 7}, ONE, ONE, {0, 3, 3}, {0, 3, 3}, 18},
    {2, {1, 9, 8}, 37, 37, {1, 3, 3}, ONE, ONE, {0, 1, 1}, {0, 1, 1}, 37},
    {1, {1, 7, 9}, 64, 64, {1, 3, 3}, {1, 2, 2}, ONE, {0, 1, 1}, {0, 1, 1}, 64},
    {1, {1, 12, 11}, 7, 7, {1, 3, 3}, ONE, {1, 2, 3}, {0, 2, 3}, {0, 2, 3}, 7},
    {1, {1, 8, 9}, 5, 15, {1, 3, 3}, {1, 2, 1}, {1, 1, 2}, {0, 1, 2}, {0, 1, 1}, 5},
    {2, {3, 4, 5}, 16, 32, {2, 2, 3}, ONE, ONE, {1, 0, 1}, {0, 1, 1}, 16},
    {1, {1, 1, 9}, 2, 2, {1, 1, 5}, {1, 1, 3}, ONE, {0, 0, 2}, {0, 0, 2}, 2},
    /* enough pixels for several blocks, chunks and shards */
    {4, {1, 24, 23}, 16, 20, {1, 3, 3}, ONE, ONE, {0, 1, 1}, {0, 1, 1}, 1},
    {4, {1, 20, 21}, 33, 33, {1, 3, 3}, ONE, ONE, {0, 1, 1}, {0, 1, 1}, 33},
    {3, {1, 25, 24}, 6, 12, {1, 3, 3}, {1, 2, 2}, ONE, {0, 1, 1}, {0, 1, 1}, 6},
    {1, {1, 8, 8}, 128, 64, {1, 3, 3}, ONE, ONE, {0, 1, 1}, {0, 1, 1}, 1},
    {2, {1, 1, 2102}, 5, 32, {1, 1, 3}, ONE, ONE, NONE, NONE, 1},
    {1300, ONE, 7, 5, ONE, ONE, ONE, NONE, NONE, 1},
    /* tiles: fewer than outputs, as many (locally connected), more; with strides and dilation */
    {2, {1, 7, 8}, 3, 5, {1, 3, 2}, ONE, ONE, {0, 1, 1}, {0, 1, 1}, 1, {1, 2, 3}},
    {3, {1, 9, 10}, 4, 17, {1, 3, 3}, {1, 2, 3}, {1, 2, 1}, {0, 2, 1}, {0, 2, 1}, 1, {1, 3, 2}},
    {2, {1, 8, 9}, 6, 8, {1, 2, 3}, {1, 3, 2}, {1, 2, 3}, {0, 1, 3}, {0, 2, 3}, 2, {1, 2, 3}},
    {4, {1, 5, 6}, 2, 3, {1, 3, 3}, ONE, ONE, {0, 1, 1}, {0, 1, 1}, 1, {1, 5, 6}},
    {33, {1, 6, 7}, 16, 16, {1, 3, 3}, {1, 2, 2}, ONE, {0, 1, 1}, {0, 1, 1}, 1, {1, 3, 4}},
    {1, {1, 1, 5}, 3, 4, {1, 1, 3}, ONE, ONE, NONE, NONE, 1, {1, 1, 5}},
    {2, {4, 3, 5}, 2, 6, {2, 2, 2}, {1, 1, 2}, ONE, NONE, {0, 0, 1}, 1, {2, 1, 2}},
    {2, {1, 5, 6}, 7, 7, {1, 3, 3}, ONE, ONE, {0, 1, 1}, {0, 1, 1}, 7, {1, 2, 2}},
    {3, {1, 4, 5}, 65, 70, ONE, ONE, ONE, NONE, NONE, 1, {1, 4, 5}},
    {40, {1, 24, 24}, 2, 4, {1, 3, 3}, ONE, ONE, NONE, NONE, 1, {1, 1, 2}},
    {0, {1, 5, 5}, 3, 4, {1, 3, 3}, ONE, ONE, NONE, NONE, 1, {1, 2, 2}},
    /* a kernel for each image */
    {3, {1, 6, 7}, 5, 9, {1, 3, 3}, ONE, ONE, {0, 1, 1}, {0, 1, 1}, 1, NONE, NONE, 1},
    {5, {1, 1, 9}, 17, 33, ONE, ONE, ONE, NONE, NONE, 1, NONE, NONE, 1},
    {2, {1, 9, 8}, 6, 6, {1, 3, 2}, {1, 2, 3}, {1, 1, 2}, {0, 1, 1}, {0, 1, 1}, 3, NONE, NONE, 1},
    {3, {1, 6, 5}, 7, 14, {1, 3, 3}, ONE, ONE, {0, 1, 1}, {0, 1, 1}, 7, NONE, NONE, 1},
    {2, {1, 5, 6}, 3, 4, {1, 2, 2}, ONE, ONE, NONE, NONE, 1, {1, 2, 2}, NONE, 1},
    {1, {1, 40, 41}, 8, 16, {1, 3, 3}, ONE, ONE, NONE, NONE, 1, NONE, NONE, 1},
    {0, {1, 5, 5}, 3, 4, {1, 3, 3}, ONE, ONE, NONE, NONE, 1, NONE, NONE, 1},
    /* modes: merged runs of few channels, single ones of many, kernels beyond the input */
    {2, {1, 6, 7}, 3, 8, {1, 3, 5}, ONE, ONE, {0, 1, 2}, {0, 1, 2}, 1, NONE, {0, 1, 1}},
    {2, {1, 6, 7}, 3, 8, {1, 3, 5}, ONE, ONE, {0, 4, 3}, {0, 2, 2}, 1, NONE, {0, 2, 2}},
    {2, {1, 6, 7}, 3, 8, {1, 3, 5}, ONE, ONE, {0, 6, 7}, {0, 6, 7}, 1, NONE, {0, 3, 3}},
    {1, {1, 5, 9}, 65, 7, {1, 3, 3}, ONE, {1, 1, 2}, {0, 1, 2}, {0, 1, 2}, 1, NONE, {0, 3, 1}},
    {1, {4, 5, 6}, 4, 6, {3, 3, 3}, {1, 2, 2}, ONE, ONE, ONE, 2, NONE, {1, 0, 3}},
    {2, {1, 7, 6}, 19, 19, {1, 3, 3}, ONE, ONE, {0, 2, 2}, {0, 2, 2}, 19, NONE, {0, 1, 2}},
    {1, {1, 1, 1}, 2, 3, {1, 1, 3}, ONE, ONE, {0, 0, 2}, {0, 0, 1}, 1, NONE, {0, 0, 2}},
    {2, {1, 2, 1}, 17, 17, {1, 1, 3}, ONE, ONE, {0, 0, 1}, {0, 0, 1}, 17, NONE, {0, 0, 3}},
    {1, {1, 3, 2}, 12, 12, {1, 4, 5}, {1, 2, 3}, ONE, {0, 3, 1}, {0, 1, 2}, 4, NONE, {0, 3, 3}},
    {2, {1, 4, 5}, 3, 4, {1, 3, 3}, ONE, ONE, {0, 1, 1}, {0, 1, 1}, 1, {1, 2, 5}, {0, 3, 1}, 1},
    /* Winograd's tiles: borders, more padding than the kernel, dilation, groups, many channels,
       3-D, many blocks */
    {2, {1, 13, 6}, 17, 33, {1, 3, 3}, ONE, ONE, {0, 1, 1}, {0, 1, 1}, 1},
    {1, {1, 2, 1}, 16, 20, {1, 3, 3}, ONE, ONE, {0, 4, 3}, {0, 5, 6}, 1},
    {2, {1, 11, 9}, 34, 50, {1, 3, 3}, ONE, {1, 2, 3}, {0, 2, 3}, {0, 2, 1}, 2},
    {3, {1, 14, 15}, 140, 72, {1, 3, 3}, ONE, ONE, {0, 1, 0}, {0, 0, 1}, 1},
    {1, {4, 6, 7}, 16, 24, {3, 3, 3}, ONE, {2, 1, 1}, {1, 1, 1}, {2, 1, 1}, 1},
    {2, {1, 7, 9}, 18, 40, {1, 5, 5}, ONE, ONE, {0, 2, 1}, {0, 2, 0}, 1},
    {1, {1, 9, 8}, 32, 36, {1, 5, 5}, ONE, {1, 1, 2}, {0, 3, 4}, {0, 1, 4}, 2},
    {16, {1, 20, 28}, 16, 16, {1, 3, 3}, ONE, ONE, {0, 1, 1}, {0, 1, 1}, 1},
    /* and of strides that cut a kernel into kernels of 2x2 or 3x3 */
    {2, {1, 9, 11}, 20, 40, {1, 2, 2}, ONE, {1, 2, 1}, {0, 1, 0}, {0, 1, 1}, 1},
    {2, {1, 13, 10}, 17, 33, {1, 4, 4}, {1, 2, 2}, ONE, {0, 1, 1}, {0, 1, 1}, 1},
    {1, {3, 11, 14}, 32, 18, {2, 4, 4}, {1, 2, 2}, ONE, {1, 2, 1}, {0, 1, 0}, 2},
    {1, {1, 16, 13}, 16, 20, {1, 6, 6}, {1, 3, 3}, ONE, {0, 2, 0}, {0, 1, 2}, 1},
    {1, {1, 2, 9}, 16, 20, {1, 6, 6}, {1, 3, 3}, ONE, {0, 5, 1}, {0, 5, 1}, 1},
    {1, {1, 15, 14}, 18, 16, {1, 6, 6}, {1, 2, 2}, ONE, {0, 2, 3}, {0, 3, 2}, 1},
    /* kernel gradients in tiles of 4x4: rounds, groups, dilation, depth, a large kernel */
    {7, {1, 30, 31}, 16, 17, {1, 3, 3}, ONE, ONE, {0, 1, 1}, {0, 1, 1}, 1},
    {2, {1, 17, 18}, 40, 70, {1, 3, 3}, ONE, ONE, {0, 0, 1}, {0, 2, 1}, 2},
    {2, {1, 18, 17}, 16, 33, {1, 3, 3}, ONE, {1, 2, 3}, {0, 2, 1}, {0, 2, 1}, 1},
    {1, {4, 13, 9}, 16, 18, {3, 3, 3}, ONE, {2, 1, 1}, {2, 1, 1}, {1, 1, 1}, 1},
    {2, {1, 9, 10}, 130, 130, {1, 3, 3}, ONE, ONE, {0, 1, 1}, {0, 1, 1}, 1},
    {3, {1, 12, 14}, 40, 70, {1, 5, 5}, ONE, ONE, {0, 2, 2}, {0, 2, 2}, 1},
    /* one pixel: several blocks of images, odd panels, several chunks of the sum */
    {130, {1, 1, 1}, 70, 133, ONE, ONE, ONE, NONE, NONE, 1},
    {2, {1, 1, 1}, 1100, 33, ONE, ONE, ONE, NONE, NONE, 1},
    {3, {1, 1, 1}, 33, 1100, ONE, ONE, ONE, NONE, NONE, 1},
    /* no images */
    {0, {1, 9, 9}, 32, 32, {1, 3, 3}, ONE, ONE, NONE, NONE, 1},
    {0, {1, 5, 5}, 3, 4, {1, 3, 3}, ONE, ONE, NONE, NONE, 1},
    {0, {1, 5, 5}, 4, 4, {1, 3, 3}, ONE, ONE, NONE, NONE, 4},
};

enum { SHAPES = sizeof shapes / sizeof *shapes };

static int64_t out_size(const struct shape *c, int axis) {
    int64_t window = (c->k[axis] - 1) * c->d[axis] + 1;
    return (c->i[axis] + c->before[axis] + c->after[axis] - window) / c->s[axis] + 1;
}

static int64_t tiles_of(const struct shape *c, int axis) { return max64(c->tiles[axis], 1); }

static bool has_modes(const struct shape *c) { return c->modes[0] + c->modes[1] + c->modes[2] > 0; }

static void set_shape(struct problem *p, const struct shape *c, int activation, int mask,
                      int pass) {
    set_params(p, 0, c->n, c->i[0], c->i[1], c->i[2], c->ic, out_size(c, 0), out_size(c, 1),
               out_size(c, 2), c->oc, c->k[0], c->k[1], c->k[2], c->s[0], c->s[1], c->s[2], c->d[0],
               c->d[1], c->d[2], c->before[0], c->before[1], c->before[2], c->groups, activation,
               mask, pass, tiles_of(c, 0), tiles_of(c, 1), tiles_of(c, 2), c->each, c->modes[0],
               c->modes[1], c->modes[2]);
}

/* Numbers of one problem, and the reference's answers to it. */
struct answers {
    int64_t x_count, y_count, k_count, terms_y, terms_x, terms_k;
    float *x, *y, *kernel, *bias_x, *bias_y; /* x, y: also residuals; y: also dy */
    float *mask_x, *mask_y;
    float *forward, *backward_data, *backward_weights;
};

static float *draw_between(int64_t count, double low, double high) {
    float *x = malloc(4 * (size_t)count + 4);
    for (int64_t i = 0; i < count; i++)
        x[i] = (float)draw(low, high);
    return x;
}

static float *draw_floats(int64_t count) { return draw_between(count, -1, 1); }

enum finish_kind { PLAIN, BIAS_RELU, ALL }; /* ALL: bias, residual, relu6, mask of a relu6 */

static void add_finish(struct problem *p, const struct shape *c, const struct answers *a,
                       bool forward, enum finish_kind kind) {
    if (kind == PLAIN) {
        p->buffers += 3;
        return;
    }
    copy_in(p, forward ? a->bias_y : a->bias_x, forward ? c->oc : c->ic);
    if (kind == BIAS_RELU) {
        p->buffers += 2;
        return;
    }
    int64_t count = forward ? a->y_count : a->x_count;
    copy_in(p, forward ? a->y : a->x, count);
    copy_in(p, forward ? a->mask_y : a->mask_x, count);
}

/* Of the algorithm that ran, another than the forced one where that cannot: Winograd's transforms
 * lose bits. */
static double slack = 1;

static void note_algorithm(const struct problem *p) {
    slack = strcmp(conv_algorithm_name(&p->op), "winograd") ? 1 : 24;
}

/* Runs forward or backward_data; returns a copy of its output. */
static float *map(const struct shape *c, const struct answers *a, int pass, enum finish_kind kind) {
    static const int activations[] = {ACTIVATION_NONE, ACTIVATION_RELU, ACTIVATION_RELU6};
    int64_t out_count = pass == CONV_FORWARD ? a->y_count : a->x_count;
    struct problem p = problem(pass == CONV_FORWARD ? "conv_forward" : "conv_backward_data");
    struct problem pack = problem("conv_pack");
    set_shape(&pack, c, 0, 0, pass);
    if (pass == CONV_FORWARD)
        copy_in(&p, a->x, a->x_count);
    else
        copy_in(&p, a->y, a->y_count);
    add_kernel(&p, &pack, a->kernel);
    done(&pack);
    add_finish(&p, c, a, pass == CONV_FORWARD, kind);
    float *out = output(&p, out_count), *copy = malloc(4 * (size_t)out_count + 4);
    set_shape(&p, c, activations[kind], kind == ALL ? ACTIVATION_RELU6 : ACTIVATION_NONE, 0);
    p.batched = true;
    solve(&p);
    note_algorithm(&p);
    int64_t kernels = c->each ? c->n : 1;
    assert(p.status == STATUS_OK);
    assert(p.op.packed == 0 || (size_t)(p.op.packed * kernels) == p.bytes[CONV_PACKED]);
    memcpy(copy, out, 4 * (size_t)out_count);
    done(&p);
    return copy;
}

static float *weights(const struct shape *c, const struct answers *a) {
    struct problem p = problem("conv_backward_weights");
    copy_in(&p, a->x, a->x_count);
    copy_in(&p, a->y, a->y_count);
    float *dw = output(&p, a->k_count), *copy = malloc(4 * (size_t)a->k_count + 4);
    set_shape(&p, c, 0, 0, 0);
    p.batched = true;
    solve(&p);
    note_algorithm(&p);
    assert(p.status == STATUS_OK);
    memcpy(copy, dw, 4 * (size_t)a->k_count);
    done(&p);
    return copy;
}

/* Sums of `terms` products of numbers in (-1, 1): rounding errors walk, and grow with the sum. */
static void compare(const char *what, const float *got, const float *want, int64_t count,
                    int64_t terms) {
    for (int64_t i = 0; i < count; i++)
        expect(what, i, got[i], want[i], slack * (1e-6 + 6e-8 * (double)terms), 1);
}

static double dot(const float *a, const float *b, int64_t count) {
    double sum = 0;
    for (int64_t i = 0; i < count; i++)
        sum += (double)a[i] * b[i];
    return sum;
}

/* <c(K, V), G> = <V, h(K, G)> = <K, g(G, V)> */
static void check_adjoints(const struct answers *a) {
    double y = dot(a->forward, a->y, a->y_count);
    double k = dot(a->backward_weights, a->kernel, a->k_count);
    double unit = 1 + sqrt((double)(a->y_count * a->terms_y));
    if (a->backward_data)
        expect("adjoint h", 0, dot(a->backward_data, a->x, a->x_count), y, 1e-6, unit);
    expect("adjoint g", 0, k, y, 1e-6, unit);
}

static struct answers answer(const struct shape *c) {
    int64_t taps = c->k[0] * c->k[1] * c->k[2];
    int64_t kernels = tiles_of(c, 0) * tiles_of(c, 1) * tiles_of(c, 2) * (c->each ? c->n : 1);
    int64_t pixels = out_size(c, 0) * out_size(c, 1) * out_size(c, 2) * c->n;
    struct answers a = {
        .x_count = c->n * c->i[0] * c->i[1] * c->i[2] * c->ic,
        .y_count = pixels * c->oc,
        .k_count = kernels * taps * c->ic / c->groups * c->oc,
        .terms_y = taps * c->ic / c->groups,
        .terms_x = taps * c->oc / c->groups,
        .terms_k = pixels,
    };
    a.x = draw_floats(a.x_count);
    a.y = draw_floats(a.y_count);
    a.kernel = draw_floats(a.k_count);
    a.bias_x = draw_floats(c->ic);
    a.bias_y = draw_floats(c->oc);
    a.mask_x = draw_between(a.x_count, -3, 9);
    a.mask_y = draw_between(a.y_count, -3, 9);
    conv_algorithm_force("reference");
    a.forward = map(c, &a, CONV_FORWARD, PLAIN);
    if (!has_modes(c))
        a.backward_data = map(c, &a, CONV_BACKWARD_DATA, PLAIN);
    a.backward_weights = weights(c, &a);
    check_adjoints(&a);
    return a;
}

static void forget(struct answers *a) {
    float *all[] = {a->x,      a->y,      a->kernel,  a->bias_x,        a->bias_y,
                    a->mask_x, a->mask_y, a->forward, a->backward_data, a->backward_weights};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

/* What ends a sum; NULL where there is none. */
static double finished(double sum, const float *bias, const float *residual, const float *mask,
                       int64_t channels, int64_t i) {
    sum = fmax(0, sum + bias[i % channels] + (residual ? residual[i] : 0));
    return !mask ? sum : mask[i] > 0 && mask[i] < 6 ? fmin(6, sum) : 0;
}

/* One map against the plain answer of the reference, finished here. */
static void check_map(const struct shape *c, const struct answers *a, int pass) {
    bool forward = pass == CONV_FORWARD;
    const float *want = forward ? a->forward : a->backward_data;
    const float *bias = forward ? a->bias_y : a->bias_x, *residual = forward ? a->y : a->x;
    const float *mask = forward ? a->mask_y : a->mask_x;
    int64_t count = forward ? a->y_count : a->x_count, channels = forward ? c->oc : c->ic;
    int64_t terms = forward ? a->terms_y : a->terms_x;
    float *plain = map(c, a, pass, PLAIN), *relu = map(c, a, pass, BIAS_RELU);
    float *all = map(c, a, pass, ALL);
    const char *what = forward ? "forward" : "backward_data";
    double bound = slack * (3e-6 + 6e-8 * (double)terms);
    compare(what, plain, want, count, terms);
    for (int64_t i = 0; i < count; i++) {
        expect(what, i, relu[i], finished(want[i], bias, NULL, NULL, channels, i), bound, 1);
        expect(what, i, all[i], finished(want[i], bias, residual, mask, channels, i), bound, 1);
    }
    free(plain);
    free(relu);
    free(all);
}

static void check_algorithm(const struct shape *c, const struct answers *a, const char *name) {
    conv_algorithm_force(name);
    check_map(c, a, CONV_FORWARD);
    if (!has_modes(c))
        check_map(c, a, CONV_BACKWARD_DATA);
    float *gradient = weights(c, a);
    compare("backward_weights", gradient, a->backward_weights, a->k_count, a->terms_k);
    free(gradient);
}

static const char *forward_algorithm(const struct shape *c, const char *force) {
    struct problem p = problem("conv_forward");
    set_shape(&p, c, 0, 0, 0);
    conv_algorithm_force(force);
    assert(p.op.type->prepare(&p.op) == STATUS_OK);
    conv_algorithm_force(NULL);
    return conv_algorithm_name(&p.op);
}

static struct answers reference[SHAPES];

static int64_t most_in_group(const struct shape *c) { return max64(c->ic, c->oc) / c->groups; }

static void test_algorithms(void) {
    for (int i = 0; i < SHAPES; i++) {
        check_algorithm(&shapes[i], &reference[i], "direct");
        if (shapes[i].groups > 1 && most_in_group(&shapes[i]) <= NARROW_MOST)
            check_algorithm(&shapes[i], &reference[i], "narrow");
        if (!strcmp(forward_algorithm(&shapes[i], "winograd"), "winograd"))
            check_algorithm(&shapes[i], &reference[i], "winograd");
        if (!strcmp(forward_algorithm(&shapes[i], "fft"), "fft"))
            check_algorithm(&shapes[i], &reference[i], "fft");
        if (!strcmp(forward_algorithm(&shapes[i], "dense"), "dense"))
            check_algorithm(&shapes[i], &reference[i], "dense");
    }
}

/* NaN and infinities of the input reach the output; relu keeps NaN. */
static void test_not_finite(void) {
    struct shape c = {1, {1, 3, 3}, 2, 3, {1, 3, 3}, ONE, ONE, {0, 1, 1}, {0, 1, 1}, 1};
    struct answers a = answer(&c);
    a.x[0] = NAN;
    conv_algorithm_force(NULL);
    float *y = map(&c, &a, CONV_FORWARD, BIAS_RELU);
    for (int64_t i = 0; i < 3; i++)
        assert(isnan(y[i]) && !isnan(y[a.y_count - 1 - i]));
    free(y);
    forget(&a);
}

static enum status prepare_with(int64_t index, int64_t value) {
    struct problem p = problem("conv_forward");
    set_shape(&p, &shapes[11], 0, 0, 0);
    p.op.params[index] = value;
    return p.op.type->prepare(&p.op);
}

static void test_bad_shapes(void) {
    enum { IW = 4, IC, OD, OH, OW, OC, KW = 12, SW = 15, DW = 18, PW = 21, GROUPS, ACTIVATION };
    enum { MASK = 24, TW = 28, EACH, MW = 32 };
    assert(prepare_with(0, 0) == STATUS_OK);
    int64_t bad[][2] = {{IW, 0},     {IW, 9},      {IC, 0},     {OW, 0},         {OW, 5},
                        {OC, 0},     {KW, 0},      {SW, 0},     {DW, 0},         {PW, -1},
                        {GROUPS, 0}, {GROUPS, 16}, {GROUPS, 2}, {ACTIVATION, 3}, {MASK, -1},
                        {TW, 0},     {EACH, 2},    {MW, 4},     {MW, -1}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert(prepare_with(bad[i][0], bad[i][1]) == STATUS_BAD_PARAMS);
}

static enum status prepare_mode(const char *name, int64_t size, int64_t pad, int64_t mode) {
    struct problem p = problem(name);
    struct shape c = {1, {1, 1, size}, 1, 1, {1, 1, 3}, ONE, ONE, {0, 0, pad}, {0, 0, pad}, 1};
    c.modes[2] = mode;
    set_shape(&p, &c, 0, 0, 0);
    return p.op.type->prepare(&p.op);
}

/* A mirror shows each element once, a circle goes round once; the transpose knows zeros only. */
static void test_bad_modes(void) {
    assert(prepare_mode("conv_forward", 4, 3, MODE_REFLECT) == STATUS_OK);
    assert(prepare_mode("conv_forward", 4, 4, MODE_REFLECT) == STATUS_BAD_PARAMS);
    assert(prepare_mode("conv_forward", 4, 4, MODE_CIRCULAR) == STATUS_OK);
    assert(prepare_mode("conv_backward_weights", 4, 5, MODE_CIRCULAR) == STATUS_BAD_PARAMS);
    assert(prepare_mode("conv_forward", 4, 9, MODE_REPLICATE) == STATUS_OK);
    assert(prepare_mode("conv_backward_data", 4, 1, MODE_REPLICATE) == STATUS_BAD_PARAMS);
}

static const char *chosen_for(int64_t channels, int64_t groups, const char *force) {
    struct shape c = {1, {1, 8, 8}, channels, channels, {1, 3, 3}, ONE, ONE, NONE, NONE, groups};
    return forward_algorithm(&c, force);
}

static void test_choice(void) {
    assert(!strcmp(chosen_for(16, 4, NULL), "narrow"));
    assert(!strcmp(chosen_for(20, 2, NULL), "direct"));
    assert(!strcmp(chosen_for(20, 2, "narrow"), "direct"));
    assert(!strcmp(chosen_for(20, 2, "winograd"), "winograd"));
    assert(!strcmp(chosen_for(64, 1, NULL), "winograd"));
    assert(!strcmp(chosen_for(4, 4, "direct"), "direct"));
    assert(!strcmp(chosen_for(4, 4, "reference"), "reference"));
    assert(!strcmp(chosen_for(4, 4, "fft"), "fft"));
}

int main(void) {
    kernels = &kernels_baseline;
    for (int i = 0; i < SHAPES; i++)
        reference[i] = answer(&shapes[i]);
    test_bad_shapes();
    test_bad_modes();
    test_choice();
    test_not_finite();
    int result = for_each_isa("convolution", test_algorithms);
    for (int i = 0; i < SHAPES; i++)
        forget(&reference[i]);
    return result;
}
