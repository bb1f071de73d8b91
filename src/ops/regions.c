/* regions.c: non-maximum suppression of boxes. */
#include <math.h>

#include "ops.h"

/* boxes[n][k][4] (two corners), scores[n][k], classes[n][k], indices[n][size], counts[n] */
PARAMS(suppression_params, batched, n, k, size);

struct suppression_args {
    const struct run *run;
    const struct suppression_params *p;
    const float *boxes, *scores;
    const int32_t *classes; /* NULL: all of one class */
    int32_t *indices, *counts;
    float iou, score; /* thresholds */
};

/* The corners of a box in order, so that right >= left and bottom >= top. */
struct box {
    float left, top, right, bottom;
};

static struct box box_at(const float *b) {
    return (struct box){fminf(b[0], b[2]), fminf(b[1], b[3]), fmaxf(b[0], b[2]), fmaxf(b[1], b[3])};
}

static float area(struct box b) { return (b.right - b.left) * (b.bottom - b.top); }

/* Intersection / union; 0 for a box without area. */
static float overlap(struct box a, struct box b) {
    float width = fminf(a.right, b.right) - fmaxf(a.left, b.left);
    float height = fminf(a.bottom, b.bottom) - fmaxf(a.top, b.top);
    if (!(width > 0 && height > 0))
        return 0;
    float shared = width * height;
    return shared / (area(a) + area(b) - shared);
}

static bool is_box(const float *b) {
    for (int i = 0; i < 4; i++)
        if (!isfinite(b[i]))
            return false;
    return true;
}

/* left[k]: the scores of the boxes that may still be kept; -infinity of the others. */
static void candidates(const struct suppression_args *a, const float *boxes, const float *scores,
                       float *left) {
    for (int64_t i = 0; i < a->p->k; i++)
        left[i] = scores[i] > a->score && is_box(boxes + 4 * i) ? scores[i] : -INFINITY;
}

/* The first box of the highest score; -1: none is left. */
static int64_t best_of(const float *left, int64_t k) {
    int64_t best = -1;
    float score = -INFINITY;
    for (int64_t i = 0; i < k; i++)
        if (left[i] > score) {
            score = left[i];
            best = i;
        }
    return best;
}

/* Removes the box that is kept, and those of its class that overlap it too much. */
static void suppress(const struct suppression_args *a, const float *boxes, const int32_t *classes,
                     int64_t kept, float *left) {
    struct box box = box_at(boxes + 4 * kept);
    left[kept] = -INFINITY;
    for (int64_t i = 0; i < a->p->k; i++) {
        if (left[i] == -INFINITY || (classes && classes[i] != classes[kept]))
            continue;
        if (overlap(box, box_at(boxes + 4 * i)) > a->iou)
            left[i] = -INFINITY;
    }
}

static void suppression_task(void *arg, int64_t image, int thread) {
    const struct suppression_args *a = arg;
    int64_t k = a->p->k, size = a->p->size, count = 0, best;
    const float *boxes = a->boxes + image * k * 4;
    const int32_t *classes = a->classes ? a->classes + image * k : NULL;
    int32_t *indices = a->indices + image * size;
    float *left = run_scratch(a->run, thread);
    candidates(a, boxes, a->scores + image * k, left);
    while (count < size && (best = best_of(left, k)) >= 0) {
        indices[count++] = (int32_t)best;
        suppress(a, boxes, classes, best, left);
    }
    a->counts[image] = (int32_t)count;
    while (count < size)
        indices[count++] = -1;
}

static void suppression_run(const struct op *op, struct run *run) {
    const struct suppression_params *p = PARAMS_OF(op, suppression_params);
    struct suppression_args a = {
        .run = run,
        .p = p,
        .boxes = op_buffer(op, run, 0),
        .scores = op_buffer(op, run, 1),
        .classes = op_buffer(op, run, 2),
        .indices = op_buffer(op, run, 3),
        .counts = op_buffer(op, run, 4),
        .iou = op->constants[0],
        .score = op->constants[1],
    };
    run_tasks(run, op_extent(p->n, p->batched, run->n), suppression_task, &a);
}

/* About 2 ns for each box and each that is kept, of which there are hardly more than 100. */
static double suppression_cost(const struct op *op, int64_t n) {
    const struct suppression_params *p = PARAMS_OF(op, suppression_params);
    return 2.0 * (double)(op_extent(p->n, p->batched, n) * p->k * min64(p->size, 100));
}

static enum status suppression_prepare(struct op *op) {
    op->scratch = PARAMS_OF(op, suppression_params)->k * (int64_t)sizeof(float);
    return STATUS_OK;
}

const struct op_type op_non_maximum_suppression = {
    .name = "non_maximum_suppression",
    .buffers = "boxes, scores, classes?, indices!, counts!",
    .params = suppression_params_names,
    .constants = "iou, score",
    .prepare = suppression_prepare,
    .cost = suppression_cost,
    .by_example = leads_with_examples,
    .run = suppression_run,
};
