/* all.h: every kernel, compiled once per instruction set by the stubs of isa/, and their table. */
#include "kernels.h"

#include "math.h"

#include "finish.h"

#include "brgemm.h"
#include "few.h"
#include "narrow.h"
#include "narrow_weights.h"
#include "winograd.h"
#include "winograd_weights.h"
#include "fft.h"
#include "elementwise.h"
#include "convert.h"
#include "addresses.h"
#include "reduce.h"
#include "normalize.h"
#include "softmax.h"
#include "cross_entropy.h"
#include "random.h"
#include "optimizer.h"
#include "pool.h"
#include "resample.h"
#include "peak.h"

#define TABLE_NAME(isa) TABLE_NAME_(isa)
#define TABLE_NAME_(isa) kernels_##isa
#define ISA_STRING(isa) ISA_STRING_(isa)
#define ISA_STRING_(isa) #isa

const struct kernels TABLE_NAME(ISA_NAME) = {
    .isa = ISA_STRING(ISA_NAME),
    .vlen = VLEN,

    .gemm_nv = GEMM_NV,
    .gemm = gemm,
    .gemm_few = gemm_few,
    .gemm_outer = gemm_outer,
    .gemm_pack = gemm_pack,
    .gemm_pack_transposed = gemm_pack_transposed,
    .narrow = narrow,
    .narrow_outer = narrow_outer,
    .winograd_input = {winograd_input_6x6, winograd_input_6x6, winograd_input_5x5,
                       winograd_input_1x8, winograd_input_1x8},
    .winograd_output = {winograd_output_4x4_3x3, winograd_output_2x2_5x5, winograd_output_4x4_2x2,
                        winograd_output_1x6_3, winograd_output_1x4_5},
    .winograd_kernel = {winograd_kernel_4x4_3x3, winograd_kernel_2x2_5x5, winograd_kernel_4x4_2x2,
                        winograd_kernel_1x6_3, winograd_kernel_1x4_5},
    .winograd_gradient = {winograd_gradient_4x4_3x3, winograd_gradient_2x2_5x5,
                          winograd_gradient_4x4_2x2, winograd_gradient_1x6_3,
                          winograd_gradient_1x4_5},
    .winograd_sums = {winograd_sums_4x4_3x3, winograd_sums_2x2_5x5, winograd_sums_4x4_2x2,
                      winograd_sums_1x6_3, winograd_sums_1x4_5},
    .fft_forward = fft_forward,
    .fft_inverse = fft_inverse,
    .fft_product = fft_product,

    .unary = {UNARY_LIST(UNARY_ENTRY)},
    .binary = {BINARY_LIST(BINARY_ENTRY)},
    .select = select_sweep,
    .fill = fill_sweep,
    .copy = copy_block,
    .int_to_float = int_to_float,
    .float_to_int = float_to_int,

    .repeat_addresses = repeat_addresses,
    .convert = {NUMBER_LIST(CONVERT_ENTRY)},

    .fold_columns = {FOLD_LIST(FOLD_COLUMNS_ENTRY)},
    .fold_merge = {FOLD_LIST(FOLD_MERGE_ENTRY)},
    .fold_rows = {FOLD_LIST(FOLD_ROWS_ENTRY)},
    .arg_columns = arg_columns,
    .arg_rows = arg_rows,
    .moments_columns = moments_columns,
    .moments_rows = moments_rows,
    .moments_merge = moments_merge,

    .masked = masked,

    .normalize = normalize,
    .centred_sums = centred_sums,

    .softmax = softmax,
    .log_softmax = log_softmax,
    .softmax_gradient = softmax_gradient,
    .log_softmax_gradient = log_softmax_gradient,
    .sparse_cross_entropy = sparse_cross_entropy,
    .cross_entropy = cross_entropy,

    .dropout = dropout,
    .random_uniform = random_uniform,
    .random_normal = random_normal,

    .peak = peak,

    .update = {UPDATE_LIST(UPDATE_ENTRY)},

    .max_pool = max_pool,
    .max_pool_gradient = max_pool_gradient,
    .max_pool_gather = max_pool_gather,
    .max_pool_index = max_pool_index,
    .average_pool = average_pool,
    .average_pool_gradient = average_pool_gradient,

    .sparse_gather = sparse_gather,
    .sparse_scatter = sparse_scatter,
    .sparse_dot = sparse_dot,
};
