"""Activation functions that are made of other ops. Names, arguments and defaults are Keras'."""

from __future__ import annotations

from pyconv.ops.activation import elu, hard_sigmoid, relu, sigmoid, softplus, tanh
from pyconv.ops.dtypes import floats
from pyconv.ops.elementwise import (
    abs,
    add,
    clip,
    divide,
    greater,
    greater_equal,
    less,
    multiply,
    negative,
    sqrt,
    square,
    stop_gradient,
    subtract,
)
from pyconv.ops.reduce import sum
from pyconv.ops.selection import where
from pyconv.ops.shaping import axis_of, expand_dims, on_last_axis, reshape, shape_of
from pyconv.ops.slices import getitem


def mish(x):
    """x tanh(log(1 + exp(x))) (Misra 2019).

    Example:
        >>> from pyconv import ops
        >>> ops.mish([0.0])
        array([0.], dtype=float32)
    """
    return multiply(x, tanh(softplus(x)))


def hard_silu(x):
    """x min(max(x / 6 + 1/2, 0), 1), also called hard swish (Howard et al. 2019).

    Example:
        >>> from pyconv import ops
        >>> ops.hard_silu([-4.0, 0.0, 4.0])
        array([-0.,  0.,  4.], dtype=float32)
    """
    return multiply(x, hard_sigmoid(x))


hard_swish = hard_silu


def celu(x, alpha: float = 1.0):
    """max(x, 0) + min(alpha (exp(x / alpha) - 1), 0) (Barron 2017); alpha is not 0.

    Args:
        x: tensor or array, float32.
        alpha: minus the limit for small x.

    Example:
        >>> from pyconv import ops
        >>> ops.celu([0.0, 2.0], alpha=0.5)
        array([0., 2.], dtype=float32)
    """
    return multiply(elu(divide(x, float(alpha))), float(alpha))


