/* take, scatter and argsort against literal loops. */
#include "harness.h"

struct extents {
    int64_t outer, mid, inner, count;
    bool shared, examples_count; /* index[count]; the examples are `count`, not `outer` */
};

static struct problem index_problem(const char *name, const struct extents *e, bool write) {
    struct problem p = problem(name);
    set_params(&p, 0, e->outer, e->mid, e->inner, e->count, e->examples_count, e->shared, write);
    return p;
}

static int64_t index_count(const struct extents *e) {
    return e->shared ? e->count : e->outer * e->count * e->inner;
}

/* Where element i of the taken tensor comes from, by the index that it has. */
static int64_t source(const struct extents *e, const int32_t *index, int64_t i) {
    int64_t inner = i % e->inner, count = i / e->inner % e->count;
    int64_t place = index[e->shared ? count : i];
    place += place < 0 ? e->mid : 0;
    return (i / e->inner / e->count * e->mid + place) * e->inner + inner;
}

static void test_take(struct extents e, int32_t wrong) {
    int64_t all = e.outer * e.mid * e.inner, taken = e.outer * e.count * e.inner;
    struct problem p = index_problem("take", &e, false);
    float *x = input(&p, all, -1, 1);
    int32_t *index = input_int(&p, index_count(&e), -e.mid, e.mid);
    float *y = output(&p, taken);
    if (wrong)
        index[index_count(&e) / 2] = wrong;
    solve(&p);
    assert(p.status == (wrong ? STATUS_INDEX_RANGE : STATUS_OK) && (!wrong || p.detail == wrong));
    for (int64_t i = 0; i < taken && !wrong; i++)
        assert(y[i] == x[source(&e, index, i)]);
    done(&p);
}

static void test_scatter(struct extents e, bool write, int32_t wrong) {
    int64_t all = e.outer * e.mid * e.inner, taken = e.outer * e.count * e.inner;
    struct problem p = index_problem("scatter", &e, write);
    float *x = input(&p, taken, -1, 1);
    int32_t *index = input_int(&p, index_count(&e), -e.mid, e.mid);
    float *y = output(&p, all), *want = calloc((size_t)all + 1, sizeof *want);
    if (wrong)
        index[index_count(&e) / 2] = wrong;
    solve(&p);
    assert(p.status == (wrong ? STATUS_INDEX_RANGE : STATUS_OK) && (!wrong || p.detail == wrong));
    for (int64_t i = 0; i < taken && !wrong; i++) {
        float *to = want + source(&e, index, i);
        *to = write ? x[i] : *to + x[i];
    }
    for (int64_t i = 0; i < all && !wrong; i++)
        assert(y[i] == want[i]);
    free(want);
    done(&p);
}

/* Whether place a comes before place b; NaN counts as largest. */
static bool comes_before(const float *x, int64_t step, int64_t a, int64_t b, bool descending) {
    float u = x[a * step], v = x[b * step];
    bool less = !isnan(u) && (isnan(v) || u < v), more = !isnan(v) && (isnan(u) || u > v);
    return descending ? more || (!less && a < b) : less || (!more && a < b);
}

static void test_argsort(int64_t outer, int64_t mid, int64_t inner, int64_t count,
                         bool descending) {
    struct problem p = problem("argsort");
    set_params(&p, 0, outer, mid, inner, count, descending);
    p.batched = true;
    float *x = input(&p, outer * mid * inner, -9, 9);
    int32_t *index = output(&p, outer * count * inner);
    for (int64_t i = 0; i < outer * mid * inner; i++)
        x[i] = i % 11 == 5 ? NAN : i % 13 == 7 ? -0.0f : roundf(x[i]); /* ties */
    solve(&p);
    for (int64_t column = 0; column < outer * inner; column++) {
        const float *from = x + column / inner * mid * inner + column % inner;
        const int32_t *to = index + column / inner * count * inner + column % inner;
        for (int64_t i = 0; i < count; i++) {
            int64_t before = 0; /* of all, this many come before the i-th */
            for (int64_t j = 0; j < mid; j++)
                before += comes_before(from, inner, j, to[i * inner], descending);
            assert(before == i);
        }
    }
    done(&p);
}

static void tests(void) {
    static const struct extents EXTENTS[] = {
        {1, 1, 1, 1, false, false},     {3, 7, 1, 5, false, false},  {2, 9, 17, 30, false, false},
        {20, 4, 33, 3, false, false},   {2, 6, 200, 9, true, false}, {40, 5, 8, 5, true, false},
        {1, 100, 1, 5000, true, false}, {1, 30, 70, 64, true, true}, {0, 3, 4, 5, false, false},
        {3, 4, 5, 0, true, false},      {3, 4, 0, 2, true, false},
    };
    for (size_t i = 0; i < sizeof EXTENTS / sizeof *EXTENTS; i++) {
        test_take(EXTENTS[i], 0);
        test_scatter(EXTENTS[i], false, 0);
        test_scatter(EXTENTS[i], true, 0);
    }
    struct extents e = {5, 7, 3, 400, false, false}, f = {5, 7, 300, 4, true, false};
    test_take(e, 7);
    test_take(f, -8);
    test_scatter(e, false, INT32_MIN);
    test_scatter(f, true, INT32_MAX);
    for (int i = 0; i < 40; i++) {
        int64_t mid = draw_int(1, i < 20 ? 20 : 300);
        test_argsort(draw_int(0, 9), mid, draw_int(1, 19), draw_int(0, mid + 1), i % 2);
    }
    test_argsort(1, 2000, 1, 2000, false);
    test_argsort(3, 0, 2, 0, false);
}

int main(void) { return for_each_isa("test_index", tests); }
