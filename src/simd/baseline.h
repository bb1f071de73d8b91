/* baseline.h: 4 floats in a register by the compiler's vector extension: SSE2 on x86-64, and
 * whatever an unknown architecture has. No fused multiply-add. */
#include <math.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define ISA_NAME baseline
#define VLEN 4
#define GEMM_ACCUMULATORS 8
#define GEMM_NV 2 /* vecs of B of a register tile, at most */

typedef float vec __attribute__((vector_size(16)));
typedef int32_t vint __attribute__((vector_size(16)));
typedef vint vmask;

static inline vec vset1(float a) { return (vec){a, a, a, a}; }
static inline vec vzero(void) { return vset1(0.0f); }
static inline vec vload(const float *p) {
    vec v;
    memcpy(&v, p, sizeof v);
    return v;
}
static inline void vstore(float *p, vec v) { memcpy(p, &v, sizeof v); }
static inline vec vloadn(const float *p, int n) {
    switch (n) {
    case 0:
        return vzero();
    case 1:
        return (vec){p[0]};
    case 2:
        return (vec){p[0], p[1]};
    case 3:
        return (vec){p[0], p[1], p[2]};
    default:
        return vload(p);
    }
}
static inline void vstoren(float *p, vec v, int n) {
    if (n == VLEN)
        vstore(p, v);
    else
        for (int i = 0; i < VLEN - 1; i++)
            if (i < n)
                p[i] = v[i];
}

static inline vec vadd(vec a, vec b) { return a + b; }
static inline vec vsub(vec a, vec b) { return a - b; }
static inline vec vmul(vec a, vec b) { return a * b; }
static inline vec vdiv(vec a, vec b) { return a / b; }
static inline vec vfma(vec a, vec b, vec c) { return a * b + c; }
static inline vec vsqrt(vec a) { return (vec){sqrtf(a[0]), sqrtf(a[1]), sqrtf(a[2]), sqrtf(a[3])}; }

static inline vmask vlt(vec a, vec b) { return a < b; }
static inline vmask vle(vec a, vec b) { return a <= b; }
static inline vmask veq(vec a, vec b) { return a == b; }
static inline vmask vmask_and(vmask a, vmask b) { return a & b; }
static inline vmask vmask_andnot(vmask a, vmask b) { return ~a & b; }
static inline vmask vmask_or(vmask a, vmask b) { return a | b; }
static inline vec vselect(vmask m, vec a, vec b) { return (vec)((m & (vint)a) | (~m & (vint)b)); }
static inline vec vabs(vec a) { return (vec)((vint)a & 0x7fffffff); }
static inline vec vmax(vec a, vec b) { return vselect(a > b, a, b); }
static inline vec vmin(vec a, vec b) { return vselect(a < b, a, b); }

/* Rounds to even by adding and taking away 1.5 * 2^23; larger numbers are integral already. */
static inline vec vround(vec a) {
    const vec magic = vset1(12582912.0f);
    return vselect(vabs(a) < vset1(4194304.0f), a + magic - magic, a);
}
static inline vec vfloor(vec a) {
    vec r = vround(a);
    return r - vselect(r > a, vset1(1.0f), vzero());
}
static inline vec vexp2i(vec n) {
    vint i = __builtin_convertvector(n, vint);
    return (vec)((i + 127) << 23);
}
static inline vec vexponent(vec a) {
    vint i = (((vint)a >> 23) & 255) - 127;
    return __builtin_convertvector(i, vec);
}
static inline vec vmantissa(vec a) { return (vec)(((vint)a & 0x7fffff) | 0x3f800000); }

/* n lanes of whole numbers as bytes, modulo 256; and back, the others are 0. */
static inline void vstore_bytes(uint8_t *p, vec v, int n) {
    for (int i = 0; i < n; i++)
        p[i] = (uint8_t)(int32_t)v[i];
}
static inline vec vload_bytes(const uint8_t *p, int n) {
    vec v = vzero();
    for (int i = 0; i < n; i++)
        v[i] = (float)p[i];
    return v;
}

/* The bits of n lanes, lowest first, in a byte; and back. */
static inline void vstore_mask(uint8_t *p, vmask m, int n) {
    (void)n;
    vint own = m & (vint){1, 2, 4, 8};
    *p = (uint8_t)(own[0] | own[1] | own[2] | own[3]);
}
static inline vmask vload_mask(const uint8_t *p, int n) {
    (void)n;
    const vint bit = {1, 2, 4, 8};
    return (bit & *p) == bit;
}

/* Lane i gets lane i ^ distance: 1 or 2. */
static inline vec vswap(vec v, int distance) {
    return distance == 1 ? (vec){v[1], v[0], v[3], v[2]} : (vec){v[2], v[3], v[0], v[1]};
}

/* The same, in a register where that can be asked for. */
static inline vec vkeep(vec v) {
#ifdef __SSE2__
    __asm__("" : "+x"(v));
#endif
    return v;
}

/* Lane i gets lane from[i], from VLEN of them. */
static inline vec vpermute(vec v, const int32_t *from) {
    return (vec){v[from[0]], v[from[1]], v[from[2]], v[from[3]]};
}

/* In each 64 bits, the product of the two low halves. */
static inline vint vmul_low(vint a, vint b) {
#ifdef __SSE2__
    return (vint)_mm_mul_epu32((__m128i)a,
                               (__m128i)b); /* gcc makes five instructions of the other */
#else
    typedef uint64_t wide __attribute__((vector_size(16)));
    return (vint)(((wide)a & 0xffffffff) * ((wide)b & 0xffffffff));
#endif
}
