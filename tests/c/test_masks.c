/* Masks as bits: those that are made say where the output lies between the bounds, and gradients
 * that read them have the bits of gradients that read the output, by every algorithm and under
 * every instruction set. */
#include "convolution.h"

struct map {
    const char *algorithm;
    int64_t n, i[3], ic, oc, k[3], s[3], before[3], groups;
};

#define ONE {1, 1, 1}
#define NONE {0, 0, 0}

static const struct map cases[] = {
    {"direct", 2, {1, 7, 6}, 3, 1, {1, 3, 3}, ONE, {0, 1, 1}, 1},
    {"direct", 2, {1, 7, 6}, 12, 7, {1, 3, 3}, ONE, {0, 1, 1}, 1},
    {"direct", 3, {1, 9, 8}, 9, 17, {1, 3, 3}, {1, 2, 2}, {0, 1, 1}, 1},
    {"direct", 1, {1, 5, 6}, 33, 15, {1, 1, 1}, ONE, NONE, 1},
    {"direct", 2, {2, 5, 4}, 17, 70, {2, 2, 3}, ONE, NONE, 1},
    {"direct", 2, {1, 6, 5}, 32, 48, {1, 3, 3}, ONE, {0, 1, 1}, 2},
    {"direct", 5, {1, 1, 1}, 40, 33, {1, 1, 1}, ONE, NONE, 1},
    {"winograd", 2, {1, 9, 10}, 16, 17, {1, 3, 3}, ONE, {0, 1, 1}, 1},
    {"winograd", 1, {1, 12, 9}, 33, 64, {1, 3, 3}, ONE, NONE, 1},
    {"winograd", 2, {1, 8, 8}, 32, 48, {1, 3, 3}, ONE, {0, 1, 1}, 2},
    {"winograd", 2, {1, 1, 40}, 20, 19, {1, 1, 3}, ONE, {0, 0, 1}, 1},
    {"fft", 1, {1, 20, 22}, 17, 9, {1, 7, 7}, ONE, {0, 3, 3}, 1},
    {"fft", 1, {1, 18, 17}, 16, 24, {1, 7, 7}, ONE, NONE, 1},
    {"dense", 3, {1, 1, 1}, 520, 530, {1, 1, 1}, ONE, NONE, 1},
    {"reference", 2, {1, 4, 3}, 5, 9, {1, 2, 3}, ONE, {0, 0, 1}, 1},
};

static int64_t out_size(const struct map *c, int axis) {
    return (c->i[axis] + 2 * c->before[axis] - c->k[axis]) / c->s[axis] + 1;
}

static int64_t in_count(const struct map *c) { return c->n * c->i[0] * c->i[1] * c->i[2] * c->ic; }

static int64_t out_count(const struct map *c) {
    return c->n * out_size(c, 0) * out_size(c, 1) * out_size(c, 2) * c->oc;
}

static int64_t kernel_count(const struct map *c, int64_t each) {
    int64_t kernels = each ? c->n : 1;
    return kernels * c->k[0] * c->k[1] * c->k[2] * c->ic / c->groups * c->oc;
}

static void set_conv(struct problem *p, const struct map *c, int64_t pass, int64_t activation,
                     int64_t mask, int64_t each) {
    set_params(p, 0, c->n, c->i[0], c->i[1], c->i[2], c->ic, out_size(c, 0), out_size(c, 1),
               out_size(c, 2), c->oc, c->k[0], c->k[1], c->k[2], c->s[0], c->s[1], c->s[2], 1, 1, 1,
               c->before[0], c->before[1], c->before[2], c->groups, activation, mask, pass, 1, 1, 1,
               each, 0, 0, 0, 0, 1, 1, 1, 1, 0);
    p->batched = true;
}

static size_t bits_bytes(int64_t count, int64_t channels) {
    return (size_t)(count / channels * bits_row(channels, kernels->vlen));
}

static void *bits_buffer(struct problem *p, int64_t count, int64_t channels) {
    p->op.buffer[p->buffers++] = p->slots;
    return add_bytes(p, bits_bytes(count, channels));
}

static bool bit(const uint8_t *bits, int64_t e, int64_t channels) {
    int64_t lanes = kernels->vlen < BITS_LANES ? kernels->vlen : BITS_LANES, c = e % channels;
    return bits[e / channels * bits_row(channels, kernels->vlen) + c / lanes] >> c % lanes & 1;
}

static void expect_bits(const uint8_t *bits, const float *y, int64_t count, int64_t channels,
                        int64_t activation) {
    float most = activation_most(activation);
    for (int64_t e = 0; e < count; e++)
        assert(bit(bits, e, channels) == (y[e] > 0 && (y[e] < most || most == INFINITY)));
}

/* Forward, or backward_data as the layer that is its transpose, whose output is an activation: with
 * bits and without. Then a gradient that is masked by it, from the output and from the bits. */
