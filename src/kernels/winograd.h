/* winograd.h: one tile of Winograd's convolution (Winograd 1980; Lavin and Gray 2016, "Fast
 * Algorithms for Convolutional Neural Networks"), along channels:
 *
 *   Y = A^T [(G g G^T) * (B^T d B)] A        * element by element, summed over channels by the GEMM
 *
 * d: the pixels that a tile reads, g: the kernel of one pair of channels, Y: the pixels it makes.
 * A form F(m, r) makes m outputs of r taps from m + r - 1 products, one for each point: 0, 1, -1,
 * 2, -2 and infinity; B^T depends on the points alone. */

enum { WINOGRAD_SIZE = 6 }; /* of a tile's side, at most */

/* One side of a tile: y = M x for one of the matrices. */
typedef void winograd_side(const vec *x, vec *y);

/* B^T of the points 0, 1, -1, 2, -2, infinity. */
TILE_INLINE void winograd_input_6(const vec *d, vec *v) {
    const vec two = vset1(2), four = vset1(-4), five = vset1(-5);
    vec even = vfma(four, d[2], d[4]), odd = vfma(four, d[1], d[3]);
    vec even2 = vsub(d[4], d[2]), odd2 = vsub(d[3], d[1]);
    v[0] = vsub(vfma(five, d[2], d[4]), vmul(four, d[0]));
    v[1] = vadd(even, odd);
    v[2] = vsub(even, odd);
    v[3] = vfma(two, odd2, even2);
    v[4] = vsub(even2, vmul(two, odd2));
    v[5] = vsub(vfma(five, d[3], d[5]), vmul(four, d[1]));
}

/* G of F(4, 3). */
TILE_INLINE void winograd_kernel_4_3(const vec *g, vec *u) {
    vec sum = vmul(vset1(-1.0f / 6), vadd(g[0], g[2])), middle = vmul(vset1(1.0f / 6), g[1]);
    vec sum2 = vfma(vset1(1.0f / 24), g[0], vmul(vset1(1.0f / 6), g[2]));
    vec middle2 = vmul(vset1(1.0f / 12), g[1]);
    u[0] = vmul(vset1(0.25f), g[0]);
    u[1] = vsub(sum, middle);
    u[2] = vadd(sum, middle);
    u[3] = vadd(sum2, middle2);
    u[4] = vsub(sum2, middle2);
    u[5] = g[2];
}

/* A^T of F(4, 3). */
TILE_INLINE void winograd_output_4_3(const vec *m, vec *y) {
    vec sum = vadd(m[1], m[2]), difference = vsub(m[1], m[2]);
    vec sum2 = vadd(m[3], m[4]), difference2 = vsub(m[3], m[4]);
    y[0] = vadd(vadd(m[0], sum), sum2);
    y[1] = vfma(vset1(2), difference2, difference);
    y[2] = vfma(vset1(4), sum2, sum);
    y[3] = vadd(vfma(vset1(8), difference2, difference), m[5]);
}

/* G of F(2, 5). */
TILE_INLINE void winograd_kernel_2_5(const vec *g, vec *u) {
    vec sum = vmul(vset1(-1.0f / 6), vadd(vadd(g[0], g[2]), g[4]));
    vec odd = vmul(vset1(1.0f / 6), vadd(g[1], g[3]));
    vec sum2 = vmul(vset1(1.0f / 24), vfma(vset1(16), g[4], vfma(vset1(4), g[2], g[0])));
    vec odd2 = vmul(vset1(1.0f / 12), vfma(vset1(4), g[3], g[1]));
    u[0] = vmul(vset1(0.25f), g[0]);
    u[1] = vsub(sum, odd);
    u[2] = vadd(sum, odd);
    u[3] = vadd(sum2, odd2);
    u[4] = vsub(sum2, odd2);
    u[5] = g[4];
}

/* A^T of F(2, 5). */
TILE_INLINE void winograd_output_2_5(const vec *m, vec *y) {
    vec sum = vadd(m[1], m[2]), difference = vsub(m[1], m[2]);
    vec sum2 = vadd(m[3], m[4]), difference2 = vsub(m[3], m[4]);
    y[0] = vadd(vadd(m[0], sum), sum2);
    y[1] = vadd(vfma(vset1(2), difference2, difference), m[5]);
}

static const float winograd_zeros[VLEN]; /* a position outside of the image */

/* v[i][j] = (B^T d B)[i][j]: `size` positions a side. */
TILE_INLINE void winograd_input_lanes(const struct winograd_input *t, const float *x, float *v,
                                      int lanes, bool inside, winograd_side *side, int size) {
    vec half[WINOGRAD_SIZE][WINOGRAD_SIZE]; /* B^T d, by columns */
    for (int w = 0; w < size; w++) {
        vec d[WINOGRAD_SIZE];
        UNROLL
        for (int h = 0; h < size; h++) {
            const float *from = x + h * t->row + w * t->pixel;
            bool in =
                inside || (h >= t->h_first && h < t->h_last && w >= t->w_first && w < t->w_last);
            d[h] = load_lanes(in ? from : winograd_zeros, lanes);
        }
        side(d, half[w]);
    }
    for (int i = 0; i < size; i++) {
        vec row[WINOGRAD_SIZE], all[WINOGRAD_SIZE];
        UNROLL
        for (int w = 0; w < size; w++)
            row[w] = half[w][i];
        side(row, all);
        UNROLL
        for (int j = 0; j < size; j++)
            vstore(v + (i * size + j) * t->plane, all[j]);
    }
}

