/* table.c: every op that a plan can hold. To add one is to add its name here. */
#include <string.h>

#include "ops.h"

/* clang-format off */
#define OP_LIST(F)                                                                                 \
    F(unary) F(binary) F(select) F(masked) F(fill) F(copy) F(convert) F(one_hot) F(batch_count)    \
    F(conv_forward) F(conv_backward_data) F(conv_backward_weights) F(conv_pack)                    \
    F(reduce) F(moments) F(normalize) F(centred_sums) F(join_moments)                              \
    F(softmax) F(log_softmax) F(softmax_gradient) F(log_softmax_gradient)                          \
    F(sparse_cross_entropy) F(cross_entropy)                                                       \
    F(dropout) F(random_uniform) F(random_normal) F(next_key)                                      \
    F(update) F(gradient_scales)                                                                   \
    F(max_pool) F(max_pool_gradient) F(max_pool_gather)                                            \
    F(average_pool) F(average_pool_gradient) F(max_pool_index)                                     \
    F(axis_matrix) F(sample) F(sample_gradient) F(sample_points_gradient)                          \
    F(take) F(scatter) F(argsort) F(windows) F(fold)                                               \
    F(non_maximum_suppression)
/* clang-format on */

#define DECLARE(name) extern const struct op_type op_##name;
OP_LIST(DECLARE)

#define ENTRY(name) &op_##name,
static const struct op_type *const table[] = {OP_LIST(ENTRY) NULL};

const struct op_type *const *op_type_all(void) { return table; }

const struct op_type *op_type_find(const char *name) {
    for (int i = 0; table[i]; i++)
        if (strcmp(table[i]->name, name) == 0)
            return table[i];
    return NULL;
}
