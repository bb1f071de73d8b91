"""Where in an image a unit looks."""

import numpy as np

from pyconv import interpret
from pyconv.visualize.figure import panels, picture, show, signed


def saliency(model, x, unit=None, layer=None):
    """Images, and beneath them how much each pixel moves a unit.

    Args:
        model, x, unit, layer: as in `pyconv.interpret.saliency`; x are images.

    Returns:
        A `Figure`.

    Example:
        >>> from pyconv import Input, Sequential, layers
        >>> model = Sequential([Input((6, 6, 1)), layers.Flatten(), layers.Dense(3)])
        >>> figure = saliency(model, np.random.default_rng(0).uniform(size=(2, 6, 6, 1)))
    """
    found = interpret.saliency(model, x, unit, layer)
    return _beneath(x, [(m, {"cmap": "inferno", "vmin": 0}) for m in found], "saliency")


def occlusion(model, x, unit=None, layer=None, size=3, strides=1, fill=0.0):
    """Images, and beneath them how far a unit's response falls when a place is covered.

    Red: the response needs the place; blue: it is larger without.

    Args:
        model, x, unit, layer, size, strides, fill: as in `pyconv.interpret.occlusion`.

    Returns:
        A `Figure`.

    Example:
        >>> from pyconv import Input, Sequential, layers
        >>> model = Sequential([Input((6, 6, 1)), layers.Flatten(), layers.Dense(3)])
        >>> figure = occlusion(model, np.random.default_rng(0).uniform(size=(2, 6, 6, 1)))
    """
    found = interpret.occlusion(model, x, unit, layer, size, strides, fill)
    return _beneath(x, [(m, signed(m)) for m in found], "loss of response")


def _beneath(x, maps, name):
    """A row of images above a row of maps with their colours."""
    figure, axes = panels(2, len(maps))
    for i, (values, colour) in enumerate(maps):
        pixels, gray = picture(x[i])
        show(axes[0, i], pixels, "image" if i == 0 else None, **gray)
        show(axes[1, i], np.atleast_2d(values), name if i == 0 else None, **colour)
    return figure
