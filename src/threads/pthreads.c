/* A pool of our own, for regions that last microseconds.
 *
 * A run gives each thread a share of its tasks, neighbours: what a thread finds in its cache is
 * what it made in the run before. Who has none left helps the others. The tasks of a share that
 * nobody has yet are `unclaimed`; threads count it down, and who finds a positive value owns the
 * task that is so far from the share's end. An owned task keeps the run from ending, so fn, arg and
 * last are read after the claim only, and a worker that comes late can never mix two runs. The
 * caller waits for claimed tasks, not for workers: one that gets no core delays nobody.
 *
 * Idle workers poll their own `unclaimed`, at first with the CPU's pause, then giving their core
 * away now and again, and SPIN_NS after the last team has left they sleep.
 */
#define _POSIX_C_SOURCE 200809L
#include "../threads.h"

#if !defined(PYCONV_THREADING_OPENMP) && !defined(PYCONV_THREADING_SERIAL)
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "../cpu.h"
#include "count.h"
#include "pool.h"

enum {
    CACHE_LINE = 64,
    POLLS = 32,       /* looks between two readings of the clock: 0.2 to 2 microseconds */
    PAUSE_NS = 20000, /* longer waits give the core away */
    SPIN_NS = 100000, /* after team_leave: what Python takes between two steps */
};

struct worker {
    struct pool *pool;
    int thread; /* 1 .. */
    pthread_t handle;
};

/* A thread's tasks [.., last) of the run: one line, moved to each thread that claims. */
struct share {
    alignas(CACHE_LINE) _Atomic int64_t unclaimed; /* <= 0: none */
    int64_t last;
};

struct pool {
    /* The run. */
    alignas(CACHE_LINE) task_fn *fn;
    void *arg;
    /* Written by workers, polled by the caller. */
    alignas(CACHE_LINE) _Atomic int64_t finished; /* tasks that workers ended since creation */
    alignas(CACHE_LINE) int64_t expected;         /* the same, as the caller counts */
    /* Written twice a team. */
    alignas(CACHE_LINE) atomic_uint epoch; /* odd between team_enter and team_leave */
    atomic_bool stopping;
    atomic_int sleeping;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    /* Constant. */
    int threads;  /* asked for, the caller among them */
    int count;    /* workers that could be created */
    bool crowded; /* more threads than CPUs */
    struct worker workers[THREADS_MAX - 1];
    struct share shares[THREADS_MAX];
};

static struct pool *pool; /* guarded by the lock of team.c */

static int64_t nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void cpu_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb" ::: "memory"); /* `yield` is a no-op on most cores */
#endif
}

struct wait {
    unsigned polls;
    int64_t start, now; /* nanoseconds; 0 before the first reading of the clock */
};

/* Between two looks at a shared variable. True when the clock was read. */
static bool wait_briefly(struct wait *wait, bool crowded) {
    cpu_pause();
    if (++wait->polls % POLLS)
        return false;
    wait->now = nanoseconds();
    if (!wait->start)
        wait->start = wait->now;
    if (crowded || wait->now - wait->start > PAUSE_NS)
        sched_yield();
    return true;
}

/* Runs a share's tasks until none is unclaimed; returns how many. The first look may be at an older
 * run than the claim, which rules. */
static int64_t take_share(struct pool *team, struct share *share, int thread) {
    int64_t taken = 0, left;
    while (atomic_load_explicit(&share->unclaimed, memory_order_relaxed) > 0) {
        left = atomic_fetch_sub_explicit(&share->unclaimed, 1, memory_order_acquire);
        if (left <= 0)
            break;
        team->fn(team->arg, share->last - left, thread);
        taken++;
    }
    return taken;
}

/* The thread's own tasks, then those that others have left; returns how many. */
static int64_t take_tasks(struct pool *team, int thread) {
    int64_t taken = 0;
    for (int i = 0; i < team->threads; i++)
        taken += take_share(team, &team->shares[(thread + i) % team->threads], thread);
    return taken;
}

/* epoch and sleeping are sequentially consistent: either the worker that is about to sleep sees the
 * new team, or the caller sees the sleeper and waits for the mutex until it can be woken. */
static void sleep_until_team(struct pool *team, unsigned epoch) {
    pthread_mutex_lock(&team->mutex);
    atomic_fetch_add(&team->sleeping, 1);
    while (atomic_load(&team->epoch) == epoch && !atomic_load(&team->stopping))
        pthread_cond_wait(&team->wake, &team->mutex);
    atomic_fetch_sub(&team->sleeping, 1);
    pthread_mutex_unlock(&team->mutex);
}

