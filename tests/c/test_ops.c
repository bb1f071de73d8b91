/* Elementwise ops and copies against float64 loops. */
#include "harness.h"

/* Lengths around every VLEN, and more than one task. */
static const int64_t LENGTHS[] = {0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 70001};
enum { LENGTH_COUNT = sizeof LENGTHS / sizeof *LENGTHS };

static const float SPECIAL[] = {0.0f,   -0.0f,    1.0f,   -1.0f,  INFINITY, -INFINITY, NAN,
                                88.72f, -87.33f,  90.0f,  -90.0f, 1e-30f,   -1e-30f,   1e30f,
                                -1e30f, 0.99999f, 1.001f, 0.5f,   -0.5f,    2.5f,      3.5f};
enum { SPECIAL_COUNT = sizeof SPECIAL / sizeof *SPECIAL };

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }
static double softplus(double x) { return (x > 0 ? x : x < 0 ? 0 : x) + log1p(exp(-fabs(x))); }
static double clip(double x, double low, double high) {
    return x < low ? low : x > high ? high : x;
}
static double elu(double x, double alpha) { return x < 0 ? alpha * expm1(x) : x; }

static double unary_oracle(enum unary f, double x, double a) {
    switch (f) {
    case UNARY_relu:
        return x < 0 ? 0 : x;
    case UNARY_relu6:
        return clip(x, 0, 6);
    case UNARY_leaky_relu:
        return x < 0 ? a * x : x;
    case UNARY_elu:
        return elu(x, a);
    case UNARY_selu:
        return 1.0507009873554805 * elu(x, 1.6732632423543772);
    case UNARY_sigmoid:
        return sigmoid(x);
    case UNARY_hard_sigmoid:
        return clip(x + 3, 0, 6) / 6;
    case UNARY_tanh:
        return tanh(x);
    case UNARY_softplus:
        return softplus(x);
    case UNARY_softsign:
        return x / (1 + fabs(x));
    case UNARY_silu:
        return x * sigmoid(x);
    case UNARY_gelu:
        return 0.5 * x * (1 + erf(x * sqrt(0.5)));
    case UNARY_gelu_tanh:
        return 0.5 * x * (1 + tanh(sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x)));
    case UNARY_exp:
        return exp(x);
    case UNARY_expm1:
        return expm1(x);
    case UNARY_log:
        return log(x);
    case UNARY_log1p:
        return log1p(x);
    case UNARY_sqrt:
        return sqrt(x);
    case UNARY_rsqrt:
        return 1 / sqrt(x);
    case UNARY_square:
        return x * x;
    case UNARY_reciprocal:
        return 1 / x;
    case UNARY_negative:
        return -x;
    case UNARY_abs:
        return fabs(x);
    case UNARY_sign:
        return x > 0 ? 1 : x < 0 ? -1 : x;
    case UNARY_floor:
        return floor(x);
    case UNARY_ceil:
        return ceil(x);
    case UNARY_round:
        return nearbyint(x);
    case UNARY_sin:
        return sin(x);
    case UNARY_cos:
        return cos(x);
    case UNARY_erf:
        return erf(x);
    case UNARY_not_finite:
        return !isfinite(x);
    case UNARY_add_alpha:
        return x + a;
    case UNARY_mul_alpha:
        return x * a;
    case UNARY_pow_alpha:
        return pow(x, a);
    case UNARY_max_alpha:
        return x < a ? a : x;
    case UNARY_min_alpha:
        return x > a ? a : x;
    case UNARY_greater_zero:
        return x > 0;
    case UNARY_logical_not:
        return x == 0;
    default:
        abort();
    }
}

/* Where something cancels, errors are relative to 1; else to the result. */
static double unary_unit(enum unary f) {
    switch (f) {
    case UNARY_gelu:
    case UNARY_gelu_tanh:
    case UNARY_hard_sigmoid:
    case UNARY_add_alpha:
    case UNARY_sin:
    case UNARY_cos:
        return 1;
    case UNARY_silu:
        return 1e-25; /* the sigmoid in it is 0 below 1e-38 */
    default:
        return 1.17549435e-38;
    }
}

