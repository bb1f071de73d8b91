/* The optimizer's sweep against float64 loops. */
#include "harness.h"

enum sgd_kind { PLAIN, MOMENTUM, NESTEROV };

static void test_sgd(enum sgd_kind kind) {
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

static void tests(void) {
    for (enum sgd_kind kind = PLAIN; kind <= NESTEROV; kind++)
        test_sgd(kind);
}

int main(void) { return for_each_isa("test_optimizer", tests); }
