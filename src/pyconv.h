/* pyconv.h: the whole C interface. A plan is a flat array of op records over numbered buffers;
 * running it is a loop. Everything is decided when the plan is made; a step only computes. */
#ifndef PYCONV_H
#define PYCONV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "threads.h"

enum { ALIGNMENT = 64 };  /* bytes; every slot, buffer and scratch area starts on such a boundary */
enum { MAX_BUFFERS = 8 }; /* of one op record */
enum { MAX_PARAMS = 40 }; /* integers of one op record */
enum { MAX_CONSTANTS = 2 }; /* floats of one op record */

/* What went wrong; Python turns each into an exception (core.pyx). */
enum status {
    STATUS_OK,
    STATUS_UNKNOWN_OP,
    STATUS_BAD_PARAMS,  /* shapes that contradict each other */
    STATUS_LABEL_RANGE, /* a class label outside 0 .. classes - 1 */
    STATUS_INDEX_RANGE, /* an index outside -mid .. mid - 1 */
    STATUS_IMAGE_RANGE, /* an index of an image that is not there */
    STATUS_OUT_OF_MEMORY,
};

/* Where a buffer lies: slot 0 is the arena, the others are variables, inputs and outputs. It begins
 * at slot + offset + offset_n * n, with n the number of examples of the run, and has `each` for
 * every example (bytes; 0: not one for each). In SLOT_LOCAL it begins at local + offset * slice, in
 * memory of the thread that works on a slice of the examples. In SLOT_SUM it stands for a part of
 * the sum over the examples that buffer `offset_n` becomes: it begins at sums + offset. */
enum { SLOT_LOCAL = -1, SLOT_SUM = -2 };
struct buffer {
    int32_t slot;
    int64_t offset, offset_n, each;
};

struct op;
struct run;

/* What an op is: one per entry of the table in ops/table.c. The names are those that Python uses;
 * of buffers '?' marks optional ones, '!' those that the op changes, '=' those that its result may
 * be written onto, element by element. */
struct op_type {
    const char *name;
    const char *buffers;                            /* "x, packed, bias?, y" */
    const char *params;                             /* "batched, n, ..."; integers */
    const char *constants;                          /* "rate"; floats */
    enum status (*prepare)(struct op *op);          /* check, choose, size; NULL: nothing to do */
    double (*cost)(const struct op *op, int64_t n); /* nanoseconds on one core, roughly */
    bool (*by_example)(
        const struct op *op); /* examples do not meet, nor in its workspace; NULL: they do */
    bool (*sums)(const struct op *op); /* what it writes is a sum over the examples: of a slice it
                                        * writes, or adds, the slice's part; NULL: it is not */
    void (*run)(const struct op *op, struct run *run);
    bool may_fail; /* the run may end here: nothing that lasts is written before */
};

/* One record of a plan: ids and numbers, no pointers into memory that moves. */
struct op {
    const struct op_type *type;
    const void *algorithm;       /* chosen by prepare where an op has several */
    int32_t buffer[MAX_BUFFERS]; /* ids; -1: absent */
    int64_t params[MAX_PARAMS];  /* read through the op's own struct */
    float constants[MAX_CONSTANTS];
    const int64_t *list; /* numbers of any count, such as the optimizer's segments; the plan's */
    int64_t list_count;
    int64_t packed;    /* bytes of the packed kernel that the op reads */
    int64_t scratch;   /* bytes that each thread needs while the op runs */
    int64_t workspace; /* bytes that its tasks share while the op runs */
};

/* Neighbouring ops in which examples do not meet, or only in sums: tasks are parts of the examples,
 * cut into slices, and each task runs all the ops on one slice after another, while what they hand
 * on is still in the cache. Each part has sums of its own, which are added in the parts' order. */
struct stripe {
    int32_t first, last; /* ops [first, last) */
    int64_t local;       /* bytes for each example in SLOT_LOCAL */
    int64_t touched;     /* bytes for each example of all buffers, to choose the slices by */
    int32_t first_sum, last_sum; /* of the plan's sums */
    int64_t sums;                /* bytes of a part's sums */
};

/* A buffer that a stripe sums over the examples: floats [0, count) of buffer `whole`, which lie at
 * `offset` bytes of a part's sums. */
