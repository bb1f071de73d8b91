/* reduce.h: folds of rows and columns. Sums are kept in blocks, so that their error grows with the
 * number of blocks or the length of one, not with n. */

enum { FOLD_ROWS = 128 }; /* rows of a block of columns */
enum { FOLD_COLS = 4 };   /* vecs side by side */
enum { FOLD_STEPS = 64 }; /* steps of FOLD_COLS vecs of a block of one row */

/* A fold: y = combine(y, map(x)) from an identity. */
struct fold {
    vec (*combine)(vec, vec);
    vec (*map)(vec);
    float identity;
};

BODY vec map_itself(vec x) { return x; }
BODY vec map_square(vec x) { return vmul(x, x); }

/* One block of columns [0, vecs x VLEN) or, when vecs is 0, of the first n lanes. */
BODY void fold_block(struct fold f, const float *x, int64_t rows, int64_t stride, int vecs, int n,
                     float *y) {
    vec sum[FOLD_COLS];
    int count = vecs ? vecs : 1;
    for (int v = 0; v < count; v++)
        sum[v] = vset1(f.identity);
    for (int64_t r = 0; r < rows; r++)
        for (int v = 0; v < count; v++) {
            const float *p = x + r * stride + v * VLEN;
            sum[v] = f.combine(sum[v], f.map(vecs ? vload(p) : vloadn(p, n)));
        }
    for (int v = 0; v < count; v++) {
        float *p = y + v * VLEN;
        if (vecs)
            vstore(p, f.combine(vload(p), sum[v]));
        else
            vstoren(p, f.combine(vloadn(p, n), sum[v]), n);
    }
}

BODY void fold_columns(struct fold f, const float *x, int64_t rows, int64_t cols, int64_t stride,
                       float *y) {
    for (; rows > 0; rows -= FOLD_ROWS, x += FOLD_ROWS * stride) {
        int64_t block = rows < FOLD_ROWS ? rows : FOLD_ROWS, c = 0;
        for (; c + FOLD_COLS * VLEN <= cols; c += FOLD_COLS * VLEN)
            fold_block(f, x + c, block, stride, FOLD_COLS, 0, y + c);
        for (; c + VLEN <= cols; c += VLEN)
            fold_block(f, x + c, block, stride, 1, 0, y + c);
        if (c < cols)
            fold_block(f, x + c, block, stride, 0, (int)(cols - c), y + c);
    }
}

/* All lanes get the fold of all. */
BODY vec fold_lanes(struct fold f, vec v) {
    for (int distance = VLEN / 2; distance > 0; distance /= 2)
        v = f.combine(v, vswap(v, distance));
    return v;
}

/* Whole vecs of a row: blocks of four accumulators. */
BODY vec fold_vecs(struct fold f, const float *x, int64_t n) {
    const int64_t step = FOLD_COLS * VLEN;
    vec total = vset1(f.identity);
    while (n >= step) {
        vec sum[FOLD_COLS];
        int64_t steps = n / step < FOLD_STEPS ? n / step : FOLD_STEPS;
        for (int v = 0; v < FOLD_COLS; v++)
            sum[v] = vset1(f.identity);
        for (int64_t i = 0; i < steps; i++, x += step)
            for (int v = 0; v < FOLD_COLS; v++)
                sum[v] = f.combine(sum[v], f.map(vload(x + v * VLEN)));
        sum[0] = f.combine(f.combine(sum[0], sum[1]), f.combine(sum[2], sum[3]));
        total = f.combine(total, sum[0]);
        n -= steps * step;
    }
    for (; n >= VLEN; n -= VLEN, x += VLEN)
        total = f.combine(total, f.map(vload(x)));
    return total;
}

/* In all lanes. */
BODY vec fold_row(struct fold f, const float *x, int64_t n) {
    int rest = (int)(n % VLEN);
    vec total = fold_vecs(f, x, n);
    if (rest > 0) {
        vec last = f.combine(total, f.map(vloadn(x + n - rest, rest)));
        total = vselect(vfirst(rest), last, total);
    }
    return fold_lanes(f, total);
}

BODY void fold_rows(struct fold f, const float *x, int64_t rows, int64_t n, float *y) {
    for (int64_t r = 0; r < rows; r++)
        y[r] = first_lane(fold_row(f, x + r * n, n));
}

