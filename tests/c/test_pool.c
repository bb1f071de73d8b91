/* Pooling against the literal loops over windows, in float64. */
#include "harness.h"

struct pool {
    /* axes d, h, w: sizes, kernel, stride, padding, dilation (0: 1), padding after */
    int64_t n, i[3], c, o[3], k[3], s[3], p[3], d[3], a[3];
};

static int64_t dilation(const struct pool *q, int axis) { return q->d[axis] ? q->d[axis] : 1; }

/* Offset of the input cell at place `cell` of the window of output cell `out`, or -1: padding. */
static int64_t input_cell(const struct pool *q, int64_t out, int64_t cell) {
    int64_t at[3], channel = out % q->c, pixel = out / q->c;
    for (int d = 2; d >= 0; d--) {
        at[d] = pixel % q->o[d] * q->s[d] - q->p[d] + cell % q->k[d] * dilation(q, d);
        pixel /= q->o[d];
        cell /= q->k[d];
        if (at[d] < 0 || at[d] >= q->i[d])
            return -1;
    }
    return (((pixel * q->i[0] + at[0]) * q->i[1] + at[1]) * q->i[2] + at[2]) * q->c + channel;
}

static int64_t input_size(const struct pool *q) {
    return q->n * q->i[0] * q->i[1] * q->i[2] * q->c;
}
static int64_t output_size(const struct pool *q) {
    return q->n * q->o[0] * q->o[1] * q->o[2] * q->c;
}
static int64_t window_size(const struct pool *q) { return q->k[0] * q->k[1] * q->k[2]; }

/* mask: of max_pool */
static struct problem pool_problem(const char *name, const struct pool *q, int64_t mask) {
    struct problem p = problem(name);
    set_params(&p, 0, q->n, q->i[0], q->i[1], q->i[2], q->c, q->o[0], q->o[1], q->o[2], q->k[0],
               q->k[1], q->k[2], q->s[0], q->s[1], q->s[2], q->p[0], q->p[1], q->p[2],
               dilation(q, 0), dilation(q, 1), dilation(q, 2), mask);
    p.batched = true;
    return p;
}

/* Where the first largest number of a window is; -1: the window is empty. */
static int64_t largest_cell(const struct pool *q, const float *x, int64_t out) {
    int64_t best = -1;
    for (int64_t k = 0; k < window_size(q); k++) {
        int64_t at = input_cell(q, out, k);
        if (at >= 0 && (best < 0 || x[at] > x[best]))
            best = at;
    }
    return best;
}

static int64_t code_size(const struct pool *q) {
    bool wide = window_size(q) > 255;
    return output_size(q) / q->c * (wide ? q->c : (q->c + 3) / 4);
}

/* max_pool_gradient, max_pool_gather or max_pool_index of a code, and what it reads beside that. */
static void *solve_coded(struct problem *p, const struct pool *q, const void *code,
                         const float *values, int64_t count, int64_t out) {
    memcpy(output(p, code_size(q)), code, 4 * (size_t)code_size(q));
    if (values)
        memcpy(output(p, count), values, 4 * (size_t)count);
    void *result = output(p, out);
    solve(p);
    return result;
}

/* With y and code, with each of them alone: the same. */
static void check_alone(const struct pool *q, int64_t mask, const float *x, const float *y,
                        const void *code) {
    int64_t in = input_size(q), out = output_size(q);
    for (int alone = 1; alone <= 2; alone++) {
        struct problem f = pool_problem("max_pool", q, mask);
        memcpy(output(&f, in), x, 4 * (size_t)in);
        float *values = alone == 1 ? output(&f, out) : absent(&f);
        void *codes = alone == 2 ? output(&f, code_size(q)) : absent(&f);
        solve(&f);
        assert(!values || memcmp(values, y, 4 * (size_t)out) == 0);
        assert(!codes || memcmp(codes, code, 4 * (size_t)code_size(q)) == 0);
        done(&f);
    }
}

