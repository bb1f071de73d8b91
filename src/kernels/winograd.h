/* winograd.h: one tile of Winograd's convolution (Winograd 1980; Lavin and Gray 2016, "Fast
 * Algorithms for Convolutional Neural Networks"), along channels:
 *
 *   Y = A^T [(G g G^T) * (B^T d B)] A        * element by element, summed over channels by the GEMM
 *
 * d: the pixels that a tile reads, g: the kernel of one pair of channels, Y: the pixels it makes.
 * A form F(m, r) makes m outputs of r taps from m + r - 1 products, one for each point, of which
 * five or six are used in maps, eight along lines. B^T depends on the points alone. */

enum { WINOGRAD_SIZE = 8 }; /* of a tile's side, at most */

/* One side of a tile: y = M x for one of the matrices. */
typedef void winograd_side(const vec *x, vec *y);

/* Tiles of `rows` x `columns`, with what is done down the columns, then along the rows. */
struct winograd_sides {
    winograd_side *down, *along;
    int rows, columns;
};

/* Down the columns of a line there is nothing to be done. */
TILE_INLINE void winograd_line(const vec *x, vec *y) { y[0] = x[0]; }

/* Sides of six points p: 0, 2/3, -2/3, 3/2, -3/2 and infinity. Since 2/3 times 3/2 is 1, powers
 * stay near 1 and so do the errors of rounding: half of those of the usual 1, -1, 2, -2. Two points
 * that differ in sign share the even and the odd powers. */
static const float POINT = 2.0f / 3, POINT2 = 4.0f / 9, POINT3 = 8.0f / 27;
static const float OTHER = 3.0f / 2, OTHER2 = 9.0f / 4, OTHER3 = 27.0f / 8;
static const float POINTS2 = 97.0f / 36; /* POINT2 + OTHER2 */

/* x[0], x[1] = even +- factor odd */
TILE_INLINE void winograd_signs(vec even, float factor, vec odd, vec *x) {
    x[0] = vfma(vset1(factor), odd, even);
    x[1] = vfma(vset1(-factor), odd, even);
}

/* factor a + other b */
TILE_INLINE vec winograd_mix(float factor, vec a, float other, vec b) {
    return vfma(vset1(factor), a, vmul(vset1(other), b));
}

/* B^T */
TILE_INLINE void winograd_input_6(const vec *d, vec *v) {
    const vec points2 = vset1(-POINTS2), point2 = vset1(-POINT2), other2 = vset1(-OTHER2);
    v[0] = vfma(points2, d[2], vadd(d[0], d[4]));
    winograd_signs(vfma(other2, d[2], d[4]), POINT, vfma(other2, d[1], d[3]), v + 1);
    winograd_signs(vfma(point2, d[2], d[4]), OTHER, vfma(point2, d[1], d[3]), v + 3);
    v[5] = vfma(points2, d[3], vadd(d[1], d[5]));
}

/* G of F(4, 3): powers of 2/3 times -81/130, of 3/2 times 16/130. */
TILE_INLINE void winograd_kernel_4_3(const vec *g, vec *u) {
    u[0] = g[0];
    winograd_signs(winograd_mix(-81.0f / 130, g[0], -36.0f / 130, g[2]), -54.0f / 130, g[1], u + 1);
    winograd_signs(winograd_mix(16.0f / 130, g[0], 36.0f / 130, g[2]), 24.0f / 130, g[1], u + 3);
    u[5] = g[2];
}

/* A^T of F(4, 3). */
TILE_INLINE void winograd_output_4_3(const vec *m, vec *y) {
    vec sum = vadd(m[1], m[2]), difference = vsub(m[1], m[2]);
    vec sum2 = vadd(m[3], m[4]), difference2 = vsub(m[3], m[4]);
    y[0] = vadd(vadd(m[0], sum), sum2);
    y[1] = winograd_mix(OTHER, difference2, POINT, difference);
    y[2] = winograd_mix(OTHER2, sum2, POINT2, sum);
    y[3] = vadd(winograd_mix(OTHER3, difference2, POINT3, difference), m[5]);
}

/* G of F(2, 5). */
TILE_INLINE void winograd_kernel_2_5(const vec *g, vec *u) {
    vec even = winograd_mix(-81.0f / 130, g[0], -36.0f / 130, g[2]);
    vec even2 = winograd_mix(16.0f / 130, g[0], 36.0f / 130, g[2]);
    u[0] = g[0];
    winograd_signs(vfma(vset1(-16.0f / 130), g[4], even), 1,
                   winograd_mix(-54.0f / 130, g[1], -24.0f / 130, g[3]), u + 1);
    winograd_signs(vfma(vset1(81.0f / 130), g[4], even2), 1,
                   winograd_mix(24.0f / 130, g[1], 54.0f / 130, g[3]), u + 3);
    u[5] = g[4];
}

