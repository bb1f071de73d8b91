/* The number of threads in force, the pool's lock, and what a fork does to them. */
#define _POSIX_C_SOURCE 200809L
#include "../threads.h"

#ifndef PYCONV_THREADING_SERIAL
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "pool.h"

static atomic_int threads; /* 0: not asked for yet */
static atomic_bool held;   /* the pool's lock */
static pthread_once_t fork_watched = PTHREAD_ONCE_INIT;

/* The child has no thread but this one: whoever held the lock in the parent is not there. */
static void after_fork_in_child(void) {
    pool_forget();
    atomic_store(&held, false);
}

static void watch_fork(void) { pthread_atfork(NULL, NULL, after_fork_in_child); }

static bool try_lock(void) {
    pthread_once(&fork_watched, watch_fork);
    return !atomic_load_explicit(&held, memory_order_relaxed) &&
           !atomic_exchange_explicit(&held, true, memory_order_acquire);
}

static void unlock(void) { atomic_store_explicit(&held, false, memory_order_release); }

int threads_get(void) {
    int count = atomic_load_explicit(&threads, memory_order_relaxed);
    if (count)
        return count;
    int expected = 0;
    count = threads_default();
    return atomic_compare_exchange_strong(&threads, &expected, count) ? count : expected;
}

void threads_set(int count) {
    if (count < 1)
        count = threads_default();
    else if (count > THREADS_MAX)
        count = THREADS_MAX;
    while (!try_lock()) /* a run lasts from microseconds to seconds */
        nanosleep(&(struct timespec){.tv_nsec = 50000}, NULL);
    atomic_store(&threads, count);
    unlock();
}

bool team_enter(void) {
    if (threads_get() == 1 || !try_lock())
        return false;
    if (pool_begin(threads_get()))
        return true;
    unlock();
    return false;
}

void team_leave(void) {
    pool_end();
    unlock();
}
#endif
