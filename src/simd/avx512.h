/* avx512.h: 16 floats in a register, 32 registers, masked tails (AVX-512 F, VL, BW, DQ). */
#include <immintrin.h>
#include <string.h>

#define ISA_NAME avx512
#define VLEN 16 /* floats in a vec */
#define GEMM_ACCUMULATORS \
    24 /* accumulators of a register tile, at most: 6 rows x 4, 8 x 3; 8 registers are left */
#define GEMM_NV 4 /* vecs of B of a register tile, at most */

typedef __m512 vec;
typedef __m512i vint;
typedef __mmask16 vmask;

static inline vec vzero(void) { return _mm512_setzero_ps(); }
static inline vec vset1(float a) { return _mm512_set1_ps(a); }
static inline vec vload(const float *p) { return _mm512_loadu_ps(p); }
static inline void vstore(float *p, vec v) { _mm512_storeu_ps(p, v); }
static inline __mmask16 first_lanes(int n) { return (__mmask16)_bzhi_u32(0xffff, (unsigned)n); }
/* The first n lanes, 0 <= n <= VLEN; the others are 0 and their memory is not touched. */
static inline vec vloadn(const float *p, int n) { return _mm512_maskz_loadu_ps(first_lanes(n), p); }
static inline void vstoren(float *p, vec v, int n) { _mm512_mask_storeu_ps(p, first_lanes(n), v); }

static inline vec vadd(vec a, vec b) { return _mm512_add_ps(a, b); }
static inline vec vsub(vec a, vec b) { return _mm512_sub_ps(a, b); }
static inline vec vmul(vec a, vec b) { return _mm512_mul_ps(a, b); }
static inline vec vdiv(vec a, vec b) { return _mm512_div_ps(a, b); }
static inline vec vfma(vec a, vec b, vec c) { return _mm512_fmadd_ps(a, b, c); } /* a * b + c */
static inline vec vsqrt(vec a) { return _mm512_sqrt_ps(a); }
static inline vec vabs(vec a) { return _mm512_abs_ps(a); }
/* b when either is NaN, as the x86 instructions do. */
static inline vec vmax(vec a, vec b) { return _mm512_max_ps(a, b); }
static inline vec vmin(vec a, vec b) { return _mm512_min_ps(a, b); }
static inline vec vround(vec a) {
    return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
static inline vec vfloor(vec a) {
    return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
}

static inline vmask vlt(vec a, vec b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
static inline vmask vle(vec a, vec b) { return _mm512_cmp_ps_mask(a, b, _CMP_LE_OQ); }
static inline vmask veq(vec a, vec b) { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }
static inline vmask vmask_and(vmask a, vmask b) { return a & b; }
static inline vmask vmask_andnot(vmask a, vmask b) { return (vmask)(~a & b); } /* not a, and b */
static inline vmask vmask_or(vmask a, vmask b) { return a | b; }
static inline vec vselect(vmask m, vec a, vec b) {
    return _mm512_mask_blend_ps(m, b, a);
} /* m ? a : b */

/* 2^n for integral n in [-126, 127]; exponent and mantissa in [1, 2) of a positive normal a. */
static inline vec vexp2i(vec n) {
    vint i = _mm512_add_epi32(_mm512_cvtps_epi32(n), _mm512_set1_epi32(127));
    return _mm512_castsi512_ps(_mm512_slli_epi32(i, 23));
}
static inline vec vexponent(vec a) {
    vint i = _mm512_srli_epi32(_mm512_castps_si512(a), 23);
    return _mm512_cvtepi32_ps(_mm512_sub_epi32(i, _mm512_set1_epi32(127)));
}
static inline vec vmantissa(vec a) {
    vint i = _mm512_and_si512(_mm512_castps_si512(a), _mm512_set1_epi32(0x7fffff));
    return _mm512_castsi512_ps(_mm512_or_si512(i, _mm512_set1_epi32(0x3f800000)));
}

/* n lanes of whole numbers as bytes, modulo 256; and back, the others are 0. */
static inline void vstore_bytes(uint8_t *p, vec v, int n) {
    _mm_mask_storeu_epi8(p, first_lanes(n), _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(v)));
}
static inline vec vload_bytes(const uint8_t *p, int n) {
    __m128i bytes = _mm_maskz_loadu_epi8(first_lanes(n), p);
    return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes));
}

/* The bits of n lanes, lowest first, in whole bytes; and back. */
static inline void vstore_mask(uint8_t *p, vmask m, int n) { memcpy(p, &m, n > 8 ? 2 : 1); }
static inline vmask vload_mask(const uint8_t *p, int n) {
    vmask m = 0;
    memcpy(&m, p, n > 8 ? 2 : 1);
    return m;
}

/* Lane i gets lane i ^ distance: 1, 2, 4 or 8. */
static inline vec vswap(vec v, int distance) {
    switch (distance) {
    case 1:
        return _mm512_permute_ps(v, 0xb1);
    case 2:
        return _mm512_permute_ps(v, 0x4e);
    case 4:
        return _mm512_shuffle_f32x4(v, v, 0xb1);
    default:
        return _mm512_shuffle_f32x4(v, v, 0x4e);
    }
}

/* The same, in a register: a load that is used several times is made once. */
static inline vec vkeep(vec v) {
    __asm__("" : "+v"(v));
    return v;
}

/* Lane i gets lane from[i], from VLEN of them. */
static inline vec vpermute(vec v, const int32_t *from) {
    return _mm512_permutexvar_ps(_mm512_loadu_si512(from), v);
}

/* In each 64 bits, the product of the two low halves. */
static inline vint vmul_low(vint a, vint b) { return _mm512_mul_epu32(a, b); }
