/* avx2.c: the kernels for CPUs with AVX2 and FMA. The instruction set is named here, so that the
 * build knows one set of flags; what is included first must not be compiled for it. */
#include "../kernels/kernels.h"

#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2,fma,bmi,bmi2"))), apply_to = function)
#else
#pragma GCC target("avx2,fma,bmi,bmi2")
#endif

#include "../simd/avx2.h"

#include "../kernels/all.h"

#ifdef __clang__
#pragma clang attribute pop
#endif
