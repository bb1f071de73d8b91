/* Random tensors and dropout against the generator's definition. */
#include "harness.h"

/* The generator's definition, one block at a time. */
static void philox_block(const uint32_t key[2], const uint32_t counter[4], uint32_t out[4]) {
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

static double uniform_oracle(const int32_t *key, int64_t e) {
    uint32_t word[4], k[2] = {(uint32_t)key[0], 0x70796376u};
    uint32_t counter[4] = {(uint32_t)(e / 4), 0, (uint32_t)key[1], 0};
    philox_block(k, counter, word);
    return (double)(word[e % 4] >> 8) * 0x1p-24;
}

static void test_random(int64_t n, double rate) {
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

/* A slice that begins anywhere has the numbers that it has in the whole. */
static void test_slice(int64_t first, int64_t n) {
    const struct kernels *k = kernels_chosen();
    struct random_key all = {7, 9, 0}, some = {7, 9, first};
    int64_t end = first + n;
    float *whole = malloc(4 * (size_t)end), *part = malloc(4 * (size_t)n);
    float *x = malloc(4 * (size_t)end);
    for (int64_t i = 0; i < end; i++)
        x[i] = (float)(i + 1);
    k->random_uniform(all, whole, end);
    k->random_uniform(some, part, n);
    assert(memcmp(whole + first, part, 4 * (size_t)n) == 0);
    k->random_normal(all, whole, end);
    k->random_normal(some, part, n);
    assert(memcmp(whole + first, part, 4 * (size_t)n) == 0);
    k->dropout(all, x, whole, end, 0.4f);
    k->dropout(some, x + first, part, n, 0.4f);
    assert(memcmp(whole + first, part, 4 * (size_t)n) == 0);
    free(whole);
    free(part);
    free(x);
}

/* Salmon et al. publish these answers with the generator. */
static void test_philox(void) {
    const uint32_t zero[4] = {0, 0, 0, 0}, ones[4] = {~0u, ~0u, ~0u, ~0u};
    const uint32_t of_zero[4] = {0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u};
    const uint32_t of_ones[4] = {0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu};
    uint32_t out[4];
    philox_block(zero, zero, out);
    assert(memcmp(out, of_zero, sizeof out) == 0);
    philox_block(ones, ones, out);
    assert(memcmp(out, of_ones, sizeof out) == 0);
}

static void test_next_key(void) {
    struct problem p = problem("next_key");
    int32_t *key = output(&p, 2), *next = output(&p, 2);
    key[0] = -5;
    key[1] = INT32_MAX; /* the counter wraps as an unsigned number */
    solve(&p);
    assert(next[0] == -5 && next[1] == INT32_MIN);
    done(&p);
}

static void tests(void) {
    static const int64_t LENGTHS[] = {0, 1, 3, 4, 5, 63, 64, 65, 1000, 40001};
    test_philox();
    for (size_t i = 0; i < sizeof LENGTHS / sizeof *LENGTHS; i++)
        test_random(LENGTHS[i], 0.3);
    test_random(1000, 0);
    for (int64_t first = 0; first < 200; first += 7)
        test_slice(first, 301 - first);
    test_slice(61, 2);
    test_slice(64, 64);
    test_next_key();
}

int main(void) { return for_each_isa("test_random", tests); }
