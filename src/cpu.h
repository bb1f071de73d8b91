/* What the CPU is and can do, and its floating-point state. */
#ifndef PYCONV_CPU_H
#define PYCONV_CPU_H

#include <stdint.h>

enum isa { ISA_BASELINE, ISA_AVX2, ISA_AVX512, ISA_COUNT };

/* The best that CPU and operating system support: AVX2 with FMA; AVX-512 F, VL, BW and DQ. */
enum isa cpu_best_isa(void);

/* Chosen once: the best, or a lower one by PYCONV_ISA=baseline|avx2|avx512. */
enum isa cpu_isa(void);

/* Why PYCONV_ISA was not followed (one line, to warn with), or NULL. */
const char *cpu_isa_note(void);

/* "baseline", "avx2", "avx512". */
const char *cpu_isa_name(enum isa isa);

/* "Intel(R) Xeon(R) Processor", "" when unknown. */
const char *cpu_brand(void);

/* Bytes of the data cache of level 1 .. 4, 0 when unknown. For bug reports only: an algorithm that
 * depended on it would give other bits on another machine. */
int64_t cpu_cache_size(int level);

/* Rounds to nearest, flushes denormal inputs and results to zero, masks exceptions.
 * Returns the caller's state, which fp_leave restores with its exception flags. */
unsigned fp_enter(void);
void fp_leave(unsigned state);

#endif
