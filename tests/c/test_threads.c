/* The pool: every task once, nesting, two callers, resizing, sleep, fork, signals, exhaustion. */
#define _GNU_SOURCE /* setresuid */
#undef NDEBUG
#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cpu.h"
#include "threads.h"

enum { MOST_TASKS = 1000 };

/* ThreadSanitizer knows no threads that a forked child makes. */
#ifdef __SANITIZE_THREAD__
static const bool can_fork = false;
#else
static const bool can_fork = true;
#endif

static bool backend_is(const char *name) { return !strcmp(threads_backend(), name); }

/* As a plan does it: with the team, or alone when there is none. Returns whether there was one. */
static bool run_tasks(int64_t tasks, task_fn *fn, void *arg) {
    bool team = team_enter();
    if (team) {
        team_run(tasks, fn, arg);
        team_leave();
        return true;
    }
    for (int64_t task = 0; task < tasks; task++)
        fn(arg, task, 0);
    return false;
}

/* Waits until each thread has come, so that each runs one of as many tasks. */
static atomic_int present;

static void meet(void) {
    atomic_fetch_add(&present, 1);
    while (atomic_load(&present) < threads_get())
        sched_yield();
}

/* fn, which calls meet, once on each thread; returns whether there was a team. */
static bool run_on_each_thread(task_fn *fn, void *arg) {
    atomic_store(&present, 0);
    if (!team_enter())
        return false;
    team_run(threads_get(), fn, arg);
    team_leave();
    return true;
}

static void only_meet(void *arg, int64_t task, int thread) {
    (void)arg, (void)task, (void)thread;
    meet();
}

/* As many tasks as threads: each has its own, and nobody helps before all have met. */
static void own_task(void *arg, int64_t task, int thread) {
    (void)arg;
    assert(task == thread);
    meet();
}

static void test_own_shares(void) {
    threads_set(5);
    for (int run = 0; run < 100 && backend_is("pthreads"); run++)
        run_on_each_thread(own_task, NULL);
}

/* Plain memory: a race or a task run twice shows in the counts and under ThreadSanitizer. */
struct tally {
    int runs[MOST_TASKS];
};

static void count_task(void *arg, int64_t task, int thread) {
    struct tally *tally = arg;
    assert(thread >= 0 && thread < threads_get());
    tally->runs[task]++;
}

static void check_and_clear(struct tally *tally, int64_t tasks, int expected) {
    for (int64_t task = 0; task < MOST_TASKS; task++)
        assert(tally->runs[task] == (task < tasks ? expected : 0));
    *tally = (struct tally){0};
}

static void test_every_task_once(void) {
    static const int64_t sizes[] = {0, 1, 2, 3, 7, 64, MOST_TASKS};
    static const int counts[] = {2, 1, 3, 8, 2, 256};
    struct tally tally = {0};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        threads_set(counts[c]);
        assert(threads_get() == (backend_is("serial") ? 1 : counts[c]));
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            bool team = run_tasks(sizes[s], count_task, &tally);
            assert(team == (threads_get() > 1));
            check_and_clear(&tally, sizes[s], 1);
        }
    }
}

/* Runs that follow each other at once, of different lengths: no thread may mix two of them. */
static void test_back_to_back(int threads, int runs) {
    struct tally odd = {0}, even = {0};
    threads_set(threads);
    if (!team_enter())
        return;
    for (int run = 0; run < runs; run++) {
        team_run(5, count_task, &odd);
        team_run(2, count_task, &even);
    }
    team_leave();
    check_and_clear(&odd, 5, runs);
    check_and_clear(&even, 2, runs);
}

static void test_sleep_between(void) {
    struct tally tally = {0};
    threads_set(2);
    for (int run = 0; run < 5; run++) {
        usleep(3000);
        run_tasks(8, count_task, &tally);
    }
    check_and_clear(&tally, 8, 5);
}

static void enter_inside(void *arg, int64_t task, int thread) {
    (void)arg, (void)task, (void)thread;
    assert(!team_enter());
}

static void test_nested(void) {
    threads_set(2);
    if (!team_enter())
        return;
    assert(!team_enter());
    team_run(16, enter_inside, NULL);
    team_leave();
    assert(team_enter());
    team_leave();
}

static void *caller(void *arg) {
    struct tally tally = {0};
    int *teams = arg;
    for (int run = 0; run < 300; run++) {
        *teams += run_tasks(16, count_task, &tally);
        check_and_clear(&tally, 16, 1);
    }
    return NULL;
}

static void test_two_callers(void) {
    pthread_t other;
    int mine = 0, theirs = 0;
    threads_set(2);
    assert(!pthread_create(&other, NULL, caller, &theirs));
    caller(&mine);
    pthread_join(other, NULL);
    assert(backend_is("serial") ? mine + theirs == 0 : mine + theirs > 0);
}

