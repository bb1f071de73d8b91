/* elementwise.h: sweeps of arrays. A function is one line; the loops are written once. */
#include <string.h>

/* y = f(x, alpha) */
#define UNARY(name, value)                         \
    BODY vec unary_##name##_of(vec x, vec alpha) { \
        (void)alpha;                               \
        return value;                              \
    }
UNARY(relu, vmax(vzero(), x))
UNARY(relu6, vmin(vset1(6.0f), vmax(vzero(), x)))
UNARY(leaky_relu, vselect(vlt(x, vzero()), vmul(alpha, x), x))
UNARY(elu, vselect(vlt(x, vzero()), vmul(alpha, vexpm1(x)), x))
/* lambda x and lambda alpha (exp(x) - 1): Klambauer et al. 2017, Self-normalizing neural networks
 */
UNARY(selu,
      vselect(vlt(x, vzero()), vmul(vset1(1.75809934f), vexpm1(x)), vmul(vset1(1.05070099f), x)))
UNARY(sigmoid, vsigmoid(x))
UNARY(hard_sigmoid, vmul(unary_relu6_of(vadd(x, vset1(3.0f)), alpha), vset1(1.0f / 6)))
UNARY(tanh, vtanh(x))
UNARY(softplus, vsoftplus(x))
UNARY(softsign, vdiv(x, vadd(vset1(1.0f), vabs(x))))
UNARY(silu, vmul(x, vsigmoid(x)))
UNARY(gelu, vmul(vmul(vset1(0.5f), x), vadd(vset1(1.0f), verf(vmul(x, vset1(0.70710678f))))))
/* x (1 + tanh(u)) / 2 = x sigmoid(2 u), u = sqrt(2 / pi) (x + 0.044715 x^3) */
UNARY(gelu_tanh, vmul(x, vsigmoid(vmul(vmul(x, vset1(1.59576912f)),
                                       vfma(vmul(x, x), vset1(0.044715f), vset1(1.0f))))))
UNARY(exp, vexp(x))
UNARY(expm1, vexpm1(x))
UNARY(log, vlog(x))
UNARY(log1p, vlog1p(x))
UNARY(sqrt, vsqrt(x))
UNARY(rsqrt, vdiv(vset1(1.0f), vsqrt(x)))
UNARY(square, vmul(x, x))
UNARY(reciprocal, vdiv(vset1(1.0f), x))
UNARY(negative, vnegative(x))
UNARY(abs, vabs(x))
UNARY(sign, vselect(vlt(vzero(), x), vset1(1.0f), vselect(vlt(x, vzero()), vset1(-1.0f), x)))
UNARY(floor, vfloor(x))
UNARY(ceil, vnegative(vfloor(vnegative(x))))
UNARY(round, vround(x))
UNARY(sin, vlanes(sinf, x))
UNARY(cos, vlanes(cosf, x))
UNARY(erf, verf(x))
UNARY(not_finite, vselect(veq(vsub(x, x), vzero()), vzero(), vset1(1.0f)))
UNARY(add_alpha, vadd(x, alpha))
UNARY(mul_alpha, vmul(x, alpha))
UNARY(pow_alpha, vpow(x, alpha))
UNARY(max_alpha, vmax(alpha, x))
UNARY(min_alpha, vmin(alpha, x))
UNARY(greater_zero, vone_if(vlt(vzero(), x)))
UNARY(logical_not, vone_if(veq(x, vzero())))

/* y = f(a, b, alpha) */
#define BINARY(name, value)                                \
    BODY vec binary_##name##_of(vec a, vec b, vec alpha) { \
        (void)alpha;                                       \
        return value;                                      \
    }
BINARY(add, vadd(a, b))
BINARY(subtract, vsub(a, b))
BINARY(multiply, vmul(a, b))
BINARY(divide, vdiv(a, b))
BINARY(maximum, vmaximum(a, b))
BINARY(minimum, vminimum(a, b))
BINARY(power, vpow(a, b))
BINARY(squared_difference, vmul(vsub(a, b), vsub(a, b)))
BINARY(equal, vone_if(veq(a, b)))
BINARY(not_equal, vselect(veq(a, b), vzero(), vset1(1.0f)))
BINARY(less, vone_if(vlt(a, b)))
BINARY(less_equal, vone_if(vle(a, b)))
BINARY(greater, vone_if(vlt(b, a)))
BINARY(greater_equal, vone_if(vle(b, a)))
BINARY(relu_gradient, vselect(vlt(vzero(), a), b, vzero()))
BINARY(sigmoid_gradient, vmul(vmul(a, vsub(vset1(1.0f), a)), b))
BINARY(tanh_gradient, vmul(vsub(vset1(1.0f), vmul(a, a)), b))
BINARY(relu6_gradient, vselect(vmask_and(vlt(vzero(), a), vlt(a, vset1(6.0f))), b, vzero()))
BINARY(leaky_relu_gradient, vselect(vlt(vzero(), a), b, vmul(alpha, b)))
BINARY(elu_gradient, vselect(vlt(vzero(), a), b, vmul(vadd(a, alpha), b)))
/* -t log(sigmoid(z)) - (1 - t) log(1 - sigmoid(z)), as it does not overflow */
BINARY(sigmoid_cross_entropy,
       vadd(vsub(vmax(vzero(), a), vmul(a, b)), vlog1p(vexp(vnegative(vabs(a))))))
