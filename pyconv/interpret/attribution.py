"""Which parts of an input a unit's response depends on."""

import numpy as np

from pyconv.interpret.gradient import value_and_gradient
from pyconv.interpret.probe import batch, strongest, up_to
from pyconv.ops.geometry import per_axis


def saliency(model, x, unit=None, layer=None):
    """How much each pixel moves a unit: max over channels of |d unit / d x| (Simonyan et al. 2014).

    Args:
        model: a model with one input.
        x: examples (n, spatial..., channels).
        unit: a channel or class, at its strongest position; the index of one unit; or None for
            the strongest unit of each example, such as the class that is predicted.
        layer: where the unit is; see `pyconv.interpret`.

    Returns:
        (n, spatial...), float32.

    Raises:
        ValueError: x or `unit` does not fit the model.

    Example:
        >>> from pyconv import Input, Sequential, layers
        >>> model = Sequential([Input((4, 1)), layers.Conv1D(1, 2, kernel_initializer="ones")])
        >>> saliency(model, np.zeros((1, 4, 1)), unit=(1, 0))
        array([[0., 1., 1., 0.]], dtype=float32)
    """
    part = up_to(model, layer)
    x = batch(part, x)
    chosen = strongest(part.predict_on_batch(x), unit)
    _, gradient = value_and_gradient(lambda x, one: part(x) * one)(x, chosen)
    return np.abs(gradient).max(axis=-1)


def occlusion(model, x, unit=None, layer=None, size=3, strides=1, fill=0.0):
    """How far a unit's response falls when a part of the image is covered (Zeiler & Fergus 2014).

    Args:
        model, x, unit, layer: as in `saliency`; the unit stays the one chosen without the cover.
        size: side of the square that is covered, in pixels; an integer or one per axis.
        strides: pixels from one place of the square's centre to the next.
        fill: the covered pixels' value, a number or one per channel.

    Returns:
        (n, places along each spatial axis...): response minus response with the cover.

    Raises:
        ValueError: x or `unit` does not fit the model; a size or stride below 1.

    Example:
        >>> from pyconv import Input, Sequential, layers
        >>> model = Sequential([Input((4, 1)), layers.Flatten()])  # unit 2 is pixel 2
        >>> occlusion(model, np.ones((1, 4, 1)), unit=2, size=1)
        array([[0., 0., 1., 0.]], dtype=float32)
    """
    part = up_to(model, layer)
    x = batch(part, x)
    spatial = x.shape[1:-1]
    sizes = per_axis(size, len(spatial), "size")
    strides = per_axis(strides, len(spatial), "strides")
    responses = part.predict_on_batch(x)
    chosen = strongest(responses, unit)
    grid = [range(0, side, step) for side, step in zip(spatial, strides, strict=True)]
    drops = np.empty((len(x), *(len(places) for places in grid)), "float32")
    for place in np.ndindex(*drops.shape[1:]):
        centre = [places[i] for places, i in zip(grid, place, strict=True)]
        covered = part.predict_on_batch(_covered(x, centre, sizes, fill))
        drops[(slice(None), *place)] = _per_example((responses - covered) * chosen)
    return drops


def _covered(x, centre, sizes, fill):
    """x with a box of these sizes around the centre filled."""
    x = x.copy()
    starts = [c - size // 2 for c, size in zip(centre, sizes, strict=True)]
    box = [slice(max(s, 0), s + size) for s, size in zip(starts, sizes, strict=True)]
    x[(slice(None), *box)] = fill
    return x


def _per_example(values):
    return values.reshape(len(values), -1).sum(axis=1)
