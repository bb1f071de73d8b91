/* kernels.h: the table of kernels, one per instruction set. A kernel does one tile of work: no
 * threads, no malloc, no shapes of layers. Sizes are in floats unless a comment says otherwise;
 * x and y may be the same array where "in place" is said; any alignment, any n >= 0. */
#ifndef PYCONV_KERNELS_H
#define PYCONV_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* clang-format off */

/* Functions of one number; alpha is the slope, exponent or bound that some have. */
#define UNARY_LIST(F)                                                                              \
    F(relu) F(relu6) F(leaky_relu) F(elu) F(selu) F(sigmoid) F(hard_sigmoid) F(tanh) F(softplus)   \
    F(softsign) F(silu) F(gelu) F(gelu_tanh) F(exp) F(expm1) F(log) F(log1p) F(sqrt) F(rsqrt)      \
    F(square) F(reciprocal) F(negative) F(abs) F(sign) F(floor) F(ceil) F(round) F(sin) F(cos)     \
    F(erf) F(not_finite) F(add_alpha) F(mul_alpha) F(pow_alpha) F(max_alpha) F(min_alpha)          \
    F(greater_zero) F(logical_not)

/* Functions of two numbers. The gradients take y = f(x) or x, and dy. */
#define BINARY_LIST(F)                                                                             \
    F(add) F(subtract) F(multiply) F(divide) F(maximum) F(minimum) F(power) F(squared_difference)  \
    F(equal) F(not_equal) F(less) F(less_equal) F(greater) F(greater_equal) F(relu_gradient)       \
    F(sigmoid_gradient) F(tanh_gradient) F(relu6_gradient) F(leaky_relu_gradient)                  \
    F(elu_gradient) F(sigmoid_cross_entropy) F(arctan2)

/* Reductions: those that fold values, then those that return an index. */
#define FOLD_LIST(F) F(sum) F(mean) F(max) F(min) F(product) F(sum_squares)
#define REDUCE_LIST(F) FOLD_LIST(F) F(argmax) F(argmin)

/* Numbers that data sets have: name, type in C, and a function that gives the value. */
#define NUMBER_LIST(F)                                                                             \
    F(i8, int8_t, ) F(u8, uint8_t, ) F(i16, int16_t, ) F(u16, uint16_t, ) F(i32, int32_t, )        \
    F(u32, uint32_t, ) F(i64, int64_t, ) F(u64, uint64_t, ) F(f16, uint16_t, half_value)           \
    F(f32, float, ) F(f64, double, )

/* Rules that update variables, and how many arrays each keeps beside them. */
#define UPDATE_LIST(F)                                                                             \
    F(none, 0) F(sgd, 0) F(momentum, 1) F(nesterov, 1) F(rmsprop, 1) F(rmsprop_centered, 2)        \
    F(rmsprop_momentum, 2) F(rmsprop_centered_momentum, 3) F(adam, 2) F(amsgrad, 3) F(adamax, 2)   \
    F(nadam, 2) F(adagrad, 1) F(adadelta, 2) F(lion, 1)

/* clang-format on */

#define UNARY_ENUM(name) UNARY_##name,
#define BINARY_ENUM(name) BINARY_##name,
#define REDUCE_ENUM(name) REDUCE_##name,
#define NUMBER_ENUM(name, from, value) NUMBER_##name,
#define UPDATE_ENUM(name, states) UPDATE_##name,
enum unary { UNARY_LIST(UNARY_ENUM) UNARY_COUNT };
enum binary { BINARY_LIST(BINARY_ENUM) BINARY_COUNT };
enum reduce { REDUCE_LIST(REDUCE_ENUM) REDUCE_COUNT };
enum number { NUMBER_LIST(NUMBER_ENUM) NUMBER_COUNT };
enum update { UPDATE_LIST(UPDATE_ENUM) UPDATE_COUNT };

/* The same lists as strings, ended by NULL. */
extern const char *const unary_names[], *const binary_names[], *const reduce_names[],
                                                                   *const update_names[];

/* For each element of rows of channels one bit: whether a gradient flows through it. A byte has the
 * bits of as many neighbours as a vec has lanes, of 8 at most, the first one lowest; each row
 * begins with a byte. So no two vecs share a byte. */
struct bits {
    uint8_t *bytes;        /* of the first row; NULL: there are none */
    int64_t channels, row; /* elements and bytes of a row */
    uint64_t inverse;      /* of the channels: (2^64 - 1) / channels */
};
enum { BITS_LANES = 8 }; /* of a byte, at most */

