"""Pooling that draws at random in training and takes what is to be expected in inference."""

from __future__ import annotations

from math import prod
from numbers import Real

import numpy as np

from pyconv.graph import Variable
from pyconv.ops.activation import relu
from pyconv.ops.creation import ones_like
from pyconv.ops.elementwise import (
    cast,
    divide,
    greater,
    less_equal,
    minimum,
    multiply,
    square,
)
from pyconv.ops.index import take_along_axis
from pyconv.ops.patches import window_cells
from pyconv.ops.pool import max_pool, sum_pool
from pyconv.ops.random import dropout, random_uniform
from pyconv.ops.reduce import sum
from pyconv.ops.selection import where
from pyconv.ops.shaping import reshape, shape_of
from pyconv.ops.slices import getitem
from pyconv.ops.sorting import sort
from pyconv.ops.sparse_matrix import axis_matrix
from pyconv.ops.window import Window, make_window

_LOWEST = float(np.finfo("float32").min)  # stands for an element that is not there


def stochastic_pool(
    x,
    pool_size,
    strides=None,
    padding="valid",
    ceil_mode: bool = False,
    key: Variable | None = None,
):
    """One element of each window, drawn with probability x_i / sum x, or with no key what is to be
    expected of it: sum x_i^2 / sum x (Zeiler & Fergus 2013).

    Args:
        x: (n, spatial..., channels), float32, meant to come out of a ReLU: negative elements count
            as 0.
        pool_size, strides, padding, ceil_mode: as `max_pool`; padding is never drawn.
        key: int32 variable (seed, counter); the counter is advanced.

    Returns:
        (n, spatial..., channels); 0, through which no gradient flows, where a window has no
        positive element. The gradient of a drawn element flows to it alone.

    Raises:
        ValueError: shapes that do not fit.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> ops.stochastic_pool(np.array([[[1.0], [3.0], [0.0], [2.0]]]), 2).ravel()
        array([2.5, 2. ], dtype=float32)
    """
    window = make_window("stochastic_pool", x, pool_size, strides, padding, 1, ceil_mode)
    x = relu(x)
    return _expected(x, window) if key is None else _drawn(x, window, key)


def _expected(x, window: Window):
    total = sum_pool(x, window)
    positive = greater(total, 0.0)
    ratio = divide(sum_pool(square(x), window), where(positive, total, 1.0))
    return multiply(ratio, positive)


def _drawn(x, window: Window, key: Variable):
    """The first element at which the running sum exceeds a uniform part of the whole."""
    cells = window_cells(x, window, 0.0)  # (n, windows, cells, channels)
    _, count, size, channels = shape_of(cells)
    running = axis_matrix(cells, np.tri(size), axis=2)
    total = getitem(running, (slice(None), slice(None), slice(size - 1, size)))
    part = multiply(random_uniform(x, key, (count, 1, channels)), total)
    passed = sum(less_equal(running, part), axis=2, keepdims=True)
    place = cast(minimum(passed, float(size - 1)), "int32")
    return reshape(take_along_axis(cells, place, axis=2), window.output(shape_of(x)))


def max_pool_dropout(
    x,
    rate: float,
    pool_size,
    strides=None,
    padding="valid",
    ceil_mode: bool = False,
    key: Variable | None = None,
):
    """The largest element of each window that is left when each element of x is dropped with
    probability `rate`, or with no key what is to be expected of it (Wu & Gu 2015):
    sum_i (1 - rate) rate^(n - i) x_(i), with the window's n elements in ascending order.

    Args:
        x, pool_size, strides, padding, ceil_mode: as `max_pool`.
        rate: probability, 0 <= rate < 1.
        key: int32 variable (seed, counter); the counter is advanced.

    Returns:
        (n, spatial..., channels); 0 where all of a window is dropped.

    Raises:
        ValueError: the rate, or shapes that do not fit.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> ops.max_pool_dropout(np.array([[[1.0], [4.0]]]), 0.5, 2).ravel()
        array([2.25], dtype=float32)
    """
    if not isinstance(rate, Real) or not 0 <= rate < 1:
        raise ValueError(f"max_pool_dropout: expected `rate` in [0, 1), received {rate!r}")
    if key is None:
        window = make_window("max_pool_dropout", x, pool_size, strides, padding, 1, ceil_mode)
        return _expected_of_rest(x, rate, window)
    kept = dropout(ones_like(x), rate, key)
    y = max_pool(
        where(kept, x, _LOWEST), pool_size, strides, padding, "channels_last", ceil_mode=ceil_mode
    )
    return where(greater(y, _LOWEST), y, 0.0)


def _expected_of_rest(x, rate: float, window: Window):
    """The j-th largest is the maximum when it is kept and the j before it are dropped."""
    ranked = sort(window_cells(x, window, _LOWEST), axis=2, descending=True)
    ranked = where(greater(ranked, _LOWEST), ranked, 0.0)
    chances = (1 - rate) * rate ** np.arange(prod(window.size))
    y = sum(multiply(ranked, chances.reshape(-1, 1)), axis=2)
    return reshape(y, window.output(shape_of(x)))
