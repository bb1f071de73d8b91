/* Softmax and the cross-entropies against float64 loops. */
#include "harness.h"

/* log(sum_j exp(z_j)) */
static double log_sum(const float *z, int64_t n) {
    double max = -INFINITY, sum = 0;
    for (int64_t j = 0; j < n; j++)
        max = fmax(max, z[j]);
    for (int64_t j = 0; j < n; j++)
        sum += exp(z[j] - max);
    return max + log(sum);
}

static struct problem loss_problem(const char *name, int64_t n, int64_t classes) {
    struct problem p = problem(name);
    set_params(&p, 0, n, classes);
    p.batched = true;
    return p;
}

static void test_softmax(int64_t n, int64_t classes, double scale) {
    int64_t count = n * classes;
    struct problem p = loss_problem("softmax", n, classes);
    struct problem q = loss_problem("log_softmax", n, classes);
    struct problem dp = loss_problem("softmax_gradient", n, classes);
    struct problem dq = loss_problem("log_softmax_gradient", n, classes);
    float *x = input(&p, count, -scale, scale), *y = output(&p, count);
    float *lx = input(&q, count, 0, 0), *ly = output(&q, count);
    memcpy(lx, x, 4 * (size_t)count);
    solve(&p);
    solve(&q);
    float *sy = input(&dp, count, 0, 1), *sdy = input(&dp, count, -1, 1), *sdx = output(&dp, count);
    float *gy = input(&dq, count, -3, 0), *gdy = input(&dq, count, -1, 1),
          *gdx = output(&dq, count);
    solve(&dp);
    solve(&dq);
    for (int64_t i = 0; i < count; i++) {
        int64_t row = i / classes * classes;
        double s = log_sum(x + row, classes), dot = 0, sum = 0;
        for (int64_t j = row; j < row + classes; j++) {
            dot += (double)sy[j] * sdy[j];
            sum += gdy[j];
        }
        expect("softmax", i, y[i], as_float(exp(x[i] - s)), 1e-6 + 2e-7 * scale, 1e-20);
        expect("log_softmax", i, ly[i], x[i] - s, 1e-6, fmax(1, scale));
        expect("softmax_gradient", i, sdx[i], sy[i] * (sdy[i] - dot), 1e-6, 1 + (double)classes);
        expect("log_softmax_gradient", i, gdx[i], gdy[i] - exp(gy[i]) * sum, 1e-6,
               1 + (double)classes);
    }
    done(&p);
    done(&q);
    done(&dp);
    done(&dq);
}

/* What a sweep is asked for. */
struct asked {
    bool loss, dlogits, correct, each, probabilities;
};
static const struct asked everything = {true, true, true, true, false};

/* One of the two cross-entropies, the logits and targets that it reads and what it makes of them.
 */
struct sweep {
    struct problem p;
    int64_t n, classes;
    float *z, *dloss, *loss, *dz, *correct;
    union {
        int32_t *labels;
        float *targets;
    };
};

static struct sweep sweep(const char *name, int64_t n, int64_t classes, struct asked asked) {
    struct sweep s = {.p = problem(name), .n = n, .classes = classes};
    struct problem *p = &s.p;
    set_params(p, 0, n, classes, asked.each, asked.probabilities);
    p->batched = true;
    s.z = input(p, n * classes, -9, 9);
    if (strcmp(name, "sparse_cross_entropy") == 0)
        s.labels = input_int(p, n, 0, classes);
    else
        s.targets = input(p, n * classes, 0, 1);
    s.dloss = asked.dlogits ? input(p, asked.each ? n : 1, -1, 1) : absent(p);
    s.loss = asked.loss ? output(p, n) : absent(p);
    s.dz = asked.dlogits ? output(p, n * classes) : absent(p);
    s.correct = asked.correct ? output(p, n) : absent(p);
    return s;
}

/* Place of the first of the largest, or of the first NaN. */
static int64_t first_largest(const float *x, int64_t n) {
    int64_t best = 0;
    for (int64_t i = 1; i < n && !isnan(x[best]); i++)
        if (isnan(x[i]) || x[i] > x[best])
            best = i;
    return best;
}

static double target(const struct sweep *s, bool sparse, int64_t row, int64_t i) {
    return sparse ? s->labels[row] == i : s->targets[row * s->classes + i];
}

static void check_row(const struct sweep *s, bool sparse, int64_t row) {
    const float *z = s->z + row * s->classes;
    double sum = log_sum(z, s->classes), loss = 0, total = 0;
    int64_t place =
        sparse ? s->labels[row] : first_largest(s->targets + row * s->classes, s->classes);
    for (int64_t i = 0; i < s->classes; i++) {
        loss -= target(s, sparse, row, i) * (z[i] - sum);
        total += target(s, sparse, row, i);
    }
    expect("loss", row, s->loss[row], loss, 1e-6, fmax(1, total));
    expect("correct", row, s->correct[row], first_largest(z, s->classes) == place, 0, 1);
    for (int64_t i = 0; i < s->classes; i++) {
        double want = exp(z[i] - sum) * total - target(s, sparse, row, i);
        expect("dlogits", i, s->dz[row * s->classes + i], want * s->dloss[row], 1e-6, 1);
    }
}

