/* loss.c: softmax and the cross-entropies, over rows of classes. */
#include "ops.h"

enum { LOSS_BLOCK = 8192 }; /* floats of a task, in whole rows */

PARAMS(loss_params, batched, n, classes);

/* Rows [first, first + rows) of an op's buffers. */
typedef void loss_body(const struct op *op, struct run *run, int64_t first, int64_t rows);

struct loss_args {
    const struct op *op;
    struct run *run;
    loss_body *body;
    int64_t rows, rows_of_task;
};

static void loss_task(void *arg, int64_t task, int thread) {
    (void)thread;
    const struct loss_args *a = arg;
    int64_t first = task * a->rows_of_task;
    a->body(a->op, a->run, first, min64(a->rows_of_task, a->rows - first));
}

static void loss_run(const struct op *op, struct run *run, loss_body *body) {
    const struct loss_params *p = PARAMS_OF(op, loss_params);
    struct loss_args a = {
        .op = op,
        .run = run,
        .body = body,
        .rows = op_extent(p->n, p->batched, run->n),
        .rows_of_task = max64(1, LOSS_BLOCK / max64(1, p->classes)),
    };
    run_tasks(run, div_up(a.rows, a.rows_of_task), loss_task, &a);
}

static double loss_cost(const struct op *op, int64_t n) {
    const struct loss_params *p = PARAMS_OF(op, loss_params);
    return (double)(op_extent(p->n, p->batched, n) * (p->classes + 16)); /* about 1 ns a class */
}

/* The part of a buffer of rows of `width` floats that begins at row `first`. */
static float *rows_of(const struct op *op, const struct run *run, int buffer, int64_t first,
                      int64_t width) {
    return (float *)op_buffer(op, run, buffer) + first * width;
}

static int64_t classes_of(const struct op *op) { return PARAMS_OF(op, loss_params)->classes; }

/* Labels of rows from `first` on; NULL, and the run fails, when one is not a class. */
static const int32_t *checked_labels(const struct op *op, struct run *run, int64_t first,
                                     int64_t rows) {
    const int32_t *labels = (const int32_t *)op_buffer(op, run, 1) + first;
    for (int64_t i = 0; i < rows; i++)
        if (labels[i] < 0 || labels[i] >= classes_of(op)) {
            run_fail(run, STATUS_LABEL_RANGE, labels[i]);
            return NULL;
        }
    return labels;
}

#define ROWS(buffer) rows_of(op, run, buffer, first, classes_of(op))
#define COLUMN(buffer) rows_of(op, run, buffer, first, 1)

static void softmax_body(const struct op *op, struct run *run, int64_t first, int64_t rows) {
    run->kernels->softmax(ROWS(0), ROWS(1), rows, classes_of(op));
}

static void log_softmax_body(const struct op *op, struct run *run, int64_t first, int64_t rows) {
    run->kernels->log_softmax(ROWS(0), ROWS(1), rows, classes_of(op));
}

static void softmax_gradient_body(const struct op *op, struct run *run, int64_t first,
                                  int64_t rows) {
    run->kernels->softmax_gradient(ROWS(0), ROWS(1), ROWS(2), rows, classes_of(op));
}

static void log_softmax_gradient_body(const struct op *op, struct run *run, int64_t first,
                                      int64_t rows) {
    run->kernels->log_softmax_gradient(ROWS(0), ROWS(1), ROWS(2), rows, classes_of(op));
}

static void sparse_cross_entropy_body(const struct op *op, struct run *run, int64_t first,
                                      int64_t rows) {
    const int32_t *labels = checked_labels(op, run, first, rows);
    if (labels)
        run->kernels->sparse_cross_entropy(ROWS(0), labels, COLUMN(2), rows, classes_of(op));
}

static void sparse_cross_entropy_gradient_body(const struct op *op, struct run *run, int64_t first,
                                               int64_t rows) {
    const int32_t *labels = checked_labels(op, run, first, rows);
    if (labels)
        run->kernels->sparse_cross_entropy_gradient(ROWS(0), labels, COLUMN(2), ROWS(3), rows,
                                                    classes_of(op));
}

static void cross_entropy_body(const struct op *op, struct run *run, int64_t first, int64_t rows) {
    run->kernels->cross_entropy(ROWS(0), ROWS(1), COLUMN(2), rows, classes_of(op));
}

static void cross_entropy_gradient_body(const struct op *op, struct run *run, int64_t first,
                                        int64_t rows) {
    run->kernels->cross_entropy_gradient(ROWS(0), ROWS(1), COLUMN(2), ROWS(3), rows,
                                         classes_of(op));
}

#define LOSS_OP(op_name, buffer_names, fails)                         \
    static void op_name##_run(const struct op *op, struct run *run) { \
        loss_run(op, run, op_name##_body);                            \
    }                                                                 \
    const struct op_type op_##op_name = {                             \
        .name = #op_name,                                             \
        .buffers = buffer_names,                                      \
        .params = loss_params_names,                                  \
        .constants = "",                                              \
        .cost = loss_cost,                                            \
        .by_example = leads_with_examples,                            \
        .run = op_name##_run,                                         \
        .may_fail = fails,                                            \
    }

LOSS_OP(softmax, "x, y!", false);
LOSS_OP(log_softmax, "x, y!", false);
LOSS_OP(softmax_gradient, "y, dy, dx!", false);
LOSS_OP(log_softmax_gradient, "y, dy, dx!", false);
LOSS_OP(sparse_cross_entropy, "logits, labels, loss!", true);
LOSS_OP(sparse_cross_entropy_gradient, "logits, labels, dloss, dlogits!", true);
LOSS_OP(cross_entropy, "logits, targets, loss!", false);
LOSS_OP(cross_entropy_gradient, "logits, targets, dloss, dlogits!", false);
