/* No threads: for hosts that have none. */
#include "../threads.h"

#ifdef PYCONV_THREADING_SERIAL

int threads_get(void) { return 1; }

void threads_set(int count) { (void)count; }

bool team_enter(void) { return false; }

void team_leave(void) {}

void team_run(int64_t tasks, task_fn *fn, void *arg) {
    for (int64_t task = 0; task < tasks; task++)
        fn(arg, task, 0);
}

const char *threads_backend(void) { return "serial"; }
#endif
