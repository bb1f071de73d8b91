/* table.c: every op that a plan can hold. To add one is to add its two lines here. */
#include <string.h>

#include "ops.h"

extern const struct op_type op_unary, op_binary, op_select, op_fill, op_copy, op_convert, op_one_hot, op_batch_count;
extern const struct op_type op_conv_forward, op_conv_backward_data, op_conv_backward_weights;
extern const struct op_type op_conv_pack;
extern const struct op_type op_reduce, op_moments;
extern const struct op_type op_softmax, op_log_softmax, op_softmax_gradient, op_log_softmax_gradient;
extern const struct op_type op_sparse_cross_entropy, op_sparse_cross_entropy_gradient, op_cross_entropy, op_cross_entropy_gradient;
extern const struct op_type op_dropout, op_random_uniform, op_random_normal, op_next_key;
extern const struct op_type op_sgd;
extern const struct op_type op_max_pool, op_max_pool_gradient, op_max_pool_gather, op_average_pool, op_average_pool_gradient;

static const struct op_type *const table[] = {
    &op_unary, &op_binary, &op_select, &op_fill, &op_copy, &op_convert, &op_one_hot, &op_batch_count,
    &op_conv_forward, &op_conv_backward_data, &op_conv_backward_weights, &op_conv_pack,
    &op_reduce, &op_moments,
    &op_softmax, &op_log_softmax, &op_softmax_gradient, &op_log_softmax_gradient,
    &op_sparse_cross_entropy, &op_sparse_cross_entropy_gradient, &op_cross_entropy, &op_cross_entropy_gradient,
    &op_dropout, &op_random_uniform, &op_random_normal, &op_next_key,
    &op_sgd,
    &op_max_pool, &op_max_pool_gradient, &op_max_pool_gather, &op_average_pool, &op_average_pool_gradient,
    NULL,
};

const struct op_type *const *op_type_all(void)
{
    return table;
}

const struct op_type *op_type_find(const char *name)
{
    for (int i = 0; table[i]; i++)
        if (strcmp(table[i]->name, name) == 0)
            return table[i];
    return NULL;
}
