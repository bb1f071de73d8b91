/* conv_shards.c: the kernel gradient as the sum of its shards, in their order. */
#include "algorithm.h"

#include <string.h>

enum { SUM_FLOATS = 8192 };

struct sum {
    const float *partial; /* [shards][count] */
    float *dw;
    int64_t shards, count;
};

static void sum_task(void *arg, int64_t task, int thread) {
    (void)thread;
    const struct sum *a = arg;
    int64_t first = task * SUM_FLOATS, count = min64(SUM_FLOATS, a->count - first);
    float *restrict dw = a->dw + first;
    memcpy(dw, a->partial + first, (size_t)count * sizeof(float));
    for (int64_t s = 1; s < a->shards; s++) {
        const float *restrict partial = a->partial + s * a->count + first;
        for (int64_t i = 0; i < count; i++)
            dw[i] += partial[i];
    }
}

void conv_sum_shards(struct run *run, const float *partial, int64_t shards, int64_t count,
                     float *dw) {
    struct sum sum = {partial, dw, shards, count};
    run_tasks(run, div_up(count, SUM_FLOATS), sum_task, &sum);
}