TILE_INLINE void winograd_input_channels(const struct winograd_input *t, bool inside,
                                         winograd_side *side, int size) {
    int64_t c = 0;
    for (; c + VLEN <= t->channels; c += VLEN)
        winograd_input_lanes(t, t->x + c, t->v + c, VLEN, inside, side, size);
    if (c < t->channels)
        winograd_input_lanes(t, t->x + c, t->v + c, (int)(t->channels - c), inside, side, size);
}

TILE_INLINE void winograd_input_tile(const struct winograd_input *t, winograd_side *side,
                                     int size) {
    if (t->h_first == 0 && t->w_first == 0 && t->h_last == size && t->w_last == size)
        winograd_input_channels(t, true, side, size);
    else
        winograd_input_channels(t, false, side, size);
}

static void winograd_input_6x6(const struct winograd_input *t) {
    winograd_input_tile(t, winograd_input_6, 6);
}

/* y[h][w] = finish((A^T m A)[h][w]): `out` outputs a side. */
TILE_INLINE void winograd_output_lanes(const struct winograd_output *t, int64_t c, int lanes,
                                       winograd_side *side, int size, int out) {
    vec half[WINOGRAD_SIZE][WINOGRAD_SIZE]; /* A^T m, by columns */
    const float *m = t->m + c;
    for (int j = 0; j < size; j++) {
        vec column[WINOGRAD_SIZE];
        UNROLL
        for (int i = 0; i < size; i++)
            column[i] = vload(m + (i * size + j) * t->plane);
        side(column, half[j]);
    }
    vec bias = finish_bias(t->finish, t->channel + c, lanes);
    UNROLL
    for (int h = 0; h < out; h++) {
        if (h >= t->rows)
            break;
        vec row[WINOGRAD_SIZE], y[WINOGRAD_SIZE];
        UNROLL
        for (int j = 0; j < size; j++)
            row[j] = half[j][h];
        side(row, y);
        UNROLL
        for (int w = 0; w < out; w++)
            if (w < t->columns) {
                float *to = t->y + h * t->row + w * t->pixel + c;
                store_lanes(to, finish_vec(t->finish, y[w], bias, to, lanes), lanes);
            }
    }
}

TILE_INLINE void winograd_output_tile(const struct winograd_output *t, winograd_side *side,
                                      int size, int out) {
    int64_t c = 0;
    for (; c + VLEN <= t->channels; c += VLEN)
        winograd_output_lanes(t, c, VLEN, side, size, out);
    if (c < t->channels)
        winograd_output_lanes(t, c, (int)(t->channels - c), side, size, out);
}

static void winograd_output_4x4_3x3(const struct winograd_output *t) {
    winograd_output_tile(t, winograd_output_4_3, 6, 4);
}

static void winograd_output_2x2_5x5(const struct winograd_output *t) {
    winograd_output_tile(t, winograd_output_2_5, 6, 2);
}

/* u[i][j] = (G g G^T)[i][j] for a row of pairs of channels. */
TILE_INLINE void winograd_kernel_lanes(const struct winograd_kernel *t, const float *g, float *u,
                                       int lanes, winograd_side *side, int size, int taps) {
    vec half[WINOGRAD_SIZE][WINOGRAD_SIZE]; /* G g, by columns */
    for (int w = 0; w < taps; w++) {
        vec column[WINOGRAD_SIZE];
        UNROLL
        for (int h = 0; h < taps; h++)
            column[h] = load_lanes(g + (h * taps + w) * t->tap, lanes);
        side(column, half[w]);
    }
    for (int i = 0; i < size; i++) {
        vec row[WINOGRAD_SIZE], all[WINOGRAD_SIZE];
        UNROLL
        for (int w = 0; w < taps; w++)
            row[w] = half[w][i];
        side(row, all);
        UNROLL
        for (int j = 0; j < size; j++)
            vstore(u + (i * size + j) * t->plane, all[j]);
    }
}

TILE_INLINE void winograd_kernel_rows(const struct winograd_kernel *t, winograd_side *side,
                                      int size, int taps) {
    const float *g = t->g;
    float *u = t->u;
    for (int64_t r = 0; r < t->rows; r++, g += t->row, u += t->width) {
        int64_t c = 0;
        for (; c + VLEN <= t->columns; c += VLEN)
            winograd_kernel_lanes(t, g + c, u + c, VLEN, side, size, taps);
        if (c < t->columns)
            winograd_kernel_lanes(t, g + c, u + c, (int)(t->columns - c), side, size, taps);
    }
}

static void winograd_kernel_4x4_3x3(const struct winograd_kernel *t) {
    winograd_kernel_rows(t, winograd_kernel_4_3, 6, 3);
}

static void winograd_kernel_2x2_5x5(const struct winograd_kernel *t) {
    winograd_kernel_rows(t, winograd_kernel_2_5, 6, 5);
}
