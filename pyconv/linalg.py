"""Convolutions as matrices (Goodfellow et al., sections 9.1 and 9.5; Prince, figure 10.4)."""

from __future__ import annotations

from math import prod

import numpy as np

from pyconv.ops.geometry import Geometry, make_geometry
from pyconv.ops.padding import MODES, sources

ORDERS = ("channels_last", "channels_first")


def conv_matrix(
    kernel,
    input_size,
    strides=1,
    padding="valid",
    dilation_rate=1,
    groups=None,
    flip_kernel=False,
    padding_mode="zeros",
    order="channels_last",
):
    """The matrix M with M vec(x) = vec(convolution of x), for one example.

    1-D convolution gives a Toeplitz matrix, 2-D a doubly block Toeplitz one, circular padding
    circulant ones. The transposed convolution is M.T.

    Args:
        kernel: (spatial..., channels / groups, filters), as `ops.conv` takes it. Tiled convolution
            has the ranges of its tiles before that, (tiles..., spatial..., channels / groups,
            filters): output position (j, k) uses kernel (j mod t_h, k mod t_w). With tiles as many
            as outputs it is locally connected; with 1 it is convolution.
        input_size: the spatial sizes of x: an integer for one axis, or a tuple.
        strides, padding, dilation_rate, groups, flip_kernel, padding_mode: as in `ops.conv`.
        order: of the elements of both vectors: "channels_last": positions, then channels within
            each; "channels_first": channels, then positions within each.

    Returns:
        A scipy.sparse matrix in CSR form, (outputs, inputs), of the kernel's dtype.

    Raises:
        ValueError: arguments that do not fit.
        ImportError: SciPy is not installed.

    Example:
        >>> conv_matrix(np.array([1, 2, 3]).reshape(3, 1, 1), 5).toarray()
        array([[1, 2, 3, 0, 0],
               [0, 1, 2, 3, 0],
               [0, 0, 1, 2, 3]])
        >>> circular = {"padding": "same", "padding_mode": "circular"}
        >>> conv_matrix(np.array([1, 2, 3]).reshape(3, 1, 1), 4, **circular).toarray()
        array([[2, 3, 0, 1],
               [1, 2, 3, 0],
               [0, 1, 2, 3],
               [3, 0, 1, 2]])
    """
    kernel = np.asarray(kernel)
    sizes = _sizes(input_size)
    kernel = _with_tiles(kernel, len(sizes))
    rank = len(sizes)
    if flip_kernel:
        kernel = np.flip(kernel, range(rank, 2 * rank))
    groups = 1 if groups is None else groups
    geometry = make_geometry(rank, strides, padding, dilation_rate, groups, padding_mode)
    _check(kernel, groups, order)
    cells, outputs = _cells(geometry, sizes, kernel.shape[rank : 2 * rank])
    tiles = _tiles(outputs, kernel.shape[:rank])
    return _matrix(kernel, cells, tiles, prod(sizes), groups, order == "channels_first")


def subsample_matrix(input_size, strides, channels=1, order="channels_last"):
    """The matrix that keeps every s-th position: a convolution of stride s is it times that of
    stride 1.

    Args:
        input_size, order: as in `conv_matrix`.
        strides: s, an integer or one per axis.
        channels: number of channels.

    Returns:
        A scipy.sparse matrix in CSR form with one 1 in each row.

    Example:
        >>> subsample_matrix(5, 2).toarray().argmax(1)
        array([0, 2, 4])
    """
    rank = len(_sizes(input_size))
    kernel = np.eye(channels).reshape((1,) * rank + (channels, channels))
    return conv_matrix(kernel, input_size, strides, order=order)


def plot_matrix(matrix):
    """A picture of a matrix with one colour for each value and white for zero (Prince, figure
    10.4). A kernel of distinct numbers gives each parameter its colour.

    Args:
        matrix: dense or of scipy.sparse.

    Returns:
        A matplotlib `Figure`.

    Raises:
        ValueError: it has not two axes.

    Example:
        >>> kernel = np.arange(1, 4).reshape(3, 1, 1)
        >>> figure = plot_matrix(conv_matrix(kernel, 6, padding="same"))
    """
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap
    from matplotlib.figure import Figure

    values = np.asarray(matrix.toarray() if hasattr(matrix, "toarray") else matrix)
    if values.ndim != 2 or 0 in values.shape:
        raise ValueError(f"expected a matrix, received shape {values.shape}; reshape it")
    found = np.unique(values[values != 0])
    number = np.where(values == 0, 0, np.searchsorted(found, values) + 1)
    few = colormaps["tab10" if len(found) <= 10 else "tab20"].colors
    many = colormaps["turbo"](np.linspace(0.05, 0.95, max(len(found), 1)))
    colours = few[: len(found)] if len(found) <= 20 else many
    rows, columns = values.shape
    scale = 5 / max(rows, columns)
    figure = Figure((columns * scale + 0.7, rows * scale + 0.7), layout="constrained")
    axes = figure.subplots()
    shown = ListedColormap([(1, 1, 1), *colours])
    axes.imshow(number, cmap=shown, vmin=-0.5, vmax=len(found) + 0.5, interpolation="nearest")
    axes.set(xlabel="input", ylabel="output")
    if max(rows, columns) <= 40:
        axes.set_xticks(np.arange(-0.5, columns), [], minor=True)
        axes.set_yticks(np.arange(-0.5, rows), [], minor=True)
        axes.grid(which="minor", color="0.85", linewidth=0.5)
    axes.tick_params(which="both", length=0)
    for axis in (axes.xaxis, axes.yaxis):
        axis.get_major_locator().set_params(integer=True)
    return figure