/* Bytes of a row. */
static inline int64_t bits_row(int64_t channels, int vlen) {
    int64_t lanes = vlen < BITS_LANES ? vlen : BITS_LANES;
    return (channels + lanes - 1) / lanes;
}

/* The row of an element: at / channels, by a product (exact: 2^64 > (at + 1) channels). */
static inline int64_t bits_row_of(const struct bits *b, int64_t at) {
    return (int64_t)(((unsigned __int128)(uint64_t)(at + 1) * b->inverse) >> 64);
}

/* y[i] = f(x[i]). In place. */
typedef void unary_kernel(const float *x, float *y, int64_t n, float alpha);

/* Strides of rows and columns; the columns of y lie side by side. In place where strides allow. */
struct binary_tile {
    const float *a, *b;
    float *y;
    int64_t rows, cols;
    int64_t a_row, a_col, b_row, b_col, y_row;
    float alpha;
};
typedef void binary_kernel(const struct binary_tile *t);

/* y[r][c] = x[r][c] with any strides; x and y are apart. */
struct copy_tile {
    const float *x;
    float *y;
    int64_t rows, cols;
    int64_t x_row, x_col, y_row, y_col;
};

/* y[i] = x[i], as float or int32, numbers of x apart by step bytes. A number that int32 cannot hold
 * becomes any other. */
typedef void convert_kernel(const void *x, int64_t step, int64_t n, void *y);

/* y[c] = combine(y[c], f(x[0][c]), ..., f(x[rows - 1][c])), rows apart by stride. */
typedef void fold_columns_kernel(const float *x, int64_t rows, int64_t cols, int64_t stride,
                                 float *y);
/* y[r] = combine(f(x[r][0]), ..., f(x[r][n - 1])) of rows that lie end to end. */
typedef void fold_rows_kernel(const float *x, int64_t rows, int64_t n, float *y);

/* Rows of channels, each with numbers of its own. Optional: residual, residual_factor, and bits,
 * which are made: 1 where least < y <= last. In place. */
struct normalize_tile {
    const float *x, *residual;
    const float *mean, *factor, *shift, *residual_factor; /* [channels] */
    float *y;
    uint8_t *bits;
    int64_t rows, channels;
    float least, most, last;
};
struct centred_sums_tile {
    const float *x, *g, *mean;
    float *sum, *dot; /* [channels] */
    int64_t rows, channels;
};

/* Output cells side by side whose windows have the same cells inside the image; offsets and steps
 * in floats. x and dx are on the input's side, y and u on the output's.
 *
 * code: for each output cell which of its window's cells is the largest, the first of equal ones,
 * or none: bytes, or floats where a window has more cells than a byte has numbers. */
struct pool_tile {
    const float *x, *dy;    /* dy: max_pool_gather's v */
    float *out;             /* y, u or dx */
    void *code;             /* [pixels][code_c] */
    int32_t *index;         /* max_pool_index */
    int64_t image;          /* where the image begins in x */
    int64_t input, channel; /* where the first window begins, in x, and in a pixel */
    int64_t output;         /* the first output cell; they are counted */
    const int64_t *cells;   /* of a window, from where it begins, row-major */
    int64_t cell_count;
    int64_t pixels, step; /* output cells, and how far apart their windows begin */
    int64_t channels, c;  /* how many of the c channels that a pixel has */
    int64_t code_c;       /* codes of a pixel, some of them not used */
    float scale;          /* average: 1 / divisor */
    float least, last;    /* max_pool: a code is none unless least < y <= last */
    bool masked, wide;    /* least and last count; codes are floats */
    bool apart;           /* gradients: each cell of dx is in one window, or in none */
};
typedef void pool_kernel(const struct pool_tile *t);

/* Rows of a sparse matrix over x; row r of x and of y has `channels` floats and begins at r * step.
 * Entries of row r are starts[r] .. starts[r + 1] - 1. */
struct sparse_tile {
    float *x, *y;
    const int32_t *starts, *columns;
    const float *weights;
    int64_t rows, step, channels;
};
typedef void sparse_kernel(const struct sparse_tile *t);

/* Where a block of random numbers begins: at element `first` of a stream, a multiple of 4. */
struct random_key {
    uint32_t seed, counter;
    int64_t first;
};

/* An update of n elements by a rule: w, what is kept of it, and its average; g and average may be
 * NULL. */
enum { UPDATE_STATES = 3, UPDATE_CONSTANTS = 9 }; /* of a rule, at most */
struct update_arrays {
    float *w;
    const float *g;
    float *state[UPDATE_STATES], *average;
};
struct update_rates {
    float decay;        /* w loses this part first */
    float scale, bound; /* of gradients, which are scaled and then clipped */
    float average;      /* what the average keeps of itself */
    float constants[UPDATE_CONSTANTS];
};
typedef void update_kernel(const struct update_arrays *a, int64_t n, const struct update_rates *r);

