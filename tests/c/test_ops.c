/* Elementwise ops, copies, losses, random numbers and the optimizer against float64 loops. */
#include "harness.h"

/* Lengths around every VLEN, and more than one task. */
static const int64_t LENGTHS[] = {0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 70001};
enum { LENGTH_COUNT = sizeof LENGTHS / sizeof *LENGTHS };

static const float SPECIAL[] = {0.0f,   -0.0f,    1.0f,   -1.0f, INFINITY, -INFINITY, NAN,
                                88.72f, -87.33f,  90.0f,  -90.0f, 1e-30f,  -1e-30f,   1e30f,
                                -1e30f, 0.99999f, 1.001f, 0.5f,  -0.5f,    2.5f,      3.5f};
enum { SPECIAL_COUNT = sizeof SPECIAL / sizeof *SPECIAL };

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }
static double softplus(double x) { return (x > 0 ? x : x < 0 ? 0 : x) + log1p(exp(-fabs(x))); }
static double clip(double x, double low, double high) { return x < low ? low : x > high ? high : x; }
static double elu(double x, double alpha) { return x < 0 ? alpha * expm1(x) : x; }

/* As float32 gives it when results below the smallest normal number are 0. */
static double as_float(double x)
{
    float y = (float)x;
    return fabsf(y) < 1.17549435e-38f ? 0 : y;
}

static double unary_oracle(enum unary f, double x, double a)
{
    switch (f) {
    case UNARY_relu: return x < 0 ? 0 : x;
    case UNARY_relu6: return clip(x, 0, 6);
    case UNARY_leaky_relu: return x < 0 ? a * x : x;
    case UNARY_elu: return elu(x, a);
    case UNARY_selu: return 1.0507009873554805 * elu(x, 1.6732632423543772);
    case UNARY_sigmoid: return sigmoid(x);
    case UNARY_hard_sigmoid: return clip(x + 3, 0, 6) / 6;
    case UNARY_tanh: return tanh(x);
    case UNARY_softplus: return softplus(x);
    case UNARY_softsign: return x / (1 + fabs(x));
    case UNARY_silu: return x * sigmoid(x);
    case UNARY_gelu: return 0.5 * x * (1 + erf(x * sqrt(0.5)));
    case UNARY_gelu_tanh:
        return 0.5 * x * (1 + tanh(sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x)));
    case UNARY_exp: return exp(x);
    case UNARY_expm1: return expm1(x);
    case UNARY_log: return log(x);
    case UNARY_log1p: return log1p(x);
    case UNARY_sqrt: return sqrt(x);
    case UNARY_rsqrt: return 1 / sqrt(x);
    case UNARY_square: return x * x;
    case UNARY_reciprocal: return 1 / x;
    case UNARY_negative: return -x;
    case UNARY_abs: return fabs(x);
    case UNARY_sign: return x > 0 ? 1 : x < 0 ? -1 : x;
    case UNARY_floor: return floor(x);
    case UNARY_ceil: return ceil(x);
    case UNARY_round: return nearbyint(x);
    case UNARY_sin: return sin(x);
    case UNARY_cos: return cos(x);
    case UNARY_erf: return erf(x);
    case UNARY_not_finite: return !isfinite(x);
    case UNARY_add_alpha: return x + a;
    case UNARY_mul_alpha: return x * a;
    case UNARY_pow_alpha: return pow(x, a);
    case UNARY_max_alpha: return x < a ? a : x;
    case UNARY_min_alpha: return x > a ? a : x;
    case UNARY_greater_zero: return x > 0;
    case UNARY_logical_not: return x == 0;
    default: abort();
    }
}

/* Where something cancels, errors are relative to 1; else to the result. */
static double unary_unit(enum unary f)
{
    switch (f) {
    case UNARY_gelu:
    case UNARY_gelu_tanh:
    case UNARY_hard_sigmoid:
    case UNARY_add_alpha:
    case UNARY_sin:
    case UNARY_cos: return 1;
    case UNARY_silu: return 1e-25; /* the sigmoid in it is 0 below 1e-38 */
    default: return 1.17549435e-38;
    }
}

