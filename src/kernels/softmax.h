/* softmax.h: rows of n classes: softmax(z)_i = e_i / sum(e_j), e_i = exp(z_i - max z). */

/* What a row of z comes to. Of e, whole vecs are in memory, the rest in `last`, since a load of
 * lanes that were just stored with a mask has to wait for the cache. */
struct row_exp {
    vec max, sum, last;
};

/* e = NULL: only the sum is wanted. */
BODY struct row_exp row_exp(const float *z, float *e, int64_t n) {
    vec max = fold_row(FOLD_max, z, n), sum = vzero(), last = vzero();
    int64_t i = 0;
    for (; i + VLEN <= n; i += VLEN) {
        vec v = vexp(vsub(vload(z + i), max));
        sum = vadd(sum, v);
        if (e)
            vstore(e + i, v);
    }
    if (i < n) {
        last = vexp(vsub(vloadn(z + i, lanes_of(i, n)), max));
        sum = vadd(sum, first_or_zero(last, lanes_of(i, n)));
    }
    return (struct row_exp){max, fold_lanes(FOLD_sum, sum), last};
}

/* e_i to e_(i + VLEN - 1). */
BODY vec exp_at(const float *e, struct row_exp row, int64_t i, int64_t n) {
    return i + VLEN <= n ? vload(e + i) : row.last;
}

/* y_i = e_i scale, in place. */
BODY void row_scale(float *y, int64_t n, struct row_exp e, vec scale) {
    for (int64_t i = 0; i < n; i += VLEN)
        store_lanes(y + i, vmul(exp_at(y, e, i, n), scale), lanes_of(i, n));
}

/* log softmax(z)_i = z_i - max - log(sum): its terms apart are exact for huge logits too. */
static void log_softmax(const float *x, float *y, int64_t rows, int64_t n) {
    for (int64_t r = 0; r < rows; r++, x += n, y += n) {
        struct row_exp e = row_exp(x, NULL, n);
        vec log = vlog(e.sum);
        for (int64_t i = 0; i < n; i += VLEN) {
            int lanes = lanes_of(i, n);
            store_lanes(y + i, vsub(vsub(load_lanes(x + i, lanes), e.max), log), lanes);
        }
    }
}

static void softmax(const float *x, float *y, int64_t rows, int64_t n) {
    for (int64_t r = 0; r < rows; r++, x += n, y += n) {
        struct row_exp e = row_exp(x, y, n);
        row_scale(y, n, e, vdiv(vset1(1.0f), e.sum));
    }
}

/* sum_i a_i b_i */
BODY vec row_dot(const float *a, const float *b, int64_t n) {
    vec sum = vzero();
    for (int64_t i = 0; i < n; i += VLEN) {
        int lanes = lanes_of(i, n);
        sum = vfma(load_lanes(a + i, lanes), load_lanes(b + i, lanes), sum);
    }
    return fold_lanes(FOLD_sum, sum);
}

/* dx = y (dy - sum(y dy)) */
static void softmax_gradient(const float *y, const float *dy, float *dx, int64_t rows, int64_t n) {
    for (int64_t r = 0; r < rows; r++, y += n, dy += n, dx += n) {
        vec dot = row_dot(y, dy, n);
        for (int64_t i = 0; i < n; i += VLEN) {
            int lanes = lanes_of(i, n);
            vec d = vsub(load_lanes(dy + i, lanes), dot);
            store_lanes(dx + i, vmul(load_lanes(y + i, lanes), d), lanes);
        }
    }
}

/* dx = dy - exp(y) sum(dy) */
static void log_softmax_gradient(const float *y, const float *dy, float *dx, int64_t rows,
                                 int64_t n) {
    for (int64_t r = 0; r < rows; r++, y += n, dy += n, dx += n) {
        vec sum = fold_row(FOLD_sum, dy, n);
        for (int64_t i = 0; i < n; i += VLEN) {
            int lanes = lanes_of(i, n);
            vec share = vmul(vexp(load_lanes(y + i, lanes)), sum);
            store_lanes(dx + i, vsub(load_lanes(dy + i, lanes), share), lanes);
        }
    }
}
