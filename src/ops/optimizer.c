/* optimizer.c: one sweep over all variables of an optimizer, and the norms of their gradients. */
#include <math.h>
#include <string.h>

#include "ops.h"

enum { BLOCK = 4096 }; /* elements of a task, of all segments in a row */

PARAMS(update_params, segments, rule, norms);
enum { NORMS_NONE, NORMS_EACH, NORMS_ALL };

/* One variable: an entry of op->list. */
struct segment {
    int64_t parameter, gradient, state[UPDATE_STATES], average; /* buffer ids; -1: none */
    int64_t elements;
    int64_t decays; /* 0 or 1 */
};
enum { SEGMENT_NUMBERS = sizeof(struct segment) / sizeof(int64_t) };

/* Buffers. */
enum { SCALARS, SCALES };

/* Scalars: what decaying variables lose, the average's share, the rule's constants. */
enum { SCALAR_DECAY, SCALAR_AVERAGE, SCALAR_CONSTANTS };

struct update_args {
    const struct op *op;
    const struct run *run;
    struct update_rates rates;
    const float *scales; /* of the gradients, or NULL */
    float decay;
    int64_t elements;
};

static const struct segment *segments_of(const struct op *op) {
    return (const struct segment *)op->list;
}

static int64_t all_elements(const struct op *op) {
    int64_t elements = 0;
    for (int64_t i = 0; i < PARAMS_OF(op, update_params)->segments; i++)
        elements += segments_of(op)[i].elements;
    return elements;
}

/* A segment's array from element `first` on; NULL where it has none. */
static float *from(const struct run *run, int64_t buffer, int64_t first) {
    return buffer < 0 ? NULL : (float *)run_buffer(run, buffer) + first;
}

/* Elements [first, last) of one segment. */
static void update_part(const struct update_args *a, int64_t segment, int64_t first, int64_t last) {
    const struct update_params *p = PARAMS_OF(a->op, update_params);
    const struct segment *s = segments_of(a->op) + segment;
    struct update_rates rates = a->rates;
    rates.decay = s->decays ? a->decay : 0.0f;
    rates.scale = a->scales ? a->scales[p->norms == NORMS_EACH ? segment : 0] : 1.0f;
    struct update_arrays arrays = {
        .w = from(a->run, s->parameter, first),
        .g = from(a->run, s->gradient, first),
        .average = from(a->run, s->average, first),
    };
    for (int i = 0; i < UPDATE_STATES; i++)
        arrays.state[i] = from(a->run, s->state[i], first);
    a->run->kernels->update[p->rule](&arrays, last - first, &rates);
}

static void update_task(void *arg, int64_t task, int thread) {
    (void)thread;
    const struct update_args *a = arg;
    const struct segment *s = segments_of(a->op);
    int64_t first = task * BLOCK, last = min64(first + BLOCK, a->elements);
    int64_t start = 0; /* of segment i in the row of all */
    for (int64_t i = 0; start < last; start += s[i++].elements)
        if (start + s[i].elements > first)
            update_part(a, i, max64(first - start, 0), min64(last - start, s[i].elements));
}

static void update_run(const struct op *op, struct run *run) {
    const float *scalars = op_buffer(op, run, SCALARS);
    struct update_args a = {
        .op = op,
        .run = run,
        .rates = {.bound = op->constants[0], .average = scalars[SCALAR_AVERAGE]},
        .scales = op_buffer(op, run, SCALES),
        .decay = scalars[SCALAR_DECAY],
        .elements = all_elements(op),
    };
    memcpy(a.rates.constants, scalars + SCALAR_CONSTANTS, sizeof a.rates.constants);
    run_tasks(run, div_up(a.elements, BLOCK), update_task, &a);
}

static double update_cost(const struct op *op, int64_t n) {
    (void)n;
    const struct segment *s = segments_of(op);
    int64_t width = 3; /* floats read or written for an element */
    for (int i = 0; i < UPDATE_STATES && op->list_count; i++)
        width += s->state[i] < 0 ? 0 : 2;
    return (double)(all_elements(op) * width) * sizeof(float) * NS_PER_BYTE;
}

static enum status segments_prepare(struct op *op) {
    const struct update_params *p = PARAMS_OF(op, update_params);
    bool whole = op->list_count == SEGMENT_NUMBERS * p->segments;
    bool known = p->rule >= 0 && p->rule < UPDATE_COUNT && p->norms >= 0 && p->norms <= NORMS_ALL;
    return whole && known ? STATUS_OK : STATUS_BAD_PARAMS;
}

const struct op_type op_update = {
    .name = "update",
    .buffers = "scalars, scales?",
    .params = update_params_names,
    .constants = "bound",
    .prepare = segments_prepare,
    .cost = update_cost,
    .run = update_run,
};

/* gradient_scales: scale = bound / max(norm, bound), of each gradient or of all together. */

struct norm_args {
    const struct op *op;
    const struct run *run;
    float *squares; /* [blocks]: each segment has blocks of its own */
};

static int64_t blocks_of(const struct segment *s) { return div_up(s->elements, BLOCK); }

static int64_t all_blocks(const struct op *op) {
    int64_t blocks = 0;
    for (int64_t i = 0; i < PARAMS_OF(op, update_params)->segments; i++)
        blocks += blocks_of(&segments_of(op)[i]);
    return blocks;
}

static void norm_task(void *arg, int64_t task, int thread) {
    (void)thread;
    const struct norm_args *a = arg;
    const struct segment *s = segments_of(a->op);
    int64_t block = task;
    for (; block >= blocks_of(s); s++)
        block -= blocks_of(s);
    const float *g = (const float *)run_buffer(a->run, s->gradient) + block * BLOCK;
    int64_t count = min64(BLOCK, s->elements - block * BLOCK);
    a->run->kernels->fold_rows[REDUCE_sum_squares](g, 1, count, a->squares + task);
}

static float scale_of(double square, float bound) {
    float norm = (float)sqrt(square);
    return norm > bound || isnan(norm) ? bound / norm : 1.0f;
}

static void scales_run(const struct op *op, struct run *run) {
    const struct update_params *p = PARAMS_OF(op, update_params);
    struct norm_args a = {op, run, (float *)run->workspace};
    float *scales = op_buffer(op, run, 0);
    run_tasks(run, all_blocks(op), norm_task, &a);
    double square = 0;
    const float *next = a.squares;
    for (int64_t i = 0; i < p->segments; i++) {
        for (int64_t b = blocks_of(&segments_of(op)[i]); b > 0; b--)
            square += (double)*next++;
        if (p->norms == NORMS_ALL)
            continue;
        scales[i] = scale_of(square, op->constants[0]);
        square = 0;
    }
    if (p->norms == NORMS_ALL)
        scales[0] = scale_of(square, op->constants[0]);
}

static double scales_cost(const struct op *op, int64_t n) {
    (void)n;
    return (double)all_elements(op) * sizeof(float) * NS_PER_BYTE;
}

static enum status scales_prepare(struct op *op) {
    enum status status = segments_prepare(op);
    if (status == STATUS_OK)
        op->workspace = all_blocks(op) * (int64_t)sizeof(float);
    return status;
}

const struct op_type op_gradient_scales = {
    .name = "gradient_scales",
    .buffers = "scales!",
    .params = update_params_names,
    .constants = "bound",
    .prepare = scales_prepare,
    .cost = scales_cost,
    .run = scales_run,
};
