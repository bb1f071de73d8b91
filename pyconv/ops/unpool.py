"""Max unpooling: the way back from max pooling with indices."""

from __future__ import annotations

from math import prod

from pyconv.ops.geometry import Geometry, axis_pads, make_geometry, per_axis
from pyconv.ops.index import indices_of, scatter_along_axis
from pyconv.ops.shaping import reshape, shape_of


def max_unpool(x, indices, pool_size, strides=None, padding="valid", output_size=None):
    """Puts each element where its index says, zeros elsewhere (Zeiler & Fergus 2014).

    Args:
        x: (n, spatial..., channels), float32, as `max_pool_with_indices` gives it.
        indices: int32 of x's shape: pixels of the output, counted row by row. Of several elements
            with one index the last stays, and the others have no gradient.
        pool_size, strides, padding: of the pooling that is undone.
        output_size: spatial sizes, nearer than a stride to the default: (i - 1) s + k - padding,
            or i s with "same" padding.

    Returns:
        (n, *output_size, channels).

    Raises:
        ValueError: an index lies outside the output, or the pooling never sees the output_size.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> x = np.array([[[1.0], [3.0], [2.0], [0.0]]])
        >>> ops.max_unpool(*ops.max_pool_with_indices(x, 2), 2).ravel()
        array([0., 3., 2., 0.], dtype=float32)
    """
    shape, indices = shape_of(x), indices_of("max_unpool", indices, None)
    rank = len(shape) - 2
    if not 1 <= rank <= 3 or shape_of(indices) != shape:
        raise ValueError(
            f"max_unpool: expected (n, 1 to 3 spatial axes, channels) and indices of the same "
            f"shape, received {shape} and {shape_of(indices)}"
        )
    size = per_axis(pool_size, rank, "pool_size")
    geometry = make_geometry(rank, size if strides is None else strides, padding, 1)
    output = _output_size(shape[1:-1], size, geometry, output_size)
    pixels, lead, channels = _count(shape[1:-1]), shape[0], shape[-1]
    flat = [reshape(t, (lead, pixels, channels)) for t in (x, indices)]
    y = scatter_along_axis(*flat, size=_count(output), axis=1, mode="write")
    return reshape(y, (lead, *output, channels))


def _count(sizes: tuple) -> int | None:
    """The number of pixels; None where a size is not known yet."""
    return None if None in sizes else prod(sizes)


def _output_size(sizes: tuple, kernel: tuple, geometry: Geometry, wanted) -> tuple:
    axes = zip(geometry.paddings, sizes, kernel, geometry.strides, strict=True)
    default = tuple(_default_size(*axis) for axis in axes)
    if wanted is None:
        return default
    wanted = per_axis(wanted, len(sizes), "output_size")
    for size, usual, stride in zip(wanted, default, geometry.strides, strict=True):
        if usual is not None and abs(size - usual) >= stride:
            raise ValueError(
                f"max_unpool: expected an output_size nearer than a stride to {default}, "
                f"received {wanted}"
            )
    return wanted


def _default_size(padding, i: int | None, k: int, s: int) -> int | None:
    if i is None:
        return None
    return i * s if padding == "same" else (i - 1) * s + k - sum(axis_pads(padding, None, k, s, 1))
