"""Weights as matrices."""

import numpy as np

from pyconv.visualize.figure import INK, colour_bar, new_figure, plain_axes, signed


def matrix(weights):
    """A matrix of weights: blue below zero, white for zero, red above.

    Args:
        weights: a matrix, dense or of scipy.sparse, or a `Dense` layer, whose outputs become rows.

    Returns:
        A `Figure`.

    Raises:
        ValueError: it has not two axes.

    Example:
        >>> figure = matrix([[1.0, 0.0], [-2.0, 1.0]])
    """
    kernel = getattr(weights, "kernel", None)
    values = weights if kernel is None else np.asarray(kernel).T
    values = np.asarray(values.toarray() if hasattr(values, "toarray") else values)
    if values.ndim != 2 or 0 in values.shape:
        raise ValueError(f"expected a matrix, received shape {values.shape}; reshape it")
    rows, columns = values.shape
    scale = 5 / max(rows, columns)
    figure = new_figure(max(columns * scale, 1.5) + 1.4, max(rows * scale, 1.5) + 0.6)
    ax = figure.subplots()
    artist = ax.imshow(values, interpolation="nearest", aspect="auto", **signed(values))
    plain_axes(ax)
    ax.set_xlabel("input", fontsize=9, color=INK)
    ax.set_ylabel("output", fontsize=9, color=INK)
    for axis in (ax.xaxis, ax.yaxis):
        axis.get_major_locator().set_params(integer=True)
    colour_bar(figure, artist, ax, "weight")
    return figure