static void check(const struct map *c, int64_t pass, int64_t activation, int64_t each) {
    const char *name = pass == CONV_FORWARD ? "conv_forward" : "conv_backward_data";
    int64_t channels = pass == CONV_FORWARD ? c->oc : c->ic;
    int64_t x_count = pass == CONV_FORWARD ? in_count(c) : out_count(c);
    int64_t y_count = pass == CONV_FORWARD ? out_count(c) : in_count(c);
    float *x = draws(x_count, 3), *kernel = draws(kernel_count(c, each), 2);
    x[0] = INFINITY;
    x[x_count - 1] = NAN;
    struct problem made = problem(name), plain = problem(name);
    struct problem by_bits = problem(name), by_floats = problem(name);
    struct problem *all[] = {&made, &plain, &by_bits, &by_floats};
    for (int i = 0; i < 4; i++) {
        struct problem pack = problem("conv_pack");
        set_conv(&pack, c, pass, 0, 0, each);
        copy_in(all[i], x, x_count);
        add_kernel(all[i], &pack, kernel);
        done(&pack);
        absent(all[i]);
        absent(all[i]);
        set_conv(all[i], c, pass, i < 2 ? activation : 0,
                 i < 2    ? ACTIVATION_NONE
                 : i == 2 ? MASK_BITS
                          : activation,
                 each);
    }
    absent(&made);
    absent(&plain);
    float *y = output(&made, y_count);
    uint8_t *bits = bits_buffer(&made, y_count, channels);
    float *same = output(&plain, y_count);
    solve(&made);
    solve(&plain);
    assert(memcmp(y, same, 4 * (size_t)y_count) == 0);
    expect_bits(bits, y, y_count, channels, activation);
    assert(strcmp(conv_algorithm_name(&made.op), c->algorithm) == 0);

    memcpy(bits_buffer(&by_bits, y_count, channels), bits, bits_bytes(y_count, channels));
    copy_in(&by_floats, y, y_count);
    float *dx = output(&by_bits, y_count), *expected = output(&by_floats, y_count);
    solve(&by_bits);
    solve(&by_floats);
    assert(memcmp(dx, expected, 4 * (size_t)y_count) == 0);
    free(x);
    free(kernel);
    for (int i = 0; i < 4; i++)
        done(all[i]);
}

static void test_convolutions(void) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert(conv_algorithm_force(cases[i].algorithm));
        for (int64_t activation = 1; activation < ACTIVATIONS; activation++)
            for (int64_t pass = CONV_FORWARD; pass <= CONV_BACKWARD_DATA; pass++)
                check(&cases[i], pass, activation, 0);
    }
    conv_algorithm_force("direct");
    check(&cases[2], CONV_FORWARD, ACTIVATION_RELU, 1);
    check(&cases[2], CONV_BACKWARD_DATA, ACTIVATION_RELU6, 1);
    conv_algorithm_force(NULL);
}

/* Groups that do not begin with a byte, and narrow ones. */
static void test_refused(void) {
    struct map c = {NULL, 2, {1, 6, 5}, 48, 36, {1, 3, 3}, ONE, {0, 1, 1}, 3};
    struct problem p = problem("conv_forward");
    set_conv(&p, &c, 0, 0, MASK_BITS, 0);
    assert(p.op.type->prepare(&p.op) == STATUS_BAD_PARAMS);
    set_conv(&p, &c, 0, ACTIVATION_RELU, 0, 0);
    assert(p.op.type->prepare(&p.op) == STATUS_OK);
    p.op.buffer[CONV_CODE] = 0;
    assert(p.op.type->prepare(&p.op) == STATUS_BAD_PARAMS);
    set_conv(&p, &c, 0, ACTIVATION_RELU, MASK_BITS + 1, 0);
    assert(p.op.type->prepare(&p.op) == STATUS_BAD_PARAMS);
    p.op.type = op_type_find("conv_backward_data");
    set_conv(&p, &c, 1, 0, MASK_BITS, 0);
    assert(p.op.type->prepare(&p.op) == STATUS_OK);
    c.groups = 6;
    set_conv(&p, &c, 1, 0, MASK_BITS, 0);
    assert(p.op.type->prepare(&p.op) == STATUS_BAD_PARAMS);
    done(&p);
}

/* dx = dy where the bit is 1. */
static void test_masked(const uint8_t *bits, int64_t n, int64_t count, int64_t channels) {
    struct problem p = problem("masked");
    memcpy(bits_buffer(&p, n * count, channels), bits, bits_bytes(n * count, channels));
    float *dy = input(&p, n * count, -1, 1), *dx = output(&p, n * count);
    set_params(&p, 0, n, count);
    p.batched = true;
    solve(&p);
    for (int64_t e = 0; e < n * count; e++)
        assert(dx[e] == (bit(bits, e, channels) ? dy[e] : 0));
    done(&p);
}

/* y = act(x - mean + residual), its bits, and dx = dy where they are 1. */
static void test_sweeps(int64_t channels, int64_t activation, bool residual) {
    int64_t n = 5, count = 13 * channels;
    struct problem p = problem("normalize");
    input(&p, n * count, -4, 9);
    input(&p, channels, -1, 1);
    input(&p, channels, 1, 1);
    input(&p, channels, 0, 0);
    if (residual)
        input(&p, n * count, -1, 1);
    else
        absent(&p);
    absent(&p);
    float *y = output(&p, n * count);
    uint8_t *bits = bits_buffer(&p, n * count, channels);
    y[0] = 0;
    set_params(&p, 0, n, count, channels, activation);
    p.batched = true;
    solve(&p);
    expect_bits(bits, y, n * count, channels, activation);

    if (channels % BITS_LANES == 0)
        test_masked(bits, n, count, channels);
    done(&p);
}

static void tests(void) {
    static const int64_t channels[] = {1, 7, 8, 9, 15, 16, 17, 24, 33, 2000};
    test_convolutions();
    test_refused();
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++)
        for (int64_t activation = 1; activation < ACTIVATIONS; activation++)
            for (int residual = 0; residual < 2; residual++)
                test_sweeps(channels[i], activation, residual);
}

int main(void) { return for_each_isa("test_masks", tests); }
