/* softmax.h: rows of n classes: softmax(z)_i = exp(z_i - log_sum), log_sum = log(sum exp(z_j)). */

/* log_sum = max + log(sum_j exp(z_j - max)), its two terms apart: exact for huge logits too. */
struct log_sum {
    vec max, log;
};

BODY struct log_sum log_sum_of(const float *z, int64_t n) {
    vec max = fold_row(FOLD_max, z, n), sum = vzero();
    for (int64_t i = 0; i < n; i += VLEN) {
        vec e = vexp(vsub(load_lanes(z + i, lanes_of(i, n)), max));
        sum = vadd(sum, first_or_zero(e, lanes_of(i, n)));
    }
    return (struct log_sum){max, vlog(fold_lanes(FOLD_sum, sum))};
}

BODY vec log_softmax_of(vec z, struct log_sum s) { return vsub(vsub(z, s.max), s.log); }

static void log_softmax(const float *x, float *y, int64_t rows, int64_t n) {
    for (int64_t r = 0; r < rows; r++, x += n, y += n) {
        struct log_sum s = log_sum_of(x, n);
        for (int64_t i = 0; i < n; i += VLEN) {
            int lanes = lanes_of(i, n);
            store_lanes(y + i, log_softmax_of(load_lanes(x + i, lanes), s), lanes);
        }
    }
}

/* A row of e_i = exp(z_i - max z): whole vecs in memory, the rest in `last`, since a load of lanes
 * that were just stored with a mask has to wait for the cache. */
struct row_exp {
    vec sum, last;
};

BODY struct row_exp row_exp(const float *z, float *e, int64_t n) {
    vec max = fold_row(FOLD_max, z, n), sum = vzero(), last = vzero();
    int64_t i = 0;
    for (; i + VLEN <= n; i += VLEN) {
        vec v = vexp(vsub(vload(z + i), max));
        sum = vadd(sum, v);
        vstore(e + i, v);
    }
    if (i < n) {
        last = vexp(vsub(vloadn(z + i, lanes_of(i, n)), max));
        sum = vadd(sum, first_or_zero(last, lanes_of(i, n)));
    }
    return (struct row_exp){fold_lanes(FOLD_sum, sum), last};
}

/* y_i = e_i scale, in place. */
BODY void row_scale(float *y, int64_t n, struct row_exp e, vec scale) {
    int64_t i = 0;
    for (; i + VLEN <= n; i += VLEN)
        vstore(y + i, vmul(vload(y + i), scale));
    if (i < n)
        vstoren(y + i, vmul(e.last, scale), lanes_of(i, n));
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

/* loss = -log softmax(z)[label] */
static void sparse_cross_entropy(const float *z, const int32_t *labels, float *loss, int64_t rows,
                                 int64_t n) {
    for (int64_t r = 0; r < rows; r++, z += n) {
        struct log_sum s = log_sum_of(z, n);
        loss[r] = -first_lane(log_softmax_of(vset1(z[labels[r]]), s));
    }
}

/* dz = (softmax(z) - one_hot(label)) dloss */
static void sparse_cross_entropy_gradient(const float *z, const int32_t *labels, const float *dloss,
                                          float *dz, int64_t rows, int64_t n) {
    for (int64_t r = 0; r < rows; r++, z += n, dz += n) {
        struct row_exp e = row_exp(z, dz, n);
        row_scale(dz, n, e, vdiv(vset1(dloss[r]), e.sum));
        dz[labels[r]] -= dloss[r];
    }
}

/* loss = -sum_i t_i log softmax(z)_i */
static void cross_entropy(const float *z, const float *t, float *loss, int64_t rows, int64_t n) {
    for (int64_t r = 0; r < rows; r++, z += n, t += n) {
        struct log_sum s = log_sum_of(z, n);
        vec sum = vzero();
        for (int64_t i = 0; i < n; i += VLEN) {
            int lanes = lanes_of(i, n);
            vec p = log_softmax_of(load_lanes(z + i, lanes), s);
            sum = vfma(load_lanes(t + i, lanes), p, sum);
        }
        loss[r] = -first_lane(fold_lanes(FOLD_sum, sum));
    }
}

/* dz = (softmax(z) sum(t) - t) dloss */
static void cross_entropy_gradient(const float *z, const float *t, const float *dloss, float *dz,
                                   int64_t rows, int64_t n) {
    for (int64_t r = 0; r < rows; r++, z += n, t += n, dz += n) {
        struct row_exp e = row_exp(z, dz, n);
        vec scale = vdiv(fold_row(FOLD_sum, t, n), e.sum), d = vset1(dloss[r]);
        for (int64_t i = 0; i < n; i += VLEN) {
            int lanes = lanes_of(i, n);
            vec v = lanes < VLEN ? e.last : vload(dz + i);
            v = vsub(vmul(v, scale), load_lanes(t + i, lanes));
            store_lanes(dz + i, vmul(v, d), lanes);
        }
    }
}
