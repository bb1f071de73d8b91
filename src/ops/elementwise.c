/* elementwise.c: functions of one array, and of two with broadcasting. */
#include "sweep.h"

/* A flat op that moves `width` floats per element. */
static double sweep_cost(const struct op *op, int64_t n, int width) {
    return (double)(sweep_extent(op, n) * width) * sizeof(float) * NS_PER_BYTE;
}

PARAMS(unary_params, batched, n, count, function);

static void unary_body(const struct op *op, const struct run *run, int64_t first, int64_t n) {
    const struct unary_params *p = PARAMS_OF(op, unary_params);
    const float *x = op_buffer(op, run, 0);
    float *y = op_buffer(op, run, 1);
    run->kernels->unary[p->function](x + first, y + first, n, op->constants[0]);
}

static double unary_cost(const struct op *op, int64_t n) { return sweep_cost(op, n, 2); }

static void unary_run(const struct op *op, struct run *run) { sweep_run(op, run, unary_body); }

const struct op_type op_unary = {
    .name = "unary",
    .buffers = "x=, y!",
    .params = unary_params_names,
    .constants = "alpha",
    .cost = unary_cost,
    .by_example = leads_with_examples,
    .run = unary_run,
};

PARAMS(binary_params, batched, n, d1, d2, d3, d4, an, a1, a2, a3, a4, bn, b1, b2, b3, b4, function);

struct binary_args {
    const float *a, *b;
    float *y;
    binary_kernel *kernel;
    float alpha;
};

static void binary_tile(const struct nest *nest, const int64_t *offset, int64_t rows,
                        int64_t cols) {
    const struct binary_args *args = nest->arg;
    const int row = NEST_DEPTH - 2, col = NEST_DEPTH - 1;
    struct binary_tile tile = {
        .a = args->a + offset[0],
        .b = args->b + offset[1],
        .y = args->y + offset[2],
        .rows = rows,
        .cols = cols,
        .a_row = nest->stride[0][row],
        .a_col = nest->stride[0][col],
        .b_row = nest->stride[1][row],
        .b_col = nest->stride[1][col],
        .y_row = nest->stride[2][row],
        .alpha = args->alpha,
    };
    args->kernel(&tile);
}

static void binary_run(const struct op *op, struct run *run) {
    const struct binary_params *p = PARAMS_OF(op, binary_params);
    struct binary_args args = {op_buffer(op, run, 0), op_buffer(op, run, 1), op_buffer(op, run, 2),
                               run->kernels->binary[p->function], op->constants[0]};
    int64_t n = op_extent(p->n, p->batched, run->n), y3 = p->d4, y2 = p->d3 * y3, y1 = p->d2 * y2;
    struct nest nest = {
        .extent = {1, n, p->d1, p->d2, p->d3, p->d4},
        .stride = {{0, p->an, p->a1, p->a2, p->a3, p->a4},
                   {0, p->bn, p->b1, p->b2, p->b3, p->b4},
                   {0, p->d1 * y1, y1, y2, y3, 1}},
        .operands = 3,
        .tile = binary_tile,
        .arg = &args,
    };
    nest_collapse(&nest);
    nest_run(&nest, run);
}

static double binary_cost(const struct op *op, int64_t n) {
    const struct binary_params *p = PARAMS_OF(op, binary_params);
    int64_t count = op_extent(p->n, p->batched, n) * p->d1 * p->d2 * p->d3 * p->d4;
    return (double)(count * 3) * sizeof(float) * NS_PER_BYTE;
}

const struct op_type op_binary = {
    .name = "binary",
    .buffers = "a=, b=, y!",
    .params = binary_params_names,
    .constants = "alpha",
    .cost = binary_cost,
    .by_example = leads_with_examples,
    .run = binary_run,
};

static void select_body(const struct op *op, const struct run *run, int64_t first, int64_t n) {
    const float *c = op_buffer(op, run, 0), *a = op_buffer(op, run, 1), *b = op_buffer(op, run, 2);
    float *y = op_buffer(op, run, 3);
    run->kernels->select(c + first, a + first, b + first, y + first, n);
}

static double select_cost(const struct op *op, int64_t n) { return sweep_cost(op, n, 4); }

static void select_run(const struct op *op, struct run *run) { sweep_run(op, run, select_body); }

