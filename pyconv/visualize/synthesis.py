"""Inputs that units want, remember and were excited by."""

from pyconv import interpret
from pyconv.visualize.figure import columns_for, panels, picture, show, weights_picture


def maximizing_inputs(model, units, layer=None, norm=1.0, steps=200, seed=0):
    """For each unit the input of one norm that excites it most.

    One channel is blue below zero and red above; three are colours, gray for zero.

    Args:
        model, units, layer, norm, steps, seed: as in `pyconv.interpret.maximize`.

    Returns:
        A `Figure`.

    Example:
        >>> from pyconv import Input, Sequential, layers
        >>> model = Sequential([Input((8, 8, 3)), layers.Conv2D(4, 5)])
        >>> figure = maximizing_inputs(model, [0, 3], steps=10)
    """
    found = interpret.maximize(model, units, layer, norm, steps, seed)
    columns = columns_for(len(units), (1, 1))
    figure, axes = panels(-(-len(units) // columns), columns)
    for ax, unit, image in zip(axes.flat, units, found, strict=False):
        pixels, colour = weights_picture(image)
        show(ax, pixels, f"unit {unit}", **colour)
    return figure


def reconstructions(model, x, unit=None, layer=None):
    """Images, and beneath them the pattern in each that excited a unit.

    Args:
        model, x, unit, layer: as in `pyconv.interpret.reconstruct`; x are images.

    Returns:
        A `Figure`.

    Example:
        >>> import numpy as np
        >>> from pyconv import Input, Sequential, layers
        >>> model = Sequential([Input((8, 8, 1)), layers.Conv2D(4, 3, activation="relu")])
        >>> figure = reconstructions(model, np.ones((3, 8, 8, 1)), unit=2)
    """
    found = interpret.reconstruct(model, x, unit, layer)
    figure, axes = panels(2, len(found))
    for i, pattern in enumerate(found):
        pixels, gray = picture(x[i])
        show(axes[0, i], pixels, "image" if i == 0 else None, **gray)
        pixels, colour = weights_picture(pattern)
        show(axes[1, i], pixels, "reconstruction" if i == 0 else None, **colour)
    return figure


def inversions(model, x, layers, **options):
    """Images, and beneath them what each layer still knows of them.

    Args:
        model, x: as in `pyconv.interpret.invert`; x are images.
        layers: layers or their names, a row for each.
        options: further arguments of `pyconv.interpret.invert`.

    Returns:
        A `Figure`.

    Example:
        >>> import numpy as np
        >>> from pyconv import Input, Sequential, layers
        >>> model = Sequential([Input((8, 8, 1)), layers.Conv2D(4, 3, name="edges")])
        >>> figure = inversions(model, np.ones((2, 8, 8, 1)), ["edges"], steps=3)
    """
    layers = [layers] if isinstance(layers, str) else layers
    figure, axes = panels(1 + len(layers), len(x))
    rows = [("image", x)]
    rows += [(getattr(la, "name", la), interpret.invert(model, x, la, **options)) for la in layers]
    for row, (name, found) in zip(axes, rows, strict=True):
        for i, (ax, image) in enumerate(zip(row, found, strict=True)):
            pixels, colour = picture(image)
            show(ax, pixels, name if i == 0 else None, **colour)
    return figure
