"""Channels into space and back, and repetition along axes."""

from __future__ import annotations

from math import prod

import numpy as np

from pyconv.ops.described import described
from pyconv.ops.examples import listed
from pyconv.ops.index import take
from pyconv.ops.layout import in_layout
from pyconv.ops.shaping import axis_of, broadcast_to, expand_dims, reshape, shape_of, transpose


def pixel_shuffle(x, upscale_factor: int):
    """Channels into space (Shi et al. 2016, eq. 4), in PyTorch's order of channels.

    y[r i + a, r j + b, c] = x[i, j, c r^2 + a r + b]: the channels of one output channel lie side
    by side; its r^2 places row by row. Over a sequence, y[r t + a, c] = x[t, c r + a].

    Args:
        x: (n, spatial..., channels); 1 or 2 spatial axes (PyTorch: 2).
        upscale_factor: r.

    Returns:
        (n, r * spatial..., channels / r^axes).

    Raises:
        ValueError: channels that r^axes does not divide.

    Example:
        >>> from pyconv import ops
        >>> ops.pixel_shuffle([[[1.0, 2.0], [3.0, 4.0]]], 2).ravel()
        array([1., 2., 3., 4.], dtype=float32)
    """
    return _to_space("pixel_shuffle", x, upscale_factor, channels_first=True)


def pixel_unshuffle(x, downscale_factor: int):
    """Space into channels: the inverse of `pixel_shuffle`.

    Args:
        x: (n, spatial..., channels); 1 or 2 spatial axes.
        downscale_factor: r, which divides every spatial size.

    Returns:
        (n, spatial / r..., channels * r^axes).

    Raises:
        ValueError: sizes that r does not divide.

    Example:
        >>> from pyconv import ops
        >>> ops.pixel_unshuffle([[[1.0], [2.0], [3.0], [4.0]]], 2)[0, 1]
        array([3., 4.], dtype=float32)
    """
    return _to_depth("pixel_unshuffle", x, downscale_factor, channels_first=True)


def depth_to_space(x, block_size: int, data_format="channels_last"):
    """Channels into space in TensorFlow's order: y[r i + a, r j + b, c] = x[i, j, (a r + b) C + c],
    C output channels. Equal to `pixel_shuffle` where C = 1; else the places come first, then c.

    Args and returns: as `pixel_shuffle`.

    Example:
        >>> from pyconv import ops
        >>> ops.depth_to_space([[[1.0, 2.0, 3.0, 4.0]]], 2)[0, 1]
        array([3., 4.], dtype=float32)
    """

    def spread(x):
        return _to_space("depth_to_space", x, block_size, channels_first=False)

    return in_layout(spread, x, data_format)


def space_to_depth(x, block_size: int, data_format="channels_last"):
    """Space into channels in TensorFlow's order: the inverse of `depth_to_space`.

    Args and returns: as `pixel_unshuffle`.

    Example:
        >>> from pyconv import ops
        >>> ops.space_to_depth([[[1.0, 2.0], [3.0, 4.0]]], 2).ravel()
        array([1., 2., 3., 4.], dtype=float32)
    """

    def gathered(x):
        return _to_depth("space_to_depth", x, block_size, channels_first=False)

    return in_layout(gathered, x, data_format)


def _factor(function: str, factor, rank: int) -> int:
    if not hasattr(factor, "__index__") or isinstance(factor, bool) or factor < 1:
        raise ValueError(f"{function}: expected a positive integer factor, received {factor!r}")
    if not 1 <= rank <= 2:
        raise ValueError(
            f"{function}: expected (n, 1 or 2 spatial axes, channels), received {rank + 2} axes"
        )
    return int(factor)


