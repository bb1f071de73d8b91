/* baseline.c: the kernels for any CPU of the architecture. */
#include "../simd/baseline.h"

#include "../kernels/all.h"