/* How a sum becomes an output of a convolution (finish.h): a bias, a residual, an activation that
 * clips, and the mask of an activation that the output flows back through, as numbers or as bits.
 */
struct finish {
    const float *bias;                              /* [channels of y]; or NULL */
    const float *out;                               /* where y begins */
    const float *residual, *mask;                   /* they lie as y does; or NULL */
    float least, most, last, mask_least, mask_last; /* mask_least: 0 */
    struct bits passes, made; /* that mask y; that are made: 1 where least < y <= last */
};

/* One panel of a batch-reduce product: C (+)= sum over runs r of A_r x B_r, nv vecs of columns
 * wide. B is packed [runs * k][nv * vlen], 0 beyond the columns. Rows of A and C are given by
 * pointers, so that any pixels can be rows: A's are read where they lie (an indirection table:
 * Dukhan 2019, "The Indirect Convolution Algorithm"). */
struct gemm {
    const float *const *a; /* gemm: [runs][a_stride] rows of k; gemm_outer: [k] rows of m */
    int64_t a_stride;      /* pointers from run to run */
    int64_t a_first;       /* where in each row to begin */
    const float *zeros;    /* a row that is padding; NULL: there is none */
    const float *b;
    float *const *c; /* gemm: [m] rows */
    float *c_base;   /* gemm_outer: [m][c_stride] */
    int64_t c_stride;
    int64_t c_first; /* the first column in each row of C */
    int64_t m, runs, k, columns;
    int nv;                      /* 1 .. gemm_nv vecs hold the columns */
    bool add;                    /* C holds an earlier part of the sum */
    const struct finish *finish; /* of the whole sum; NULL: nothing */
    const float *ahead;          /* what is read next: so many cache lines from here on are */
    int64_t ahead_lines;         /* fetched meanwhile, a line a step at most */
};
typedef void gemm_kernel(const struct gemm *g);

/* Columns of gemm_few, at most. Its B is [runs][vecs of k][columns][vlen], 0 beyond k; C is not
 * added to, and finish is there. */
enum { GEMM_FEW = 4 };

/* What a convolution reads outside of the input: zeros, or its elements mirrored at the edge
 * element, the edge element again, or those of the other side. */
enum conv_mode { MODE_ZEROS, MODE_REFLECT, MODE_REPLICATE, MODE_CIRCULAR, CONV_MODES };

/* The position, of `size`, that position i of an axis stands for; -1: zeros. */
static inline int64_t mode_source(enum conv_mode mode, int64_t i, int64_t size) {
    if (i >= 0 && i < size)
        return i;
    switch (mode) {
    case MODE_REFLECT:
        return i < 0 ? -i : 2 * (size - 1) - i;
    case MODE_REPLICATE:
        return i < 0 ? 0 : size - 1;
    case MODE_CIRCULAR:
        return i < 0 ? i + size : i - size;
    default:
        return -1;
    }
}

enum { NARROW_MOST = 8 };       /* channels of a group, in and out */
enum { NARROW_HELD = 19 * 16 }; /* positions of a tile: 8 pixels, 2 apart, of 5 taps */
enum { VLEN_MOST = 16 };        /* of any instruction set: sizes in memory depend on none */

/* One row of pixels of a convolution in narrow groups. Channels of y are those of the output, also
 * where y is its gradient. */
struct narrow {
    const float *const *x; /* [lines]: position 0 of the row, from channel 0 on */
    float *const *b; /* [lines]: the first tap's weights [inner][channels], or their gradient */
    float *y;        /* the first pixel */
    const struct finish *finish;
    int64_t lines, taps, pixels;
    int64_t in_step, tap_step; /* positions from pixel to pixel, from tap to tap */
    int64_t in_first, in_last; /* positions that there are; what others read: */
    enum conv_mode mode;
    int64_t x_channels;               /* floats of a position */
    int64_t y_pixel, b_tap;           /* floats from one to the next */
    int64_t channels, inner, outer;   /* of y; of a group of x, and of y */
    int64_t lanes;                    /* of a vec: whole groups, or a part of one */
    const int32_t (*lane)[VLEN_MOST]; /* [inner]: which channel of x each lane takes */
    float *held;                      /* [NARROW_HELD] scratch */
};
typedef void narrow_kernel(const struct narrow *g);

