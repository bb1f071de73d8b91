/* avx2.h: 8 floats in a register, 16 registers (AVX2 and FMA). */
#include <immintrin.h>
#include <string.h>

#define ISA_NAME avx2
#define VLEN 8
#define GEMM_ACCUMULATORS 12 /* 6 rows x 2; 4 registers are left */
#define GEMM_NV 2            /* vecs of B of a register tile, at most */

typedef __m256 vec;
typedef __m256i vint;
typedef __m256 vmask;

static inline vec vzero(void) { return _mm256_setzero_ps(); }
static inline vec vset1(float a) { return _mm256_set1_ps(a); }
static inline vec vload(const float *p) { return _mm256_loadu_ps(p); }
static inline void vstore(float *p, vec v) { _mm256_storeu_ps(p, v); }
static inline vint first_lanes(int n) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
static inline vec vloadn(const float *p, int n) { return _mm256_maskload_ps(p, first_lanes(n)); }
static inline void vstoren(float *p, vec v, int n) { _mm256_maskstore_ps(p, first_lanes(n), v); }

static inline vec vadd(vec a, vec b) { return _mm256_add_ps(a, b); }
static inline vec vsub(vec a, vec b) { return _mm256_sub_ps(a, b); }
static inline vec vmul(vec a, vec b) { return _mm256_mul_ps(a, b); }
static inline vec vdiv(vec a, vec b) { return _mm256_div_ps(a, b); }
static inline vec vfma(vec a, vec b, vec c) { return _mm256_fmadd_ps(a, b, c); }
static inline vec vsqrt(vec a) { return _mm256_sqrt_ps(a); }
static inline vec vabs(vec a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
static inline vec vmax(vec a, vec b) { return _mm256_max_ps(a, b); }
static inline vec vmin(vec a, vec b) { return _mm256_min_ps(a, b); }
static inline vec vround(vec a) {
    return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
static inline vec vfloor(vec a) {
    return _mm256_round_ps(a, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
}

static inline vmask vlt(vec a, vec b) { return _mm256_cmp_ps(a, b, _CMP_LT_OQ); }
static inline vmask vle(vec a, vec b) { return _mm256_cmp_ps(a, b, _CMP_LE_OQ); }
static inline vmask veq(vec a, vec b) { return _mm256_cmp_ps(a, b, _CMP_EQ_OQ); }
static inline vmask vmask_and(vmask a, vmask b) { return _mm256_and_ps(a, b); }
static inline vmask vmask_andnot(vmask a, vmask b) { return _mm256_andnot_ps(a, b); }
static inline vmask vmask_or(vmask a, vmask b) { return _mm256_or_ps(a, b); }
static inline vec vselect(vmask m, vec a, vec b) { return _mm256_blendv_ps(b, a, m); }

static inline vec vexp2i(vec n) {
    vint i = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
    return _mm256_castsi256_ps(_mm256_slli_epi32(i, 23));
}
static inline vec vexponent(vec a) {
    vint i = _mm256_srli_epi32(_mm256_castps_si256(a), 23);
    return _mm256_cvtepi32_ps(_mm256_sub_epi32(i, _mm256_set1_epi32(127)));
}
static inline vec vmantissa(vec a) {
    vint i = _mm256_and_si256(_mm256_castps_si256(a), _mm256_set1_epi32(0x7fffff));
    return _mm256_castsi256_ps(_mm256_or_si256(i, _mm256_set1_epi32(0x3f800000)));
}

/* n lanes of whole numbers as bytes, modulo 256; and back, the others are 0. */
static inline void vstore_bytes(uint8_t *p, vec v, int n) {
    const __m128i low = _mm_setr_epi8(0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
    __m256i whole = _mm256_cvtps_epi32(v);
    __m128i first = _mm_shuffle_epi8(_mm256_castsi256_si128(whole), low);
    __m128i last = _mm_shuffle_epi8(_mm256_extracti128_si256(whole, 1), low);
    int64_t bytes = _mm_cvtsi128_si64(_mm_unpacklo_epi32(first, last));
    memcpy(p, &bytes, (size_t)n);
}
static inline vec vload_bytes(const uint8_t *p, int n) {
    int64_t bytes = 0;
    memcpy(&bytes, p, (size_t)n);
    return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_cvtsi64_si128(bytes)));
}

/* The bits of n lanes, lowest first, in a byte; and back. */
static inline void vstore_mask(uint8_t *p, vmask m, int n) {
    (void)n;
    *p = (uint8_t)_mm256_movemask_ps(m);
}
static inline vmask vload_mask(const uint8_t *p, int n) {
    (void)n;
    const vint bit = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    vint own = _mm256_and_si256(_mm256_set1_epi32(*p), bit);
    return _mm256_castsi256_ps(_mm256_cmpeq_epi32(own, bit));
}

/* Lane i gets lane i ^ distance: 1, 2 or 4. */
static inline vec vswap(vec v, int distance) {
    switch (distance) {
    case 1:
        return _mm256_permute_ps(v, 0xb1);
    case 2:
        return _mm256_permute_ps(v, 0x4e);
    default:
        return _mm256_permute2f128_ps(v, v, 0x01);
    }
}

/* The same, in a register: a load that is used several times is made once. */
static inline vec vkeep(vec v) {
    __asm__("" : "+x"(v));
    return v;
}

/* Lane i gets lane from[i], from VLEN of them. */
static inline vec vpermute(vec v, const int32_t *from) {
    return _mm256_permutevar8x32_ps(v, _mm256_loadu_si256((const __m256i *)from));
}

/* In each 64 bits, the product of the two low halves. */
static inline vint vmul_low(vint a, vint b) { return _mm256_mul_epu32(a, b); }