def glu(x, axis: int = -1):
    """a sigmoid(b) of the two halves a, b of an axis (Dauphin et al. 2017).

    Args:
        x: tensor or array, float32.
        axis: the axis that is halved; its size must be even.

    Raises:
        ValueError: the size is odd or not known.

    Example:
        >>> from pyconv import ops
        >>> ops.glu([3.0, 5.0, 0.0, 0.0])
        array([1.5, 2.5], dtype=float32)
    """
    shape = shape_of(x)
    size = shape[axis] if -len(shape) <= axis < len(shape) else None
    if size is None or size % 2:
        raise ValueError(
            f"glu: expected `axis` to be one of an even size, received axis {axis} of {shape}"
        )
    before = (slice(None),) * (axis % len(shape))
    a, b = (getitem(x, (*before, half)) for half in (slice(size // 2), slice(size // 2, size)))
    return multiply(a, sigmoid(b))


def log_sigmoid(x):
    """log(1 / (1 + exp(-x))).

    Example:
        >>> from pyconv import ops
        >>> ops.log_sigmoid([-100.0, 100.0])
        array([-100.,   -0.], dtype=float32)
    """
    return negative(softplus(negative(x)))


def tanh_shrink(x):
    """x - tanh(x).

    Example:
        >>> from pyconv import ops
        >>> ops.tanh_shrink([0.0])
        array([0.], dtype=float32)
    """
    return subtract(x, tanh(x))


def hard_tanh(x):
    """min(max(x, -1), 1).

    Example:
        >>> from pyconv import ops
        >>> ops.hard_tanh([-2.0, 0.5, 2.0])
        array([-1. ,  0.5,  1. ], dtype=float32)
    """
    return clip(x, -1.0, 1.0)


def soft_shrink(x, threshold: float = 0.5):
    """x moved towards 0 by the threshold, as far as 0: the proximal step of an L1 penalty.

    Args:
        x: tensor or array, float32.
        threshold: how far, from 0.

    Example:
        >>> from pyconv import ops
        >>> ops.soft_shrink([-2.0, 0.2, 2.0])
        array([-1.5,  0. ,  1.5], dtype=float32)
    """
    return subtract(x, clip(x, -float(threshold), float(threshold)))


def hard_shrink(x, threshold: float = 0.5):
    """x where |x| exceeds the threshold, else 0.

    Args:
        x: tensor or array, float32.
        threshold: from 0.

    Example:
        >>> from pyconv import ops
        >>> ops.hard_shrink([-2.0, 0.2, 2.0])
        array([-2.,  0.,  2.], dtype=float32)
    """
    return where(greater(abs(x), float(threshold)), x, 0.0)


def threshold(x, threshold: float, default_value: float):
    """x where it exceeds the threshold, else default_value.

    Args:
        x: tensor or array, float32.
        threshold: the largest number that is replaced.
        default_value: what stands for it.

    Example:
        >>> from pyconv import ops
        >>> ops.threshold([0.5, 2.0], threshold=1.0, default_value=-1.0)
        array([-1.,  2.], dtype=float32)
    """
    return where(greater(x, float(threshold)), x, float(default_value))


def squareplus(x, b: float = 4.0):
    """(x + sqrt(x^2 + b)) / 2 (Barron 2021).

    Args:
        x: tensor or array, float32.
        b: how round the bend is, from 0: a relu.

    Example:
        >>> from pyconv import ops
        >>> ops.squareplus([0.0])
        array([1.], dtype=float32)
    """
    return multiply(add(x, sqrt(add(square(x), float(b)))), 0.5)


def sparse_plus(x):
    """0 below -1, (x + 1)^2 / 4 up to 1, then x (Blondel & Roulet 2024).

    Example:
        >>> from pyconv import ops
        >>> ops.sparse_plus([-2.0, 0.0, 2.0])
        array([0.  , 0.25, 2.  ], dtype=float32)
    """
    bend = multiply(square(add(clip(x, -1.0, 1.0), 1.0)), 0.25)
    return add(bend, relu(subtract(x, 1.0)))


def sparse_sigmoid(x):
    """0 below -1, (x + 1) / 2 up to 1, then 1: the slope of `sparse_plus`.

    Example:
        >>> from pyconv import ops
        >>> ops.sparse_sigmoid([-2.0, 0.0, 2.0])
        array([0. , 0.5, 1. ], dtype=float32)
    """
    x = floats(x)
    inside = multiply(add(x, 1.0), 0.5)
    return where(less(abs(x), 1.0), inside, where(greater(x, 0.0), 1.0, 0.0))


def sparsemax(x, axis: int = -1):
    """The point of the probability simplex that is nearest to x along an axis: max(x - t, 0) with t
    such that the sum is 1 (Martins & Astudillo 2016). All pairs along the axis are compared.

    Args:
        x: tensor or array, float32.
        axis: the axis along which the results sum to 1.

    Example:
        >>> from pyconv import ops
        >>> ops.sparsemax([[2.0, 1.5, 0.0]])
        array([[0.75, 0.25, 0.  ]], dtype=float32)
    """
    return on_last_axis(_sparsemax, x, [axis_of("sparsemax", shape_of(x), axis)])


def _sparsemax(x):
    rows = _rows(x)
    support = _support(rows)
    excess = subtract(sum(multiply(rows, support), -1, keepdims=True), 1.0)
    t = divide(excess, sum(support, -1, keepdims=True))
    return reshape(relu(subtract(rows, t)), shape_of(x))


def _rows(x):
    """x as (leading axis, rows, classes), a vector as it is."""
    shape = shape_of(x)
    return x if len(shape) < 3 else reshape(x, (shape[0], -1, shape[-1]))


def _support(rows):
    """1 where the result is above 0: where 1 + k x > the sum of the k elements of at least x."""
    rows = stop_gradient(rows)
    others = expand_dims(rows, -2)
    above = greater_equal(others, expand_dims(rows, -1))
    total = sum(multiply(above, others), -1)
    return greater(add(multiply(sum(above, -1), rows), 1.0), total)
