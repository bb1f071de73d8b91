/* math.h: functions of a vec. Polynomials are minimax fits of the named expression. Largest
 * relative errors against float64, every 257th float tried: exp and log 8.2e-8, erf 8.6e-8,
 * expm1 1.1e-7, log1p 1.4e-7, tanh and softplus 1.7e-7, sigmoid 1.9e-7. Denormal numbers may count
 * as zero. NaN goes through: vmax and vmin return their second operand then. */
#include <math.h>

/* A function that the generic loops of the other files take as a constant argument. */
#define BODY static inline __attribute__((always_inline))

/* The first lanes of a vec, all of them without a mask. */
BODY vec load_lanes(const float *p, int lanes) {
    return lanes == VLEN ? vload(p) : vloadn(p, lanes);
}

BODY void store_lanes(float *p, vec v, int lanes) {
    if (lanes == VLEN)
        vstore(p, v);
    else
        vstoren(p, v, lanes);
}

BODY vec vnegative(vec a) { return vsub(vset1(-0.0f), a); }
BODY vec vone_if(vmask m) { return vselect(m, vset1(1.0f), vzero()); }
BODY vec vcopysign(vec a, vec sign) { return vselect(vlt(sign, vzero()), vnegative(a), a); }

/* NaN where either is, unlike vmax and vmin. */
BODY vec vmaximum(vec a, vec b) { return vselect(veq(a, a), vmax(a, b), a); }
BODY vec vminimum(vec a, vec b) { return vselect(veq(a, a), vmin(a, b), a); }

