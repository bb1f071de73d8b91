"""Spread, correlation and truth of elements over axes."""

from __future__ import annotations

import numpy as np

from pyconv.ops.dtypes import array_of, floats, symbolic
from pyconv.ops.elementwise import (
    add,
    cast,
    divide,
    exp,
    isfinite,
    log,
    multiply,
    not_equal,
    sqrt,
    square,
    stop_gradient,
    subtract,
)
from pyconv.ops.linear import matmul
from pyconv.ops.number_kinds import isclose
from pyconv.ops.reduce import max, mean, min, moments, sum
from pyconv.ops.selection import where
from pyconv.ops.shaping import (
    axes_of,
    axis_of,
    broadcast_to,
    expand_dims,
    reshape,
    shape_of,
    transpose,
)


def var(x, axis=None, keepdims: bool = False):
    """The variance over axes, divided by the count; arguments as `sum`.

    Example:
        >>> from pyconv import ops
        >>> float(ops.var([1.0, 3.0]))
        1.0
    """
    axes = axes_of("var", shape_of(x), axis)
    return moments(x, axes, keepdims)[1] if axes else multiply(floats(x), 0.0)


def std(x, axis=None, keepdims: bool = False):
    """The square root of the variance; arguments as `sum`.

    Example:
        >>> from pyconv import ops
        >>> float(ops.std([1.0, 3.0]))
        1.0
    """
    return sqrt(var(x, axis, keepdims))


def ptp(x, axis=None, keepdims: bool = False):
    """The largest minus the smallest over axes; arguments as `sum`.

    Example:
        >>> from pyconv import ops
        >>> float(ops.ptp([1.0, 3.0]))
        2.0
    """
    return subtract(max(x, axis, keepdims), min(x, axis, keepdims))


def average(x, axis=None, weights=None):
    """The mean over axes, with weights if given.

    Args:
        x: tensor or array.
        axis: one, several, or None for all.
        weights: of x's shape, or one for each place of a single axis.

    Example:
        >>> from pyconv import ops
        >>> float(ops.average([1.0, 3.0], weights=[3.0, 1.0]))
        1.5
    """
    if weights is None:
        return mean(x, axis)
    shape = shape_of(x)
    if shape_of(weights) != shape:
        place = axis_of("average", shape, axis)
        weights = reshape(weights, (-1, *(1,) * (len(shape) - place - 1)))
        weights = broadcast_to(floats(weights), shape)
    return divide(sum(multiply(x, weights), axis), sum(weights, axis))


def any(x, axis=None, keepdims: bool = False):
    """Whether something over axes is not 0; arguments as `sum`.

    Example:
        >>> from pyconv import ops
        >>> bool(ops.any([False, True]))
        True
    """
    if symbolic(x):
        return max(truth(x), axis, keepdims)
    array = array_of(x)
    return np.any(array, tuple(axes_of("any", array.shape, axis)), keepdims=bool(keepdims))


def all(x, axis=None, keepdims: bool = False):
    """Whether nothing over axes is 0; arguments as `sum`.

    Example:
        >>> from pyconv import ops
        >>> bool(ops.all([False, True]))
        False
    """
    if symbolic(x):
        return min(truth(x), axis, keepdims)
    array = array_of(x)
    return np.all(array, tuple(axes_of("all", array.shape, axis)), keepdims=bool(keepdims))


def truth(x):
    return floats(not_equal(x, 0))


def count_nonzero(x, axis=None):
    """How many elements over axes are not 0, as int32.

    Example:
        >>> from pyconv import ops
        >>> int(ops.count_nonzero([0.0, 2.0, 3.0]))
        2
    """
    return cast(sum(truth(x), axis), "int32")


def allclose(x1, x2, rtol=1e-5, atol=1e-8, equal_nan=False):
    """Whether all elements are close; arguments as `isclose`.

    Example:
        >>> from pyconv import ops
        >>> bool(ops.allclose([1.0], [1.0 + 1e-7]))
        True
    """
    return all(isclose(x1, x2, rtol, atol, equal_nan))


def logsumexp(x, axis=None, keepdims: bool = False):
    """log(sum(exp(x))) over axes, without overflow; arguments as `sum`.

    Example:
        >>> from pyconv import ops
        >>> ops.logsumexp([[1000.0, 1000.0]], axis=-1).round(3)
        array([1000.693], dtype=float32)
    """
    x = floats(x)
    top = stop_gradient(max(x, axis, True))
    top = where(isfinite(top), top, 0.0)
    total = log(sum(exp(subtract(x, top)), axis, keepdims))
    return add(total, top if keepdims else reshape(top, shape_of(total)))


def corrcoef(x):
    """The correlations of the rows of a matrix: a matrix of them.

    Example:
        >>> from pyconv import ops
        >>> ops.corrcoef([[1.0, 2.0, 3.0], [2.0, 4.0, 7.0]]).shape
        (2, 2)
    """
    x = floats(x)
    x = expand_dims(x, 0) if len(shape_of(x)) == 1 else x
    centred = subtract(x, mean(x, -1, True))
    unit = divide(centred, sqrt(sum(square(centred), -1, True)))
    y = matmul(unit, transpose(unit))
    return reshape(y, ()) if shape_of(y) == (1, 1) else y