static void check_unary(enum unary f, int64_t n, double low, double high)
{
    struct problem p = problem("unary");
    float *x = input(&p, n, low, high), *y = output(&p, n);
    for (int64_t i = 0; i < n && i < SPECIAL_COUNT && n > SPECIAL_COUNT; i++)
        x[i * 2] = SPECIAL[i];
    set_params(&p, 0, n, 1, f);
    p.batched = true;
    p.op.constants[0] = 0.3f;
    solve(&p);
    for (int64_t i = 0; i < n; i++)
        expect(unary_names[f], i, y[i], as_float(unary_oracle(f, x[i], 0.3f)), 4e-7, unary_unit(f));
    done(&p);
}

static void test_unary(void)
{
    bool report = getenv("PYCONV_REPORT") != NULL;
    for (enum unary f = 0; f < UNARY_COUNT; f++) {
        worst = 0;
        for (int i = 0; i < LENGTH_COUNT; i++)
            check_unary(f, LENGTHS[i], -5, 5);
        check_unary(f, 3000, -100, 100);
        check_unary(f, 3000, -1e-3, 1e-3);
        if (report)
            printf("%s %s: %.3g\n", kernels->isa, unary_names[f], worst);
    }
}

static double binary_oracle(enum binary f, double a, double b, double alpha)
{
    switch (f) {
    case BINARY_add: return a + b;
    case BINARY_subtract: return a - b;
    case BINARY_multiply: return a * b;
    case BINARY_divide: return a / b;
    case BINARY_maximum: return isnan(a) || a > b ? a : b;
    case BINARY_minimum: return isnan(a) || a < b ? a : b;
    case BINARY_power: return pow(a, b);
    case BINARY_squared_difference: return (a - b) * (a - b);
    case BINARY_equal: return a == b;
    case BINARY_not_equal: return a != b;
    case BINARY_less: return a < b;
    case BINARY_less_equal: return a <= b;
    case BINARY_greater: return a > b;
    case BINARY_greater_equal: return a >= b;
    case BINARY_relu_gradient: return a > 0 ? b : 0;
    case BINARY_sigmoid_gradient: return a * (1 - a) * b;
    case BINARY_tanh_gradient: return (1 - a * a) * b;
    case BINARY_relu6_gradient: return a > 0 && a < 6 ? b : 0;
    case BINARY_leaky_relu_gradient: return a > 0 ? b : alpha * b;
    case BINARY_elu_gradient: return a > 0 ? b : (a + alpha) * b;
    case BINARY_sigmoid_cross_entropy: return fmax(a, 0) - a * b + log1p(exp(-fabs(a)));
    default: abort();
    }
}

struct binary_shape {
    int64_t extent[5], a[5], b[5]; /* n, d1 .. d4 and strides */
};

/* Floats that an operand with these strides spans. */
static int64_t span(const int64_t *extent, const int64_t *stride, int depth)
{
    int64_t last = 1;
    for (int d = 0; d < depth; d++)
        last += extent[d] ? (extent[d] - 1) * stride[d] : 0;
    return last;
}

static void check_binary(enum binary f, const struct binary_shape *s)
{
    const int64_t *e = s->extent, count = e[0] * e[1] * e[2] * e[3] * e[4];
    struct problem p = problem("binary");
    float *a = input(&p, span(e, s->a, 5), -8, 8), *b = input(&p, span(e, s->b, 5), -8, 8);
    float *y = output(&p, count);
    for (int64_t i = 0; i < span(e, s->a, 5); i += 3)
        a[i] = b[i % span(e, s->b, 5)]; /* some are equal */
    a[0] = NAN;
    set_params(&p, 0, e[0], e[1], e[2], e[3], e[4], s->a[0], s->a[1], s->a[2], s->a[3], s->a[4],
               s->b[0], s->b[1], s->b[2], s->b[3], s->b[4], f);
    p.batched = true;
    p.op.constants[0] = 0.3f;
    solve(&p);
    for (int64_t i = 0; i < count; i++) {
        int64_t at = i, ia = 0, ib = 0;
        for (int d = 4; d >= 0; at /= e[d], d--) {
            ia += at % e[d] * s->a[d];
            ib += at % e[d] * s->b[d];
        }
        double want = as_float(binary_oracle(f, a[ia], b[ib], 0.3f));
        expect(binary_names[f], i, y[i], want, 2e-6, fabs(a[ia]) * fabs(b[ib]) * 0.1 + 0.1);
    }
    done(&p);
}

