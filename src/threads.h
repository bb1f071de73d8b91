/* The door to threads: how many, and how tasks are handed to them. Nothing else in src/ knows
 * threads.
 *
 * A run of many parallel regions is bracketed by team_enter() and team_leave(); in between, each
 * team_run() is one region of tasks that are cut by shape (never by the number of threads) and
 * claimed by whoever is free, so that which thread runs which task must not change a result. A
 * thread prefers the same part of a run's tasks in each. Behind it: src/threads/pthreads.c
 * (default), openmp.c (-DPYCONV_THREADING_OPENMP) or serial.c (-DPYCONV_THREADING_SERIAL).
 */
#ifndef PYCONV_THREADS_H
#define PYCONV_THREADS_H

#include <stdbool.h>
#include <stdint.h>

enum { THREADS_MAX = 256 };

/* Runs one task. thread: 0 .. threads_get() - 1, for scratch memory; 0 is the caller. */
typedef void task_fn(void *arg, int64_t task, int thread);

/* The smallest of: affinity mask, cgroup CPU quota, SLURM_CPUS_PER_TASK, physical cores;
 * OMP_NUM_THREADS and, stronger, PYCONV_NUM_THREADS replace it. */
int threads_default(void);

/* The number in force: the default until it is set. Constant between team_enter and team_leave. */
int threads_get(void);

/* 1 .. THREADS_MAX (more is cut to that), 0: back to the default. Waits until the run under way,
 * if any, has left; so never call it between team_enter and team_leave. */
void threads_set(int count);

/* Tries the pool's lock and wakes its threads, which spin until team_leave. Threads are created
 * here, the first time. False (busy, nested, one thread, none could be created): the caller runs
 * all tasks itself and calls neither team_run nor team_leave. */
bool team_enter(void);

/* The threads soon sleep. */
void team_leave(void);

/* Runs fn(arg, 0 .. tasks-1, thread) and returns when all have ended; the caller takes tasks too.
 */
void team_run(int64_t tasks, task_fn *fn, void *arg);

/* "pthreads", "openmp" or "serial". */
const char *threads_backend(void);

#endif