struct stripe_sum {
    int64_t whole, offset, count;
};

struct plan {
    int32_t op_count, buffer_count, slot_count, stripe_count;
    struct op *ops;
    struct buffer *buffers;
    struct stripe *stripes; /* in the order of the ops, apart from one another */
    struct stripe_sum *sums;
    int64_t scratch, workspace; /* the largest of all ops */
};

/* What one run of a plan sees. */
struct run {
    const struct plan *plan;
    const struct kernels *kernels;
    char **slots;
    int64_t total;    /* examples */
    int64_t first, n; /* of the slice that is worked on; 0 and total outside of stripes */
    char *local;      /* the slice's own memory, or where those of all threads begin */
    char *sums;       /* those of the part that is worked on; NULL: they are written whole */
    bool add;         /* to the sums, which hold those of the part's slices before */
    double cost;      /* plan_cost of what is run */
    char *workspace, *scratch;
    double *seconds;    /* [op_count] time spent in each op is added here; NULL: not timed */
    double *by_thread;  /* [threads][op_count] the same of slices, zeros at first */
    int threads;        /* that scratch has room for */
    bool team;          /* the pool is ours for this run */
    bool wide;          /* the op that runs now is worth more than one thread */
    bool sliced;        /* within a slice, which has no workspace and is one thread's */
    enum status status; /* the first failure ends the run */
    int32_t failed;     /* index of the op that failed */
    int64_t detail;     /* what it says of it, such as the offending label */
};

/* Declares the struct that an op's integers are read through, and the list of their names. */
#define PARAMS(name, ...)                                                                       \
    struct name {                                                                               \
        int64_t __VA_ARGS__;                                                                    \
    };                                                                                          \
    _Static_assert(sizeof(struct name) <= sizeof(int64_t) * MAX_PARAMS, "too many parameters"); \
    static const char name##_names[] __attribute__((unused)) = #__VA_ARGS__

/* Address of a buffer in this run. */
static inline void *run_buffer(const struct run *run, int64_t id) {
    const struct buffer *b = &run->plan->buffers[id];
    if (b->slot == SLOT_SUM) {
        if (run->sums)
            return run->sums + b->offset;
        b = &run->plan->buffers[b->offset_n];
    }
    if (b->slot == SLOT_LOCAL)
        return run->local + b->offset * run->n;
    return run->slots[b->slot] + b->offset + run->total * b->offset_n + run->first * b->each;
}

/* Address of an op's i-th buffer in this run; NULL when absent. */
static inline void *op_buffer(const struct op *op, const struct run *run, int i) {
    return op->buffer[i] < 0 ? NULL : run_buffer(run, op->buffer[i]);
}

/* A leading extent: n of a record is per example when batched, else the whole. */
static inline int64_t op_extent(int64_t n, int64_t batched, int64_t examples) {
    return batched ? n * examples : n;
}

/* Runs fn(arg, task, thread) for every task: on the pool when the op is wide, else right here.
 * The number of tasks depends on shapes alone, so results do not depend on threads. */
void run_tasks(struct run *run, int64_t tasks, task_fn *fn, void *arg);

/* A thread's own scratch area of the plan's scratch bytes. */
static inline void *run_scratch(const struct run *run, int thread) {
    return run->scratch + run->plan->scratch * thread;
}

/* Remembers the first failure, and says whether this is it. Callable from any task. */
bool run_fail(struct run *run, enum status status, int64_t detail);

const struct op_type *op_type_find(const char *name);
const struct op_type *const *op_type_all(void); /* ends with NULL */

/* Makes prepare take this algorithm wherever it is applicable; NULL: each pass takes its best.
 * Returns false, and changes nothing, where no algorithm has that name. */
bool conv_algorithm_force(const char *name);

/* The algorithm that prepare chose for one of the ops: "direct". */
const char *conv_algorithm_name(const struct op *op);

enum status plan_prepare(struct plan *plan); /* scratch and workspace from the ops */
double plan_cost(const struct plan *plan, int first, int last, int64_t n);
int64_t plan_local(const struct plan *plan, int64_t n, int threads); /* bytes, with all sums */
enum status plan_run(struct run *run, int first, int last);          /* ops [first, last) */

#endif
