"""Kernels, and the maps and weights that belong to channels, as mosaics."""

import numpy as np

from pyconv.interpret import reverse_correlation as fitted_weights
from pyconv.interpret import up_to
from pyconv.interpret.probe import batch
from pyconv.visualize.figure import (
    INK,
    colour_bar,
    colours,
    columns_for,
    frame_tiles,
    mosaic,
    new_figure,
    panels,
    show,
    signed,
    weights_picture,
)


def kernels(source, columns=None, normalize=False):
    """All filters of a convolution (Goodfellow et al., figs 9.18 and 9.19).

    Kernels over one channel make a tile for each filter; over three, a tile in colours, gray for
    zero; over more, a row for each input channel and a column for each filter. A 1-D filter is a
    tile of channels x time, a 3-D filter a row of its slices. Blue is negative, red positive.

    Args:
        source: a layer with a `kernel`, or an array (spatial..., channels, filters).
        columns: tiles in a row, where rows do not mean channels.
        normalize: whether each filter is divided by its largest absolute weight.

    Returns:
        A `Figure`.

    Raises:
        ValueError: there is no kernel of 1 to 3 spatial axes.

    Example:
        >>> from pyconv.layers import Conv2D
        >>> layer = Conv2D(8, 5)
        >>> layer.build((None, 28, 28, 1))
        >>> type(kernels(layer)).__name__
        'Figure'
    """
    kernel = np.asarray(getattr(source, "kernel", source))
    if kernel.dtype.kind not in "fiub" or not 3 <= kernel.ndim <= 5 or 0 in kernel.shape:
        raise ValueError(
            f"expected a built layer with a kernel, or an array (1 to 3 spatial axes, channels, "
            f"filters), received {source!r}"
        )
    if normalize:
        largest = np.abs(kernel).max(axis=tuple(range(kernel.ndim - 1)), keepdims=True)
        kernel = kernel / np.where(largest == 0, 1, largest)
    tiles, columns, labels = _tiles(kernel, columns)
    colour = {} if tiles.ndim == 4 else signed(tiles)
    return _draw(tiles, columns, colour, "weight / largest" if normalize else "weight", labels)


def feature_maps(model, x, layer=None, columns=None):
    """A layer's maps for one image, a tile for each channel.

    Args:
        model: a model with one input.
        x: the image, (1, height, width, channels).
        layer: the layer or its name; the model's output by default.
        columns: tiles in a row.

    Returns:
        A `Figure`.

    Raises:
        ValueError: x is not one image, or the layer gives no maps.

    Example:
        >>> import numpy as np
        >>> from pyconv import Input, Sequential, layers
        >>> model = Sequential([Input((8, 8, 1)), layers.Conv2D(6, 3)])
        >>> figure = feature_maps(model, np.ones((1, 8, 8, 1)))
    """
    part = up_to(model, layer)
    x = batch(part, x)
    maps = part.predict_on_batch(x)
    if len(x) != 1 or maps.ndim != 4:
        raise ValueError(
            f"expected one image x and a layer with maps (1, height, width, channels), received x "
            f"of shape {x.shape} and outputs of shape {maps.shape}; pass x[:1] or another `layer`"
        )
    tiles = np.moveaxis(maps[0], -1, 0)
    columns = columns_for(len(tiles), tiles.shape[1:], columns)
    return _draw(tiles, columns, colours(tiles), "response", None)


def reverse_correlation(model, units, layer=None, samples=None, seed=0):
    """Weights of units, found from their responses to white noise.

    Args:
        model, layer, samples, seed: as in `pyconv.interpret.reverse_correlation`.
        units: a list of channels or indices.

    Returns:
        A `Figure`.

    Example:
        >>> from pyconv import Input, Sequential, layers
        >>> model = Sequential([Input((5, 5, 1)), layers.Conv2D(3, 5)])
        >>> figure = reverse_correlation(model, [0, 2])
    """
    found = [fitted_weights(model, unit, layer, samples, seed) for unit in units]
    columns = columns_for(len(found), (1, 1))
    figure, axes = panels(-(-len(found) // columns), columns)
    for ax, unit, weights in zip(axes.flat, units, found, strict=False):
        image, colour = weights_picture(weights)
        show(ax, image, f"unit {unit}", **colour)
    return figure


def _tiles(kernel, columns):
    """The kernel as tiles, tiles in a row, and labels of (rows, columns) or None."""
    channels, filters = kernel.shape[-2:]
    if kernel.ndim == 3:  # time, channels, filters
        tiles = kernel.transpose(2, 1, 0)
    elif kernel.ndim == 5:
        slices = np.moveaxis(kernel, (-1, -2, 0), (0, 1, 2))  # filters, channels, depth, ...
        tiles = slices.reshape(-1, *kernel.shape[1:3])
        return tiles, kernel.shape[0], ("filter", "depth")
    elif channels == 3:
        largest = np.abs(kernel).max(axis=(0, 1, 2), keepdims=True)
        tiles = np.moveaxis(0.5 + kernel / (2 * np.where(largest == 0, 1, largest)), -1, 0)
    else:
        tiles = kernel.transpose(2, 3, 0, 1).reshape(-1, *kernel.shape[:2])
        if channels > 1:
            return tiles, filters, ("input channel", "filter")
    return tiles, columns_for(filters, tiles.shape[1:3], columns), None


def _draw(tiles, columns, colour, label, axis_labels):
    gap = max(1, tiles.shape[1] // 12)
    image = mosaic(tiles, columns, gap)
    inches = min(8.0, 0.16 * image.shape[1] + 1, 0.8 * columns + 1)
    height = inches * image.shape[0] / image.shape[1]
    figure = new_figure(inches + 1, max(height, 1.0) + 0.4)
    ax = figure.subplots()
    artist = show(ax, image, **colour)
    ax.spines[:].set_visible(False)
    frame_tiles(ax, tiles, columns, gap)
    if axis_labels is not None:
        ax.set_ylabel(f"{axis_labels[0]} \N{LEFTWARDS ARROW}", fontsize=9, color=INK)
        ax.set_title(f"{axis_labels[1]} \N{RIGHTWARDS ARROW}", fontsize=9, color=INK)
    if colour:
        colour_bar(figure, artist, ax, label)
    return figure