/* The first n lanes, 0 <= n <= VLEN. */
static const float LANE[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
BODY vmask vfirst(int n) { return vlt(vload(LANE), vset1((float)n)); }

/* Lanes from the n-th on add nothing to a sum. */
BODY vec first_or_zero(vec v, int n) { return n < VLEN ? vselect(vfirst(n), v, vzero()) : v; }

/* How many lanes of the vec at i are within n. */
BODY int lanes_of(int64_t i, int64_t n) { return (int)(n - i < VLEN ? n - i : VLEN); }

/* Every stride-th float, the first n lanes; the others are 0. */
BODY vec vgather(const float *p, int64_t stride, int n) {
    float lane[VLEN] = {0};
    for (int i = 0; i < n; i++)
        lane[i] = p[i * stride];
    return vload(lane);
}

BODY float first_lane(vec v) {
    float lane[VLEN];
    vstore(lane, v);
    return lane[0];
}

BODY vec vlanes(float (*f)(float), vec x) {
    float lane[VLEN];
    vstore(lane, x);
    for (int i = 0; i < VLEN; i++)
        lane[i] = f(lane[i]);
    return vload(lane);
}

BODY vec vlanes2(float (*f)(float, float), vec a, vec b) {
    float first[VLEN], second[VLEN];
    vstore(first, a);
    vstore(second, b);
    for (int i = 0; i < VLEN; i++)
        first[i] = f(first[i], second[i]);
    return vload(first);
}

BODY vec vpow(vec a, vec b) { return vlanes2(powf, a, b); }

/* c[0] + c[1] x + ... + c[degree] x^degree. */
BODY vec vpolynomial(vec x, const float *c, int degree) {
    vec y = vset1(c[degree]);
    for (int i = degree - 1; i >= 0; i--)
        y = vfma(y, x, vset1(c[i]));
    return y;
}

/* ln 2 in two parts: multiples of the first up to 2^15 are exact. */
static const float LN2_HIGH = 0.693359375f, LN2_LOW = -2.12194440e-4f;
/* exp of more is infinite; of less, denormal. */
static const float EXP_MAX = 88.72283935546875f, EXP_MIN = -87.3365478515625f;

/* exp(x) = scale * (1 + part), scale a power of 2, -0.35 < f < 0.7 and part = f + f^2 q(f). */
struct vexp_parts {
    vec scale, part;
};
BODY struct vexp_parts vexp_split(vec x) {
    static const float q[] = {4.999999404e-01f, 1.666669995e-01f, 4.166806489e-02f,
                              8.326751180e-03f, 1.383934752e-03f, 2.324953093e-04f};
    x = vmax(vset1(EXP_MIN), vmin(vset1(EXP_MAX), x));
    vec n = vmin(vset1(127.0f), vround(vmul(x, vset1(1.44269504f))));
    vec f = vfma(n, vset1(-LN2_HIGH), x);
    f = vfma(n, vset1(-LN2_LOW), f);
    return (struct vexp_parts){vexp2i(n), vfma(vmul(f, f), vpolynomial(f, q, 5), f)};
}

BODY vec vexp(vec x) {
    struct vexp_parts e = vexp_split(x);
    vec y = vmul(e.scale, vadd(e.part, vset1(1.0f)));
    y = vselect(vlt(x, vset1(EXP_MIN)), vzero(), y);
    return vselect(vlt(vset1(EXP_MAX), x), vset1(INFINITY), y);
}

BODY vec vexpm1(vec x) {
    struct vexp_parts e = vexp_split(x);
    vec y = vfma(e.scale, e.part, vsub(e.scale, vset1(1.0f)));
    return vselect(vlt(vset1(EXP_MAX), x), vset1(INFINITY), y);
}

/* log(2^e (1 + f)) = e ln 2 + f - f^2 / 2 + f^3 r(f), sqrt(1/2) <= 1 + f < sqrt(2). */
BODY vec vlog(vec x) {
    static const float r[] = {3.333331347e-01f,  -2.500000894e-01f, 2.000211924e-01f,
                              -1.666799635e-01f, 1.421955079e-01f,  -1.240559146e-01f,
                              1.188817471e-01f,  -1.167564094e-01f, 6.746601313e-02f};
    vec e = vexponent(x), m = vmantissa(x);
    vmask above = vlt(vset1(1.41421356f), m);
    e = vselect(above, vadd(e, vset1(1.0f)), e);
    vec f = vsub(vselect(above, vmul(m, vset1(0.5f)), m), vset1(1.0f));
    vec f2 = vmul(f, f);
    vec y = vfma(e, vset1(LN2_LOW), vmul(vmul(f, f2), vpolynomial(f, r, 8)));
    y = vadd(f, vfma(f2, vset1(-0.5f), y));
    y = vfma(e, vset1(LN2_HIGH), y);
    vec outside = vselect(vlt(x, vzero()), vset1(NAN), vset1(-INFINITY));
    y = vselect(vlt(x, vset1(1.17549435e-38f)), outside, y);
    return vselect(vlt(x, vset1(INFINITY)), y, x);
}

/* With u = fl(1 + x): log(1 + x) = log(u) + (x - (u - 1)) / u to first order. */
BODY vec vlog1p(vec x) {
    vec u = vadd(x, vset1(1.0f));
    vec lost = vdiv(vsub(x, vsub(u, vset1(1.0f))), u);
    vmask usual = vmask_and(vlt(vzero(), u), vlt(u, vset1(INFINITY)));
    return vadd(vlog(u), vselect(usual, lost, vzero()));
}

/* tanh(x) = t / (t + 2), t = expm1(2 |x|); it is 1 in float32 from 9.02 on. */
BODY vec vtanh(vec x) {
    vec a = vmin(vset1(10.0f), vabs(x));
    vec t = vexpm1(vadd(a, a));
    return vcopysign(vdiv(t, vadd(t, vset1(2.0f))), x);
}

BODY vec vsigmoid(vec x) {
    vec e = vexp(vnegative(vabs(x)));
    vec y = vdiv(vset1(1.0f), vadd(e, vset1(1.0f)));
    return vselect(vlt(x, vzero()), vmul(e, y), y);
}

/* log(1 + exp(x)) */
BODY vec vsoftplus(vec x) { return vadd(vmax(vzero(), x), vlog1p(vexp(vnegative(vabs(x))))); }

/* erf(x) = x + x p(x^2) for |x| < 1, else sign(x) (1 - exp(-q(|x|))); 1 in float32 from 3.92 on. */
BODY vec verf(vec x) {
    static const float p[] = {1.283791661e-01f,  -3.761262596e-01f, 1.128358543e-01f,
                              -2.685381472e-02f, 5.188333802e-03f,  -8.010242018e-04f,
                              7.854008436e-05f};
    static const float q[] = {-1.880359196e-04f, 1.129578352e+00f,  6.332198977e-01f,
                              1.084185466e-01f,  -2.520824037e-02f, 4.204556346e-03f,
                              -4.413353454e-04f, 2.168677202e-05f};
    vec a = vmin(vset1(4.0f), vabs(x));
    vec near = vfma(x, vpolynomial(vmul(x, x), p, 6), x);
    vec far = vsub(vset1(1.0f), vexp(vnegative(vpolynomial(a, q, 7))));
    return vselect(vlt(a, vset1(1.0f)), near, vcopysign(far, x));
}