static void test_binary(void)
{
    static const struct binary_shape SHAPES[] = {
        {{0, 1, 1, 1, 5}, {5, 0, 0, 0, 1}, {5, 0, 0, 0, 1}},
        {{1, 1, 1, 1, 1}, {1, 1, 1, 1, 1}, {1, 1, 1, 1, 1}},
        {{3, 1, 1, 1, 5}, {5, 0, 0, 0, 1}, {5, 0, 0, 0, 1}},
        {{7, 1, 1, 1, 16}, {16, 0, 0, 0, 1}, {0, 0, 0, 0, 1}},          /* row vector */
        {{5, 1, 1, 3, 17}, {51, 0, 0, 17, 1}, {3, 0, 0, 1, 0}},         /* column */
        {{4, 1, 1, 1, 9}, {0, 0, 0, 0, 0}, {9, 0, 0, 0, 1}},            /* scalar first */
        {{2, 3, 4, 5, 6}, {12, 4, 1, 0, 0}, {30, 0, 0, 6, 1}},          /* both are broadcast */
        {{2, 3, 4, 5, 6}, {360, 120, 1, 24, 4}, {60, 20, 5, 1, 0}},     /* any strides */
        {{3, 1, 1, 1, 16400}, {16400, 0, 0, 0, 1}, {16400, 0, 0, 0, 1}}, /* several tasks */
        {{700, 1, 1, 3, 31}, {93, 0, 0, 31, 1}, {0, 0, 0, 31, 1}},
        {{2, 1, 1, 2, 16387}, {32774, 0, 0, 16387, 1}, {0, 0, 0, 0, 1}},
    };
    for (enum binary f = 0; f < BINARY_COUNT; f++)
        for (size_t i = 0; i < sizeof SHAPES / sizeof *SHAPES; i++)
            check_binary(f, &SHAPES[i]);
}

static void test_flat(int64_t n)
{
    struct problem p = problem("select"), q = problem("fill");
    float *c = input(&p, n, 0, 2), *a = input(&p, n, -1, 1), *b = input(&p, n, -1, 1);
    float *y = output(&p, n), *z = output(&q, n);
    for (int64_t i = 0; i < n; i++)
        c[i] = i % 7 == 0 ? NAN : floorf(c[i]);
    set_params(&p, 0, n, 1);
    set_params(&q, 0, n, 1);
    p.batched = q.batched = true;
    q.op.constants[0] = 2.5f;
    solve(&p);
    solve(&q);
    for (int64_t i = 0; i < n; i++) {
        assert(y[i] == (c[i] != 0 ? a[i] : b[i]));
        assert(z[i] == 2.5f);
    }
    done(&p);
    done(&q);
}

static void test_convert(int64_t n)
{
    static const float EDGE[] = {2.9f, -2.9f, -0.5f, 2147483520.0f, -2147483648.0f, 3e9f, -3e9f, NAN};
    static const int32_t CUT[] = {2, -2, 0, 2147483520, INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN};
    struct problem p = problem("convert"), q = problem("convert");
    int32_t *x = input_int(&p, n, INT32_MIN, INT32_MAX);
    float *y = output(&p, n), *v = input(&q, n, -1e6, 1e6);
    int32_t *w = output(&q, n);
    for (int64_t i = 0; i < n && i < 8; i++)
        v[i] = EDGE[i];
    set_params(&p, 0, n, 1, 0);
    set_params(&q, 0, n, 1, 1);
    solve(&p);
    solve(&q);
    for (int64_t i = 0; i < n; i++) {
        assert(y[i] == (float)x[i]);
        assert(w[i] == (i < 8 ? CUT[i] : (int32_t)v[i]));
    }
    done(&p);
    done(&q);
}

