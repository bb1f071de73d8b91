"""Pooling to a grid of fixed size, whatever the input's size."""

from __future__ import annotations

from math import prod

import numpy as np

from pyconv.ops.described import described
from pyconv.ops.geometry import per_axis
from pyconv.ops.index import take, take_along_axis
from pyconv.ops.layout import in_layout
from pyconv.ops.reduce import argmax
from pyconv.ops.shaping import expand_dims, reshape, shape_of
from pyconv.ops.sparse_matrix import along_axes


def adaptive_average_pool(inputs, output_size, data_format=None):
    """The mean of each cell of a grid, per channel: the grid's window o of an axis of i elements
    has those from floor(o i / size) to before ceil((o + 1) i / size), as in PyTorch.

    Args:
        inputs: (n, spatial..., channels), 1 to 3 spatial axes.
        output_size: the grid: an integer, or one per axis. Windows overlap where it does not
            divide the input's size, and repeat elements where it is larger.
        data_format: "channels_last" or "channels_first"; None is the process's setting.

    Returns:
        (n, *output_size, channels).

    Raises:
        ValueError: shapes that do not fit.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> ops.adaptive_average_pool(np.array([[[1.0], [2.0], [3.0]]]), 2).ravel()
        array([1.5, 2.5], dtype=float32)
    """
    return in_layout(lambda x: _average(x, output_size), inputs, data_format)


def _average(x, output_size):
    outputs = _grid("adaptive_average_pool", shape_of(x), output_size)

    def matrix(axis: int, size: int) -> np.ndarray:
        m = np.zeros((outputs[axis], size))
        for row, (start, end) in zip(m, windows(size, outputs[axis]), strict=True):
            row[start:end] = 1 / (end - start)
        return m

    return along_axes(x, matrix, outputs)


def adaptive_max_pool(inputs, output_size, data_format=None):
    """The largest element of each cell of a grid, per channel; windows, arguments and result as
    `adaptive_average_pool`. The gradient flows to the first of equal elements.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> ops.adaptive_max_pool(np.array([[[1.0], [2.0], [3.0]]]), 2).ravel()
        array([2., 3.], dtype=float32)
    """
    return in_layout(lambda x: _max(x, output_size), inputs, data_format)


def _max(x, output_size):
    shape = shape_of(x)
    outputs = _grid("adaptive_max_pool", shape, output_size)
    sizes = shape[1:-1]
    if None in sizes:
        return described(x, (shape[0], *outputs, shape[-1]))
    pixels = reshape(x, (shape[0], prod(sizes), shape[-1]))
    cells = take(pixels, _cells(sizes, outputs), axis=1)  # (n, grid, cells, channels)
    largest = take_along_axis(cells, expand_dims(argmax(cells, axis=2), 2), axis=2)
    return reshape(largest, (shape[0], *outputs, shape[-1]))


def _grid(what: str, shape: tuple, output_size) -> tuple[int, ...]:
    if not 3 <= len(shape) <= 5 or 0 in shape[1:]:
        raise ValueError(
            f"{what}: expected (n, 1 to 3 spatial axes, channels), none of them empty, received "
            f"shape {shape}"
        )
    return per_axis(output_size, len(shape) - 2, "output_size")


def windows(size: int, outputs: int) -> list[tuple[int, int]]:
    """(first element, behind the last) of each window of an axis."""
    return [(o * size // outputs, -(-(o + 1) * size // outputs)) for o in range(outputs)]


def _cells(sizes: tuple, outputs: tuple) -> np.ndarray:
    """The pixels of each window, (grid, cells), row by row; small windows repeat their last."""
    pixels = np.zeros((1, 1), int)
    for size, count in zip(sizes, outputs, strict=True):
        spans = windows(size, count)
        longest = max(end - start for start, end in spans)
        places = np.array([[min(s + j, e - 1) for j in range(longest)] for s, e in spans])
        pixels = pixels[:, None, :, None] * size + places[None, :, None, :]
        pixels = pixels.reshape(pixels.shape[0] * count, -1)
    return pixels.astype("int32")
