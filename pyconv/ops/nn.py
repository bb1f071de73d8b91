"""Functions of networks: Keras' `ops.nn`, whose names `pyconv.ops` has, too."""

from pyconv.ops.spaces import handed_on

__all__, __getattr__, __dir__ = handed_on(
    """
    adaptive_average_pool adaptive_max_pool average_pool batch_normalization celu conv
    conv_transpose depth_to_space depthwise_conv elu gelu glu hard_shrink hard_sigmoid hard_silu
    hard_tanh leaky_relu log_sigmoid log_softmax max_pool moments normalize one_hot relu relu6
    selu separable_conv sigmoid silu soft_shrink softmax softplus softsign space_to_depth
    sparse_plus sparse_sigmoid sparsemax squareplus tanh_shrink threshold
    """
)