static void *set_three(void *arg) {
    threads_set(3);
    return arg;
}

/* Scratch memory is sized by threads_get(): it may not change under a team. */
static void test_set_waits_for_team(void) {
    pthread_t other;
    threads_set(2);
    if (!team_enter())
        return;
    assert(!pthread_create(&other, NULL, set_three, NULL));
    usleep(3000);
    assert(threads_get() == 2);
    team_leave();
    pthread_join(other, NULL);
    assert(threads_get() == 3);
    threads_set(0);
    assert(threads_get() == threads_default());
    threads_set(THREADS_MAX + 1);
    assert(threads_get() == THREADS_MAX);
}

/* The smallest normal number halved is a denormal: zero under fp_enter, in each thread. */
static void halve(void *arg, int64_t task, int thread) {
    volatile float tiny = 1.17549435e-38f;
    (void)task;
    meet();
    tiny *= 0.5f;
    ((float *)arg)[thread] = tiny;
}

static void test_denormals(void) {
#if defined(__x86_64__) || defined(__aarch64__)
    float results[3] = {-1.0f, -1.0f, -1.0f};
    threads_set(3);
    run_on_each_thread(only_meet, NULL); /* or new threads would inherit the caller's state */
    unsigned state = fp_enter();
    bool team = run_on_each_thread(halve, results);
    fp_leave(state);
    for (int thread = 0; thread < 3 && team; thread++)
        assert(results[thread] == 0.0f);
#endif
}

static void check_mask(void *arg, int64_t task, int thread) {
    sigset_t mask;
    (void)arg, (void)task;
    meet();
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    assert(sigismember(&mask, SIGINT) == (thread > 0));
    assert(!sigismember(&mask, SIGSEGV));
}

static void test_signals(void) {
    threads_set(4);
    if (backend_is("pthreads"))
        run_on_each_thread(check_mask, NULL);
}

/* A child's own team, or none for OpenMP, whose pool does not survive; all tasks run either way. */
static void check_child(void) {
    struct tally tally = {0};
    pid_t child = fork();
    assert(child >= 0);
    if (child == 0) {
        alarm(60); /* rather than wait for a thread that only the parent has */
        bool team = run_on_each_thread(only_meet, NULL);
        run_tasks(64, count_task, &tally);
        check_and_clear(&tally, 64, 1);
        _exit(team == backend_is("pthreads") ? 0 : 1);
    }
    int status;
    assert(waitpid(child, &status, 0) == child && status == 0);
}

static atomic_bool holding, forked;

static void *hold_pool(void *arg) {
    bool team = team_enter();
    atomic_store(&holding, true);
    while (!atomic_load(&forked))
        usleep(100);
    if (team)
        team_leave();
    return arg;
}

static void test_fork(void) {
    pthread_t other;
    threads_set(2);
    run_on_each_thread(only_meet, NULL);
    check_child();
    assert(!pthread_create(&other, NULL, hold_pool, NULL));
    while (!atomic_load(&holding))
        usleep(100);
    check_child();
    atomic_store(&forked, true);
    pthread_join(other, NULL);
    assert(run_on_each_thread(only_meet, NULL) == !backend_is("serial"));
}

/* No thread to be had (in a child, because the limit cannot be lifted again): run alone. */
static void test_exhaustion(void) {
    if (!backend_is("pthreads"))
        return;
    threads_set(2);
    pid_t child = fork();
    assert(child >= 0);
    if (child == 0) {
        struct tally tally = {0};
        struct rlimit none = {1, 1};
        if (setrlimit(RLIMIT_NPROC, &none) || (!getuid() && setresuid(65534, 65534, 65534)))
            _exit(0); /* not allowed to try */
        for (int run = 0; run < 2; run++) {
            bool team = run_tasks(64, count_task, &tally);
            check_and_clear(&tally, 64, 1);
            if (team)
                _exit(1);
        }
        _exit(0);
    }
    int status;
    assert(waitpid(child, &status, 0) == child && status == 0);
}

int main(void) {
    test_every_task_once();
    test_own_shares();
    test_back_to_back(2, 5000);
    test_back_to_back(5, 500);
    test_sleep_between();
    test_nested();
    test_two_callers();
    test_set_waits_for_team();
    test_denormals();
    test_signals();
    if (can_fork) {
        test_fork();
        test_exhaustion();
    }
    printf("test_threads: tasks, teams, resizing, signals%s over %s: ok\n",
           can_fork ? ", fork, exhaustion" : "", threads_backend());
    return 0; /* with workers about: they must not disturb the end of the process */
}
