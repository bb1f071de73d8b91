/* kernels.c: which table of kernels this CPU runs. */
#include "kernels/kernels.h"

#include "cpu.h"

#define NAME(name) #name,
const char *const unary_names[] = {UNARY_LIST(NAME) NULL};
const char *const binary_names[] = {BINARY_LIST(NAME) NULL};
const char *const reduce_names[] = {REDUCE_LIST(NAME) NULL};
#define UPDATE_NAME(name, states) #name,
const char *const update_names[] = {UPDATE_LIST(UPDATE_NAME) NULL};

const struct kernels *kernels_chosen(void) {
    switch (cpu_isa()) {
#if defined(__x86_64__)
    case ISA_AVX512:
        return &kernels_avx512;
    case ISA_AVX2:
        return &kernels_avx2;
#endif
    default:
        return &kernels_baseline;
    }
}
