"""Functions of tensors: symbolic inside models, at once on arrays. Names are Keras' `ops`."""

from pyconv.ops import operators
from pyconv.ops.activation import (
    elu,
    gelu,
    hard_sigmoid,
    leaky_relu,
    log_softmax,
    relu,
    relu6,
    selu,
    sigmoid,
    silu,
    softmax,
    softplus,
    softsign,
    tanh,
)
from pyconv.ops.conv import conv, conv_transpose, depthwise_conv
from pyconv.ops.elementwise import (
    abs,
    absolute,
    add,
    cast,
    ceil,
    clip,
    cos,
    divide,
    equal,
    erf,
    exp,
    expm1,
    floor,
    greater,
    greater_equal,
    isfinite,
    less,
    less_equal,
    log,
    log1p,
    logical_not,
    maximum,
    minimum,
    multiply,
    negative,
    not_equal,
    power,
    reciprocal,
    round,
    rsqrt,
    sign,
    sin,
    sqrt,
    square,
    squared_difference,
    stop_gradient,
    subtract,
)
from pyconv.ops.linear import dense, matmul
from pyconv.ops.loss import (
    one_hot,
    sigmoid_cross_entropy,
    softmax_cross_entropy,
    sparse_softmax_cross_entropy,
)
from pyconv.ops.pool import average_pool, max_pool
from pyconv.ops.random import dropout
from pyconv.ops.reduce import argmax, argmin, batch_count, max, mean, min, moments, prod, sum
from pyconv.ops.selection import where
from pyconv.ops.shape import (
    broadcast_to,
    concatenate,
    expand_dims,
    flip,
    ones_like,
    pad,
    reshape,
    squeeze,
    stack,
    transpose,
    zeros_like,
)

operators.install()
