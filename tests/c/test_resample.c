/* Sparse matrices along an axis, and sampling, against literal sums in float64. */
#include "harness.h"

static void check_axis_matrix(int64_t n, int64_t outer, int64_t i, int64_t o, int64_t inner) {
    struct problem p = problem("axis_matrix");
    float *x = input(&p, n * outer * i * inner, -1, 1);
    int64_t count = 0, starts[64] = {0};
    for (int64_t r = 0; r < o; r++)
        starts[r + 1] = count += i ? draw_int(0, 5) : 0;
    int32_t *row = input_int(&p, o + 1, 0, 1), *columns = input_int(&p, count, 0, i);
    for (int64_t r = 0; r <= o; r++)
        row[r] = (int32_t)starts[r];
    float *weights = input(&p, count, -1, 1), *y = output(&p, n * outer * o * inner);
    set_params(&p, 0, n, outer, i, o, inner, count);
    p.batched = true;
    solve(&p);
    for (int64_t at = 0; at < n * outer * o * inner; at++) {
        int64_t r = at / inner % o, block = at / inner / o;
        double sum = 0;
        for (int64_t k = starts[r]; k < starts[r + 1]; k++)
            sum += (double)weights[k] * x[(block * i + columns[k]) * inner + at % inner];
        expect("axis_matrix", at, y[at], sum, 1e-6, 4);
    }
    done(&p);
}

enum { CONSTANT, NEAREST, REFLECT, MIRROR, WRAP, FILL_MODES };

struct sampling {
    int64_t n, images, rank, size[3], c, points, fill_mode; /* images 0: no index */
};

static int64_t inside(int64_t i, int64_t size, int64_t mode) {
    while (i < 0 || i >= size) {
        if (mode == CONSTANT)
            return -1;
        if (mode == WRAP)
            i += i < 0 ? size : -size;
        else if (mode == NEAREST || size == 1)
            i = i < 0 ? 0 : size - 1;
        else if (mode == REFLECT)
            i = i < 0 ? -1 - i : 2 * size - 1 - i;
        else
            i = i < 0 ? -i : 2 * size - 2 - i;
    }
    return i;
}

static int64_t pixels(const struct sampling *q) { return q->size[0] * q->size[1] * q->size[2]; }

static struct problem sampling_problem(const char *name, const struct sampling *q) {
    struct problem p = problem(name);
    set_params(&p, 0, q->n, q->images ? q->images : q->n, q->rank, q->size[0], q->size[1],
               q->size[2], q->c, q->points, 0, q->fill_mode);
    p.batched = q->images == 0;
    return p;
}

/* The pixel and weight of corner k of a point's cell, differentiated along `axis` (-1: not). */
static double corner(const struct sampling *q, const float *point, int k, int64_t axis,
                     int64_t *pixel) {
    double weight = 1;
    *pixel = 0;
    for (int64_t a = 0; a < q->rank; a++) {
        int64_t size = q->size[3 - q->rank + a], side = k >> a & 1;
        double part = (double)point[a] - floor((double)point[a]);
        int64_t at = inside((int64_t)floor((double)point[a]) + side, size, q->fill_mode);
        weight *= a == axis ? (side ? 1 : -1) : (side ? part : 1 - part);
        *pixel = at < 0 || *pixel < 0 ? -1 : *pixel * size + at;
    }
    return weight;
}

