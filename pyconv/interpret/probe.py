"""Where a network is looked at: a layer, and units of it."""

import numpy as np

from pyconv.models import Model


def up_to(model, layer=None):
    """The model that ends with one of another model's layers; it shares the weights.

    Args:
        model: a model with one input that knows its input's shape.
        layer: a layer of it, or the layer's name; the whole model by default.

    Returns:
        A `Model`.

    Raises:
        ValueError: the model has no such layer, or is not built, or has several inputs.

    Example:
        >>> from pyconv import Input, Sequential, layers
        >>> model = Sequential([Input((8, 8, 1)), layers.Conv2D(4, 3, name="edges"),
        ...                     layers.Flatten(), layers.Dense(10)])
        >>> up_to(model, "edges").output_shape
        (None, 6, 6, 4)
    """
    if len(model.inputs) != 1:
        raise ValueError(
            f"model {model.name}: expected one input, received {len(model.inputs)}; look at a part "
            "of the model that has one"
        )
    if layer is None:
        return model
    layer = model.get_layer(layer) if isinstance(layer, str) else layer
    return Model(model.inputs[0], layer.output)


def batch(model, x):
    """x as float32 examples of the model's input shape; raises ValueError unless they are."""
    x = np.asarray(x, "float32")
    shape = model.input_shape
    if len(x.shape) != len(shape) or not all(
        want in (None, have) for want, have in zip(shape, x.shape, strict=True)
    ):
        raise ValueError(
            f"x: expected examples of shape {shape}, received {x.shape}; for one image pass x[None]"
        )
    return x


def strongest(responses, unit=None):
    """1 at one unit of each example, else 0: an array like `responses`.

    Args:
        responses: (n, ..., channels).
        unit: a channel, of which the strongest position is taken; an index (..., channel); or None
            for the strongest of all units.

    Example:
        >>> strongest(np.array([[[1, 5], [3, 2]]]), unit=0)[0]
        array([[0., 0.],
               [1., 0.]], dtype=float32)
    """
    chosen = np.zeros(responses.shape, "float32")
    if unit is None or np.ndim(unit) == 0:
        among = responses if unit is None else _only(responses, unit)
        flat = chosen.reshape(len(chosen), -1)
        flat[np.arange(len(flat)), among.reshape(flat.shape).argmax(axis=1)] = 1
    else:
        chosen[(slice(None), *unit_index(responses.shape, unit))] = 1
    return chosen


def unit_index(shape, unit):
    """The index of one unit in an example of responses of shape (n, ..., channels).

    Args:
        unit: an index (..., channel), or a channel, which stands for the unit in the middle of its
            map.

    Example:
        >>> unit_index((None, 7, 7, 16), 3), unit_index((None, 7, 7, 16), (0, 6, 15))
        ((3, 3, 3), (0, 6, 15))
    """
    if None in shape[1:]:
        raise ValueError(
            f"expected maps of known size, received {shape}; describe the model with an Input that "
            "has sizes"
        )
    index = (*(size // 2 for size in shape[1:-1]), unit) if np.ndim(unit) == 0 else tuple(unit)
    if len(index) != len(shape) - 1 or not all(
        0 <= i < size for i, size in zip(index, shape[1:], strict=True)
    ):
        raise ValueError(
            f"expected `unit` to be a channel below {shape[-1]}, or an index into {shape[1:]}, "
            f"received {unit!r}"
        )
    return index


def _only(responses, channel):
    unit_index(responses.shape, channel)
    others = np.arange(responses.shape[-1]) != channel
    return np.where(others, -np.inf, responses)
