/* pyconv.h: the whole C interface. A plan is a flat array of op records over numbered buffers;
 * running it is a loop. Everything is decided when the plan is made; a step only computes. */
#ifndef PYCONV_H
#define PYCONV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "threads.h"

enum { ALIGNMENT = 64 };    /* bytes; every slot, buffer and scratch area starts on such a boundary */
enum { MAX_BUFFERS = 8 };   /* of one op record */
enum { MAX_PARAMS = 32 };   /* integers of one op record */
enum { MAX_CONSTANTS = 2 }; /* floats of one op record */

/* What went wrong; Python turns each into an exception (core.pyx). */
enum status {
    STATUS_OK,
    STATUS_UNKNOWN_OP,
    STATUS_BAD_PARAMS,   /* shapes that contradict each other */
    STATUS_LABEL_RANGE,  /* a class label outside 0 .. classes - 1 */
    STATUS_OUT_OF_MEMORY,
};

/* Where a buffer lies: slot 0 is the arena, the others are variables, inputs and outputs.
 * Its address is slot + offset + offset_n * n, with n the number of examples of the run (bytes). */
struct buffer {
    int32_t slot;
    int64_t offset, offset_n;
};

struct op;
struct run;

/* What an op is: one per entry of the table in ops/table.c. The names are those that Python uses;
 * optional buffers end in '?'. */
struct op_type {
    const char *name;
    const char *buffers;                             /* "x, packed, bias?, y" */
    const char *params;                              /* "batched, n, ..."; integers */
    const char *constants;                           /* "rate"; floats */
    enum status (*prepare)(struct op *op);           /* check, choose, size; NULL: nothing to do */
    double (*cost)(const struct op *op, int64_t n);  /* nanoseconds on one core, roughly */
    void (*run)(const struct op *op, struct run *run);
};

/* One record of a plan: ids and numbers, no pointers into memory that moves. */
struct op {
    const struct op_type *type;
    const void *algorithm;        /* chosen by prepare where an op has several */
    int32_t buffer[MAX_BUFFERS];  /* ids; -1: absent */
    int64_t params[MAX_PARAMS];   /* read through the op's own struct */
    float constants[MAX_CONSTANTS];
    const int64_t *list; /* numbers of any count, such as the optimizer's segments; the plan's */
    int64_t list_count;
    int64_t packed;    /* bytes of the packed kernel that the op reads */
    int64_t scratch;   /* bytes that each thread needs while the op runs */
    int64_t workspace; /* bytes that its tasks share while the op runs */
};

struct plan {
    int32_t op_count, buffer_count, slot_count;
    struct op *ops;
    struct buffer *buffers;
    int64_t scratch, workspace; /* the largest of all ops */
};

/* What one run of a plan sees. */
struct run {
    const struct plan *plan;
    const struct kernels *kernels;
    char *const *slots;
    int64_t n;   /* examples */
    double cost; /* plan_cost of what is run */
    char *workspace, *scratch;
    double *seconds;    /* [op_count] time spent in each op is added here; NULL: not timed */
    int threads;        /* that scratch has room for */
    bool team;          /* the pool is ours for this run */
    bool wide;          /* the op that runs now is worth more than one thread */
    enum status status; /* the first failure ends the run */
    int32_t failed;     /* index of the op that failed */
    int64_t detail;     /* what it says of it, such as the offending label */
};

/* Declares the struct that an op's integers are read through, and the list of their names. */
#define PARAMS(name, ...)                                                                          \
    struct name {                                                                                  \
        int64_t __VA_ARGS__;                                                                       \
    };                                                                                             \
    _Static_assert(sizeof(struct name) <= sizeof(int64_t) * MAX_PARAMS, "too many parameters");    \
    static const char name##_names[] __attribute__((unused)) = #__VA_ARGS__

/* Address of a buffer in this run. */
static inline void *run_buffer(const struct run *run, int64_t id)
{
    const struct buffer *b = &run->plan->buffers[id];
    return run->slots[b->slot] + b->offset + run->n * b->offset_n;
}

/* Address of an op's i-th buffer in this run; NULL when absent. */
static inline void *op_buffer(const struct op *op, const struct run *run, int i)
{
    return op->buffer[i] < 0 ? NULL : run_buffer(run, op->buffer[i]);
}

/* A leading extent: n of a record is per example when batched, else the whole. */
static inline int64_t op_extent(int64_t n, int64_t batched, int64_t examples)
{
    return batched ? n * examples : n;
}

/* Runs fn(arg, task, thread) for every task: on the pool when the op is wide, else right here.
 * The number of tasks depends on shapes alone, so results do not depend on threads. */
void run_tasks(struct run *run, int64_t tasks, task_fn *fn, void *arg);

/* A thread's own scratch area of the plan's scratch bytes. */
static inline void *run_scratch(const struct run *run, int thread)
{
    return run->scratch + run->plan->scratch * thread;
}

/* Remembers the first failure. Callable from any task. */
void run_fail(struct run *run, enum status status, int64_t detail);

const struct op_type *op_type_find(const char *name);
const struct op_type *const *op_type_all(void); /* ends with NULL */

enum status plan_prepare(struct plan *plan); /* scratch and workspace from the ops */
double plan_cost(const struct plan *plan, int first, int last, int64_t n);
enum status plan_run(struct run *run, int first, int last); /* ops [first, last) */

#endif
