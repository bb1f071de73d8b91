"""Pooling over neighbouring channels, and over the pixels of some channels only."""

from __future__ import annotations

from functools import reduce

import numpy as np

from pyconv.ops.described import described
from pyconv.ops.elementwise import add, maximum, multiply
from pyconv.ops.index import take
from pyconv.ops.shaping import axis_of, shape_of
from pyconv.ops.slices import concatenate, getitem
from pyconv.ops.window import Window


def maxout(x, pool_size: int = 2, axis: int = -1):
    """The largest of each pool_size neighbouring channels (Goodfellow et al. 2013).

    Args:
        x: tensor or array, float32.
        pool_size: how many channels make one, a divisor of their number.
        axis: of the channels; not the axis of examples.

    Returns:
        x's shape with 1 / pool_size of the channels.

    Raises:
        ValueError: pool_size does not divide the channels.

    Example:
        >>> from pyconv import ops
        >>> ops.maxout([[1.0, 3.0, 2.0, 0.0]])
        array([[3., 2.]], dtype=float32)
    """
    shape = shape_of(x)
    channels = shape[axis_of("maxout", shape, axis)]
    if pool_size < 1 or channels % pool_size:
        raise ValueError(
            f"maxout: expected a divisor of the {channels} channels of {shape}, received pool_size "
            f"{pool_size}"
        )
    return channel_max_pool(x, pool_size, axis=axis)


def channel_max_pool(x, pool_size: int, strides: int | None = None, axis: int = -1):
    """The largest of pool_size neighbouring channels, at each position.

    Args:
        x: tensor or array, float32.
        pool_size: the window's size, in channels.
        strides: step between windows; pool_size by default.
        axis: of the channels; not the axis of examples.

    Returns:
        x's shape with floor((channels - pool_size) / strides) + 1 channels. The gradient flows to
        the first of equal ones.

    Raises:
        ValueError: fewer channels than pool_size.

    Example:
        >>> from pyconv import ops
        >>> ops.channel_max_pool([[1.0, 3.0, 2.0, 0.0]], 2, strides=1)
        array([[3., 3., 2.]], dtype=float32)
    """
    return reduce(maximum, _neighbours("channel_max_pool", x, pool_size, strides, axis))


def channel_average_pool(x, pool_size: int, strides: int | None = None, axis: int = -1):
    """The mean of pool_size neighbouring channels, at each position; arguments and result as
    `channel_max_pool`.

    Example:
        >>> from pyconv import ops
        >>> ops.channel_average_pool([[1.0, 3.0, 2.0, 0.0]], 2)
        array([[2., 1.]], dtype=float32)
    """
    parts = _neighbours("channel_average_pool", x, pool_size, strides, axis)
    return multiply(reduce(add, parts), 1 / pool_size)


def _neighbours(what: str, x, pool_size: int, strides: int | None, axis: int) -> list:
    """The j-th channels of all windows, for each j."""
    shape = shape_of(x)
    axis = axis_of(what, shape, axis)
    step = pool_size if strides is None else strides
    if not 1 <= pool_size <= shape[axis] or step < 1:
        raise ValueError(
            f"{what}: expected a pool_size from 1 to the {shape[axis]} channels of {shape} and "
            f"strides from 1, received {pool_size} and {strides}"
        )
    span = shape[axis] - pool_size + 1
    whole = (slice(None),) * axis
    return [getitem(x, (*whole, slice(j, j + span, step))) for j in range(pool_size)]


def pool_some(function, x, channels, window: Window):
    """function(x) of some channels; of the others each window's central cell (the one before the
    centre where there are two, the nearest of the image where it lies in the padding).

    Args:
        function: takes (n, spatial..., channels) to windows of every channel.
        x: (n, spatial..., channels).
        channels: numbers of the channels that are pooled, from 0.
        window: the windows of `function`.

    Returns:
        (n, spatial..., channels), channels in their order.
    """
    count = shape_of(x)[-1]
    chosen = sorted(set(channels))
    if not chosen or not 0 <= chosen[0] <= chosen[-1] < count:
        raise ValueError(
            f"pooling: expected `channels` from 0 to {count - 1}, received {list(channels)}"
        )
    others = [c for c in range(count) if c not in set(chosen)]
    if not others:
        return function(x)
    parts = [function(take(x, chosen, -1)), _centres(take(x, others, -1), window)]
    order = np.argsort(chosen + others)
    joined = concatenate(parts, -1)
    return joined if (order == np.arange(count)).all() else take(joined, order, -1)


def _centres(x, window: Window):
    shape = shape_of(x)
    sizes = shape[1:-1]
    if None in sizes:
        return described(x, window.output(shape))
    axes = zip(sizes, window.output_size(sizes), window.pads(sizes), window.reach, strict=True)
    for axis, (size, outputs, (before, _), reach) in enumerate(axes):
        places = np.arange(outputs) * window.geometry.strides[axis] - before + (reach - 1) // 2
        x = take(x, places.clip(0, size - 1), axis + 1)
    return x
