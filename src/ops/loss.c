/* loss.c: softmax and the cross-entropies, over rows of classes. */
#include "ops.h"

enum { LOSS_BLOCK = 8192 }; /* floats of a task, in whole rows */

PARAMS(loss_params, batched, n, classes);

/* each: floats from one row's dloss to the next, 1 or 0; probabilities: `correct` looks at those.
 */
PARAMS(cross_entropy_params, batched, n, classes, each, probabilities);

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

/* The run fails when a label is not a class. */
static bool are_classes(struct run *run, const int32_t *labels, int64_t rows, int64_t classes) {
    for (int64_t i = 0; i < rows; i++)
        if (labels[i] < 0 || labels[i] >= classes) {
            run_fail(run, STATUS_LABEL_RANGE, labels[i]);
            return false;
        }
    return true;
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

/* Buffers of the cross-entropies; the second has the labels or targets. */
enum { LOGITS, TARGETS, DLOSS, LOSS, DLOGITS, CORRECT };

/* The part of a buffer as `rows_of`, NULL where it is absent. */
static float *wanted(const struct op *op, const struct run *run, int buffer, int64_t first,
                     int64_t width) {
    return op->buffer[buffer] < 0 ? NULL : rows_of(op, run, buffer, first, width);
}

static struct cross_entropy cross_entropy_of(const struct op *op, const struct run *run,
                                             int64_t first, int64_t rows) {
    const struct cross_entropy_params *p = PARAMS_OF(op, cross_entropy_params);
    return (struct cross_entropy){
        .z = ROWS(LOGITS),
        .dloss = wanted(op, run, DLOSS, first * p->each, 1),
        .loss = wanted(op, run, LOSS, first, 1),
        .dz = wanted(op, run, DLOGITS, first, p->classes),
        .correct = wanted(op, run, CORRECT, first, 1),
        .each = p->each,
        .probabilities = p->probabilities,
        .rows = rows,
        .n = p->classes,
    };
}

static void sparse_cross_entropy_body(const struct op *op, struct run *run, int64_t first,
                                      int64_t rows) {
    const struct cross_entropy sweep = cross_entropy_of(op, run, first, rows);
    const int32_t *labels = (const int32_t *)op_buffer(op, run, TARGETS) + first;
    if (!(sweep.loss || sweep.dz) || are_classes(run, labels, rows, sweep.n))
        run->kernels->sparse_cross_entropy(&sweep, labels);
}

static void cross_entropy_body(const struct op *op, struct run *run, int64_t first, int64_t rows) {
    const struct cross_entropy sweep = cross_entropy_of(op, run, first, rows);
    run->kernels->cross_entropy(&sweep, ROWS(TARGETS));
}

static enum status cross_entropy_prepare(struct op *op) {
    bool flows = (op->buffer[DLOSS] >= 0) == (op->buffer[DLOGITS] >= 0);
    return flows ? STATUS_OK : STATUS_BAD_PARAMS;
}

#define LOSS_OP(op_name, buffer_names, ...)                           \
    static void op_name##_run(const struct op *op, struct run *run) { \
        loss_run(op, run, op_name##_body);                            \
    }                                                                 \
    const struct op_type op_##op_name = {                             \
        .name = #op_name,                                             \
        .buffers = buffer_names,                                      \
        .constants = "",                                              \
        .cost = loss_cost,                                            \
        .by_example = leads_with_examples,                            \
        .run = op_name##_run,                                         \
        __VA_ARGS__,                                                  \
    }

LOSS_OP(softmax, "x, y!", .params = loss_params_names);
LOSS_OP(log_softmax, "x, y!", .params = loss_params_names);
LOSS_OP(softmax_gradient, "y, dy, dx!", .params = loss_params_names);
LOSS_OP(log_softmax_gradient, "y, dy, dx!", .params = loss_params_names);
LOSS_OP(sparse_cross_entropy, "logits, labels, dloss?, loss?!, dlogits?!, correct?!",
        .params = cross_entropy_params_names, .prepare = cross_entropy_prepare, .may_fail = true);
LOSS_OP(cross_entropy, "logits, targets, dloss?, loss?!, dlogits?!, correct?!",
        .params = cross_entropy_params_names, .prepare = cross_entropy_prepare);