static void check_unary(enum unary f, int64_t n, double low, double high) {
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

static void test_unary(void) {
    for (enum unary f = 0; f < UNARY_COUNT; f++) {
        for (int i = 0; i < LENGTH_COUNT; i++)
            check_unary(f, LENGTHS[i], -5, 5);
        check_unary(f, 3000, -100, 100);
        check_unary(f, 3000, -1e-3, 1e-3);
    }
}

static double binary_oracle(enum binary f, double a, double b, double alpha) {
    switch (f) {
    case BINARY_add:
        return a + b;
    case BINARY_subtract:
        return a - b;
    case BINARY_multiply:
        return a * b;
    case BINARY_divide:
        return a / b;
    case BINARY_maximum:
        return isnan(a) || a > b ? a : b;
    case BINARY_minimum:
        return isnan(a) || a < b ? a : b;
    case BINARY_power:
        return pow(a, b);
    case BINARY_squared_difference:
        return (a - b) * (a - b);
    case BINARY_equal:
        return a == b;
    case BINARY_not_equal:
        return a != b;
    case BINARY_less:
        return a < b;
    case BINARY_less_equal:
        return a <= b;
    case BINARY_greater:
        return a > b;
    case BINARY_greater_equal:
        return a >= b;
    case BINARY_relu_gradient:
        return a > 0 ? b : 0;
    case BINARY_sigmoid_gradient:
        return a * (1 - a) * b;
    case BINARY_tanh_gradient:
        return (1 - a * a) * b;
    case BINARY_relu6_gradient:
        return a > 0 && a < 6 ? b : 0;
    case BINARY_leaky_relu_gradient:
        return a > 0 ? b : alpha * b;
    case BINARY_elu_gradient:
        return a > 0 ? b : (a + alpha) * b;
    case BINARY_sigmoid_cross_entropy:
        return fmax(a, 0) - a * b + log1p(exp(-fabs(a)));
    case BINARY_arctan2:
        return atan2(a, b);
    default:
        abort();
    }
}

struct binary_shape {
    int64_t extent[5], a[5], b[5]; /* n, d1 .. d4 and strides */
};

/* Floats that an operand with these strides spans. */
static int64_t span(const int64_t *extent, const int64_t *stride, int depth) {
    int64_t last = 1;
    for (int d = 0; d < depth; d++)
        last += extent[d] ? (extent[d] - 1) * stride[d] : 0;
    return last;
}

static void check_binary(enum binary f, const struct binary_shape *s) {
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

static void test_binary(void) {
    static const struct binary_shape SHAPES[] = {
        {{0, 1, 1, 1, 5}, {5, 0, 0, 0, 1}, {5, 0, 0, 0, 1}},
        {{1, 1, 1, 1, 1}, {1, 1, 1, 1, 1}, {1, 1, 1, 1, 1}},
        {{3, 1, 1, 1, 5}, {5, 0, 0, 0, 1}, {5, 0, 0, 0, 1}},
        {{7, 1, 1, 1, 16}, {16, 0, 0, 0, 1}, {0, 0, 0, 0, 1}},           /* row vector */
        {{5, 1, 1, 3, 17}, {51, 0, 0, 17, 1}, {3, 0, 0, 1, 0}},          /* column */
        {{4, 1, 1, 1, 9}, {0, 0, 0, 0, 0}, {9, 0, 0, 0, 1}},             /* scalar first */
        {{2, 3, 4, 5, 6}, {12, 4, 1, 0, 0}, {30, 0, 0, 6, 1}},           /* both are broadcast */
        {{2, 3, 4, 5, 6}, {360, 120, 1, 24, 4}, {60, 20, 5, 1, 0}},      /* any strides */
        {{3, 1, 1, 1, 16400}, {16400, 0, 0, 0, 1}, {16400, 0, 0, 0, 1}}, /* several tasks */
        {{700, 1, 1, 3, 31}, {93, 0, 0, 31, 1}, {0, 0, 0, 31, 1}},
        {{2, 1, 1, 2, 16387}, {32774, 0, 0, 16387, 1}, {0, 0, 0, 0, 1}},
    };
    for (enum binary f = 0; f < BINARY_COUNT; f++)
        for (size_t i = 0; i < sizeof SHAPES / sizeof *SHAPES; i++)
            check_binary(f, &SHAPES[i]);
}

static void test_flat(int64_t n) {
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

static void test_convert(int64_t n) {
    static const float EDGE[] = {2.9f,           -2.9f, -0.5f, 2147483520.0f,
                                 -2147483648.0f, 3e9f,  -3e9f, NAN};
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

static void test_one_hot(int64_t n, int64_t classes, int32_t wrong) {
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

/* A random copy: y's loops in a random order of memory with gaps, x's strides 0, negative or not.
 */
static void test_copy(int64_t largest) {
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

static void tests(void) {
    test_unary();
    test_binary();
    for (int i = 0; i < LENGTH_COUNT; i++) {
        test_flat(LENGTHS[i]);
        test_convert(LENGTHS[i]);
    }
    test_one_hot(0, 3, 0);
    test_one_hot(70, 10, 0);
    test_one_hot(5, 10, 10);
    test_one_hot(5, 10, -1);
    for (int i = 0; i < 200; i++)
        test_copy(i % 20 == 0 ? 400 : 40);
}

int main(void) { return for_each_isa("test_ops", tests); }