static void test_one_hot(int64_t n, int64_t classes, int32_t wrong)
{
    struct problem p = problem("one_hot"), q = problem("batch_count");
    int32_t *label = input_int(&p, n, 0, classes);
    float *y = output(&p, n * classes), *count = output(&q, 1);
    if (wrong)
        label[n / 2] = wrong;
    set_params(&p, 0, n, classes);
    set_params(&q, 0, n);
    p.batched = q.batched = true;
    solve(&p);
    solve(&q);
    assert(*count == (float)n);
    assert(p.status == (wrong ? STATUS_LABEL_RANGE : STATUS_OK));
    for (int64_t i = 0; i < n * classes && !wrong; i++)
        assert(y[i] == (label[i / classes] == i % classes));
    done(&p);
    done(&q);
}

/* A random copy: y's loops in a random order of memory with gaps, x's strides 0, negative or not. */
static void test_copy(int64_t largest)
{
    int64_t e[6], xs[6], ys[6], xo = 3, yo = 2, x_size = 7, y_size = 5, step;
    int order[6] = {0, 1, 2, 3, 4, 5};
    for (int d = 0; d < 6; d++)
        e[d] = draw_int(1, d == 4 ? largest : 5);
    for (int side = 0; side < 2; side++) {
        for (int d = 5; d > 0; d--) {
            int64_t with = draw_int(0, d + 1);
            int t = order[d];
            order[d] = order[with];
            order[with] = t;
        }
        step = draw_int(1, 3);
        for (int d = 5; d >= 0; d--) {
            int at = order[d];
            (side ? ys : xs)[at] = step;
            step *= e[at] + draw_int(0, 2);
        }
        *(side ? &y_size : &x_size) += step;
    }
    for (int d = 0; d < 6; d++) {
        if (draw(0, 1) < 0.2)
            xs[d] = 0;
        else if (draw(0, 1) < 0.2) {
            xo += (e[d] - 1) * xs[d];
            xs[d] = -xs[d];
        }
    }
    struct problem p = problem("copy");
    float *x = input(&p, x_size, -1, 1), *y = input(&p, y_size, 2, 3);
    float *want = malloc(sizeof *want * (size_t)y_size);
    memcpy(want, y, sizeof *want * (size_t)y_size);
    for (int64_t i = 0; i < e[0] * e[1] * e[2] * e[3] * e[4] * e[5]; i++) {
        int64_t at = i, from = xo, to = yo;
        for (int d = 5; d >= 0; at /= e[d], d--) {
            from += at % e[d] * xs[d];
            to += at % e[d] * ys[d];
        }
        want[to] = x[from];
    }
    set_params(&p, 0, e[0], e[1], e[2], e[3], e[4], e[5], xs[0], xs[1], xs[2], xs[3], xs[4], xs[5],
               ys[0], ys[1], ys[2], ys[3], ys[4], ys[5], xo, yo);
    p.batched = true;
    solve(&p);
    assert(memcmp(want, y, sizeof *want * (size_t)y_size) == 0);
    free(want);
    done(&p);
}

/* log(sum_j exp(z_j)) */
static double log_sum(const float *z, int64_t n)
{
    double max = -INFINITY, sum = 0;
    for (int64_t j = 0; j < n; j++)
        max = fmax(max, z[j]);
    for (int64_t j = 0; j < n; j++)
        sum += exp(z[j] - max);
    return max + log(sum);
}

static struct problem loss_problem(const char *name, int64_t n, int64_t classes)
{
    struct problem p = problem(name);
    set_params(&p, 0, n, classes);
    p.batched = true;
    return p;
}