const struct op_type op_select = {
    .name = "select",
    .buffers = "c=, a=, b=, y!",
    .params = sweep_params_names,
    .constants = "",
    .cost = select_cost,
    .by_example = leads_with_examples,
    .run = select_run,
};

/* dx = dy where the bit is 1, else 0; bits of rows of a multiple of BITS_LANES. */
static void masked_body(const struct op *op, const struct run *run, int64_t first, int64_t n) {
    const uint8_t *bits = op_buffer(op, run, 0);
    const float *dy = op_buffer(op, run, 1);
    float *dx = op_buffer(op, run, 2);
    run->kernels->masked(bits + bits_row(first, run->kernels->vlen), dy + first, dx + first, n);
}

static double masked_cost(const struct op *op, int64_t n) { return sweep_cost(op, n, 2); }

static void masked_run(const struct op *op, struct run *run) { sweep_run(op, run, masked_body); }

const struct op_type op_masked = {
    .name = "masked",
    .buffers = "bits, dy=, dx!",
    .params = sweep_params_names,
    .constants = "",
    .cost = masked_cost,
    .by_example = leads_with_examples,
    .run = masked_run,
};

static void fill_body(const struct op *op, const struct run *run, int64_t first, int64_t n) {
    float *y = op_buffer(op, run, 0);
    run->kernels->fill(y + first, n, op->constants[0]);
}

static double fill_cost(const struct op *op, int64_t n) { return sweep_cost(op, n, 1); }

static void fill_run(const struct op *op, struct run *run) { sweep_run(op, run, fill_body); }

const struct op_type op_fill = {
    .name = "fill",
    .buffers = "y!",
    .params = sweep_params_names,
    .constants = "value",
    .cost = fill_cost,
    .by_example = leads_with_examples,
    .run = fill_run,
};

/* function: 0 int32 to float, 1 float to int32 by cutting the fraction off. */
PARAMS(convert_params, batched, n, count, function);

static void convert_body(const struct op *op, const struct run *run, int64_t first, int64_t n) {
    const void *x = op_buffer(op, run, 0);
    void *y = op_buffer(op, run, 1);
    if (PARAMS_OF(op, convert_params)->function == 0)
        run->kernels->int_to_float((const int32_t *)x + first, (float *)y + first, n);
    else
        run->kernels->float_to_int((const float *)x + first, (int32_t *)y + first, n);
}

static void convert_run(const struct op *op, struct run *run) { sweep_run(op, run, convert_body); }

const struct op_type op_convert = {
    .name = "convert",
    .buffers = "x, y!",
    .params = convert_params_names,
    .constants = "",
    .cost = unary_cost,
    .by_example = leads_with_examples,
    .run = convert_run,
};

PARAMS(one_hot_params, batched, n, classes);

static double one_hot_cost(const struct op *op, int64_t n) { return sweep_cost(op, n, 1); }

/* y[n][classes] = 1 at the label, else 0. */
static void one_hot_run(const struct op *op, struct run *run) {
    const struct one_hot_params *p = PARAMS_OF(op, one_hot_params);
    const int32_t *labels = op_buffer(op, run, 0);
    float *y = op_buffer(op, run, 1);
    int64_t n = op_extent(p->n, p->batched, run->n);
    run->kernels->fill(y, n * p->classes, 0.0f);
    for (int64_t i = 0; i < n; i++) {
        if (labels[i] < 0 || labels[i] >= p->classes) {
            run_fail(run, STATUS_LABEL_RANGE, labels[i]);
            return;
        }
        y[i * p->classes + labels[i]] = 1.0f;
    }
}

const struct op_type op_one_hot = {
    .name = "one_hot",
    .buffers = "labels, y!",
    .params = one_hot_params_names,
    .constants = "",
    .cost = one_hot_cost,
    .by_example = leads_with_examples,
    .run = one_hot_run,
    .may_fail = true,
};

PARAMS(batch_count_params, batched, n);

static double batch_count_cost(const struct op *op, int64_t n) {
    (void)op;
    (void)n;
    return 0;
}

static void batch_count_run(const struct op *op, struct run *run) {
    const struct batch_count_params *p = PARAMS_OF(op, batch_count_params);
    float *y = op_buffer(op, run, 0);
    *y = (float)op_extent(p->n, p->batched, run->n);
}

const struct op_type op_batch_count = {
    .name = "batch_count",
    .buffers = "y!",
    .params = batch_count_params_names,
    .constants = "",
    .cost = batch_count_cost,
    .run = batch_count_run,
};
