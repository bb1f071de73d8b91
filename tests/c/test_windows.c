/* windows and fold against literal loops over windows. */
#include "harness.h"

struct walk {
    int64_t n, i[3], c, o[3], k[3], s[3], d[3], p[3]; /* axes d, h, w */
};

static int64_t volume(const int64_t *size) { return size[0] * size[1] * size[2]; }

/* Where element e of y comes from in x, or -1: from outside the image. */
static int64_t source(const struct walk *q, int64_t e) {
    int64_t channel = e % q->c, cell = e / q->c % volume(q->k), at[3];
    int64_t pixel = e / q->c / volume(q->k);
    for (int a = 2; a >= 0; a--) {
        at[a] = pixel % q->o[a] * q->s[a] - q->p[a] + cell % q->k[a] * q->d[a];
        pixel /= q->o[a];
        cell /= q->k[a];
        if (at[a] < 0 || at[a] >= q->i[a])
            return -1;
    }
    return (((pixel * q->i[0] + at[0]) * q->i[1] + at[1]) * q->i[2] + at[2]) * q->c + channel;
}

static struct problem walk_problem(const char *name, const struct walk *q) {
    struct problem p = problem(name);
    set_params(&p, 0, q->n, q->i[0], q->i[1], q->i[2], q->c, q->o[0], q->o[1], q->o[2], q->k[0],
               q->k[1], q->k[2], q->s[0], q->s[1], q->s[2], q->d[0], q->d[1], q->d[2], q->p[0],
               q->p[1], q->p[2]);
    p.batched = true;
    return p;
}

static void check_walk(const struct walk *q) {
    int64_t in = q->n * volume(q->i) * q->c, out = q->n * volume(q->o) * volume(q->k) * q->c;
    struct problem f = walk_problem("windows", q), g = walk_problem("fold", q);
    float *x = input(&f, in, -1, 1), *y = output(&f, out);
    float *dy = input(&g, out, -1, 1), *dx = output(&g, in);
    f.op.constants[0] = -2.5f;
    solve(&f);
    solve(&g);
    double *want = calloc((size_t)in + 1, sizeof *want);
    for (int64_t e = 0; e < out; e++) {
        int64_t from = source(q, e);
        assert(y[e] == (from < 0 ? -2.5f : x[from]));
        if (from >= 0)
            want[from] += dy[e];
    }
    for (int64_t i = 0; i < in; i++)
        expect("fold", i, dx[i], want[i], 1e-6, 10);
    free(want);
    done(&f);
    done(&g);
}

/* Any sizes; windows that overlap, leave gaps, hang over both edges or see no image at all. */
static struct walk random_walk(void) {
    struct walk q = {.n = draw_int(0, 4), .c = draw_int(1, 36)};
    for (int a = 0; a < 3; a++) {
        q.i[a] = draw_int(1, a == 0 ? 3 : 8);
        q.k[a] = draw_int(1, 4);
        q.s[a] = draw_int(1, 4);
        q.d[a] = draw_int(1, 4);
        q.p[a] = draw_int(0, q.k[a] * q.d[a] + 2);
        q.o[a] = draw_int(0, (q.i[a] + 2 * q.p[a]) / q.s[a] + 2);
    }
    return q;
}

static void tests(void) {
    static const struct walk WALKS[] = {
        {2, {1, 30, 31}, 3, {1, 28, 29}, {1, 3, 3}, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}},
        {1, {1, 9, 9}, 150, {1, 9, 9}, {1, 3, 3}, {1, 1, 1}, {1, 1, 1}, {0, 1, 1}},
        {17, {1, 1, 40}, 70, {1, 1, 20}, {1, 1, 2}, {1, 1, 2}, {1, 1, 1}, {0, 0, 0}},
    };
    for (size_t i = 0; i < sizeof WALKS / sizeof *WALKS; i++)
        check_walk(&WALKS[i]);
    for (int i = 0; i < 80; i++) {
        struct walk q = random_walk();
        check_walk(&q);
    }
}

int main(void) { return for_each_isa("test_windows", tests); }