/* A^T of F(2, 5). */
TILE_INLINE void winograd_output_2_5(const vec *m, vec *y) {
    vec sum = vadd(m[1], m[2]), difference = vsub(m[1], m[2]);
    vec sum2 = vadd(m[3], m[4]), difference2 = vsub(m[3], m[4]);
    y[0] = vadd(vadd(m[0], sum), sum2);
    y[1] = vadd(winograd_mix(OTHER, difference2, POINT, difference), m[5]);
}

/* Sides of the points 1, -1, 1/2, -1/2 and infinity: B^T. */
TILE_INLINE void winograd_input_5(const vec *d, vec *v) {
    const vec quarter = vset1(-0.25f);
    winograd_signs(vfma(quarter, d[1], d[3]), 1, vfma(quarter, d[0], d[2]), v);
    winograd_signs(vsub(d[3], d[1]), 0.5f, vsub(d[2], d[0]), v + 2);
    v[4] = vadd(winograd_mix(0.25f, d[0], -1.25f, d[2]), d[4]);
}

/* G of F(4, 2). */
TILE_INLINE void winograd_kernel_4_2(const vec *g, vec *u) {
    winograd_signs(vmul(vset1(2.0f / 3), g[1]), 2.0f / 3, g[0], u);
    winograd_signs(vmul(vset1(-2.0f / 3), g[1]), -4.0f / 3, g[0], u + 2);
    u[4] = g[1];
}

/* A^T of F(4, 2). */
TILE_INLINE void winograd_output_4_2(const vec *m, vec *y) {
    vec sum = vadd(m[0], m[1]), difference = vsub(m[0], m[1]);
    vec sum2 = vadd(m[2], m[3]), difference2 = vsub(m[2], m[3]);
    y[0] = vadd(sum, sum2);
    y[1] = vfma(vset1(0.5f), difference2, difference);
    y[2] = vfma(vset1(0.25f), sum2, sum);
    y[3] = vadd(vfma(vset1(0.125f), difference2, difference), m[4]);
}

/* Lines: F(6, 3) and F(4, 5) of the points 0, 1, -1, 2, -2, 1/2, -1/2 and infinity. */
static const float WINOGRAD_INPUT_8[8][8] = {
    {1, 0, -5.25f, 0, 5.25f, 0, -1, 0},        {0, 1, 1, -4.25f, -4.25f, 1, 1, 0},
    {0, -1, 1, 4.25f, -4.25f, -1, 1, 0},       {0, 0.5f, 0.25f, -2.5f, -1.25f, 2, 1, 0},
    {0, -0.5f, 0.25f, 2.5f, -1.25f, -2, 1, 0}, {0, 2, 4, -2.5f, -5, 0.5f, 1, 0},
    {0, -2, 4, 2.5f, -5, -0.5f, 1, 0},         {0, -1, 0, 5.25f, 0, -5.25f, 0, 1},
};
/* Powers of the points; the kernel's are scaled. */
static const float WINOGRAD_POWERS_8[8][6] = {
    {1, 0, 0, 0, 0, 0},
    {1, 1, 1, 1, 1, 1},
    {1, -1, 1, -1, 1, -1},
    {1, 2, 4, 8, 16, 32},
    {1, -2, 4, -8, 16, -32},
    {1, 0.5f, 0.25f, 0.125f, 0.0625f, 0.03125f},
    {1, -0.5f, 0.25f, -0.125f, 0.0625f, -0.03125f},
    {0, 0, 0, 0, 0, 0},
};
static const float WINOGRAD_SCALES_8[8] = {
    1, -2.0f / 9, -2.0f / 9, 1.0f / 90, 1.0f / 90, 32.0f / 45, 32.0f / 45, 1,
};

/* Entry of the powers of a point, up to the last of `count`, which alone infinity has. */
TILE_INLINE float winograd_power(int point, int power, int count) {
    return point < 7 ? WINOGRAD_POWERS_8[point][power] : power == count - 1;
}

TILE_INLINE vec winograd_add(vec sum, float factor, vec x) {
    return factor == 0 ? sum : factor == 1 ? vadd(sum, x) : vfma(vset1(factor), x, sum);
}

/* B^T of the eight points. */
TILE_INLINE void winograd_input_8(const vec *d, vec *v) {
    UNROLL
    for (int i = 0; i < 8; i++) {
        v[i] = vzero();
        UNROLL
        for (int j = 0; j < 8; j++)
            v[i] = winograd_add(v[i], WINOGRAD_INPUT_8[i][j], d[j]);
    }
}

