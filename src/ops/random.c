/* random.c: tensors of random numbers, each a pure function of (seed, counter, element). */
#include "sweep.h"

/* Starts of blocks are multiples of what a batch of the generator makes. */
_Static_assert(SWEEP_BLOCK % 64 == 0, "a block must hold whole batches");

/* key[2] = seed, counter. Elements are numbered in the whole batch, of which this may be a slice.
 */
static struct random_key key_at(const struct op *op, const struct run *run, int buffer,
                                int64_t first) {
    const int32_t *key = op_buffer(op, run, buffer);
    int64_t before = run->first == 0 ? 0 : sweep_extent(op, run->first);
    return (struct random_key){(uint32_t)key[0], (uint32_t)key[1], before + first};
}

static double random_cost(const struct op *op, int64_t n) {
    return (double)sweep_extent(op, n); /* about a nanosecond each */
}

static void dropout_body(const struct op *op, const struct run *run, int64_t first, int64_t n) {
    const float *x = op_buffer(op, run, 0);
    float *y = op_buffer(op, run, 2);
    struct random_key key = key_at(op, run, 1, first);
    run->kernels->dropout(key, x + first, y + first, n, op->constants[0]);
}

static void dropout_run(const struct op *op, struct run *run) { sweep_run(op, run, dropout_body); }

const struct op_type op_dropout = {
    .name = "dropout",
    .buffers = "x=, key, y!",
    .params = sweep_params_names,
    .constants = "rate",
    .cost = random_cost,
    .by_example = leads_with_examples,
    .run = dropout_run,
};

static void uniform_body(const struct op *op, const struct run *run, int64_t first, int64_t n) {
    float *y = op_buffer(op, run, 1);
    run->kernels->random_uniform(key_at(op, run, 0, first), y + first, n);
}

static void uniform_run(const struct op *op, struct run *run) { sweep_run(op, run, uniform_body); }

const struct op_type op_random_uniform = {
    .name = "random_uniform",
    .buffers = "key, y!",
    .params = sweep_params_names,
    .constants = "",
    .cost = random_cost,
    .by_example = leads_with_examples,
    .run = uniform_run,
};

static void normal_body(const struct op *op, const struct run *run, int64_t first, int64_t n) {
    float *y = op_buffer(op, run, 1);
    run->kernels->random_normal(key_at(op, run, 0, first), y + first, n);
}

static void normal_run(const struct op *op, struct run *run) { sweep_run(op, run, normal_body); }

const struct op_type op_random_normal = {
    .name = "random_normal",
    .buffers = "key, y!",
    .params = sweep_params_names,
    .constants = "",
    .cost = random_cost,
    .by_example = leads_with_examples,
    .run = normal_run,
};

static double next_key_cost(const struct op *op, int64_t n) {
    (void)op, (void)n;
    return 0;
}

static void next_key_run(const struct op *op, struct run *run) {
    const uint32_t *key = op_buffer(op, run, 0);
    uint32_t *next = op_buffer(op, run, 1);
    next[0] = key[0];
    next[1] = key[1] + 1;
}

const struct op_type op_next_key = {
    .name = "next_key",
    .buffers = "key, next!",
    .params = "",
    .constants = "",
    .cost = next_key_cost,
    .run = next_key_run,
};
