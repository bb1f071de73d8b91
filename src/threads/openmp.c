/* The pool of the compiler's OpenMP, one parallel region for each team_run. */
#include "../threads.h"

#ifdef PYCONV_THREADING_OPENMP
#include <omp.h>
#include <stdatomic.h>

#include "../cpu.h"
#include "pool.h"

static bool used, dead; /* a child of a process that used OpenMP hangs in its first region */

bool pool_begin(int threads) {
    (void)threads;
    used = true;
    return !dead;
}

void pool_end(void) {}

void pool_forget(void) { dead = used; }

void team_run(int64_t tasks, task_fn *fn, void *arg) {
    _Atomic int64_t next = 0;
#pragma omp parallel num_threads(threads_get()) if (tasks > 1)
    {
        int thread = omp_get_thread_num();
        unsigned state = fp_enter(); /* these threads belong to other libraries too */
        for (int64_t task; (task = atomic_fetch_add(&next, 1)) < tasks;)
            fn(arg, task, thread);
        fp_leave(state);
    }
}

const char *threads_backend(void) { return "openmp"; }
#endif