/* G of F(9 - taps, taps). */
TILE_INLINE void winograd_kernel_8(const vec *g, vec *u, int taps) {
    UNROLL
    for (int i = 0; i < 8; i++) {
        u[i] = vzero();
        UNROLL
        for (int j = 0; j < taps; j++)
            u[i] = winograd_add(u[i], WINOGRAD_SCALES_8[i] * winograd_power(i, j, taps), g[j]);
    }
}
TILE_INLINE void winograd_kernel_6_3(const vec *g, vec *u) { winograd_kernel_8(g, u, 3); }
TILE_INLINE void winograd_kernel_4_5(const vec *g, vec *u) { winograd_kernel_8(g, u, 5); }

/* A^T of F(out, 9 - out). */
TILE_INLINE void winograd_output_8(const vec *m, vec *y, int out) {
    UNROLL
    for (int i = 0; i < out; i++) {
        y[i] = vzero();
        UNROLL
        for (int j = 0; j < 8; j++)
            y[i] = winograd_add(y[i], winograd_power(j, i, out), m[j]);
    }
}
TILE_INLINE void winograd_output_6_3(const vec *m, vec *y) { winograd_output_8(m, y, 6); }
TILE_INLINE void winograd_output_4_5(const vec *m, vec *y) { winograd_output_8(m, y, 4); }

static const float winograd_zeros[VLEN]; /* a position outside of the image */

/* v[i][j] = (B^T d B)[i][j] */
TILE_INLINE void winograd_input_lanes(const struct winograd_input *t, const float *x, float *v,
                                      int lanes, bool inside, struct winograd_sides s) {
    vec half[WINOGRAD_SIZE][WINOGRAD_SIZE]; /* B^T d, by columns */
    for (int w = 0; w < s.columns; w++) {
        vec d[WINOGRAD_SIZE];
        UNROLL
        for (int h = 0; h < s.rows; h++) {
            const float *from = x + h * t->row + w * t->pixel;
            bool in =
                inside || (h >= t->h_first && h < t->h_last && w >= t->w_first && w < t->w_last);
            d[h] = load_lanes(in ? from : winograd_zeros, lanes);
        }
        s.down(d, half[w]);
    }
    for (int i = 0; i < s.rows; i++) {
        vec row[WINOGRAD_SIZE], all[WINOGRAD_SIZE];
        UNROLL
        for (int w = 0; w < s.columns; w++)
            row[w] = half[w][i];
        s.along(row, all);
        UNROLL
        for (int j = 0; j < s.columns; j++)
            vstore(v + (i * s.columns + j) * t->plane, all[j]);
    }
}

TILE_INLINE void winograd_input_channels(const struct winograd_input *t, bool inside,
                                         struct winograd_sides s) {
    int64_t c = 0;
    for (; c + VLEN <= t->channels; c += VLEN)
        winograd_input_lanes(t, t->x + c, t->v + c, VLEN, inside, s);
    if (c < t->channels)
        winograd_input_lanes(t, t->x + c, t->v + c, (int)(t->channels - c), inside, s);
}

TILE_INLINE void winograd_input_tile(const struct winograd_input *t, struct winograd_sides s) {
    if (t->h_first == 0 && t->w_first == 0 && t->h_last == s.rows && t->w_last == s.columns)
        winograd_input_channels(t, true, s);
    else
        winograd_input_channels(t, false, s);
}

static void winograd_input_6x6(const struct winograd_input *t) {
    winograd_input_tile(t, (struct winograd_sides){winograd_input_6, winograd_input_6, 6, 6});
}

static void winograd_input_5x5(const struct winograd_input *t) {
    winograd_input_tile(t, (struct winograd_sides){winograd_input_5, winograd_input_5, 5, 5});
}

static void winograd_input_1x8(const struct winograd_input *t) {
    winograd_input_tile(t, (struct winograd_sides){winograd_line, winograd_input_8, 1, 8});
}

/* y[h][w] = finish((A^T m A)[h][w]): high x wide outputs. */
TILE_INLINE void winograd_output_lanes(const struct winograd_output *t, int64_t c, int lanes,
                                       struct winograd_sides s, int high, int wide) {
    vec half[WINOGRAD_SIZE][WINOGRAD_SIZE]; /* A^T m, by columns */
    const float *m = t->m + c;
    for (int j = 0; j < s.columns; j++) {
        vec column[WINOGRAD_SIZE];
        UNROLL
        for (int i = 0; i < s.rows; i++)
            column[i] = vload(m + (i * s.columns + j) * t->plane);
        s.down(column, half[j]);
    }
    vec bias = finish_bias(t->finish, t->channel + c, lanes);
    UNROLL
    for (int h = 0; h < high; h++) {
        if (h >= t->rows)
            break;
        vec row[WINOGRAD_SIZE], y[WINOGRAD_SIZE];
        UNROLL
        for (int j = 0; j < s.columns; j++)
            row[j] = half[j][h];
        s.along(row, y);
        UNROLL
        for (int w = 0; w < wide; w++)
            if (w < t->columns) {
                float *to = t->y + h * t->row + w * t->pixel + c;
                store_lanes(to, finish_vec(t->finish, y[w], bias, to, lanes), lanes);
            }
    }
}

