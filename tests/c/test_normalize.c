/* Batch normalization's sweeps against float64, under every instruction set: channels around a vec,
 * rows around a block. */
#include "harness.h"

static const int64_t channel_counts[] = {1, 3, 7, 8, 9, 15, 16, 17, 33, 70};
static const int64_t row_counts[] = {1, 2, 5, 9, 130, 1300};

enum { CHANNELS = sizeof channel_counts / sizeof *channel_counts };
enum { ROWS = sizeof row_counts / sizeof *row_counts };

static void check_normalize(int64_t n, int64_t rows, int64_t c, int64_t activation, int residual) {
    struct problem p = problem("normalize");
    int64_t count = n * rows * c;
    float *x = input(&p, count, -3, 3), *mean = input(&p, c, -1, 1), *factor = input(&p, c, -4, 4);
    float *shift = input(&p, c, -2, 2), *r = NULL, *scale = NULL;
    if (residual > 0)
        r = input(&p, count, -2, 2);
    else
        p.buffers++;
    if (residual > 1)
        scale = input(&p, c, -2, 2);
    else
        p.buffers++;
    float *y = output(&p, count);
    set_params(&p, 0, n, rows * c, c, activation);
    p.batched = true;
    solve(&p);
    for (int64_t i = 0; i < count; i++) {
        int64_t k = i % c;
        double want = ((double)x[i] - mean[k]) * factor[k] + shift[k];
        want += r ? (double)r[i] * (scale ? scale[k] : 1) : 0;
        want = activation > 0 ? fmax(0, want) : want;
        expect("normalize", i, y[i], activation > 1 ? fmin(6, want) : want, 4e-6, 1);
    }
    done(&p);
}

static void check_sums(int64_t n, int64_t rows, int64_t c) {
    struct problem p = problem("centred_sums");
    int64_t count = n * rows * c;
    float *x = input(&p, count, -3, 3), *g = input(&p, count, -1, 1), *mean = input(&p, c, -1, 1);
    float *sum = output(&p, n * c), *dot = output(&p, n * c);
    set_params(&p, 0, n, rows, c);
    p.batched = true;
    solve(&p);
    for (int64_t i = 0; i < n * c; i++) {
        double want_sum = 0, want_dot = 0;
        for (int64_t r = 0; r < rows; r++) {
            int64_t at = (i / c * rows + r) * c + i % c;
            want_sum += g[at];
            want_dot += (double)g[at] * ((double)x[at] - mean[i % c]);
        }
        double bound = 1e-6 + 1e-7 * (double)rows;
        expect("sum", i, sum[i], want_sum, bound, 1);
        expect("dot", i, dot[i], want_dot, 4 * bound, 1);
    }
    done(&p);
}

static void check_join(int64_t n, int64_t c) {
    struct problem p = problem("join_moments");
    float *mean = input(&p, n * c, -1, 1), *variance = input(&p, n * c, 0, 2);
    float *joint_mean = output(&p, c), *joint = output(&p, c);
    set_params(&p, 0, n, c);
    solve(&p);
    for (int64_t k = 0; k < c; k++) {
        double m = 0, v = 0;
        for (int64_t i = 0; i < n; i++)
            m += mean[i * c + k] / (double)n;
        for (int64_t i = 0; i < n; i++)
            v += (variance[i * c + k] + pow(mean[i * c + k] - m, 2)) / (double)n;
        expect("joint mean", k, joint_mean[k], m, 2e-6, 1);
        expect("joint variance", k, joint[k], v, 2e-6, 1);
    }
    done(&p);
}

static void test_sweeps(void) {
    for (int i = 0; i < CHANNELS; i++)
        for (int j = 0; j < ROWS; j++) {
            for (int kind = 0; kind < 3; kind++)
                check_normalize(j % 3 + 1, row_counts[j], channel_counts[i], kind, kind);
            check_sums(j % 3 + 1, row_counts[j], channel_counts[i]);
            check_join(row_counts[j], channel_counts[i]);
        }
}

static enum status prepare(int64_t count, int64_t channels, int64_t activation) {
    struct problem p = problem("normalize");
    set_params(&p, 0, 1, count, channels, activation);
    return p.op.type->prepare(&p.op);
}

static void test_bad_params(void) {
    assert(prepare(6, 3, 2) == STATUS_OK);
    assert(prepare(7, 3, 0) == STATUS_BAD_PARAMS);
    assert(prepare(6, 0, 0) == STATUS_BAD_PARAMS);
    assert(prepare(6, 3, 3) == STATUS_BAD_PARAMS);
}

static void tests(void) {
    test_sweeps();
    test_bad_params();
}

int main(void) { return for_each_isa("test_normalize", tests); }