/* mask: 0, or of a ReLU, or of one that clips at 6. */
static void check_max_pool(const struct pool *q, int64_t mask) {
    int64_t in = input_size(q), out = output_size(q);
    struct problem f = pool_problem("max_pool", q, mask);
    struct problem g = pool_problem("max_pool_gradient", q, 0);
    struct problem h = pool_problem("max_pool_gather", q, 0);
    struct problem k = pool_problem("max_pool_index", q, 0);
    float *x = input(&f, in, -20, mask == 1 ? 5 : mask == 2 ? 9 : -1), *y = output(&f, out);
    for (int64_t i = 0; i < in; i++)
        x[i] = roundf(x[i]); /* ties */
    void *code = output(&f, code_size(q));
    solve(&f);
    check_alone(q, mask, x, y, code);
    float *dy = malloc(4 * (size_t)out + 1), *v = malloc(4 * (size_t)in + 1);
    for (int64_t i = 0; i < out; i++)
        dy[i] = (float)draw(-1, 1);
    for (int64_t i = 0; i < in; i++)
        v[i] = (float)draw(-1, 1);
    const float *dx = solve_coded(&g, q, code, dy, out, in);
    const float *u = solve_coded(&h, q, code, v, in, out);
    const int32_t *place = solve_coded(&k, q, code, NULL, 0, out);
    double *want = calloc((size_t)in + 1, sizeof *want);
    for (int64_t o = 0; o < out; o++) {
        int64_t at = largest_cell(q, x, o);
        assert(y[o] == (at < 0 ? -INFINITY : x[at]));
        if (at >= 0 && mask > 0 && !(x[at] > 0 && (mask == 1 || x[at] < 6)))
            at = -1; /* nothing flows */
        assert(u[o] == (at < 0 ? 0 : v[at]));
        assert(place[o] == (at < 0 ? 0 : at / q->c % (q->i[0] * q->i[1] * q->i[2])));
        if (at >= 0)
            want[at] += dy[o];
    }
    for (int64_t i = 0; i < in; i++)
        expect("max_pool_gradient", i, dx[i], want[i], 1e-6, 1);
    free(want);
    free(dy);
    free(v);
    done(&f);
    done(&g);
    done(&h);
    done(&k);
}

/* What the sum of a window with `inside` cells in the image is divided by: 0 those, 1 those and the
 * padding's, 2 one. */
static double divisor_of(const struct pool *q, int64_t out, double inside, int64_t divisor) {
    int64_t pixel = out / q->c, cells = 1;
    for (int d = 2; d >= 0; d--) {
        int64_t start = pixel % q->o[d] * q->s[d] - q->p[d], end = q->i[d] + q->a[d] - start;
        cells *= q->k[d] < end ? q->k[d] : end;
        pixel /= q->o[d];
    }
    return divisor == 0 ? fmax(inside, 1) : divisor == 1 ? (double)cells : 1;
}

static struct problem average_problem(const char *name, const struct pool *q, int64_t divisor) {
    struct problem p = pool_problem(name, q, 0);
    int64_t rest[] = {q->a[0], q->a[1], q->a[2], divisor};
    memcpy(p.op.params + 21, rest, sizeof rest);
    return p;
}

static void check_average_pool(const struct pool *q, int64_t divisor) {
    int64_t in = input_size(q), out = output_size(q);
    struct problem f = average_problem("average_pool", q, divisor);
    struct problem g = average_problem("average_pool_gradient", q, divisor);
    float *x = input(&f, in, -1, 2), *y = output(&f, out);
    float *dy = input(&g, out, -1, 1), *dx = output(&g, in);
    solve(&f);
    solve(&g);
    double *want = calloc((size_t)in + 1, sizeof *want);
    for (int64_t o = 0; o < out; o++) {
        double sum = 0, cells = 0;
        for (int64_t k = 0; k < window_size(q); k++) {
            int64_t at = input_cell(q, o, k);
            sum += at < 0 ? 0 : x[at];
            cells += at >= 0;
        }
        double count = divisor_of(q, o, cells, divisor);
        expect("average_pool", o, y[o], sum / count, 1e-6, 1 + sum / count);
        for (int64_t k = 0; k < window_size(q); k++)
            if (input_cell(q, o, k) >= 0)
                want[input_cell(q, o, k)] += dy[o] / count;
    }
    for (int64_t i = 0; i < in; i++)
        expect("average_pool_gradient", i, dx[i], want[i], 1e-6, 3);
    free(want);
    done(&f);
    done(&g);
}

