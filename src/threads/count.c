#define _GNU_SOURCE /* sched_getaffinity, CPU_ISSET_S */
#include "count.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sched.h>
#endif
#if defined(__unix__) || defined(__APPLE__)
#include <unistd.h>
#endif

#include "../threads.h"

enum { PATH_SIZE = 4096 };

/* The smaller of two counts; 0 is unknown. */
static int smaller(int a, int b) {
    if (a == 0 || b == 0)
        return a + b;
    return a < b ? a : b;
}

int count_value(const char *text) {
    if (!text)
        return 0;
    char *end;
    long value = strtol(text, &end, 10);
    end += strspn(end, " \t");
    bool whole = end != text && (*end == '\0' || *end == ',');
    if (!whole || value < 1)
        return 0;
    return value < THREADS_MAX ? (int)value : THREADS_MAX;
}

/* First line of a small file, without its newline; false when there is none. */
static bool read_line(const char *path, char *line, int size) {
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    bool found = fgets(line, size, file) != NULL;
    fclose(file);
    if (found)
        line[strcspn(line, "\n")] = '\0';
    return found;
}

static bool read_long(const char *path, long *value) {
    char line[64];
    return read_line(path, line, sizeof line) && sscanf(line, "%ld", value) == 1;
}

static int cpus_of(long quota, long period) /* microseconds of CPU time per microseconds */
{
    if (quota <= 0 || period <= 0)
        return 0;
    long cpus = quota / period + (quota % period != 0);
    return cpus < THREADS_MAX ? (int)cpus : THREADS_MAX;
}

/* cgroup v2: "200000 100000", or "max 100000" when unlimited. */
static int quota_v2(const char *directory) {
    char path[PATH_SIZE + 32], line[64];
    long quota, period;
    snprintf(path, sizeof path, "%s/cpu.max", directory);
    if (!read_line(path, line, sizeof line) || sscanf(line, "%ld %ld", &quota, &period) != 2)
        return 0;
    return cpus_of(quota, period);
}

/* cgroup v1: two files; a quota of -1 is unlimited. */
static int quota_v1(const char *directory) {
    char path[PATH_SIZE + 32];
    long quota, period;
    snprintf(path, sizeof path, "%s/cpu.cfs_quota_us", directory);
    if (!read_long(path, &quota))
        return 0;
    snprintf(path, sizeof path, "%s/cpu.cfs_period_us", directory);
    return read_long(path, &period) ? cpus_of(quota, period) : 0;
}

static bool has_word(const char *list, const char *word) /* list: "cpu,cpuacct" */
{
    size_t length = strlen(word);
    for (; list; list = strchr(list, ',')) {
        list += *list == ',';
        if (!strncmp(list, word, length) && (list[length] == ',' || list[length] == '\0'))
            return true;
    }
    return false;
}

/* The smallest quota from the group up to the mount. A container often sees the host's path, which
 * does not exist in its own mount: those levels are ignored and the mount itself is the group. */
static int smallest_quota(const char *mount, char *group, int quota(const char *directory)) {
    char directory[PATH_SIZE];
    int cpus = 0;
    for (char *slash = group + strlen(group); slash; slash = strrchr(group, '/')) {
        *slash = '\0';
        int length = snprintf(directory, sizeof directory, "%s%s", mount, group);
        if (length < PATH_SIZE)
            cpus = smaller(cpus, quota(directory));
    }
    return cpus;
}

/* line: "0::/group" (v2) or "4:cpu,cpuacct:/group" (v1), of /proc/self/cgroup. */
static int quota_of_line(const char *root, char *line) {
    char mount[PATH_SIZE];
    char *controllers = strchr(line, ':');
    char *group = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!group)
        return 0;
    *group++ = '\0';
    controllers++;
    if (*controllers == '\0') {
        snprintf(mount, sizeof mount, "%s/sys/fs/cgroup", root);
        return smallest_quota(mount, group, quota_v2);
    }
    if (!has_word(controllers, "cpu"))
        return 0;
    snprintf(mount, sizeof mount, "%s/sys/fs/cgroup/cpu", root);
    return smallest_quota(mount, group, quota_v1);
}

int count_quota(const char *root) {
    char text[PATH_SIZE];
    int cpus = 0;
    snprintf(text, sizeof text, "%s/proc/self/cgroup", root);
    FILE *file = fopen(text, "r");
    if (!file)
        return 0;
    while (fgets(text, sizeof text, file)) {
        text[strcspn(text, "\n")] = '\0';
        cpus = smaller(cpus, quota_of_line(root, text));
    }
    fclose(file);
    return cpus;
}

static bool read_topology(const char *root, int cpu, const char *name, long *value) {
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/sys/devices/system/cpu/cpu%d/topology/%s", root, cpu, name);
    return read_long(path, value);
}

struct core {
    long package, id;
};

static bool contains(const struct core *cores, int count, struct core core) {
    for (int i = 0; i < count; i++)
        if (cores[i].package == core.package && cores[i].id == core.id)
            return true;
    return false;
}

/* Stops at THREADS_MAX cores; a CPU without topology makes the count unknown. */
int count_physical(const char *root, const bool allowed[CPUS_MAX]) {
    struct core cores[THREADS_MAX], core;
    int count = 0;
    for (int cpu = 0; cpu < CPUS_MAX && count < THREADS_MAX; cpu++) {
        if (!allowed[cpu])
            continue;
        if (!read_topology(root, cpu, "physical_package_id", &core.package) ||
            !read_topology(root, cpu, "core_id", &core.id))
            return 0;
        if (!contains(cores, count, core))
            cores[count++] = core;
    }
    return count;
}

static int online_cpus(void) {
#ifdef _SC_NPROCESSORS_ONLN
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online < 1 ? 1 : online < CPUS_MAX ? (int)online : CPUS_MAX;
#else
    return 1;
#endif
}

/* Marks the CPUs of the affinity mask and returns their number; without a mask, the CPUs online. */
static int affinity(bool allowed[CPUS_MAX]) {
    int count = 0;
#ifdef __linux__
    cpu_set_t sets[CPUS_MAX / CPU_SETSIZE];
    if (!sched_getaffinity(0, sizeof sets, sets))
        for (int cpu = 0; cpu < CPUS_MAX; cpu++)
            count += allowed[cpu] = CPU_ISSET_S(cpu, sizeof sets, sets);
#endif
    if (count > 0)
        return count;
    count = online_cpus();
    for (int cpu = 0; cpu < CPUS_MAX; cpu++)
        allowed[cpu] = cpu < count;
    return count;
}

int count_available(const char *root) {
    bool allowed[CPUS_MAX];
    return smaller(affinity(allowed), count_quota(root));
}

int threads_default(void) {
    int forced = count_value(getenv("PYCONV_NUM_THREADS"));
    if (!forced)
        forced = count_value(getenv("OMP_NUM_THREADS"));
    if (forced)
        return forced;
    bool allowed[CPUS_MAX];
    int count = smaller(affinity(allowed), count_quota(""));
    count = smaller(count, count_physical("", allowed));
    count = smaller(count, count_value(getenv("SLURM_CPUS_PER_TASK")));
    return smaller(count, THREADS_MAX);
}
