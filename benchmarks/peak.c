/* The rate of multiply-adds that one core reaches in registers alone: the roof that a convolution
 * is compared with. benchmarks/peak.py compiles it for one instruction set. */
#include <stdint.h>

#if defined(__AVX512F__)
enum { VLEN = 16 };
#elif defined(__AVX2__)
enum { VLEN = 8 };
#else
enum { VLEN = 4 }; /* a multiplication and an addition, without FMA */
#endif
enum { CHAINS = 12 }; /* 4 cycles of latency x 2 units need 8; more than 13 spill on AVX2 */

typedef float vec __attribute__((vector_size(VLEN * sizeof(float))));

int64_t flops_per_round(void) { return 2 * CHAINS * VLEN; }

/* x = x a + b in every lane of every chain; converges to b / (1 - a), so it meets no denormals. */
float multiply_add(int64_t rounds, float a, float b) {
    vec factor = (vec){0} + a, term = (vec){0} + b;
    vec x[CHAINS];
    for (int c = 0; c < CHAINS; c++)
        x[c] = term * (float)c;
    for (int64_t round = 0; round < rounds; round++) {
#pragma GCC unroll 16
        for (int c = 0; c < CHAINS; c++)
            x[c] = x[c] * factor + term;
    }
    float sum = 0;
    for (int c = 0; c < CHAINS; c++)
        for (int lane = 0; lane < VLEN; lane++)
            sum += x[c][lane];
    return sum;
}