static void wake_sleepers(struct pool *team) {
    if (!atomic_load(&team->sleeping))
        return;
    pthread_mutex_lock(&team->mutex);
    pthread_cond_broadcast(&team->wake);
    pthread_mutex_unlock(&team->mutex);
}

/* True: a task of this share may be unclaimed; false: the pool ends. */
static bool await_tasks(struct pool *team, const struct share *own) {
    struct wait wait = {0};
    unsigned seen = 0;      /* the epoch at the last look */
    int64_t changed_at = 0; /* when it was a new one, or a team was active */
    while (atomic_load_explicit(&own->unclaimed, memory_order_relaxed) <= 0) {
        if (!wait_briefly(&wait, team->crowded))
            continue;
        if (atomic_load(&team->stopping))
            return false;
        unsigned epoch = atomic_load(&team->epoch);
        if (!changed_at || epoch != seen || epoch % 2)
            changed_at = wait.now;
        seen = epoch;
        if (wait.now - changed_at <= SPIN_NS)
            continue;
        sleep_until_team(team, seen);
        wait = (struct wait){0};
    }
    return true;
}

static void *worker_main(void *arg) {
    struct worker *worker = arg;
    struct pool *team = worker->pool;
    fp_enter();
    while (await_tasks(team, &team->shares[worker->thread])) {
        int64_t taken = take_tasks(team, worker->thread);
        if (taken)
            atomic_fetch_add_explicit(&team->finished, taken, memory_order_release);
    }
    return NULL;
}

/* The host's handlers run on the host's threads; faults stay with the thread that made them. */
static void block_signals(sigset_t *before) {
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
    sigset_t blocked;
    sigfillset(&blocked);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        sigdelset(&blocked, faults[i]);
    pthread_sigmask(SIG_SETMASK, &blocked, before);
}

/* As many workers as can be had. They inherit the signal mask, so that no signal slips in. */
static void start_workers(struct pool *team) {
    sigset_t before;
    block_signals(&before);
    for (int i = 0; i < team->threads - 1; i++) {
        struct worker *worker = &team->workers[i];
        *worker = (struct worker){.pool = team, .thread = i + 1};
        if (pthread_create(&worker->handle, NULL, worker_main, worker))
            break;
        team->count++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static struct pool *create_pool(int threads) {
    struct pool *team = aligned_alloc(CACHE_LINE, sizeof *team);
    if (!team)
        return NULL;
    *team = (struct pool){.threads = threads, .crowded = threads > count_available("")};
    pthread_mutex_init(&team->mutex, NULL);
    pthread_cond_init(&team->wake, NULL);
    start_workers(team);
    return team;
}

static void destroy_pool(struct pool *team) {
    if (!team)
        return;
    atomic_store(&team->stopping, true);
    wake_sleepers(team);
    for (int i = 0; i < team->count; i++)
        pthread_join(team->workers[i].handle, NULL);
    pthread_cond_destroy(&team->wake);
    pthread_mutex_destroy(&team->mutex);
    free(team);
}

bool pool_begin(int threads) {
    if (!pool || pool->threads != threads) {
        destroy_pool(pool);
        pool = create_pool(threads);
    }
    if (!pool || !pool->count)
        return false;
    atomic_fetch_add(&pool->epoch, 1);
    wake_sleepers(pool);
    return true;
}

void pool_end(void) { atomic_fetch_add(&pool->epoch, 1); }

/* The parent's pool stays allocated: its mutex and stacks are in no state to be given back. */
void pool_forget(void) { pool = NULL; }

/* The caller, thread 0, has the largest share. */
static void share_out(struct pool *team, int64_t tasks) {
    int64_t first = 0, above = team->threads - 1; /* to round up */
    for (int i = 0; i < team->threads; i++) {
        struct share *share = &team->shares[i];
        int64_t last = (tasks * (i + 1) + above) / team->threads, count = last - first;
        share->last = first = last;
        atomic_store_explicit(&share->unclaimed, count, memory_order_release);
    }
}

void team_run(int64_t tasks, task_fn *fn, void *arg) {
    if (tasks == 1) {
        fn(arg, 0, 0);
        return;
    }
    struct wait wait = {0};
    pool->fn = fn;
    pool->arg = arg;
    share_out(pool, tasks);
    pool->expected += tasks - take_tasks(pool, 0);
    while (atomic_load_explicit(&pool->finished, memory_order_acquire) != pool->expected)
        wait_briefly(&wait, pool->crowded);
}

const char *threads_backend(void) { return "pthreads"; }
#endif