#define FOLD_sum ((struct fold){vadd, map_itself, 0.0f})
#define FOLD_mean FOLD_sum /* the op divides */
#define FOLD_max ((struct fold){vmaximum, map_itself, -INFINITY})
#define FOLD_min ((struct fold){vminimum, map_itself, INFINITY})
#define FOLD_product ((struct fold){vmul, map_itself, 1.0f})
#define FOLD_sum_squares ((struct fold){vadd, map_square, 0.0f})

#define FOLD_KERNELS(name)                                                                      \
    static void fold_columns_##name(const float *x, int64_t rows, int64_t cols, int64_t stride, \
                                    float *y) {                                                 \
        fold_columns(FOLD_##name, x, rows, cols, stride, y);                                    \
    }                                                                                           \
    static void fold_rows_##name(const float *x, int64_t rows, int64_t n, float *y) {           \
        fold_rows(FOLD_##name, x, rows, n, y);                                                  \
    }
FOLD_LIST(FOLD_KERNELS)
#define FOLD_COLUMNS_ENTRY(name) [REDUCE_##name] = fold_columns_##name,
#define FOLD_ROWS_ENTRY(name) [REDUCE_##name] = fold_rows_##name,
/* Partial results are folded as they are; only the first fold squares. */
#define FOLD_MERGE_ENTRY(name) \
    [REDUCE_##name] = REDUCE_##name == REDUCE_sum_squares ? fold_columns_sum : fold_columns_##name,

/* Row of the first largest (or smallest) number of each column; a NaN counts as larger than all. */
enum { ARG_COLS = 64 };

static void arg_block(const float *x, int64_t rows, int cols, int64_t stride, float sign,
                      int32_t *y) {
    float best[ARG_COLS];
    for (int c = 0; c < cols; c++) {
        best[c] = sign * x[c];
        y[c] = 0;
    }
    for (int64_t r = 1; r < rows; r++)
        for (int c = 0; c < cols; c++) {
            float v = sign * x[r * stride + c];
            bool better = v > best[c] || (v != v && best[c] == best[c]);
            best[c] = better ? v : best[c];
            y[c] = better ? (int32_t)r : y[c];
        }
}

static void arg_columns(const float *x, int64_t rows, int64_t cols, int64_t stride, bool largest,
                        int32_t *y) {
    float sign = largest ? 1.0f : -1.0f;
    for (int64_t c = 0; c < cols; c += ARG_COLS)
        arg_block(x + c, rows, (int)(cols - c < ARG_COLS ? cols - c : ARG_COLS), stride, sign,
                  y + c);
}

/* The first lane that is `best`, or NaN; VLEN where there is none. */
BODY int first_match(vec v, vec best) {
    const vec none = vset1(VLEN);
    vec at = vselect(veq(v, v), none, vload(LANE)); /* NaN */
    at = vselect(veq(v, best), vload(LANE), at);
    return (int)first_lane(fold_lanes(FOLD_min, at));
}

/* Place of the first number of a row that is `best`, or NaN if that is. */
BODY int64_t find_first(const float *x, int64_t n, vec best) {
    for (int64_t i = 0; i < n; i += VLEN) {
        int lanes = lanes_of(i, n), first = first_match(load_lanes(x + i, lanes), best);
        if (first < lanes)
            return i + first;
    }
    return 0;
}

static void arg_rows(const float *x, int64_t rows, int64_t n, bool largest, int32_t *y) {
    for (int64_t r = 0; r < rows; r++, x += n) {
        vec best = largest ? fold_row(FOLD_max, x, n) : fold_row(FOLD_min, x, n);
        y[r] = (int32_t)find_first(x, n, best);
    }
}

/* Moments of groups a and b together (Chan, Golub and LeVeque 1979):
 * mean = mean_a + d nb / n, m2 = m2_a + m2_b + d^2 na nb / n, with d = mean_b - mean_a. */
struct moments {
    vec mean, m2;
};
BODY struct moments moments_join(int64_t na, struct moments a, int64_t nb, struct moments b) {
    float share = (float)nb / (float)(na + nb);
    vec d = vsub(b.mean, a.mean);
    vec mean = vfma(d, vset1(share), a.mean);
    vec m2 = vfma(vmul(d, d), vset1(share * (float)na), vadd(a.m2, b.m2));
    return (struct moments){mean, m2};
}

static void moments_merge(int64_t na, float *mean, float *m2, int64_t nb, const float *mean_b,
                          const float *m2_b, int64_t cols) {
    if (nb == 0)
        return;
    for (int64_t c = 0; c < cols; c += VLEN) {
        int n = lanes_of(c, cols);
        struct moments a = {load_lanes(mean + c, n), load_lanes(m2 + c, n)};
        struct moments b = {load_lanes(mean_b + c, n), load_lanes(m2_b + c, n)};
        a = moments_join(na, a, nb, b);
        store_lanes(mean + c, a.mean, n);
        store_lanes(m2 + c, a.m2, n);
    }
}

/* Corrects a mean and m2 around it by the sum of deviations, 0 but for the mean's rounding. */
BODY struct moments moments_correct(int64_t count, vec mean, vec m2, vec deviations) {
    vec shift = vmul(deviations, vset1(1.0f / (float)count));
    return (struct moments){vadd(mean, shift), vsub(m2, vmul(shift, deviations))};
}

BODY vec add_four(const vec v[4]) { return vadd(vadd(v[0], v[1]), vadd(v[2], v[3])); }

BODY void moments_add(const float *x, int n, vec mean, vec *m2, vec *deviations) {
    vec d = vsub(load_lanes(x, n), mean);
    *deviations = vadd(*deviations, d);
    *m2 = vfma(d, d, *m2);
}

/* n columns, n <= VLEN, of at most FOLD_ROWS rows, four at a time: the second pass reads what the
 * first cached. */
BODY struct moments moments_block(const float *x, int64_t rows, int64_t stride, int n) {
    vec sum[4], m2[4], deviations[4];
    UNROLL
    for (int i = 0; i < 4; i++)
        sum[i] = m2[i] = deviations[i] = vzero();
    int64_t r = 0;
    for (; r + 4 <= rows; r += 4)
        UNROLL
    for (int i = 0; i < 4; i++)
        sum[i] = vadd(sum[i], load_lanes(x + (r + i) * stride, n));
    for (; r < rows; r++)
        sum[0] = vadd(sum[0], load_lanes(x + r * stride, n));
    vec mean = vmul(add_four(sum), vset1(1.0f / (float)rows));
    for (r = 0; r + 4 <= rows; r += 4)
        UNROLL
    for (int i = 0; i < 4; i++)
        moments_add(x + (r + i) * stride, n, mean, &m2[i], &deviations[i]);
    for (; r < rows; r++)
        moments_add(x + r * stride, n, mean, &m2[0], &deviations[0]);
    return moments_correct(rows, mean, add_four(m2), add_four(deviations));
}

BODY void moments_add_block(int64_t before, const float *x, int64_t rows, int64_t stride, int n,
                            float *mean, float *m2) {
    struct moments a = {load_lanes(mean, n), load_lanes(m2, n)};
    a = moments_join(before, a, rows, moments_block(x, rows, stride, n));
    store_lanes(mean, a.mean, n);
    store_lanes(m2, a.m2, n);
}

static void moments_columns(const float *x, int64_t rows, int64_t cols, int64_t stride, float *mean,
                            float *m2) {
    fill_sweep(mean, cols, 0.0f);
    fill_sweep(m2, cols, 0.0f);
    for (int64_t r = 0; r < rows; r += FOLD_ROWS) {
        int64_t block = rows - r < FOLD_ROWS ? rows - r : FOLD_ROWS, c = 0;
        const float *p = x + r * stride;
        for (; c + VLEN <= cols; c += VLEN)
            moments_add_block(r, p + c, block, stride, VLEN, mean + c, m2 + c);
        if (c < cols)
            moments_add_block(r, p + c, block, stride, (int)(cols - c), mean + c, m2 + c);
    }
}

/* One row of n numbers, in the lanes of a vec. */
BODY void moments_row(const float *x, int64_t n, float *mean, float *m2) {
    vec center = vdiv(fold_row(FOLD_sum, x, n), vset1((float)n));
    vec sum = vzero(), deviations = vzero();
    for (int64_t i = 0; i < n; i += VLEN) {
        int lanes = lanes_of(i, n);
        vec d = first_or_zero(vsub(load_lanes(x + i, lanes), center), lanes);
        deviations = vadd(deviations, d);
        sum = vfma(d, d, sum);
    }
    deviations = fold_lanes(FOLD_sum, deviations);
    struct moments m = moments_correct(n, center, fold_lanes(FOLD_sum, sum), deviations);
    *mean = first_lane(m.mean);
    *m2 = first_lane(m.m2);
}

static void moments_rows(const float *x, int64_t rows, int64_t n, float *mean, float *m2) {
    for (int64_t r = 0; r < rows; r++)
        moments_row(x + r * n, n, mean + r, m2 + r);
}