/* Forms of Winograd's convolution: the outputs of a tile and the taps of a kernel. */
enum winograd_form {
    WINOGRAD_4X4_3X3,
    WINOGRAD_2X2_5X5,
    WINOGRAD_4X4_2X2,
    WINOGRAD_1X6_3,
    WINOGRAD_1X4_5,
    WINOGRAD_FORMS
};

/* v[position][channel] of one tile from the pixels that it reads; whole vecs are written, zeros
 * beyond the channels. */
struct winograd_input {
    const float *x;     /* the tile's first position, maybe outside of the image */
    int64_t row, pixel; /* from position to position */
    int h_first, h_last, w_first, w_last; /* positions that lie inside; the others are zeros */
    int64_t channels;
    float *v;
    int64_t plane; /* from position to position */
};

/* The pixels of one tile from its products m[position][channel]. */
struct winograd_output {
    const float *m;
    int64_t plane;
    float *y;                  /* the tile's first pixel */
    int64_t row, pixel;        /* from pixel to pixel */
    int64_t rows, columns;     /* as many of the tile's pixels lie inside the image; at least one */
    int64_t channels, channel; /* how many, from which of y on */
    const struct finish *finish;
};

/* Rows of a transformed kernel, u[position][row][width] from g[tap][row][column]; whole vecs are
 * written, zeros beyond the columns. */
struct winograd_kernel {
    const float *g;
    int64_t tap_row, tap, row;
    int64_t rows, columns;
    float *u;
    int64_t plane, width;
};

/* Rows of the kernel's gradient, g[tap][row][column], from sums s[position][row][width] over tiles.
 */
struct winograd_sums {
    const float *s;
    int64_t plane, width;
    float *g;
    int64_t tap_row, tap, row;
    int64_t rows, columns;
    bool add; /* to what g holds */
};
enum { FFT_MOST = 128 }; /* points along an axis */

/* A tile of th x tw pixels and its spectrum. Tile position (first_row + r, first_col + c) is pixel
 * (r, c); all other positions are zero, or are not written. */
struct fft_tile {
    const float *x;                           /* forward */
    float *y;                                 /* inverse */
    int64_t row_step, col_step;               /* floats from pixel to pixel */
    int64_t first_row, first_col, rows, cols; /* the pixels' place in the tile */
    float *spectrum;                          /* [frequencies] `step` apart, real parts first */
    int64_t step, imaginary;                  /* floats to the next one, to the imaginary part */
    float *work;                              /* [fft_work] scratch */
    const struct finish *finish;              /* of y; NULL: nothing */
    int64_t channel;                          /* of y, that the tile's first one is */
    float scale;                              /* of the inverse */
    int th, tw;                               /* powers of two */
    int pixel_lanes, lanes;                   /* channels, of a vec: of pixels, of the spectrum */
};

/* Frequencies of a tile, and floats of its `work`. */
static inline int64_t fft_frequencies(int th, int tw) { return (int64_t)th * (tw / 2 + 1); }
static inline int64_t fft_work(int th, int tw) {
    return (fft_frequencies(th, tw) + tw) * 2 * VLEN_MOST;
}

/* One sweep over rows of logits z[rows][n], and what it makes of them; NULL: it is not wanted. */
struct cross_entropy {
    const float *z;
    const float *dloss; /* of row r: dloss[r * each] */
    float *loss;        /* [rows] */
    float *dz;          /* [rows][n]: gradient of sum_r dloss_r loss_r */
    float *correct;     /* [rows]: 1 where the first of the largest is the target's, else 0 */
    int64_t each;       /* 1, or 0: one dloss for all */
    bool probabilities; /* `correct` looks at softmax(z), rounded, not at z; dz is wanted, too */
    int64_t rows, n;
};

struct kernels {
    const char *isa;
    int vlen;

    /* kernels/brgemm.h: gemm is row x B; gemm_outer is the transpose of rows x B. gemm_pack copies
     * columns of rows that are `stride` apart to [rows][nv * vlen], with zeros;
     * gemm_pack_transposed takes them from columns that are `stride` apart. */
    int gemm_nv;
    gemm_kernel *gemm, *gemm_few, *gemm_outer;
    void (*gemm_pack)(const float *x, int64_t stride, int64_t rows, int64_t columns, float *packed);
    void (*gemm_pack_transposed)(const float *x, int64_t stride, int64_t rows, int64_t columns,
                                 float *packed);

    narrow_kernel *narrow, *narrow_outer; /* kernels/narrow.h, narrow_weights.h */

    /* kernels/winograd.h */
    void (*winograd_input[WINOGRAD_FORMS])(const struct winograd_input *t);
    void (*winograd_output[WINOGRAD_FORMS])(const struct winograd_output *t);
    void (*winograd_kernel[WINOGRAD_FORMS])(const struct winograd_kernel *t);

