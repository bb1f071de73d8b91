/* Non-maximum suppression against the definition: what is kept, and why all else is not. */
#include "harness.h"

/* Intersection / union of two boxes with ordered corners. */
static double iou(const float *a, const float *b) {
    double width = fmin(a[2], b[2]) - fmax(a[0], b[0]),
           height = fmin(a[3], b[3]) - fmax(a[1], b[1]);
    double shared = fmax(width, 0) * fmax(height, 0);
    double union_ = (double)(a[2] - a[0]) * (a[3] - a[1]) + (double)(b[2] - b[0]) * (b[3] - b[1]);
    return shared > 0 ? shared / (union_ - shared) : 0;
}

/* Corners are multiples of 1/8, so that float32 has every overlap as exactly as it can. */
static void draw_boxes(float *boxes, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        float *b = boxes + 4 * i;
        for (int j = 0; j < 2; j++) {
            b[j] = (float)draw_int(0, 16) / 8;
            b[j + 2] = b[j] + (float)draw_int(0, 8) / 8;
        }
    }
}

struct image {
    const float *boxes, *scores;
    const int32_t *classes, *kept;
    int64_t k, size, count;
    double threshold, least;
};

/* Whether one of the first `count` boxes kept removes box i. */
static bool removed(const struct image *m, int64_t i, int64_t count) {
    for (int64_t j = 0; j < count; j++) {
        int32_t at = m->kept[j];
        if (at == i || (m->classes[at] == m->classes[i] &&
                        iou(m->boxes + 4 * at, m->boxes + 4 * i) > m->threshold))
            return true;
    }
    return false;
}

/* Each step keeps the best box, the first of equal ones, that nothing before it removed. */
static void check_image(const struct image *m) {
    for (int64_t step = 0; step < m->size; step++) {
        int64_t best = -1;
        for (int64_t i = 0; i < m->k; i++)
            if (m->scores[i] > m->least && !removed(m, i, step))
                best = best < 0 || m->scores[i] > m->scores[best] ? i : best;
        assert(m->kept[step] == best);
        assert((best >= 0) == (step < m->count));
        if (best < 0)
            break;
    }
}

static void check_suppression(int64_t n, int64_t k, int64_t size, double threshold, bool classes) {
    struct problem f = problem("non_maximum_suppression");
    set_params(&f, 0, n, k, size);
    f.batched = true;
    f.op.constants[0] = (float)threshold;
    f.op.constants[1] = -0.5f;
    float *boxes = input(&f, 4 * n * k, 0, 1), *scores = input(&f, n * k, -1, 1);
    draw_boxes(boxes, n * k);
    for (int64_t i = 0; i < n * k; i++)
        scores[i] = roundf(scores[i] * 8) / 8; /* ties */
    int32_t *one = calloc((size_t)(n * k) + 1, sizeof *one), *of = one;
    if (classes)
        of = input_int(&f, n * k, 0, 3);
    else
        f.buffers++; /* absent */
    int32_t *kept = output(&f, n * size), *counts = output(&f, n);
    solve(&f);
    for (int64_t i = 0; i < n; i++)
        check_image(&(struct image){boxes + 4 * i * k, scores + i * k, of + i * k, kept + i * size,
                                    k, size, counts[i], (float)threshold, -0.5});
    free(one);
    done(&f);
}

static void tests(void) {
    static const double THRESHOLDS[] = {0, 0.3, 0.5, 1};
    for (int i = 0; i < 40; i++)
        check_suppression(draw_int(0, 4), draw_int(0, 50), draw_int(1, 20), THRESHOLDS[i % 4],
                          i % 3 == 0);
}

int main(void) { return for_each_isa("test_regions", tests); }