BINARY(arctan2, vlanes2(atan2f, a, b))

BODY void unary_sweep(vec (*f)(vec, vec), const float *x, float *y, int64_t n, float alpha) {
    vec parameter = vset1(alpha);
    int64_t i = 0;
    for (; i + VLEN <= n; i += VLEN)
        vstore(y + i, f(vload(x + i), parameter));
    if (i < n)
        vstoren(y + i, f(vloadn(x + i, (int)(n - i)), parameter), (int)(n - i));
}

/* Next n lanes of an operand whose columns are apart by 1, 0 (one value) or any stride. */
BODY vec load_columns(const float *p, int64_t stride, int n) {
    if (stride == 0)
        return vset1(*p);
    if (stride == 1)
        return load_lanes(p, n);
    return vgather(p, stride, n);
}

BODY void binary_row(vec (*f)(vec, vec, vec), const float *a, int64_t a_col, const float *b,
                     int64_t b_col, float *y, int64_t n, vec alpha) {
    int64_t i = 0;
    for (; i + VLEN <= n; i += VLEN)
        vstore(y + i, f(load_columns(a + i * a_col, a_col, VLEN),
                        load_columns(b + i * b_col, b_col, VLEN), alpha));
    int rest = (int)(n - i);
    if (rest > 0)
        vstoren(y + i,
                f(load_columns(a + i * a_col, a_col, rest),
                  load_columns(b + i * b_col, b_col, rest), alpha),
                rest);
}

BODY void binary_rows(vec (*f)(vec, vec, vec), const struct binary_tile *t, int64_t a_col,
                      int64_t b_col) {
    vec alpha = vset1(t->alpha);
    for (int64_t r = 0; r < t->rows; r++)
        binary_row(f, t->a + r * t->a_row, a_col, t->b + r * t->b_row, b_col, t->y + r * t->y_row,
                   t->cols, alpha);
}

/* The compiler makes three fast loops and a general one of binary_rows. */
BODY void binary_sweep(vec (*f)(vec, vec, vec), const struct binary_tile *t) {
    if (t->a_col == 1 && t->b_col == 1)
        binary_rows(f, t, 1, 1);
    else if (t->a_col == 1 && t->b_col == 0)
        binary_rows(f, t, 1, 0);
    else if (t->a_col == 0 && t->b_col == 1)
        binary_rows(f, t, 0, 1);
    else
        binary_rows(f, t, t->a_col, t->b_col);
}

#define UNARY_KERNEL(name)                                                       \
    static void unary_##name(const float *x, float *y, int64_t n, float alpha) { \
        unary_sweep(unary_##name##_of, x, y, n, alpha);                          \
    }
#define BINARY_KERNEL(name) \
    static void binary_##name(const struct binary_tile *t) { binary_sweep(binary_##name##_of, t); }
UNARY_LIST(UNARY_KERNEL)
BINARY_LIST(BINARY_KERNEL)
#define UNARY_ENTRY(name) [UNARY_##name] = unary_##name,
#define BINARY_ENTRY(name) [BINARY_##name] = binary_##name,

static void select_sweep(const float *c, const float *a, const float *b, float *y, int64_t n) {
    int64_t i = 0;
    for (; i + VLEN <= n; i += VLEN)
        vstore(y + i, vselect(veq(vload(c + i), vzero()), vload(b + i), vload(a + i)));
    for (; i < n; i++)
        y[i] = c[i] != 0 ? a[i] : b[i];
}

static void fill_sweep(float *y, int64_t n, float value) {
    for (int64_t i = 0; i < n; i++)
        y[i] = value;
}

static void int_to_float(const int32_t *x, float *y, int64_t n) {
    for (int64_t i = 0; i < n; i++)
        y[i] = (float)x[i];
}

static void float_to_int(const float *x, int32_t *y, int64_t n) {
    const float limit = 2147483648.0f; /* 2^31 */
    for (int64_t i = 0; i < n; i++) {
        float v = x[i] < limit ? x[i] : -limit;
        y[i] = (int32_t)(v >= -limit ? v : -limit);
    }
}

/* Blocks of COPY_EDGE^2, so that the lines of both sides stay in the L1 cache. */
enum { COPY_EDGE = 16 };

static void copy_strided(const struct copy_tile *t, int64_t r0, int64_t c0) {
    int64_t rows = t->rows - r0 < COPY_EDGE ? t->rows - r0 : COPY_EDGE;
    int64_t cols = t->cols - c0 < COPY_EDGE ? t->cols - c0 : COPY_EDGE;
    for (int64_t r = r0; r < r0 + rows; r++)
        for (int64_t c = c0; c < c0 + cols; c++)
            t->y[r * t->y_row + c * t->y_col] = t->x[r * t->x_row + c * t->x_col];
}

static void copy_block(const struct copy_tile *t) {
    if (t->x_col == 1 && t->y_col == 1) {
        for (int64_t r = 0; r < t->rows; r++)
            memcpy(t->y + r * t->y_row, t->x + r * t->x_row, sizeof(float) * (size_t)t->cols);
        return;
    }
    for (int64_t r = 0; r < t->rows; r += COPY_EDGE)
        for (int64_t c = 0; c < t->cols; c += COPY_EDGE)
            copy_strided(t, r, c);
}