static void test_softmax(int64_t n, int64_t classes, double scale)
{
    int64_t count = n * classes;
    struct problem p = loss_problem("softmax", n, classes);
    struct problem q = loss_problem("log_softmax", n, classes);
    struct problem dp = loss_problem("softmax_gradient", n, classes);
    struct problem dq = loss_problem("log_softmax_gradient", n, classes);
    float *x = input(&p, count, -scale, scale), *y = output(&p, count);
    float *lx = input(&q, count, 0, 0), *ly = output(&q, count);
    memcpy(lx, x, 4 * (size_t)count);
    solve(&p);
    solve(&q);
    float *sy = input(&dp, count, 0, 1), *sdy = input(&dp, count, -1, 1), *sdx = output(&dp, count);
    float *gy = input(&dq, count, -3, 0), *gdy = input(&dq, count, -1, 1), *gdx = output(&dq, count);
    solve(&dp);
    solve(&dq);
    for (int64_t i = 0; i < count; i++) {
        int64_t row = i / classes * classes;
        double s = log_sum(x + row, classes), dot = 0, sum = 0;
        for (int64_t j = row; j < row + classes; j++) {
            dot += (double)sy[j] * sdy[j];
            sum += gdy[j];
        }
        expect("softmax", i, y[i], as_float(exp(x[i] - s)), 1e-6 + 2e-7 * scale, 1e-20);
        expect("log_softmax", i, ly[i], x[i] - s, 1e-6, fmax(1, scale));
        expect("softmax_gradient", i, sdx[i], sy[i] * (sdy[i] - dot), 1e-6, 1 + (double)classes);
        expect("log_softmax_gradient", i, gdx[i], gdy[i] - exp(gy[i]) * sum, 1e-6, 1 + (double)classes);
    }
    done(&p);
    done(&q);
    done(&dp);
    done(&dq);
}

static void test_sparse_cross_entropy(int64_t n, int64_t classes, int32_t wrong)
{
    struct problem p = loss_problem("sparse_cross_entropy", n, classes);
    struct problem q = loss_problem("sparse_cross_entropy_gradient", n, classes);
    float *z = input(&p, n * classes, -9, 9);
    int32_t *label = input_int(&p, n, 0, classes);
    float *loss = output(&p, n), *qz = input(&q, n * classes, 0, 0);
    int32_t *qlabel = input_int(&q, n, 0, 1);
    float *dloss = input(&q, n, -1, 1), *dz = output(&q, n * classes);
    if (wrong)
        label[n - 1] = wrong;
    memcpy(qz, z, 4 * (size_t)(n * classes));
    memcpy(qlabel, label, 4 * (size_t)n);
    solve(&p);
    solve(&q);
    assert(p.status == (wrong ? STATUS_LABEL_RANGE : STATUS_OK) && q.status == p.status);
    assert(!wrong || (p.detail == wrong && q.detail == wrong));
    for (int64_t i = 0; i < n * classes && !wrong; i++) {
        int64_t row = i / classes, hit = label[row] == i % classes;
        double s = log_sum(z + row * classes, classes);
        expect("sparse_cross_entropy_gradient", i, dz[i], (exp(z[i] - s) - (double)hit) * dloss[row],
               1e-6, 1);
        if (hit)
            expect("sparse_cross_entropy", row, loss[row], s - z[i], 1e-6, 1);
    }
    done(&p);
    done(&q);
}

