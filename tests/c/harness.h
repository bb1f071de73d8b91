/* Runs one op as a plan of its own, under every instruction set of the machine, and compares. */
#ifndef PYCONV_HARNESS_H
#define PYCONV_HARNESS_H

#undef NDEBUG
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu.h"
#include "kernels/kernels.h"
#include "pyconv.h"

enum { SLOTS = 32 };

/* One op; its buffers come first among the slots, then those that its list names. */
struct problem {
    struct op op;
    char *slot[SLOTS];
    size_t bytes[SLOTS];
    int slots, buffers;
    bool batched; /* run it a second time with n (params[1]) as the number of examples */
    int64_t segments[64];
    enum status status;
    int64_t detail;
};

static const struct kernels *kernels; /* under test */

static uint64_t random_state = 1;

/* Uniform in [low, high). */
static inline double draw(double low, double high) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return low + (high - low) * (double)(random_state >> 11) * 0x1p-53;
}

static inline int64_t draw_int(int64_t low, int64_t high) {
    return low + (int64_t)draw(0, (double)(high - low));
}

static inline struct problem problem(const char *name) {
    struct problem p = {.op = {.type = op_type_find(name)}};
    if (!p.op.type)
        fprintf(stderr, "no op %s\n", name);
    assert(p.op.type);
    for (int i = 0; i < MAX_BUFFERS; i++)
        p.op.buffer[i] = -1;
    return p;
}

/* A slot of exactly this size, so that the sanitizer sees a step outside; all bytes 0xff: NaN. */
static inline void *add_bytes(struct problem *p, size_t bytes) {
    assert(p->slots < SLOTS);
    char *data = malloc(bytes + (bytes == 0));
    memset(data, 0xff, bytes);
    p->slot[p->slots] = data;
    p->bytes[p->slots++] = bytes;
    return data;
}

static inline void *add_slot(struct problem *p, int64_t count) {
    return add_bytes(p, 4 * (size_t)count);
}

/* The op's next buffer: poisoned, or random numbers. */
static inline void *output(struct problem *p, int64_t count) {
    p->op.buffer[p->buffers++] = p->slots;
    return add_slot(p, count);
}

static inline float *input(struct problem *p, int64_t count, double low, double high) {
    float *x = output(p, count);
    for (int64_t i = 0; i < count; i++)
        x[i] = (float)draw(low, high);
    return x;
}

/* Leaves the op's next buffer out. */
static inline void *absent(struct problem *p) {
    p->buffers++;
    return NULL;
}

static inline int32_t *input_int(struct problem *p, int64_t count, int64_t low, int64_t high) {
    int32_t *x = output(p, count);
    for (int64_t i = 0; i < count; i++)
        x[i] = (int32_t)draw_int(low, high);
    return x;
}

#define set_params(p, ...) \
    memcpy((p)->op.params, (int64_t[]){__VA_ARGS__}, sizeof((int64_t[]){__VA_ARGS__}))

static inline void run_once(struct problem *p, int threads, int64_t examples) {
    struct buffer buffers[SLOTS];
    for (int i = 0; i < p->slots; i++)
        buffers[i] = (struct buffer){.slot = i};
    struct plan plan = {.op_count = 1,
                        .buffer_count = p->slots,
                        .slot_count = p->slots,
                        .ops = &p->op,
                        .buffers = buffers};
    if (p->op.type->prepare)
        assert(p->op.type->prepare(&p->op) == STATUS_OK);
    assert(plan_prepare(&plan) == STATUS_OK);
    size_t scratch = (size_t)plan.scratch * (size_t)threads, workspace = (size_t)plan.workspace;
    struct run run = {
        .plan = &plan,
        .kernels = kernels,
        .slots = p->slot,
        .total = examples,
        .cost = plan_cost(&plan, 0, 1, examples),
        .threads = threads,
        .workspace = malloc(workspace + 1),
        .scratch = malloc(scratch + 1),
    };
    memset(run.workspace, 0xff, workspace);
    memset(run.scratch, 0xff, scratch);
    threads_set(threads);
    p->status = plan_run(&run, 0, 1);
    p->detail = run.detail;
    free(run.workspace);
    free(run.scratch);
}

/* Runs on one thread, then again from the same memory on three, which must give the same bits. */
static inline void solve(struct problem *p) {
    char *before[SLOTS], *first[SLOTS];
    for (int i = 0; i < p->slots; i++) {
        before[i] = malloc(p->bytes[i] + 1);
        first[i] = malloc(p->bytes[i] + 1);
        memcpy(before[i], p->slot[i], p->bytes[i]);
    }
    run_once(p, 1, 7);
    int64_t n = p->op.params[1];
    for (int i = 0; i < p->slots; i++) {
        memcpy(first[i], p->slot[i], p->bytes[i]);
        memcpy(p->slot[i], before[i], p->bytes[i]);
    }
    if (p->batched) {
        p->op.params[0] = 1;
        p->op.params[1] = 1;
    }
    run_once(p, 3, p->batched ? n : 7);
    for (int i = 0; i < p->slots; i++) {
        assert(memcmp(first[i], p->slot[i], p->bytes[i]) == 0 || p->status != STATUS_OK);
        free(before[i]);
        free(first[i]);
    }
}

static inline void done(struct problem *p) {
    for (int i = 0; i < p->slots; i++)
        free(p->slot[i]);
}

/* As float32 gives it when results below the smallest normal number are 0. */
static inline double as_float(double x) {
    float y = (float)x;
    return fabsf(y) < 1.17549435e-38f ? 0 : y;
}

/* |got - want| <= tolerance * max(|want|, unit); both NaN, or both the same infinity. */
static inline void expect(const char *what, int64_t at, double got, double want, double tolerance,
                          double unit) {
    bool same = got == want || (isnan(got) && isnan(want));
    bool finite = isfinite(got) && isfinite(want);
    double error = same ? 0 : finite ? fabs(got - want) / fmax(fabs(want), unit) : INFINITY;
    if (error <= tolerance)
        return;
    fprintf(stderr, "%s %s[%lld]: %.9g, expected %.9g, error %.3g over %.3g\n", kernels->isa, what,
            (long long)at, got, want, error, tolerance);
    abort();
}

/* Calls `tests` under each instruction set that the machine has. */
static inline int for_each_isa(const char *title, void (*tests)(void)) {
    const struct kernels *table[] = {
        &kernels_baseline,
#if defined(__x86_64__)
        &kernels_avx2,
        &kernels_avx512,
#endif
    };
    printf("%s:", title);
    for (int isa = 0; isa <= (int)cpu_best_isa(); isa++) {
        kernels = table[isa];
        tests();
        printf(" %s", kernels->isa);
    }
    printf(" ok\n");
    return 0;
}

#endif
