/* memory.h: where arenas and variables come from. */
#ifndef PYCONV_MEMORY_H
#define PYCONV_MEMORY_H

#include <stdint.h>

/* Memory that begins at a multiple of ALIGNMENT, for free(); NULL when there is none. Large blocks
 * ask for huge pages. */
void *memory_allocate(int64_t size);

#endif
