/* peak.h: multiply-adds in registers alone, whose rate is the roof that convolutions meet. */

/* 4 cycles of latency x 2 units need 8 chains; more than 13 spill on AVX2. */
enum { PEAK_CHAINS = 12 };

/* x = x a + b in every lane of every chain, which converges to b / (1 - a) and meets no denormals.
 * Returns the number of operations. */
static int64_t peak(int64_t rounds) {
    const vec factor = vset1(0.999f), term = vset1(0.001f);
    vec x[PEAK_CHAINS];
    for (int c = 0; c < PEAK_CHAINS; c++)
        x[c] = vset1(0.001f * (float)c);
    for (int64_t round = 0; round < rounds; round++) {
#pragma GCC unroll 16
        for (int c = 0; c < PEAK_CHAINS; c++)
            x[c] = vfma(x[c], factor, term);
    }
    vec sum = vzero();
    for (int c = 0; c < PEAK_CHAINS; c++)
        sum = vadd(sum, x[c]);
    float lanes[VLEN];
    vstore(lanes, sum);
    return lanes[0] < 0 ? 0 : 2 * rounds * PEAK_CHAINS * VLEN; /* never negative: x is needed */
}
