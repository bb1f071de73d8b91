/* optimizer.c: one sweep over all variables of an optimizer. */
#include "ops.h"

enum { SGD_BLOCK = 4096 }; /* elements of a task, of all segments in a row */

PARAMS(sgd_params, segments, nesterov);

/* One variable: an entry of op->list. */
struct segment {
    int64_t parameter, gradient; /* buffer ids */
    int64_t elements;
    int64_t offset; /* in velocity, in floats */
    int64_t decays; /* 0 or 1 */
};
_Static_assert(sizeof(struct segment) == 5 * sizeof(int64_t), "five numbers of the list");

struct sgd_args {
    const struct op *op;
    const struct run *run;
    const float *scalars; /* learning rate, momentum, weight decay */
    float *velocity;
    int64_t elements;
};

/* Elements [first, last) of one segment. */
static void sgd_part(const struct sgd_args *a, const struct segment *s, int64_t first,
                     int64_t last) {
    struct sgd_rates rates = {
        .learning_rate = a->scalars[0],
        .momentum = a->scalars[1],
        .decay = s->decays ? a->scalars[0] * a->scalars[2] : 0.0f,
        .nesterov = PARAMS_OF(a->op, sgd_params)->nesterov != 0,
    };
    float *w = run_buffer(a->run, s->parameter);
    const float *g = run_buffer(a->run, s->gradient);
    float *velocity = a->velocity ? a->velocity + s->offset + first : NULL;
    a->run->kernels->sgd(w + first, g + first, velocity, last - first, rates);
}

static void sgd_task(void *arg, int64_t task, int thread) {
    (void)thread;
    const struct sgd_args *a = arg;
    const struct segment *s = (const struct segment *)a->op->list;
    int64_t first = task * SGD_BLOCK, last = min64(first + SGD_BLOCK, a->elements);
    int64_t start = 0; /* of segment s in the row of all */
    for (; start < last; start += s->elements, s++)
        if (start + s->elements > first)
            sgd_part(a, s, max64(first - start, 0), min64(last - start, s->elements));
}

static int64_t sgd_elements(const struct op *op) {
    const struct segment *s = (const struct segment *)op->list;
    int64_t elements = 0;
    for (int64_t i = 0; i < PARAMS_OF(op, sgd_params)->segments; i++)
        elements += s[i].elements;
    return elements;
}

static void sgd_run(const struct op *op, struct run *run) {
    struct sgd_args a = {
        .op = op,
        .run = run,
        .scalars = op_buffer(op, run, 0),
        .velocity = op_buffer(op, run, 1),
        .elements = sgd_elements(op),
    };
    run_tasks(run, div_up(a.elements, SGD_BLOCK), sgd_task, &a);
}

static double sgd_cost(const struct op *op, int64_t n) {
    (void)n;
    int64_t width = op->buffer[1] < 0 ? 3 : 5; /* floats read or written for an element */
    return (double)(sgd_elements(op) * width) * sizeof(float) * NS_PER_BYTE;
}

static enum status sgd_prepare(struct op *op) {
    bool whole = op->list_count == 5 * PARAMS_OF(op, sgd_params)->segments;
    return whole ? STATUS_OK : STATUS_BAD_PARAMS;
}

const struct op_type op_sgd = {
    .name = "sgd",
    .buffers = "scalars, velocity!?",
    .params = sgd_params_names,
    .constants = "",
    .prepare = sgd_prepare,
    .cost = sgd_cost,
    .run = sgd_run,
};
