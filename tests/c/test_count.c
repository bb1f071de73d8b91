/* Counting threads over made-up /proc and /sys trees. */
#define _GNU_SOURCE /* sched_setaffinity, nftw */
#undef NDEBUG
#include <assert.h>
#include <ftw.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "threads.h"
#include "threads/count.h"

static char root[] = "/tmp/pyconv_count_XXXXXX";

/* Writes root/path, with its folders. */
static void write_file(const char *path, const char *text) {
    char full[512];
    snprintf(full, sizeof full, "%s/%s", root, path);
    for (char *slash = full + strlen(root); (slash = strchr(slash + 1, '/'));) {
        *slash = '\0';
        mkdir(full, 0700);
        *slash = '/';
    }
    FILE *file = fopen(full, "w");
    assert(file && fputs(text, file) >= 0);
    fclose(file);
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *walk) {
    (void)info, (void)type, (void)walk;
    return remove(path);
}

static void test_value(void) {
    assert(count_value("1") == 1);
    assert(count_value("4,2") == 4);
    assert(count_value(" 8 ") == 8);
    assert(count_value("100000") == THREADS_MAX);
    assert(count_value("99999999999999999999") == THREADS_MAX);
    const char *invalid[] = {NULL, "", "0", "-3", "two", "4x", "2.5", ",4"};
    for (size_t i = 0; i < sizeof invalid / sizeof *invalid; i++)
        assert(count_value(invalid[i]) == 0);
}

static void test_quota_v2(void) {
    write_file("proc/self/cgroup", "0::/slice/job/step\n");
    assert(count_quota(root) == 0);
    write_file("sys/fs/cgroup/slice/job/step/cpu.max", "max 100000\n");
    assert(count_quota(root) == 0);
    write_file("sys/fs/cgroup/slice/job/cpu.max", "250000 100000\n");
    assert(count_quota(root) == 3);
    write_file("sys/fs/cgroup/slice/cpu.max", "400000 100000\n");
    assert(count_quota(root) == 3);
    write_file("sys/fs/cgroup/cpu.max", "50000 100000\n");
    assert(count_quota(root) == 1);
    write_file("sys/fs/cgroup/cpu.max", "nonsense\n");
    assert(count_quota(root) == 3);
    write_file("proc/self/cgroup", "0::/\n");
    write_file("sys/fs/cgroup/cpu.max", "200000 100000\n");
    assert(count_quota(root) == 2);
    write_file("sys/fs/cgroup/cpu.max", "max 100000\n");
}

static void test_quota_v1(void) {
    write_file("proc/self/cgroup", "9:cpuset:/\n4:cpu,cpuacct:/docker/abc\nbroken\n0::/\n");
    assert(count_quota(root) == 0);
    write_file("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
    write_file("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
    assert(count_quota(root) == 0);
    write_file("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "150000\n"); /* the path is the host's */
    assert(count_quota(root) == 2);
    write_file("sys/fs/cgroup/cpu/docker/abc/cpu.cfs_quota_us", "100000\n");
    assert(count_quota(root) == 2); /* no period there */
    write_file("sys/fs/cgroup/cpu/docker/abc/cpu.cfs_period_us", "100000\n");
    assert(count_quota(root) == 1);
    write_file("proc/self/cgroup", "4:cpuacct:/docker/abc\n");
    assert(count_quota(root) == 0);
}

static void write_core(int cpu, const char *package, const char *core) {
    char path[128];
    snprintf(path, sizeof path, "sys/devices/system/cpu/cpu%d/topology/physical_package_id", cpu);
    write_file(path, package);
    snprintf(path, sizeof path, "sys/devices/system/cpu/cpu%d/topology/core_id", cpu);
    write_file(path, core);
}

/* Two packages of two cores of two hyperthreads: 0-3 are the first threads, 4-7 the second. */
static void test_physical(void) {
    static bool allowed[CPUS_MAX];
    memset(allowed, true, 8);
    assert(count_physical(root, allowed) == 0);
    const char *package[] = {"0\n", "0\n", "1\n", "1\n"}, *core[] = {"0\n", "1\n", "0\n", "1\n"};
    for (int cpu = 0; cpu < 8; cpu++)
        write_core(cpu, package[cpu % 4], core[cpu % 4]);
    assert(count_physical(root, allowed) == 4);
    allowed[0] = false;
    assert(count_physical(root, allowed) == 4);
    allowed[4] = false;
    assert(count_physical(root, allowed) == 3);
    allowed[8] = true; /* without topology */
    assert(count_physical(root, allowed) == 0);
}

/* Names the variables set: NULL unsets. */
static int default_with(const char *slurm, const char *openmp, const char *pyconv) {
    const char *names[] = {"SLURM_CPUS_PER_TASK", "OMP_NUM_THREADS", "PYCONV_NUM_THREADS"};
    const char *values[] = {slurm, openmp, pyconv};
    for (int i = 0; i < 3; i++)
        values[i] ? setenv(names[i], values[i], 1) : unsetenv(names[i]);
    return threads_default();
}

static void test_default(void) {
    int machine = default_with(NULL, NULL, NULL);
    assert(machine >= 1 && machine <= count_available(""));
    assert(default_with("1", NULL, NULL) == 1);
    assert(default_with("100", NULL, NULL) == machine);
    assert(default_with("1", "5,2", NULL) == 5);
    assert(default_with("1", "5", "7") == 7);
    assert(default_with(NULL, "5", "none") == 5);
    assert(default_with("-1", "", "0") == machine);
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    assert(!sched_setaffinity(0, sizeof one, &one));
    assert(default_with(NULL, NULL, NULL) == 1);
}

int main(void) {
    assert(mkdtemp(root));
    assert(count_quota(root) == 0);
    test_value();
    test_quota_v2();
    test_quota_v1();
    test_physical();
    test_default();
    nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    puts("test_count: values, quotas v1 and v2, physical cores, environment, affinity: ok");
    return 0;
}
