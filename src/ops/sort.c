/* sort.c: the order of numbers along an axis: a stable merge sort of (number, place) pairs. */
#include <string.h>

#include "ops.h"

enum { SORT_BLOCK = 4096 }; /* elements of a task, about */
enum { INSERTION = 16 };    /* runs that are sorted by insertion, before they are merged */

/* index[outer][count][inner]: places in [0, mid) of x[outer][mid][inner] in ascending order, or
 * descending, of the numbers; of equal ones the first comes first, and NaN counts as largest. */
PARAMS(argsort_params, batched, outer, mid, inner, count, descending);

struct argsort_args {
    const struct run *run;
    const struct argsort_params *p;
    const float *x;
    int32_t *index;
    int64_t columns, columns_of_task; /* (outer, inner) */
};

/* Unsigned numbers in the order of the floats, in the high half; the place in the low half. */
static uint64_t sort_key(float x, int64_t place, bool descending) {
    uint32_t bits;
    x += 0.0f; /* -0 equals 0 */
    memcpy(&bits, &x, sizeof bits);
    bits = bits & 0x80000000u ? ~bits : bits | 0x80000000u;
    bits = x != x ? UINT32_MAX : bits;
    return (uint64_t)(descending ? ~bits : bits) << 32 | (uint64_t)place;
}

static void insertion_sort(uint64_t *key, int64_t n) {
    for (int64_t i = 1; i < n; i++) {
        uint64_t moved = key[i];
        int64_t at = i;
        for (; at > 0 && key[at - 1] > moved; at--)
            key[at] = key[at - 1];
        key[at] = moved;
    }
}

/* to = the runs [first, middle) and [middle, last) of from, merged. */
static void merge(const uint64_t *from, uint64_t *to, int64_t first, int64_t middle, int64_t last) {
    int64_t a = first, b = middle;
    for (int64_t i = first; i < last; i++)
        to[i] = b == last || (a < middle && from[a] < from[b]) ? from[a++] : from[b++];
}

/* The keys in order: where they lie afterwards, in `key` or in `spare`. */
static const uint64_t *merge_sort(uint64_t *key, uint64_t *spare, int64_t n) {
    for (int64_t i = 0; i < n; i += INSERTION)
        insertion_sort(key + i, min64(INSERTION, n - i));
    for (int64_t width = INSERTION; width < n; width *= 2) {
        for (int64_t i = 0; i < n; i += 2 * width)
            merge(key, spare, i, min64(i + width, n), min64(i + 2 * width, n));
        uint64_t *sorted = spare;
        spare = key;
        key = sorted;
    }
    return key;
}

static void argsort_column(const struct argsort_args *a, int64_t column, uint64_t *key) {
    const struct argsort_params *p = a->p;
    int64_t outer = column / p->inner, inner = column % p->inner;
    const float *x = a->x + outer * p->mid * p->inner + inner;
    int32_t *index = a->index + outer * p->count * p->inner + inner;
    for (int64_t i = 0; i < p->mid; i++)
        key[i] = sort_key(x[i * p->inner], i, p->descending != 0);
    const uint64_t *sorted = merge_sort(key, key + p->mid, p->mid);
    for (int64_t i = 0; i < p->count; i++)
        index[i * p->inner] = (int32_t)(sorted[i] & UINT32_MAX);
}

static void argsort_task(void *arg, int64_t task, int thread) {
    const struct argsort_args *a = arg;
    int64_t first = task * a->columns_of_task;
    int64_t last = min64(first + a->columns_of_task, a->columns);
    for (int64_t column = first; column < last; column++)
        argsort_column(a, column, run_scratch(a->run, thread));
}

static void argsort_run(const struct op *op, struct run *run) {
    const struct argsort_params *p = PARAMS_OF(op, argsort_params);
    struct argsort_args a = {
        .run = run,
        .p = p,
        .x = op_buffer(op, run, 0),
        .index = op_buffer(op, run, 1),
        .columns = op_extent(p->outer, p->batched, run->n) * p->inner,
        .columns_of_task = max64(1, SORT_BLOCK / max64(1, p->mid)),
    };
    run_tasks(run, div_up(a.columns, a.columns_of_task), argsort_task, &a);
}

static double argsort_cost(const struct op *op, int64_t n) {
    const struct argsort_params *p = PARAMS_OF(op, argsort_params);
    double passes = 4;
    for (int64_t width = INSERTION; width < p->mid; width *= 2)
        passes++;
    return (double)(op_extent(p->outer, p->batched, n) * p->mid * p->inner) * passes * 2;
}

static enum status argsort_prepare(struct op *op) {
    const struct argsort_params *p = PARAMS_OF(op, argsort_params);
    if (p->mid < 0 || p->mid > INT32_MAX || p->count < 0 || p->count > p->mid)
        return STATUS_BAD_PARAMS;
    op->scratch = 2 * p->mid * (int64_t)sizeof(uint64_t);
    return STATUS_OK;
}

const struct op_type op_argsort = {
    .name = "argsort",
    .buffers = "x, index!",
    .params = argsort_params_names,
    .constants = "",
    .prepare = argsort_prepare,
    .cost = argsort_cost,
    .by_example = leads_with_examples,
    .run = argsort_run,
};
