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

static void test_sparse_cross_entropy(int64_t n, int64_t classes, int32_t wrong) {
    struct problem p = loss_problem("sparse_cross_entropy", n, classes);
    struct problem q = loss_problem("sparse_cross_entropy_gradient", n, classes);
    float *z = input(&p, n * classes, -9, 9);
    int32_t *label = input_int(&p, n, 0, classes);
    float *loss = output(&p, n), *qz = input(&q, n * classes, 0, 0);
    int32_t *qlabel = input_int(&q, n, 0, 1);
    float *dloss = input(&q, n, -1, 1), *dz = output(&q, n * classes);
    if (wrong)
        label[n - 1] = wrong;
    memcpy(qz, z, 4 * (size_t)(n * classes));
    memcpy(qlabel, label, 4 * (size_t)n);
    solve(&p);
    solve(&q);
    assert(p.status == (wrong ? STATUS_LABEL_RANGE : STATUS_OK) && q.status == p.status);
    assert(!wrong || (p.detail == wrong && q.detail == wrong));
    for (int64_t i = 0; i < n * classes && !wrong; i++) {
        int64_t row = i / classes, hit = label[row] == i % classes;
        double s = log_sum(z + row * classes, classes);
        expect("sparse_cross_entropy_gradient", i, dz[i],
               (exp(z[i] - s) - (double)hit) * dloss[row], 1e-6, 1);
        if (hit)
            expect("sparse_cross_entropy", row, loss[row], s - z[i], 1e-6, 1);
    }
    done(&p);
    done(&q);
}

static void test_cross_entropy(int64_t n, int64_t classes) {
    struct problem p = loss_problem("cross_entropy", n, classes);
    struct problem q = loss_problem("cross_entropy_gradient", n, classes);
    float *z = input(&p, n * classes, -9, 9), *t = input(&p, n * classes, 0, 1);
    float *loss = output(&p, n), *qz = input(&q, n * classes, 0, 0),
          *qt = input(&q, n * classes, 0, 0);
    float *dloss = input(&q, n, -1, 1), *dz = output(&q, n * classes);
    memcpy(qz, z, 4 * (size_t)(n * classes));
    memcpy(qt, t, 4 * (size_t)(n * classes));
    solve(&p);
    solve(&q);
    for (int64_t row = 0; row < n; row++) {
        double s = log_sum(z + row * classes, classes), want = 0, total = 0;
        for (int64_t i = row * classes; i < (row + 1) * classes; i++) {
            want -= t[i] * (z[i] - s);
            total += t[i];
        }
        expect("cross_entropy", row, loss[row], want, 1e-6, 1);
        for (int64_t i = row * classes; i < (row + 1) * classes; i++)
            expect("cross_entropy_gradient", i, dz[i], (exp(z[i] - s) * total - t[i]) * dloss[row],
                   1e-6, 1);
    }
    done(&p);
    done(&q);
}

static void tests(void) {
    for (int64_t classes = 1; classes < 40; classes += 1 + classes / 6) {
        test_softmax(9, classes, 5);
        test_sparse_cross_entropy(9, classes, 0);
        test_cross_entropy(9, classes);
    }
    test_softmax(0, 4, 1);
    test_softmax(3, 1000, 5);
    test_softmax(3, 10, 1e4);
    test_sparse_cross_entropy(3000, 10, 0);
    test_sparse_cross_entropy(3000, 10, 10);
    test_sparse_cross_entropy(3, 10, -1);
    test_cross_entropy(3000, 10);
}

int main(void) { return for_each_isa("test_loss", tests); }
