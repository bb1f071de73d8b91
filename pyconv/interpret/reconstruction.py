"""Units mapped back to the pixels that excited them."""

import numpy as np

from pyconv import ops
from pyconv.interpret.gradient import value_and_gradient
from pyconv.interpret.probe import batch, strongest, up_to


def reconstruct(model, x, unit=None, layer=None):
    """The pattern in each image that excited a unit (Zeiler & Fergus 2014, section 2.1).

    All units of the layer but one are set to zero. What remains goes back through the network: a
    convolution by its transpose h, max pooling by unpooling to the places of the maxima, a ReLU by
    a ReLU. It is back-propagation in which ReLUs rectify the signal instead of gating it.

    Args:
        model: a model with one input, of ReLU units.
        x: examples (n, spatial..., channels).
        unit: a channel, at its strongest position; the index of one unit; or None for the strongest
            unit of each example.
        layer: where the unit is; see `pyconv.interpret`.

    Returns:
        An array of x's shape, float32.

    Raises:
        ValueError: x or `unit` does not fit the model.

    Example:
        >>> from pyconv import Input, Sequential, layers
        >>> model = Sequential([Input((4, 1)), layers.MaxPooling1D(2), layers.ReLU()])
        >>> reconstruct(model, np.array([[[1.0], [5.0], [3.0], [2.0]]])).ravel()
        array([0., 5., 0., 0.], dtype=float32)
    """
    part = up_to(model, layer)
    x = batch(part, x)
    responses = part.predict_on_batch(x)
    kept = responses * strongest(responses, unit)
    _, image = value_and_gradient(lambda x, kept: part(x) * kept, rule=_deconvolve)(x, kept)
    return np.asarray(image)


def _deconvolve(node, *arriving):
    """What leaves a node towards its inputs: as in back-propagation, but for ReLUs."""
    if getattr(node.op, "function", None) == "relu":
        return (ops.relu(arriving[0]),)
    return node.op.gradient(node, *arriving)