static void test_cross_entropy(const char *name, int64_t n, int64_t classes) {
    struct sweep s = sweep(name, n, classes, everything);
    solve(&s.p);
    assert(s.p.status == STATUS_OK);
    for (int64_t row = 0; row < n; row++)
        check_row(&s, strcmp(name, "sparse_cross_entropy") == 0, row);
    done(&s.p);
}

/* A sweep that makes less of the same numbers, or has one dloss for all, makes the same of them. */
static void test_less(const char *name, int64_t n, int64_t classes, struct asked asked) {
    struct sweep all = sweep(name, n, classes, everything), s = sweep(name, n, classes, asked);
    memcpy(s.z, all.z, s.p.bytes[0]);
    memcpy(s.labels, all.labels, s.p.bytes[1]);
    for (int64_t row = 0; row < n; row++)
        all.dloss[row] = all.dloss[0];
    if (asked.dlogits)
        memcpy(s.dloss, all.dloss, asked.each ? 4 * (size_t)n : 4);
    solve(&all.p);
    solve(&s.p);
    assert(!asked.loss || memcmp(s.loss, all.loss, 4 * (size_t)n) == 0);
    assert(!asked.dlogits || memcmp(s.dz, all.dz, 4 * (size_t)(n * classes)) == 0);
    assert(!asked.correct || memcmp(s.correct, all.correct, 4 * (size_t)n) == 0);
    done(&all.p);
    done(&s.p);
}

/* Ties, also those that rounding makes, numbers that are not finite: as argmax of softmax. */
static void test_winners(int64_t classes, bool probabilities) {
    enum { ROWS = 40 };
    struct asked asked = everything;
    asked.probabilities = probabilities;
    struct sweep s = sweep("sparse_cross_entropy", ROWS, classes, asked);
    struct problem q = loss_problem("softmax", ROWS, classes);
    const float values[] = {1, 1, nextafterf(1, 2), -3, 0, -0.0f, INFINITY, -INFINITY, NAN};
    for (int64_t i = 0; i < ROWS * classes; i++) /* the last of them in few rows */
        s.z[i] = values[draw_int(0, i / classes % 4 == 0 ? 9 : 6)];
    float *x = input(&q, ROWS * classes, 0, 0), *y = output(&q, ROWS * classes);
    memcpy(x, s.z, q.bytes[0]);
    solve(&q);
    for (int64_t row = 0; row < ROWS; row++) /* half of them right */
        if (row % 2)
            s.labels[row] =
                (int32_t)first_largest((probabilities ? y : x) + row * classes, classes);
    solve(&s.p);
    for (int64_t row = 0; row < ROWS; row++) {
        int64_t place = first_largest((probabilities ? y : x) + row * classes, classes);
        expect("winner", row, s.correct[row], place == s.labels[row], 0, 1);
    }
    done(&s.p);
    done(&q);
}

/* Losses and gradients need a class; to be correct, a label need not be one. */
static void test_wrong_label(int64_t n, int32_t wrong, struct asked asked) {
    struct sweep s = sweep("sparse_cross_entropy", n, 10, asked);
    s.labels[n - 1] = wrong;
    solve(&s.p);
    if (asked.loss || asked.dlogits)
        assert(s.p.status == STATUS_LABEL_RANGE && s.p.detail == wrong);
    else
        assert(s.p.status == STATUS_OK && s.correct[n - 1] == 0);
    done(&s.p);
}

static void test_cross_entropies(const char *name) {
    for (int64_t classes = 1; classes < 40; classes += 1 + classes / 6)
        for (int64_t n = 9; n < 40; n += 24)
            test_cross_entropy(name, n, classes);
    test_cross_entropy(name, 0, 4);
    test_cross_entropy(name, 3, 1000);
    test_cross_entropy(name, 3000, 10);
    for (int64_t classes = 7; classes < 24; classes += 9) {
        test_less(name, 35, classes, (struct asked){.loss = true});
        test_less(name, 35, classes, (struct asked){.dlogits = true, .each = true});
        test_less(name, 35, classes, (struct asked){.dlogits = true});
        test_less(name, 35, classes, (struct asked){.correct = true});
        test_less(name, 35, classes, (struct asked){.loss = true, .correct = true});
    }
}

static void tests(void) {
    for (int64_t classes = 1; classes < 40; classes += 1 + classes / 6) {
        test_softmax(9, classes, 5);
        test_winners(classes, false);
        test_winners(classes, true);
    }
    test_softmax(0, 4, 1);
    test_softmax(3, 1000, 5);
    test_softmax(3, 10, 1e4);
    test_cross_entropies("sparse_cross_entropy");
    test_cross_entropies("cross_entropy");
    test_wrong_label(3000, 10, (struct asked){.loss = true});
    test_wrong_label(3, -1, (struct asked){.dlogits = true});
    test_wrong_label(3, 255, (struct asked){.correct = true});
}

int main(void) { return for_each_isa("test_loss", tests); }
