/* winograd_weights.h: the kernel gradient in tiles, the transpose of winograd.h's forms: from each
 * tile the d pixels of x and o of dy,
 *
 *   dg = G^T [sum over tiles of (B^T d B) * (A o A^T)] G
 *
 * with the product of each pair of channels made, position by position, by the GEMM. */

/* A of F(4, 3). */
TILE_INLINE void winograd_gradient_4_3(const vec *o, vec *w) {
    const vec point2 = vset1(POINT2), other2 = vset1(OTHER2);
    w[0] = o[0];
    winograd_signs(vfma(point2, o[2], o[0]), POINT, vfma(point2, o[3], o[1]), w + 1);
    winograd_signs(vfma(other2, o[2], o[0]), OTHER, vfma(other2, o[3], o[1]), w + 3);
    w[5] = o[3];
}

/* G^T of F(4, 3). */
TILE_INLINE void winograd_sums_4_3(const vec *s, vec *g) {
    vec sum = vadd(s[1], s[2]), difference = vsub(s[1], s[2]);
    vec sum2 = vadd(s[3], s[4]), difference2 = vsub(s[3], s[4]);
    g[0] = vadd(winograd_mix(16.0f / 130, sum2, -81.0f / 130, sum), s[0]);
    g[1] = winograd_mix(24.0f / 130, difference2, -54.0f / 130, difference);
    g[2] = vfma(vset1(36.0f / 130), vsub(sum2, sum), s[5]);
}

/* A of F(2, 5). */
TILE_INLINE void winograd_gradient_2_5(const vec *o, vec *w) {
    w[0] = o[0];
    winograd_signs(o[0], POINT, o[1], w + 1);
    winograd_signs(o[0], OTHER, o[1], w + 3);
    w[5] = o[1];
}

/* G^T of F(2, 5). */
TILE_INLINE void winograd_sums_2_5(const vec *s, vec *g) {
    vec sum = vadd(s[1], s[2]), difference = vsub(s[1], s[2]);
    vec sum2 = vadd(s[3], s[4]), difference2 = vsub(s[3], s[4]);
    g[0] = vadd(winograd_mix(16.0f / 130, sum2, -81.0f / 130, sum), s[0]);
    g[1] = winograd_mix(24.0f / 130, difference2, -54.0f / 130, difference);
    g[2] = vmul(vset1(36.0f / 130), vsub(sum2, sum));
    g[3] = winograd_mix(54.0f / 130, difference2, -24.0f / 130, difference);
    g[4] = vadd(winograd_mix(81.0f / 130, sum2, -16.0f / 130, sum), s[5]);
}

/* A of F(4, 2). */
TILE_INLINE void winograd_gradient_4_2(const vec *o, vec *w) {
    const vec quarter = vset1(0.25f);
    winograd_signs(vadd(o[0], o[2]), 1, vadd(o[1], o[3]), w);
    winograd_signs(vfma(quarter, o[2], o[0]), 0.5f, vfma(quarter, o[3], o[1]), w + 2);
    w[4] = o[3];
}

/* G^T of F(4, 2). */
TILE_INLINE void winograd_sums_4_2(const vec *s, vec *g) {
    vec sums = vsub(vadd(s[0], s[1]), vadd(s[2], s[3]));
    g[0] = winograd_mix(2.0f / 3, vsub(s[0], s[1]), 4.0f / 3, vsub(s[3], s[2]));
    g[1] = vfma(vset1(2.0f / 3), sums, s[4]);
}

/* A and G^T of the lines' forms. */
TILE_INLINE void winograd_gradient_8(const vec *o, vec *w, int out) {
    UNROLL
    for (int i = 0; i < 8; i++) {
        w[i] = vzero();
        UNROLL
        for (int j = 0; j < out; j++)
            w[i] = winograd_add(w[i], winograd_power(i, j, out), o[j]);
    }
}
TILE_INLINE void winograd_gradient_6_3(const vec *o, vec *w) { winograd_gradient_8(o, w, 6); }
TILE_INLINE void winograd_gradient_4_5(const vec *o, vec *w) { winograd_gradient_8(o, w, 4); }

TILE_INLINE void winograd_sums_8(const vec *s, vec *g, int taps) {
    UNROLL
    for (int i = 0; i < taps; i++) {
        g[i] = vzero();
        UNROLL
        for (int j = 0; j < 8; j++)
            g[i] = winograd_add(g[i], WINOGRAD_SCALES_8[j] * winograd_power(j, i, taps), s[j]);
    }
}
TILE_INLINE void winograd_sums_6_3(const vec *s, vec *g) { winograd_sums_8(s, g, 3); }
TILE_INLINE void winograd_sums_4_5(const vec *s, vec *g) { winograd_sums_8(s, g, 5); }

