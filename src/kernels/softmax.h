/* softmax.h: rows of n classes. softmax(z)_i = exp(z_i - log_sum), log_sum = log(sum_j exp(z_j)). */

/* log_sum = max + log(sum_j exp(z_j - max)), its two terms apart: exact for huge logits too. */
struct log_sum {
    float max, log;
};

/* Sum of f(i, n) over a row's vecs; lanes past n must be 0. */
BODY struct log_sum log_sum_of(const float *z, int64_t n)
{
    float max = fold_row(FOLD_max, z, n);
    vec sum = vzero();
    int64_t i = 0;
    for (; i + VLEN <= n; i += VLEN)
        sum = vadd(sum, vexp(vsub(vload(z + i), vset1(max))));
    if (i < n) {
        vec e = vexp(vsub(vloadn(z + i, (int)(n - i)), vset1(max)));
        sum = vadd(sum, vselect(vfirst((int)(n - i)), e, vzero()));
    }
    return (struct log_sum){max, logf(fold_lanes(FOLD_sum, sum))};
}

BODY vec log_softmax_of(vec z, struct log_sum s)
{
    return vsub(vsub(z, vset1(s.max)), vset1(s.log));
}

static void log_softmax(const float *x, float *y, int64_t rows, int64_t n)
{
    for (int64_t r = 0; r < rows; r++, x += n, y += n) {
        struct log_sum s = log_sum_of(x, n);
        for (int64_t i = 0; i < n; i += VLEN) {
            int lanes = (int)(n - i < VLEN ? n - i : VLEN);
            vstoren(y + i, log_softmax_of(vloadn(x + i, lanes), s), lanes);
        }
    }
}

static void softmax(const float *x, float *y, int64_t rows, int64_t n)
{
    for (int64_t r = 0; r < rows; r++, x += n, y += n) {
        struct log_sum s = log_sum_of(x, n);
        for (int64_t i = 0; i < n; i += VLEN) {
            int lanes = (int)(n - i < VLEN ? n - i : VLEN);
            vstoren(y + i, vexp(log_softmax_of(vloadn(x + i, lanes), s)), lanes);
        }
    }
}

/* sum_i a_i b_i */
BODY float row_dot(const float *a, const float *b, int64_t n)
{
    vec sum = vzero();
    for (int64_t i = 0; i < n; i += VLEN) {
        int lanes = (int)(n - i < VLEN ? n - i : VLEN);
        sum = vfma(vloadn(a + i, lanes), vloadn(b + i, lanes), sum);
    }
    return fold_lanes(FOLD_sum, sum);
}

/* dx = y (dy - sum(y dy)) */
static void softmax_gradient(const float *y, const float *dy, float *dx, int64_t rows, int64_t n)
{
    for (int64_t r = 0; r < rows; r++, y += n, dy += n, dx += n) {
        vec dot = vset1(row_dot(y, dy, n));
        for (int64_t i = 0; i < n; i += VLEN) {
            int lanes = (int)(n - i < VLEN ? n - i : VLEN);
            vec d = vsub(vloadn(dy + i, lanes), dot);
            vstoren(dx + i, vmul(vloadn(y + i, lanes), d), lanes);
        }
    }
}

/* dx = dy - exp(y) sum(dy) */
static void log_softmax_gradient(const float *y, const float *dy, float *dx, int64_t rows,
                                 int64_t n)
{
    for (int64_t r = 0; r < rows; r++, y += n, dy += n, dx += n) {
        vec sum = vset1(fold_row(FOLD_sum, dy, n));
        for (int64_t i = 0; i < n; i += VLEN) {
            int lanes = (int)(n - i < VLEN ? n - i : VLEN);
            vec share = vmul(vexp(vloadn(y + i, lanes)), sum);
            vstoren(dx + i, vsub(vloadn(dy + i, lanes), share), lanes);
        }
    }
}

/* loss = -log softmax(z)[label] */
static void sparse_cross_entropy(const float *z, const int32_t *labels, float *loss, int64_t rows,
                                 int64_t n)
{
    for (int64_t r = 0; r < rows; r++, z += n) {
        struct log_sum s = log_sum_of(z, n);
        loss[r] = s.log - (z[labels[r]] - s.max);
    }
}

/* dz = (softmax(z) - one_hot(label)) dloss */
static void sparse_cross_entropy_gradient(const float *z, const int32_t *labels, const float *dloss,
                                          float *dz, int64_t rows, int64_t n)
{
    for (int64_t r = 0; r < rows; r++, z += n, dz += n) {
        struct log_sum s = log_sum_of(z, n);
        for (int64_t i = 0; i < n; i += VLEN) {
            int lanes = (int)(n - i < VLEN ? n - i : VLEN);
            vec p = vexp(log_softmax_of(vloadn(z + i, lanes), s));
            vstoren(dz + i, vmul(p, vset1(dloss[r])), lanes);
        }
        dz[labels[r]] -= dloss[r];
    }
}

/* loss = -sum_i t_i log softmax(z)_i */
static void cross_entropy(const float *z, const float *t, float *loss, int64_t rows, int64_t n)
{
    for (int64_t r = 0; r < rows; r++, z += n, t += n) {
        struct log_sum s = log_sum_of(z, n);
        vec sum = vzero();
        for (int64_t i = 0; i < n; i += VLEN) {
            int lanes = (int)(n - i < VLEN ? n - i : VLEN);
            vec p = log_softmax_of(vloadn(z + i, lanes), s);
            sum = vfma(vloadn(t + i, lanes), p, sum);
        }
        loss[r] = -fold_lanes(FOLD_sum, sum);
    }
}

/* dz = (softmax(z) sum(t) - t) dloss */
static void cross_entropy_gradient(const float *z, const float *t, const float *dloss, float *dz,
                                   int64_t rows, int64_t n)
{
    for (int64_t r = 0; r < rows; r++, z += n, t += n, dz += n) {
        struct log_sum s = log_sum_of(z, n);
        vec sum = vset1(fold_row(FOLD_sum, t, n));
        for (int64_t i = 0; i < n; i += VLEN) {
            int lanes = (int)(n - i < VLEN ? n - i : VLEN);
            vec p = vexp(log_softmax_of(vloadn(z + i, lanes), s));
            vec d = vsub(vmul(p, sum), vloadn(t + i, lanes));
            vstoren(dz + i, vmul(d, vset1(dloss[r])), lanes);
        }
    }
}