static void test_cross_entropy(int64_t n, int64_t classes)
{
    struct problem p = loss_problem("cross_entropy", n, classes);
    struct problem q = loss_problem("cross_entropy_gradient", n, classes);
    float *z = input(&p, n * classes, -9, 9), *t = input(&p, n * classes, 0, 1);
    float *loss = output(&p, n), *qz = input(&q, n * classes, 0, 0), *qt = input(&q, n * classes, 0, 0);
    float *dloss = input(&q, n, -1, 1), *dz = output(&q, n * classes);
    memcpy(qz, z, 4 * (size_t)(n * classes));
    memcpy(qt, t, 4 * (size_t)(n * classes));
    solve(&p);
    solve(&q);
    for (int64_t row = 0; row < n; row++) {
        double s = log_sum(z + row * classes, classes), want = 0, total = 0;
        for (int64_t i = row * classes; i < (row + 1) * classes; i++) {
            want -= t[i] * (z[i] - s);
            total += t[i];
        }
        expect("cross_entropy", row, loss[row], want, 1e-6, 1);
        for (int64_t i = row * classes; i < (row + 1) * classes; i++)
            expect("cross_entropy_gradient", i, dz[i], (exp(z[i] - s) * total - t[i]) * dloss[row],
                   1e-6, 1);
    }
    done(&p);
    done(&q);
}

/* The generator's definition, one block at a time. */
static void philox_block(const uint32_t key[2], const uint32_t counter[4], uint32_t out[4])
{
    uint32_t k0 = key[0], k1 = key[1], c[4];
    memcpy(c, counter, sizeof c);
    for (int round = 0; round < 10; round++, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u) {
        uint64_t p = (uint64_t)0xD2511F53u * c[0], q = (uint64_t)0xCD9E8D57u * c[2];
        uint32_t next[4] = {(uint32_t)(q >> 32) ^ c[1] ^ k0, (uint32_t)q,
                            (uint32_t)(p >> 32) ^ c[3] ^ k1, (uint32_t)p};
        memcpy(c, next, sizeof c);
    }
    memcpy(out, c, sizeof c);
}

static double uniform_oracle(const int32_t *key, int64_t e)
{
    uint32_t word[4], k[2] = {(uint32_t)key[0], 0x70796376u};
    uint32_t counter[4] = {(uint32_t)(e / 4), 0, (uint32_t)key[1], 0};
    philox_block(k, counter, word);
    return (double)(word[e % 4] >> 8) * 0x1p-24;
}

static void test_random(int64_t n, double rate)
{
    struct problem u = problem("random_uniform"), g = problem("random_normal");
    struct problem d = problem("dropout");
    int32_t *key = input_int(&u, 2, INT32_MIN, INT32_MAX), *gkey = input_int(&g, 2, 0, 1);
    float *uy = output(&u, n), *gy = output(&g, n), *x = input(&d, n, -1, 1);
    int32_t *dkey = input_int(&d, 2, 0, 1);
    float *dy = output(&d, n);
    memcpy(gkey, key, 8);
    memcpy(dkey, key, 8);
    set_params(&u, 0, n, 1);
    set_params(&g, 0, n, 1);
    set_params(&d, 0, n, 1);
    u.batched = g.batched = d.batched = true;
    d.op.constants[0] = (float)rate;
    solve(&u);
    solve(&g);
    solve(&d);
    for (int64_t e = 0; e < n; e++) {
        double want = uniform_oracle(key, e);
        assert(uy[e] == want);
        expect("dropout", e, dy[e], want >= (float)rate ? x[e] / (1 - (float)rate) : 0, 3e-7, 1e-3);
        double v1 = uniform_oracle(key, e & ~32), v2 = uniform_oracle(key, e | 32);
        double radius = sqrt(-2 * log1p(-v1)), turn = 2 * acos(-1) * (v2 - 0.5);
        expect("random_normal", e, gy[e], radius * (e & 32 ? sin(turn) : cos(turn)), 2e-6, 1);
    }
    done(&u);
    done(&g);
    done(&d);
}

/* Salmon et al. publish these answers with the generator. */
static void test_philox(void)
{
    const uint32_t zero[4] = {0, 0, 0, 0}, ones[4] = {~0u, ~0u, ~0u, ~0u};
    const uint32_t of_zero[4] = {0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u};
    const uint32_t of_ones[4] = {0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu};
    uint32_t out[4];
    philox_block(zero, zero, out);
    assert(memcmp(out, of_zero, sizeof out) == 0);
    philox_block(ones, ones, out);
    assert(memcmp(out, of_ones, sizeof out) == 0);
}

