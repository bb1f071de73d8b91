/* Reductions and moments against float64 loops. */
#include "harness.h"

struct extents {
    int64_t outer, mid, inner;
};

/* x[outer][mid][inner] of one result. */
struct column {
    const float *x;
    int64_t count, stride;
};

static double mean_of(struct column c) {
    double sum = 0;
    for (int64_t i = 0; i < c.count; i++)
        sum += c.x[i * c.stride];
    return sum / (double)c.count;
}

static double variance_of(struct column c) {
    double mean = mean_of(c), sum = 0;
    for (int64_t i = 0; i < c.count; i++)
        sum += pow(c.x[i * c.stride] - mean, 2);
    return sum / (double)c.count;
}

static double reduce_oracle(enum reduce f, struct column c) {
    double y = f == REDUCE_max ? -INFINITY : f == REDUCE_min ? INFINITY : f == REDUCE_product;
    for (int64_t i = 0; i < c.count; i++) {
        double x = c.x[i * c.stride];
        switch (f) {
        case REDUCE_max:
            y = isnan(x) || x > y ? x : y;
            break;
        case REDUCE_min:
            y = isnan(x) || x < y ? x : y;
            break;
        case REDUCE_product:
            y *= x;
            break;
        case REDUCE_sum_squares:
            y += x * x;
            break;
        default:
            y += x;
        }
    }
    return f == REDUCE_mean ? y / (double)c.count : y;
}

/* The first largest or smallest; a NaN counts as such. */
static int64_t index_oracle(enum reduce f, struct column c) {
    double sign = f == REDUCE_argmax ? 1 : -1;
    int64_t best = 0;
    for (int64_t i = 1; i < c.count; i++) {
        double x = c.x[i * c.stride], y = c.x[best * c.stride];
        if (!isnan(y) && (isnan(x) || sign * x > sign * y))
            best = i;
    }
    return best;
}

static void set_extents(struct problem *p, const struct extents *e, int axis, int64_t function) {
    p->batched = axis == 0; /* of params[1], the outer extent */
    set_params(p, 0, e->outer, e->mid, e->inner, axis, function);
}

/* As solve, with mid times the examples. */
static void solve_batched_mid(struct problem *p, int64_t mid) {
    p->op.params[0] = 1;
    p->op.params[2] = 1;
    run_once(p, 2, mid);
}

static void check_reduce(enum reduce f, const struct extents *e, int axis) {
    int64_t results = e->outer * e->inner;
    struct problem p = problem("reduce");
    bool product = f == REDUCE_product, index = f == REDUCE_argmax || f == REDUCE_argmin;
    float *x = input(&p, results * e->mid, product ? 0.99 : -1, product ? 1.01 : 3);
    void *y = output(&p, results);
    for (int64_t i = 0; index && i < results * e->mid; i++)
        x[i] = i % 1001 == 700 ? NAN : roundf(8 * x[i]); /* ties */
    set_extents(&p, e, axis, f);
    solve(&p);
    if (axis == 1)
        solve_batched_mid(&p, e->mid);
    for (int64_t i = 0; i < results; i++) {
        int64_t o = i / e->inner;
        struct column c = {x + (o * e->mid) * e->inner + i % e->inner, e->mid, e->inner};
        if (index)
            assert(((int32_t *)y)[i] == index_oracle(f, c));
        else
            expect(reduce_names[f], i, ((float *)y)[i], reduce_oracle(f, c), product ? 1e-5 : 1e-6,
                   1e-6 * (double)e->mid + (e->mid > 0));
    }
    done(&p);
}

static void check_moments(const struct extents *e, int axis, double offset) {
    int64_t results = e->outer * e->inner;
    struct problem p = problem("moments");
    float *x = input(&p, results * e->mid, offset - 1, offset + 1);
    float *mean = output(&p, results), *variance = output(&p, results);
    set_extents(&p, e, axis, 0);
    solve(&p);
    if (axis == 1)
        solve_batched_mid(&p, e->mid);
    for (int64_t i = 0; i < results; i++) {
        int64_t o = i / e->inner;
        struct column c = {x + (o * e->mid) * e->inner + i % e->inner, e->mid, e->inner};
        expect("mean", i, mean[i], mean_of(c), 3e-7, 1);
        expect("variance", i, variance[i], variance_of(c), 2e-6, 0.02 * offset + 0.1);
    }
    done(&p);
}

static void test_nan(void) {
    for (int64_t at = 0; at < 70; at++) {
        struct problem p = problem("reduce");
        float *x = input(&p, 70, -1, 1), *y = output(&p, 1);
        x[at] = NAN;
        set_params(&p, 0, 1, 70, 1, 0, at % 2 ? REDUCE_max : REDUCE_min);
        solve(&p);
        assert(isnan(*y));
        done(&p);
    }
}

static void tests(void) {
    static const struct extents EXTENTS[] = {
        {1, 1, 1},    {0, 3, 4},    {3, 1, 5},     {5, 3, 1},     {7, 10, 1},    {2, 17, 1},
        {3, 64, 1},   {3, 65, 1},   {1, 1000, 1},  {4, 9, 3},     {1, 200, 3},   {2, 131, 10},
        {1, 70, 16},  {2, 300, 17}, {3, 5, 31},    {2, 259, 33},  {1, 40, 128},  {1, 130, 70},
        {1, 3, 2500}, {70, 300, 2}, {1, 70000, 1}, {1, 9000, 10}, {2, 3000, 40}, {3, 20001, 1},
    };
    for (size_t i = 0; i < sizeof EXTENTS / sizeof *EXTENTS; i++)
        for (int axis = 0; axis < 2; axis++) {
            for (enum reduce f = 0; f < REDUCE_COUNT; f++)
                check_reduce(f, &EXTENTS[i], axis);
            check_moments(&EXTENTS[i], axis, 0);
            check_moments(&EXTENTS[i], axis, 100);
        }
    const struct extents empty = {2, 0, 3};
    for (enum reduce f = 0; f < REDUCE_argmax; f++)
        check_reduce(f, &empty, 0);
    test_nan();
}

int main(void) { return for_each_isa("test_reduce", tests); }
