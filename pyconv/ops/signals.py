"""Windows, correlations and parts of sequences and images."""

from __future__ import annotations

import numpy as np

from pyconv.graph import apply
from pyconv.ops.convolution import conv
from pyconv.ops.dtypes import floats
from pyconv.ops.elementwise import multiply, sqrt, square, subtract
from pyconv.ops.functions import log10
from pyconv.ops.geometry import per_axis
from pyconv.ops.index import take
from pyconv.ops.patches import Fold, Patches
from pyconv.ops.reduce import mean, sum
from pyconv.ops.shaping import expand_dims, reshape, shape_of, transpose
from pyconv.ops.window import make_window


def _window(name: str, formula: str):
    """A public window function, NumPy's of that name."""

    def function(x):
        return getattr(np, name)(int(np.asarray(x))).astype("float32")

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"""The {name} window of x values, symmetric: {formula}.

    Example:
        >>> from pyconv import ops
        >>> ops.{name}(5).shape
        (5,)
    """
    return function


bartlett = _window("bartlett", "a triangle, 0 at both ends")
blackman = _window("blackman", "0.42 - 0.5 cos(2 pi t) + 0.08 cos(4 pi t)")
hamming = _window("hamming", "0.54 - 0.46 cos(2 pi t)")
hanning = _window("hanning", "0.5 - 0.5 cos(2 pi t)")


def kaiser(x, beta):
    """Kaiser's window of x values: I0(beta sqrt(1 - t^2)) / I0(beta), t from -1 to 1.

    Example:
        >>> from pyconv import ops
        >>> ops.kaiser(3, 0.0)
        array([1., 1., 1.], dtype=float32)
    """
    return np.kaiser(int(np.asarray(x)), float(np.asarray(beta))).astype("float32")


def correlate(x1, x2, mode="valid"):
    """The sums of products of x1 with x2 at each shift.

    Args:
        x1, x2: vectors.
        mode: "valid", where they overlap completely; "same", as many as the longer one has; "full",
            all that overlap.

    Example:
        >>> from pyconv import ops
        >>> ops.correlate([1.0, 2.0, 3.0], [0.0, 1.0, 0.5])
        array([3.5], dtype=float32)
    """
    if mode not in ("valid", "same", "full"):
        raise ValueError(f"correlate: expected `mode` valid, same or full, received {mode!r}")
    x1, x2 = floats(x1), floats(x2)
    long, short = shape_of(x1)[0], shape_of(x2)[0]
    if mode != "full" and short > long:
        swapped = correlate(x2, x1, mode)
        return take(swapped, np.arange(shape_of(swapped)[0])[::-1].astype("int32"), 0)
    around = {"valid": (0, 0), "same": (short // 2, (short - 1) // 2), "full": (short - 1,) * 2}
    x, kernel = reshape(x1, (1, long, 1)), reshape(x2, (short, 1, 1))
    y = conv(x, kernel, padding=(around[mode],), data_format="channels_last")
    return reshape(y, (-1,))


def cdist(x, y):
    """The Euclidean distances of all rows of x to all rows of y.

    Args:
        x: (..., m, size).
        y: (..., k, size).

    Returns:
        (..., m, k).

    Example:
        >>> from pyconv import ops
        >>> ops.cdist([[0.0, 0.0]], [[3.0, 4.0]])
        array([[5.]], dtype=float32)
    """
    x, y = floats(x), floats(y)
    difference = subtract(expand_dims(x, -2), expand_dims(y, -3))
    return sqrt(sum(square(difference), -1))


def psnr(x1, x2, max_val):
    """The peak signal-to-noise ratio in decibels: 20 log10(max_val / sqrt(mean (x1 - x2)^2)).

    Args:
        x1, x2: tensors or arrays of one shape.
        max_val: the largest number that a signal may have.

    Example:
        >>> from pyconv import ops
        >>> float(ops.psnr([1.0], [0.0], 10.0))
        20.0
    """
    if shape_of(x1) != shape_of(x2):
        raise ValueError(
            f"psnr: expected tensors of one shape, received {shape_of(x1)} and {shape_of(x2)}"
        )
    error = mean(square(subtract(floats(x1), x2)))
    return subtract(multiply(log10(floats(max_val)), 20.0), multiply(log10(error), 10.0))


def extract_sequences(x, sequence_length, sequence_stride):
    """Parts of equal length of the last axis, one after another or overlapping.

    Args:
        x: (..., size).
        sequence_length: elements of a part.
        sequence_stride: elements from one part's beginning to the next's.

    Returns:
        (..., parts, sequence_length).

    Example:
        >>> from pyconv import ops
        >>> ops.extract_sequences([1.0, 2.0, 3.0], 2, 1)
        array([[1., 2.],
               [2., 3.]], dtype=float32)
    """
    count = (shape_of(x)[-1] - sequence_length) // sequence_stride + 1
    starts = np.arange(count) * sequence_stride
    return take(x, (starts[:, None] + np.arange(sequence_length)).astype("int32"), -1)


def unfold(x, kernel_size, dilation=1, padding=0, stride=1):
    """The cells of each window of images, channels first: im2col, as in PyTorch.

    Args:
        x: (n, channels, height, width).
        kernel_size, dilation, padding, stride: of the windows; numbers, or one for each axis.

    Returns:
        (n, channels * cells, windows).

    Example:
        >>> from pyconv import ops
        >>> ops.unfold(ops.ones((1, 2, 4, 4)), 2, stride=2).shape
        (1, 8, 4)
    """
    image = transpose(floats(x), (0, 2, 3, 1))
    window = _windows(image, kernel_size, dilation, padding, stride)
    n, channels = shape_of(image)[0], shape_of(image)[-1]
    cells = apply(Patches(window), image)
    *_, rows, columns, _ = shape_of(cells)
    y = reshape(cells, (n, rows * columns, -1, channels))
    return reshape(transpose(y, (0, 3, 2, 1)), (n, -1, rows * columns))


def fold(x, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """The transpose of `unfold`: each cell is added where it came from.

    Args:
        x: (n, channels * cells, windows).
        output_size: (height, width) of the images.
        kernel_size, dilation, padding, stride: as in `unfold`.

    Returns:
        (n, channels, height, width).

    Example:
        >>> from pyconv import ops
        >>> ops.fold(ops.ones((1, 8, 4)), 4, 2, stride=2).shape
        (1, 2, 4, 4)
    """
    size, kernel = per_axis(output_size, 2, "output_size"), per_axis(kernel_size, 2, "kernel_size")
    n, depth, count = shape_of(x)
    cells = kernel[0] * kernel[1]
    shape = (n, *size, depth // cells)
    image = np.zeros((1, *shape[1:]), "float32")
    window = _windows(image, kernel_size, dilation, padding, stride)
    grid = window.output(shape)[1:-1]
    y = transpose(reshape(floats(x), (n, -1, cells, count)), (0, 3, 2, 1))
    y = reshape(y, (n, *grid, depth))
    return transpose(apply(Fold(window, shape), y), (0, 3, 1, 2))


def _windows(image, kernel_size, dilation, padding, stride):
    pads = tuple((p, p) for p in per_axis(padding, 2, "padding", least=0))
    return make_window("unfold", image, kernel_size, stride, pads, dilation)
