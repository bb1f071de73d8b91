/* memory.c: aligned memory, in huge pages where it is large. */
#define _DEFAULT_SOURCE /* madvise */

#include "memory.h"

#include <stdlib.h>

#ifdef __linux__
#include <sys/mman.h>
#endif

#include "pyconv.h"

enum { HUGE_PAGE = 1 << 21 };

void *memory_allocate(int64_t size) {
    size_t boundary = size >= 2 * HUGE_PAGE ? HUGE_PAGE : ALIGNMENT;
    size_t bytes = ((size_t)size + boundary - 1) / boundary * boundary;
    void *memory = aligned_alloc(boundary, bytes ? bytes : boundary);
#ifdef __linux__
    if (memory && boundary == HUGE_PAGE)
        madvise(memory, bytes, MADV_HUGEPAGE);
#endif
    return memory;
}
