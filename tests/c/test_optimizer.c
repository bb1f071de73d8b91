/* The optimizer's sweep, and the norms of gradients, against float64 loops. */
#include "harness.h"

static const int64_t SIZES[] = {1, 17, 0, 5000, 3, 9000};
enum { SEGMENTS = sizeof SIZES / sizeof *SIZES, NUMBERS = 8 };

/* Scalars: decay, the average's share, lr, mu or rho, 1 - rho, epsilon. */
enum rule_kind { MOMENTUM_RULE = UPDATE_momentum, RMSPROP_RULE = UPDATE_rmsprop };

/* w, g, state, average of one segment, and what w, state and average were. */
struct part {
    float *now[4], *before[4];
};

static struct part add_part(struct problem *p, int64_t s, bool average) {
    struct part part;
    int64_t entry[NUMBERS] = {
        p->slots, p->slots + 1, p->slots + 2, -1, -1, average ? p->slots + 3 : -1, SIZES[s], s % 2};
    memcpy(p->segments + NUMBERS * s, entry, sizeof entry);
    for (int k = 0; k < 4; k++) {
        part.now[k] = add_slot(p, SIZES[s]);
        part.before[k] = malloc(sizeof(float) * (size_t)SIZES[s] + 1);
        for (int64_t i = 0; i < SIZES[s]; i++)
            part.before[k][i] = part.now[k][i] = (float)draw(k == 2 ? 0 : -1, 1);
    }
    return part;
}

static void check_part(const struct part *part, int64_t s, enum rule_kind rule, const float *c,
                       double scale, double bound, bool average) {
    for (int64_t i = 0; i < SIZES[s]; i++) {
        double w = part->before[0][i] * (s % 2 ? 1.0 - c[0] : 1.0);
        double g = fmax(-bound, fmin(bound, part->before[1][i] * scale)), m = part->before[2][i];
        if (rule == MOMENTUM_RULE) {
            m = c[3] * m - c[2] * g;
            w += m;
        } else {
            m = c[3] * m + c[4] * g * g;
            w -= c[2] * g / sqrt(m + c[5]);
        }
        expect("w", i, part->now[0][i], w, 2e-6, 1);
        expect("state", i, part->now[2][i], m, 2e-6, 1);
        if (average)
            expect("average", i, part->now[3][i], c[1] * part->before[3][i] + (1.0 - c[1]) * w,
                   2e-6, 1);
    }
    for (int k = 0; k < 4; k++)
        free(part->before[k]);
}

static void test_update(enum rule_kind rule, int norms, float bound, bool average) {
    struct problem p = problem("update");
    float *scalars = input(&p, 11, 0.1, 0.9), *scales = NULL;
    if (norms)
        scales = input(&p, SEGMENTS, 0.5, 1);
    struct part parts[SEGMENTS];
    for (int64_t s = 0; s < SEGMENTS; s++)
        parts[s] = add_part(&p, s, average);
    p.op.list = p.segments;
    p.op.list_count = NUMBERS * SEGMENTS;
    p.op.constants[0] = bound;
    set_params(&p, SEGMENTS, rule, norms);
    solve(&p);
    for (int64_t s = 0; s < SEGMENTS; s++)
        check_part(&parts[s], s, rule, scalars, norms ? scales[norms == 1 ? s : 0] : 1.0, bound,
                   average);
    done(&p);
}

static void test_scales(int norms) {
    struct problem p = problem("gradient_scales");
    float *scales = output(&p, norms == 1 ? SEGMENTS : 1), *g[SEGMENTS];
    double squares[SEGMENTS] = {0}, all = 0, bound = 2;
    for (int64_t s = 0; s < SEGMENTS; s++) {
        int64_t entry[NUMBERS] = {-1, p.slots, -1, -1, -1, -1, SIZES[s], 0};
        memcpy(p.segments + NUMBERS * s, entry, sizeof entry);
        g[s] = add_slot(&p, SIZES[s]);
        for (int64_t i = 0; i < SIZES[s]; i++) {
            g[s][i] = (float)draw(-1, 1);
            squares[s] += (double)g[s][i] * g[s][i];
        }
        all += squares[s];
    }
    p.op.list = p.segments;
    p.op.list_count = NUMBERS * SEGMENTS;
    p.op.constants[0] = (float)bound;
    set_params(&p, SEGMENTS, UPDATE_sgd, norms);
    solve(&p);
    for (int64_t s = 0; s < (norms == 1 ? SEGMENTS : 1); s++)
        expect("scale", s, scales[s], bound / fmax(sqrt(norms == 1 ? squares[s] : all), bound),
               2e-6, 1);
    done(&p);
}

static void tests(void) {
    for (int norms = 0; norms <= 2; norms++)
        for (int average = 0; average <= 1; average++) {
            test_update(MOMENTUM_RULE, norms, average ? 0.3f : INFINITY, average);
            test_update(RMSPROP_RULE, norms, average ? INFINITY : 0.3f, average);
        }
    test_scales(1);
    test_scales(2);
}

int main(void) { return for_each_isa("test_optimizer", tests); }