TILE_INLINE void winograd_output_tile(const struct winograd_output *t, struct winograd_sides s,
                                      int high, int wide) {
    int64_t c = 0;
    for (; c + VLEN <= t->channels; c += VLEN)
        winograd_output_lanes(t, c, VLEN, s, high, wide);
    if (c < t->channels)
        winograd_output_lanes(t, c, (int)(t->channels - c), s, high, wide);
}

static void winograd_output_4x4_3x3(const struct winograd_output *t) {
    struct winograd_sides s = {winograd_output_4_3, winograd_output_4_3, 6, 6};
    winograd_output_tile(t, s, 4, 4);
}

static void winograd_output_2x2_5x5(const struct winograd_output *t) {
    struct winograd_sides s = {winograd_output_2_5, winograd_output_2_5, 6, 6};
    winograd_output_tile(t, s, 2, 2);
}

static void winograd_output_4x4_2x2(const struct winograd_output *t) {
    struct winograd_sides s = {winograd_output_4_2, winograd_output_4_2, 5, 5};
    winograd_output_tile(t, s, 4, 4);
}

static void winograd_output_1x6_3(const struct winograd_output *t) {
    winograd_output_tile(t, (struct winograd_sides){winograd_line, winograd_output_6_3, 1, 8}, 1,
                         6);
}

static void winograd_output_1x4_5(const struct winograd_output *t) {
    winograd_output_tile(t, (struct winograd_sides){winograd_line, winograd_output_4_5, 1, 8}, 1,
                         4);
}

/* u[i][j] = (G g G^T)[i][j] for a row of pairs of channels: high x wide taps. */
TILE_INLINE void winograd_kernel_lanes(const struct winograd_kernel *t, const float *g, float *u,
                                       int lanes, struct winograd_sides s, int high, int wide) {
    vec half[WINOGRAD_SIZE][WINOGRAD_SIZE]; /* G g, by columns */
    for (int w = 0; w < wide; w++) {
        vec column[WINOGRAD_SIZE];
        UNROLL
        for (int h = 0; h < high; h++)
            column[h] = load_lanes(g + h * t->tap_row + w * t->tap, lanes);
        s.down(column, half[w]);
    }
    for (int i = 0; i < s.rows; i++) {
        vec row[WINOGRAD_SIZE], all[WINOGRAD_SIZE];
        UNROLL
        for (int w = 0; w < wide; w++)
            row[w] = half[w][i];
        s.along(row, all);
        UNROLL
        for (int j = 0; j < s.columns; j++)
            vstore(u + (i * s.columns + j) * t->plane, all[j]);
    }
}

TILE_INLINE void winograd_kernel_rows(const struct winograd_kernel *t, struct winograd_sides s,
                                      int high, int wide) {
    const float *g = t->g;
    float *u = t->u;
    for (int64_t r = 0; r < t->rows; r++, g += t->row, u += t->width) {
        int64_t c = 0;
        for (; c + VLEN <= t->columns; c += VLEN)
            winograd_kernel_lanes(t, g + c, u + c, VLEN, s, high, wide);
        if (c < t->columns)
            winograd_kernel_lanes(t, g + c, u + c, (int)(t->columns - c), s, high, wide);
    }
}

static void winograd_kernel_4x4_3x3(const struct winograd_kernel *t) {
    struct winograd_sides s = {winograd_kernel_4_3, winograd_kernel_4_3, 6, 6};
    winograd_kernel_rows(t, s, 3, 3);
}

static void winograd_kernel_2x2_5x5(const struct winograd_kernel *t) {
    struct winograd_sides s = {winograd_kernel_2_5, winograd_kernel_2_5, 6, 6};
    winograd_kernel_rows(t, s, 5, 5);
}

static void winograd_kernel_4x4_2x2(const struct winograd_kernel *t) {
    struct winograd_sides s = {winograd_kernel_4_2, winograd_kernel_4_2, 5, 5};
    winograd_kernel_rows(t, s, 2, 2);
}

static void winograd_kernel_1x6_3(const struct winograd_kernel *t) {
    winograd_kernel_rows(t, (struct winograd_sides){winograd_line, winograd_kernel_6_3, 1, 8}, 1,
                         3);
}

static void winograd_kernel_1x4_5(const struct winograd_kernel *t) {
    winograd_kernel_rows(t, (struct winograd_sides){winograd_line, winograd_kernel_4_5, 1, 8}, 1,
                         5);
}