    /* kernels/winograd_weights.h; gradient: of a tile that begins inside of the image */
    void (*winograd_gradient[WINOGRAD_FORMS])(const struct winograd_input *t);
    void (*winograd_sums[WINOGRAD_FORMS])(const struct winograd_sums *t);
    /* kernels/fft.h: forward gives 2 X; product is y (+)= a * b or a * conjugate of b. */
    void (*fft_forward)(const struct fft_tile *t);
    void (*fft_inverse)(const struct fft_tile *t);
    void (*fft_product)(const float *a, const float *b, float *y, int64_t count, bool conjugate,
                        bool add);

    /* kernels/elementwise.h */
    unary_kernel *unary[UNARY_COUNT];
    binary_kernel *binary[BINARY_COUNT];
    void (*select)(const float *c, const float *a, const float *b, float *y, int64_t n);
    void (*fill)(float *y, int64_t n, float value);
    void (*copy)(const struct copy_tile *t);
    void (*int_to_float)(const int32_t *x, float *y, int64_t n);
    void (*float_to_int)(const float *x, int32_t *y, int64_t n); /* INT32_MIN where it cannot be */

    /* kernels/addresses.h */
    void (*repeat_addresses)(const float **at, int64_t count, int64_t all, int64_t step,
                             const float *fixed);

    /* kernels/convert.h: to float, to int32 */
    convert_kernel *convert[NUMBER_COUNT][2];

    /* kernels/reduce.h: fold_merge combines partial results; the indices are of rows. */
    fold_columns_kernel *fold_columns[REDUCE_COUNT], *fold_merge[REDUCE_COUNT];
    fold_rows_kernel *fold_rows[REDUCE_COUNT];
    void (*arg_columns)(const float *x, int64_t rows, int64_t cols, int64_t stride, bool largest,
                        int32_t *y);
    void (*arg_rows)(const float *x, int64_t rows, int64_t n, bool largest, int32_t *y);

    /* Mean and sum of squared deviations (m2) of rows; merge adds the moments of nb rows. */
    void (*moments_columns)(const float *x, int64_t rows, int64_t cols, int64_t stride, float *mean,
                            float *m2);
    void (*moments_rows)(const float *x, int64_t rows, int64_t n, float *mean, float *m2);
    void (*moments_merge)(int64_t na, float *mean, float *m2, int64_t nb, const float *mean_b,
                          const float *m2_b, int64_t cols);

    /* kernels/finish.h: dx = dy where the bit is 1, else 0, of rows without gaps. In place. */
    void (*masked)(const uint8_t *bits, const float *dy, float *dx, int64_t n);

    /* kernels/normalize.h */
    void (*normalize)(const struct normalize_tile *t);
    void (*centred_sums)(const struct centred_sums_tile *t);

    /* kernels/softmax.h: rows of n classes. */
    void (*softmax)(const float *x, float *y, int64_t rows, int64_t n);
    void (*log_softmax)(const float *x, float *y, int64_t rows, int64_t n);
    void (*softmax_gradient)(const float *y, const float *dy, float *dx, int64_t rows, int64_t n);
    void (*log_softmax_gradient)(const float *y, const float *dy, float *dx, int64_t rows,
                                 int64_t n);

    /* kernels/cross_entropy.h: labels[rows], targets[rows][n]. */
    void (*sparse_cross_entropy)(const struct cross_entropy *sweep, const int32_t *labels);
    void (*cross_entropy)(const struct cross_entropy *sweep, const float *targets);

    /* kernels/random.h */
    void (*dropout)(struct random_key key, const float *x, float *y, int64_t n, float rate);
    void (*random_uniform)(struct random_key key, float *y, int64_t n);
    void (*random_normal)(struct random_key key, float *y, int64_t n);

    /* kernels/optimizer.h */
    update_kernel *update[UPDATE_COUNT];

    /* kernels/pool.h */
    pool_kernel *max_pool, *max_pool_gradient, *max_pool_gather, *max_pool_index;
    pool_kernel *average_pool, *average_pool_gradient;

    /* kernels/resample.h: gather writes y, scatter adds to x, dot gives a product for each entry */
    sparse_kernel *sparse_gather, *sparse_scatter;
    void (*sparse_dot)(const struct sparse_tile *t, float *products);

    int64_t (*peak)(int64_t rounds); /* kernels/peak.h */
};

extern const struct kernels kernels_baseline, kernels_avx2, kernels_avx512;

/* The table of the chosen instruction set. */
const struct kernels *kernels_chosen(void);

#endif