static void check_sampling(const struct sampling *q) {
    int64_t images = q->images ? q->images : q->n, all = q->n * q->points;
    int64_t xs = images * pixels(q) * q->c, ys = all * q->c;
    struct problem f = sampling_problem("sample", q), g = sampling_problem("sample_gradient", q);
    struct problem h = sampling_problem("sample_points_gradient", q);
    struct problem *problems[] = {&f, &g, &h};
    float *points = NULL;
    int32_t *index = NULL;
    for (int i = 0; i < 3; i++) {
        float *mine = input(problems[i], all * q->rank, -4, 9);
        problems[i]->buffers = 2; /* no direction */
        int32_t *owners = q->images ? input_int(problems[i], q->n, 0, images) : NULL;
        problems[i]->buffers = 3;
        if (i)
            memcpy(mine, points, 4 * (size_t)(all * q->rank));
        if (i && index)
            memcpy(owners, index, 4 * (size_t)q->n);
        points = i ? points : mine;
        index = i ? index : owners;
    }
    float *x = input(&f, xs, -1, 1), *y = output(&f, ys), *dx = output(&g, xs);
    float *dy = input(&g, ys, -1, 1), *hx = input(&h, xs, -1, 1), *hdy = input(&h, ys, -1, 1);
    float *dpoints = output(&h, all * q->rank);
    for (int i = 0; i < 3; i++)
        solve(problems[i]);
    double *want = calloc((size_t)xs + 1, sizeof *want);
    for (int64_t p = 0; p < all; p++) {
        int64_t image = index ? index[p / q->points] : p / q->points, pixel;
        double slope[3] = {0};
        for (int64_t c = 0; c < q->c; c++) {
            double sum = 0;
            for (int k = 0; k < 1 << q->rank; k++) {
                double weight = corner(q, points + p * q->rank, k, -1, &pixel);
                int64_t at = (image * pixels(q) + pixel) * q->c + c;
                if (pixel < 0)
                    continue;
                sum += weight * x[at];
                want[at] += weight * dy[p * q->c + c];
                for (int64_t a = 0; a < q->rank; a++)
                    slope[a] +=
                        corner(q, points + p * q->rank, k, a, &pixel) * hx[at] * hdy[p * q->c + c];
            }
            expect("sample", p, y[p * q->c + c], sum, 1e-5, 1);
        }
        for (int64_t a = 0; a < q->rank; a++)
            expect("sample_points_gradient", p, dpoints[p * q->rank + a], slope[a], 1e-4, 1);
    }
    for (int64_t i = 0; i < xs; i++)
        expect("sample_gradient", i, dx[i], want[i], 1e-5, 1);
    free(want);
    for (int i = 0; i < 3; i++)
        done(problems[i]);
}

/* A second derivative: y = sum over axes of direction times slope, here of x = its row number. */
static void test_direction(void) {
    struct sampling q = {1, 0, 2, {1, 4, 4}, 1, 3, NEAREST};
    struct problem f = sampling_problem("sample", &q);
    input(&f, 6, 0.1, 2.9);
    float *direction = input(&f, 6, -1, 1);
    f.buffers = 3; /* no index */
    float *x = input(&f, 16, 0, 1), *y = output(&f, 3);
    for (int i = 0; i < 16; i++)
        x[i] = (float)(i / 4);
    solve(&f);
    for (int i = 0; i < 3; i++)
        expect("direction", i, y[i], direction[2 * i], 1e-6, 1);
    done(&f);
}

static void test_wrong_values(void) {
    struct sampling q = {2, 2, 2, {1, 3, 3}, 5, 4, WRAP};
    struct problem f = sampling_problem("sample", &q);
    float *points = input(&f, 16, 0, 2);
    points[0] = NAN;
    points[3] = INFINITY;
    points[5] = -1e30f;
    f.buffers = 2;
    int32_t *index = input_int(&f, 2, 0, 2);
    input(&f, 90, 0, 1);
    float *y = output(&f, 40);
    solve(&f);
    assert(f.status == STATUS_OK && isnan(y[0]) && isfinite(y[5]) && isfinite(y[10]));
    index[1] = -1;
    solve(&f);
    assert(f.status == STATUS_IMAGE_RANGE && f.detail == -1);
    done(&f);
}

static void tests(void) {
    static const int64_t WIDTHS[] = {1, 2, 7, 8, 9, 16, 17, 33};
    for (size_t i = 0; i < sizeof WIDTHS / sizeof *WIDTHS; i++) {
        check_axis_matrix(3, 2, 5, 7, WIDTHS[i]);
        check_axis_matrix(40, 30, 9, 20, WIDTHS[i]);
    }
    check_axis_matrix(0, 2, 3, 4, 5);
    check_axis_matrix(2, 2, 3, 0, 5);
    check_axis_matrix(2, 2, 0, 3, 5);
    for (int i = 0; i < 60; i++) {
        struct sampling q = {draw_int(1, 5),  draw_int(0, 4),  draw_int(1, 4), {1, 1, 1},
                             draw_int(1, 36), draw_int(1, 40), i % FILL_MODES};
        for (int64_t a = 3 - q.rank; a < 3; a++)
            q.size[a] = draw_int(1, 7);
        check_sampling(&q);
    }
    check_sampling(&(struct sampling){2, 0, 2, {1, 20, 20}, 150, 500, REFLECT});
    test_direction();
    test_wrong_values();
}

int main(void) { return for_each_isa("test_resample", tests); }