static void check_pool(const struct pool *q) {
    for (int64_t mask = 0; mask < 3; mask++)
        check_max_pool(q, mask);
    struct pool dense = *q;
    memset(dense.d, 0, sizeof dense.d);
    for (int64_t divisor = 0; divisor < 3; divisor++)
        check_average_pool(&dense, divisor);
}

static void test_nan(void) {
    struct pool q = {1, {1, 1, 6}, 1, {1, 1, 3}, {1, 1, 2}, {1, 1, 2}, {0, 0, 0}, {0}, {0}};
    struct problem f = pool_problem("max_pool", &q, 0);
    float *x = input(&f, 6, -1, 1), *y = output(&f, 3);
    const uint8_t *code = output(&f, 3);
    x[0] = x[3] = NAN;
    solve(&f);
    assert(isnan(y[0]) && isnan(y[1]) && y[2] == fmaxf(x[4], x[5]));
    assert(code[0] == 0 && code[4] == 0 && code[8] == (x[4] < x[5])); /* the first not below */
    done(&f);
}

/* Any sizes; windows that overlap, leave gaps, hang over both edges or see padding alone. */
static struct pool random_pool(void) {
    struct pool q = {.n = draw_int(1, 4), .c = draw_int(1, 36)};
    for (int d = 0; d < 3; d++) {
        q.i[d] = draw_int(1, d == 0 ? 3 : 8);
        q.k[d] = draw_int(1, 5);
        q.s[d] = draw_int(1, 4);
        q.p[d] = draw_int(0, q.k[d] + 1);
        q.o[d] = draw_int(1, (q.i[d] + q.p[d] - 1) / q.s[d] + 2);
        q.d[d] = draw_int(0, 4);
        q.a[d] = draw_int(0, 3) + q.o[d] * q.s[d]; /* no window begins behind it */
    }
    return q;
}

static void tests(void) {
    static const struct pool POOLS[] = {
        {0, {1, 4, 4}, 3, {1, 2, 2}, {1, 2, 2}, {1, 2, 2}, {0, 0, 0}, {0}, {0}},
        {2, {1, 8, 8}, 16, {1, 4, 4}, {1, 2, 2}, {1, 2, 2}, {0, 0, 0}, {0}, {0}},
        {2, {1, 7, 9}, 17, {1, 4, 5}, {1, 3, 3}, {1, 2, 2}, {0, 1, 1}, {0}, {0}},
        {3, {1, 1, 40}, 15, {1, 1, 20}, {1, 1, 2}, {1, 1, 2}, {0, 0, 0}, {0}, {0}},
        {1, {1, 30, 30}, 150, {1, 15, 15}, {1, 2, 2}, {1, 2, 2}, {0, 0, 0}, {0}, {0}},
        {20, {1, 9, 9}, 33, {1, 1, 1}, {1, 9, 9}, {1, 9, 9}, {0, 0, 0}, {0}, {0}},
        {2, {1, 20, 17}, 9, {1, 2, 2}, {1, 17, 16}, {1, 3, 2}, {0, 0, 0}, {0}, {0}},
        {1, {1, 70, 70}, 5, {1, 68, 68}, {1, 3, 3}, {1, 1, 1}, {0, 0, 0}, {0}, {0}},
    };
    for (size_t i = 0; i < sizeof POOLS / sizeof *POOLS; i++)
        check_pool(&POOLS[i]);
    for (int i = 0; i < 60; i++) {
        struct pool q = random_pool();
        check_pool(&q);
    }
    test_nan();
}

int main(void) { return for_each_isa("test_pool", tests); }