enum sgd_kind { PLAIN, MOMENTUM, NESTEROV };

static void test_sgd(enum sgd_kind kind)
{
    static const int64_t SIZES[] = {1, 17, 0, 5000, 3, 9000};
    enum { SEGMENTS = sizeof SIZES / sizeof *SIZES };
    struct problem p = problem("sgd");
    float *scalars = input(&p, 3, 0.1, 0.9), *w[SEGMENTS], *g[SEGMENTS], *w0[SEGMENTS];
    float *velocity = NULL, *v0 = calloc(20000, sizeof(float));
    if (kind != PLAIN) {
        velocity = input(&p, 20000, -1, 1);
        memcpy(v0, velocity, 20000 * sizeof(float));
    }
    int64_t offset = 0;
    for (int s = 0; s < SEGMENTS; s++) {
        int64_t entry[] = {p.slots, p.slots + 1, SIZES[s], offset, s % 2};
        memcpy(p.segments + 5 * s, entry, sizeof entry);
        w[s] = add_slot(&p, SIZES[s]);
        g[s] = add_slot(&p, SIZES[s]);
        w0[s] = malloc(sizeof(float) * (size_t)SIZES[s] + 1);
        for (int64_t i = 0; i < SIZES[s]; i++) {
            w0[s][i] = w[s][i] = (float)draw(-1, 1);
            g[s][i] = (float)draw(-1, 1);
        }
        offset += SIZES[s] + 5;
    }
    p.op.list = p.segments;
    p.op.list_count = 5 * SEGMENTS;
    set_params(&p, SEGMENTS, kind == NESTEROV);
    solve(&p);
    double lr = scalars[0], mu = scalars[1], decay = scalars[2];
    for (int s = 0; s < SEGMENTS; s++)
        for (int64_t i = 0; i < SIZES[s]; i++) {
            int64_t at = p.segments[5 * s + 3] + i;
            double start = w0[s][i] * (s % 2 ? 1 - lr * decay : 1), step = -lr * g[s][i];
            double m = mu * v0[at] + step;
            double want = kind == PLAIN ? step : kind == MOMENTUM ? m : mu * m + step;
            expect("sgd", i, w[s][i], start + want, 1e-6, 1);
            if (velocity)
                expect("velocity", i, velocity[at], m, 1e-6, 1);
        }
    for (int s = 0; s < SEGMENTS; s++)
        free(w0[s]);
    free(v0);
    done(&p);
}

static void tests(void)
{
    test_unary();
    test_binary();
    for (int i = 0; i < LENGTH_COUNT; i++) {
        test_flat(LENGTHS[i]);
        test_convert(LENGTHS[i]);
        test_random(LENGTHS[i], 0.3);
    }
    test_one_hot(0, 3, 0);
    test_one_hot(70, 10, 0);
    test_one_hot(5, 10, 10);
    test_one_hot(5, 10, -1);
    for (int i = 0; i < 200; i++)
        test_copy(i % 20 == 0 ? 400 : 40);
    for (int64_t classes = 1; classes < 40; classes += 1 + classes / 6) {
        test_softmax(9, classes, 5);
        test_sparse_cross_entropy(9, classes, 0);
        test_cross_entropy(9, classes);
    }
    test_softmax(0, 4, 1);
    test_softmax(3, 1000, 5);
    test_softmax(3, 10, 1e4);
    test_sparse_cross_entropy(3000, 10, 0);
    test_sparse_cross_entropy(3000, 10, 10);
    test_sparse_cross_entropy(3, 10, -1);
    test_cross_entropy(3000, 10);
    test_random(1000, 0);
    test_philox();
    for (enum sgd_kind kind = PLAIN; kind <= NESTEROV; kind++)
        test_sgd(kind);
}

int main(void) { return for_each_isa("test_ops", tests); }