def _to_space(function: str, x, factor, channels_first: bool):
    """(n, i, j, c, a, b), or (n, i, j, a, b, c), becomes (n, i, a, j, b, c)."""
    n, *sizes, channels = shape_of(x)
    rank = len(sizes)
    r = _factor(function, factor, rank)
    if channels % r**rank:
        raise ValueError(
            f"{function}: expected channels that {r}^{rank} divides, received {channels} of shape "
            f"{shape_of(x)}; change the filters of the layer before"
        )
    c = channels // r**rank
    new = (n, *(None if size is None else size * r for size in sizes), c)
    if None in sizes:
        return described(x, new)
    places = (r,) * rank
    x = reshape(x, (n, *sizes, *((c, *places) if channels_first else (*places, c))))
    order = _order(rank, channels_first)
    return reshape(transpose(x, order), new)


def _to_depth(function: str, x, factor, channels_first: bool):
    """The inverse of `_to_space`."""
    n, *sizes, channels = shape_of(x)
    rank = len(sizes)
    r = _factor(function, factor, rank)
    if any(size is not None and size % r for size in sizes):
        raise ValueError(
            f"{function}: expected sizes that {r} divides, received {tuple(sizes)}; pad or crop"
        )
    new = (n, *(None if size is None else size // r for size in sizes), channels * r**rank)
    if None in sizes:
        return described(x, new)
    pairs = [part for size in sizes for part in (size // r, r)]
    order = _order(rank, channels_first)
    inverse = sorted(range(len(order)), key=order.__getitem__)
    return reshape(transpose(reshape(x, (n, *pairs, channels)), inverse), new)


def _order(rank: int, channels_first: bool) -> list[int]:
    """Axes (n, spatial..., channels and places) so that each place stands behind its axis."""
    channel, place = (1 + rank, 2 + rank) if channels_first else (1 + 2 * rank, 1 + rank)
    return [0, *(a for axis in range(rank) for a in (1 + axis, place + axis)), channel]


def repeat(x, repeats, axis=None):
    """Each element along an axis several times in a row.

    Args:
        x: tensor or array.
        repeats: how often, or for each element how often.
        axis: not the axis of a model's examples; None takes all elements one after another.

    Example:
        >>> from pyconv import ops
        >>> ops.repeat([1.0, 2.0], 2, axis=0)
        array([1., 1., 2., 2.], dtype=float32)
    """
    x, axis = (reshape(x, (-1,)), 0) if axis is None else (x, axis)
    if np.ndim(repeats) == 0:
        return _copies("repeat", x, repeats, axis, behind=1)
    counts = np.broadcast_to(repeats, shape_of(x)[axis])
    return take(x, np.repeat(np.arange(len(counts)), counts), axis)


def tile(x, repeats):
    """x several times in a row along its last axes.

    Args:
        x: tensor or array.
        repeats: how often along each of the last axes, or a number for the last.

    Example:
        >>> from pyconv import ops
        >>> ops.tile([1.0, 2.0], 2)
        array([1., 2., 1., 2.], dtype=float32)
    """
    repeats = listed(repeats)
    for _ in range(len(repeats) - len(shape_of(x))):
        x = expand_dims(x, 0)
    for axis, count in enumerate(reversed(repeats), start=1):
        x = _copies("tile", x, count, -axis, behind=0)
    return x


def _copies(function: str, x, repeats: int, axis: int, behind: int):
    """Copies along a new axis before the axis, or behind it, which then joins it."""
    shape = shape_of(x)
    axis = axis_of(function, shape, axis)
    if not hasattr(repeats, "__index__") or repeats < 0:
        raise ValueError(f"{function}: expected `repeats` from 0, received {repeats!r}")
    if repeats == 1:
        return x
    if shape[axis] is None:
        if axis == 0:
            raise ValueError(
                f"{function}: expected an axis other than that of the examples, received axis 0"
            )
        return described(x, shape)
    lead = shape[:axis] if axis else (1,)
    inner = prod(shape[axis + 1 :])
    flat = (*lead, 1, shape[axis] * inner) if not behind else (*lead, shape[axis], 1, inner)
    at = len(lead) + behind
    x = reshape(x, flat)
    x = broadcast_to(x, (*flat[:at], int(repeats), *flat[at + 1 :]))
    return reshape(x, (*shape[:axis], shape[axis] * int(repeats), *shape[axis + 1 :]))
