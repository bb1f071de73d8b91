/* How many threads this process should use. root is put before /proc and /sys: "", or a test's
 * own tree. A count of 0 means unknown or unlimited. */
#ifndef PYCONV_THREADS_COUNT_H
#define PYCONV_THREADS_COUNT_H

#include <stdbool.h>

enum { CPUS_MAX = 8192 }; /* the largest CONFIG_NR_CPUS of Linux */

int count_value(const char *text); /* "8", or "4,2" (OpenMP's levels: the first); else 0 */
int count_quota(const char *root); /* CPUs that cgroups v1 and v2 grant, rounded up */
int count_physical(const char *root, const bool allowed[CPUS_MAX]); /* cores with an allowed CPU */
int count_available(const char *root); /* CPUs that can run at once: affinity mask and quota */

#endif
