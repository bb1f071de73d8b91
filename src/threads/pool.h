/* What a backend (pthreads.c, openmp.c) gives to team.c, besides team_run and threads_backend.
 * All but pool_forget are called with the pool's lock held. */
#ifndef PYCONV_THREADS_POOL_H
#define PYCONV_THREADS_POOL_H

#include <stdbool.h>

bool pool_begin(int threads); /* create or resize, then wake; false: no thread but the caller's */
void pool_end(void);          /* the run is over: the threads may sleep */
void pool_forget(void);       /* in a forked child, where the pool's threads do not exist */

#endif
