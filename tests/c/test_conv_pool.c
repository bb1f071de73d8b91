/* A convolution that pools what it makes: the bits, and the codes, of convolution and pooling one
 * after the other, under every instruction set and by every algorithm that does it. */
#include "convolution.h"

struct pooled {
    const char *algorithm;
    int64_t n, i[3], ic, oc, k[3], s[3], d[3], before[3], groups, window[2], out[2];
};

#define ONE {1, 1, 1}
#define NONE {0, 0, 0}

static const struct pooled cases[] = {
    {"direct", 2, {1, 28, 28}, 1, 32, {1, 3, 3}, ONE, ONE, NONE, 1, {2, 2}, {13, 13}},
    /* tiles that hang over the edge; rows that no window has, and windows that hang over */
    {"winograd", 2, {1, 9, 14}, 16, 17, {1, 3, 3}, ONE, ONE, {0, 1, 1}, 1, {2, 2}, {4, 7}},
    {"winograd", 2, {1, 9, 13}, 17, 70, {1, 3, 3}, ONE, ONE, {0, 1, 1}, 1, {2, 2}, {5, 7}},
    {"winograd", 1, {2, 10, 12}, 32, 34, {1, 3, 3}, ONE, ONE, NONE, 2, {4, 4}, {2, 3}},
    {"winograd", 3, {1, 12, 15}, 16, 16, {1, 5, 5}, ONE, ONE, {0, 2, 2}, 1, {2, 2}, {6, 8}},
    {"winograd", 2, {1, 1, 40}, 20, 19, {1, 1, 3}, ONE, ONE, {0, 0, 1}, 1, {1, 3}, {1, 14}},
    /* by bands: strides, dilation, padding, few channels out, narrow groups, one image */
    {"direct", 2, {1, 61, 70}, 3, 40, {1, 5, 5}, ONE, ONE, {0, 2, 2}, 1, {3, 3}, {20, 24}},
    {"direct", 1, {1, 40, 33}, 5, 9, {1, 3, 3}, {1, 2, 2}, ONE, {0, 1, 0}, 1, {3, 2}, {7, 8}},
    {"direct", 1, {1, 9, 8}, 5, 7, {1, 3, 3}, ONE, {1, 2, 3}, {0, 2, 3}, 1, {2, 2}, {5, 4}},
    {"direct", 2, {1, 17, 18}, 40, 2, {1, 3, 3}, ONE, ONE, {0, 1, 1}, 1, {2, 2}, {8, 9}},
    {"direct", 1, {1, 64, 64}, 3, 16, {1, 3, 3}, ONE, ONE, {0, 1, 1}, 1, {2, 2}, {32, 32}},
    {"narrow", 2, {1, 31, 30}, 24, 24, {1, 3, 3}, ONE, ONE, {0, 1, 1}, 24, {2, 2}, {16, 15}},
    {"narrow", 1, {1, 13, 39}, 32, 32, {1, 3, 3}, ONE, ONE, {0, 1, 1}, 8, {2, 3}, {7, 13}},
};

static int64_t out_size(const struct pooled *c, int axis) {
    int64_t reach = (c->k[axis] - 1) * c->d[axis] + 1;
    return (c->i[axis] + 2 * c->before[axis] - reach) / c->s[axis] + 1;
}

static void set_conv(struct problem *p, const struct pooled *c, bool pools, int64_t mask) {
    set_params(p, 0, c->n, c->i[0], c->i[1], c->i[2], c->ic, out_size(c, 0), out_size(c, 1),
               out_size(c, 2), c->oc, c->k[0], c->k[1], c->k[2], c->s[0], c->s[1], c->s[2], c->d[0],
               c->d[1], c->d[2], c->before[0], c->before[1], c->before[2], c->groups,
               ACTIVATION_RELU, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, pools ? c->window[0] : 1,
               pools ? c->window[1] : 1, pools ? c->out[0] : 1, pools ? c->out[1] : 1, mask);
    p->batched = true;
}

static void check(const struct pooled *c, int64_t mask) {
    int64_t high = out_size(c, 1), wide = out_size(c, 2);
    int64_t planes = c->n * out_size(c, 0), y_count = planes * high * wide * c->oc;
    int64_t cells = planes * c->out[0] * c->out[1], k_count = c->ic / c->groups * c->oc;
    for (int axis = 0; axis < 3; axis++)
        k_count *= c->k[axis];
    int64_t x_count = c->n * c->i[0] * c->i[1] * c->i[2] * c->ic;
    float *x = draws(x_count, 4), *kernel = draws(k_count, 4), *bias = draws(c->oc, 4);
    struct problem conv = problem("conv_forward"), pool = problem("max_pool");
    struct problem both = problem("conv_forward");
    struct problem *convolutions[] = {&conv, &both};
    for (int i = 0; i < 2; i++) {
        struct problem pack = problem("conv_pack");
        set_conv(&pack, c, false, 0);
        copy_in(convolutions[i], x, x_count);
        add_kernel(convolutions[i], &pack, kernel);
        done(&pack);
        copy_in(convolutions[i], bias, c->oc);
        convolutions[i]->buffers += 2;
        set_conv(convolutions[i], c, i == 1, mask);
    }
    float *map = output(&conv, y_count);
    float *pooled = output(&both, cells * c->oc);
    void *code = output(&both, cells * ((c->oc + 3) / 4));
    solve(&conv);
    solve(&both);
    assert(strcmp(conv_algorithm_name(&both.op), c->algorithm) == 0);
    copy_in(&pool, map, y_count);
    float *y = output(&pool, cells * c->oc);
    void *expected = output(&pool, cells * ((c->oc + 3) / 4));
    set_params(&pool, 0, planes, 1, high, wide, c->oc, 1, c->out[0], c->out[1], 1, c->window[0],
               c->window[1], 1, c->window[0], c->window[1], 0, 0, 0, 1, 1, 1, mask);
    solve(&pool);
    assert(memcmp(pooled, y, 4 * (size_t)(cells * c->oc)) == 0);
    assert(memcmp(code, expected, 4 * (size_t)(cells * ((c->oc + 3) / 4))) == 0);
    free(x);
    free(kernel);
    free(bias);
    done(&conv);
    done(&both);
    done(&pool);
}

static void refused(struct pooled c, bool expected) {
    struct problem p = problem("conv_forward");
    set_conv(&p, &c, true, 0);
    assert((p.op.type->prepare(&p.op) == STATUS_BAD_PARAMS) == expected);
    done(&p);
}

/* Windows that are not there, lines, kernels and maps beyond the cache. */
static void test_refused(void) {
    struct pooled c = cases[0];
    refused(c, false);
    refused((c.out[0] = 15, c), true);
    c = cases[0];
    refused((c.i[1] = 4, c.out[0] = 1, c), true);
    c = cases[0];
    refused((c.ic = 256, c.oc = 256, c.k[1] = c.k[2] = 4, c.out[1] = c.out[0] = 12, c), true);
    c = cases[0];
    refused((c.i[2] = 4002, c.out[1] = 2000, c), true);
}

static void tests(void) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert(conv_algorithm_force(cases[i].algorithm));
        for (int64_t mask = 0; mask < ACTIVATIONS; mask++)
            check(&cases[i], mask);
    }
    conv_algorithm_force(NULL);
    test_refused();
}

int main(void) { return for_each_isa("test_conv_pool", tests); }