def _sizes(input_size) -> tuple:
    """The spatial sizes, also of one axis, as a tuple."""
    sizes = input_size if isinstance(input_size, (tuple, list)) else (input_size,)
    if not sizes or not all(np.ndim(n) == 0 and hasattr(n, "__index__") and n > 0 for n in sizes):
        shape = getattr(input_size, "shape", None)
        received = repr(input_size) if shape is None else f"an array of shape {shape}"
        raise ValueError(
            f"expected `input_size` as positive integers, one per axis, received {received}"
        )
    return tuple(sizes)


def _with_tiles(kernel, rank: int):
    """The kernel with a range of tiles for each axis before its own axes."""
    if kernel.ndim == rank + 2:
        return kernel.reshape((1,) * rank + kernel.shape)
    if kernel.ndim != 2 * rank + 2:
        raise ValueError(
            f"expected a kernel (spatial..., channels, filters), or with {rank} tile ranges before,"
            f" for {rank} spatial axes, received shape {kernel.shape}; check `input_size`"
        )
    return kernel


def _check(kernel, groups: int, order: str) -> None:
    if 0 in kernel.shape:
        raise ValueError(f"expected a kernel with elements, received shape {kernel.shape}")
    if kernel.shape[-1] % groups:
        raise ValueError(
            f"expected a number of filters that is a multiple of `groups`, received "
            f"{kernel.shape[-1]} filters and {groups} groups; change one"
        )
    if order not in ORDERS:
        raise ValueError(f"expected `order` to be one of {ORDERS}, received {order!r}")


def _cells(geometry: Geometry, sizes: tuple, kernel: tuple):
    """(the input cell that each output reads at each kernel position, (outputs, kernel positions)
    with -1 for zeros; the output's sizes)."""
    outputs = geometry.output_size(sizes, kernel)
    if 0 in outputs:
        raise ValueError(
            f"expected an input at least as large as the kernel, received input_size {sizes} for "
            f"the kernel {kernel}; use padding='same' or a smaller kernel"
        )
    geometry.check_modes(sizes, kernel)
    pads = geometry.pads(sizes, kernel)
    modes = geometry.modes or ("zeros",) * len(sizes)
    cells, valid = np.zeros((1, 1), int), np.ones((1, 1), bool)
    for i, size in enumerate(sizes):
        steps = np.arange(outputs[i]) * geometry.strides[i]
        at = np.add.outer(steps, np.arange(kernel[i]) * geometry.dilation[i])
        place = _sources(modes[i], size, *pads[i])[at]  # (outputs, kernel positions) of this axis
        cells = _crossed(np.add, cells * size, place)
        valid = _crossed(np.logical_and, valid, place >= 0)
    return np.where(valid, cells, -1), outputs


def _sources(mode: str, size: int, before: int, after: int):
    """The element at each place of a padded axis, -1 for zeros."""
    if mode != "zeros":
        return sources(MODES[mode], size, before, after)
    return np.pad(np.arange(size), (before, after), constant_values=-1)


def _crossed(function, table, axis):
    """The table of (outputs, kernel positions) with one more axis behind both."""
    joined = function(table[:, None, :, None], axis[None, :, None, :])
    return joined.reshape(len(table) * len(axis), -1)


def _tiles(outputs: tuple, ranges: tuple):
    """The number of the kernel that each output position uses."""
    grid = np.indices(outputs).reshape(len(outputs), -1)
    return np.ravel_multi_index([g % t for g, t in zip(grid, ranges, strict=True)], ranges)


def _matrix(kernel, cells, tiles, positions: int, groups: int, channels_first: bool):
    """Entries at (output position, filter), (cell, channel): those of each position's kernel."""
    from scipy.sparse import csr_matrix

    *_, depth, filters = kernel.shape
    weights = kernel.reshape(-1, cells.shape[1], depth, filters)[tiles]
    o, k, c, f = (i.ravel() for i in np.indices(weights.shape))
    channel = c + f // (filters // groups) * depth
    cell = cells[o, k]
    channels, outputs = depth * groups, len(cells)
    rows = f * outputs + o if channels_first else o * filters + f
    columns = channel * positions + cell if channels_first else cell * channels + channel
    inside = cell >= 0
    entries = (weights.ravel()[inside], (rows[inside], columns[inside]))
    return csr_matrix(entries, shape=(outputs * filters, positions * channels))