/* w[i][j] = (A o A^T)[i][j] of one tile of high x wide pixels, some of which lie outside. */
TILE_INLINE void winograd_gradient_lanes(const struct winograd_input *t, int64_t c, int lanes,
                                         struct winograd_sides s, int high, int wide) {
    vec half[WINOGRAD_SIZE][WINOGRAD_SIZE]; /* A o, by columns */
    for (int w = 0; w < wide; w++) {
        vec o[WINOGRAD_SIZE];
        UNROLL
        for (int h = 0; h < high; h++) {
            bool in = h < t->h_last && w < t->w_last;
            o[h] = load_lanes(in ? t->x + h * t->row + w * t->pixel + c : winograd_zeros, lanes);
        }
        s.down(o, half[w]);
    }
    for (int i = 0; i < s.rows; i++) {
        vec row[WINOGRAD_SIZE], all[WINOGRAD_SIZE];
        UNROLL
        for (int w = 0; w < wide; w++)
            row[w] = half[w][i];
        s.along(row, all);
        UNROLL
        for (int j = 0; j < s.columns; j++)
            vstore(t->v + (i * s.columns + j) * t->plane + c, all[j]);
    }
}

TILE_INLINE void winograd_gradient_tile(const struct winograd_input *t, struct winograd_sides s,
                                        int high, int wide) {
    int64_t c = 0;
    for (; c + VLEN <= t->channels; c += VLEN)
        winograd_gradient_lanes(t, c, VLEN, s, high, wide);
    if (c < t->channels)
        winograd_gradient_lanes(t, c, (int)(t->channels - c), s, high, wide);
}

static void winograd_gradient_4x4_3x3(const struct winograd_input *t) {
    struct winograd_sides s = {winograd_gradient_4_3, winograd_gradient_4_3, 6, 6};
    winograd_gradient_tile(t, s, 4, 4);
}

static void winograd_gradient_2x2_5x5(const struct winograd_input *t) {
    struct winograd_sides s = {winograd_gradient_2_5, winograd_gradient_2_5, 6, 6};
    winograd_gradient_tile(t, s, 2, 2);
}

static void winograd_gradient_4x4_2x2(const struct winograd_input *t) {
    struct winograd_sides s = {winograd_gradient_4_2, winograd_gradient_4_2, 5, 5};
    winograd_gradient_tile(t, s, 4, 4);
}

static void winograd_gradient_1x6_3(const struct winograd_input *t) {
    winograd_gradient_tile(t, (struct winograd_sides){winograd_line, winograd_gradient_6_3, 1, 8},
                           1, 6);
}

static void winograd_gradient_1x4_5(const struct winograd_input *t) {
    winograd_gradient_tile(t, (struct winograd_sides){winograd_line, winograd_gradient_4_5, 1, 8},
                           1, 4);
}

/* g[h][w] (+)= (G^T s G)[h][w]: high x wide taps. */
TILE_INLINE void winograd_sums_lanes(const struct winograd_sums *t, const float *s, float *g,
                                     int lanes, struct winograd_sides sides, int high, int wide) {
    vec half[WINOGRAD_SIZE][WINOGRAD_SIZE]; /* G^T s, by columns */
    for (int j = 0; j < sides.columns; j++) {
        vec column[WINOGRAD_SIZE];
        UNROLL
        for (int i = 0; i < sides.rows; i++)
            column[i] = vload(s + (i * sides.columns + j) * t->plane);
        sides.down(column, half[j]);
    }
    for (int h = 0; h < high; h++) {
        vec row[WINOGRAD_SIZE], all[WINOGRAD_SIZE];
        UNROLL
        for (int j = 0; j < sides.columns; j++)
            row[j] = half[j][h];
        sides.along(row, all);
        UNROLL
        for (int w = 0; w < wide; w++) {
            float *to = g + h * t->tap_row + w * t->tap;
            store_lanes(to, t->add ? vadd(load_lanes(to, lanes), all[w]) : all[w], lanes);
        }
    }
}

TILE_INLINE void winograd_sums_rows(const struct winograd_sums *t, struct winograd_sides sides,
                                    int high, int wide) {
    const float *s = t->s;
    float *g = t->g;
    for (int64_t r = 0; r < t->rows; r++, s += t->width, g += t->row) {
        int64_t c = 0;
        for (; c + VLEN <= t->columns; c += VLEN)
            winograd_sums_lanes(t, s + c, g + c, VLEN, sides, high, wide);
        if (c < t->columns)
            winograd_sums_lanes(t, s + c, g + c, (int)(t->columns - c), sides, high, wide);
    }
}

static void winograd_sums_4x4_3x3(const struct winograd_sums *t) {
    struct winograd_sides s = {winograd_sums_4_3, winograd_sums_4_3, 6, 6};
    winograd_sums_rows(t, s, 3, 3);
}

static void winograd_sums_4x4_2x2(const struct winograd_sums *t) {
    struct winograd_sides s = {winograd_sums_4_2, winograd_sums_4_2, 5, 5};
    winograd_sums_rows(t, s, 2, 2);
}

static void winograd_sums_1x6_3(const struct winograd_sums *t) {
    winograd_sums_rows(t, (struct winograd_sides){winograd_line, winograd_sums_6_3, 1, 8}, 1, 3);
}

static void winograd_sums_1x4_5(const struct winograd_sums *t) {
    winograd_sums_rows(t, (struct winograd_sides){winograd_line, winograd_sums_4_5, 1, 8}, 1, 5);
}

static void winograd_sums_2x2_5x5(const struct winograd_sums *t) {
    struct winograd_sides s = {winograd_sums_2_5, winograd_sums_2_5, 6, 6};
    winograd_sums_rows(t, s, 5, 5);
}
