"""How targets, predictions and weights of different ranks are brought together, as Keras does."""

import numpy as np

from pyconv import ops
from pyconv.graph import Tensor, Variable


def as_operand(value):
    """The value as something with a shape that ops take: wide integers become int32."""
    if isinstance(value, (Tensor, Variable)):
        return value
    array = np.asanyarray(value)  # a tape goes on knowing what it watches
    return array.astype("int32") if array.dtype.kind in "iu" else array


def as_float(x):
    """The same values as float32."""
    return ops.cast(x, "float32")


def same_rank(a, b):
    """The two, the one with a spare last axis of length 1 without it; (batch,) gets it instead."""
    if len(a.shape) == len(b.shape) + 1:
        b, a = same_rank(b, a)
    elif len(b.shape) == len(a.shape) + 1 and b.shape[-1] == 1:
        if len(a.shape) == 1:
            a = ops.expand_dims(a, -1)
        else:
            b = ops.squeeze(b, -1)
    return a, b


def check_targets(what, y_true, shape):
    """Raises ValueError unless the targets have this shape, where None may be any size."""
    if not _equal(y_true.shape, shape):
        raise ValueError(
            f"{what}: expected targets of shape {tuple(shape)}, as the outputs, received"
            f" {tuple(y_true.shape)}; reshape the targets or change the last layer"
        )


def _equal(a, b, repeated=None):
    """Whether two shapes agree, where None may be any size, and so may `repeated`."""
    return len(a) == len(b) and all(
        m == n or None in (m, n) or repeated in (m, n) for m, n in zip(a, b, strict=True)
    )


def weights_like(values, weights):
    """Weights with the rank of the values: those of the leading axes hold for all that follow.

    Raises:
        ValueError: the leading axes differ.
    """
    weights = as_float(weights)
    if len(weights.shape) == len(values.shape) + 1 and weights.shape[-1] == 1:
        weights = ops.squeeze(weights, -1)
    rank = len(weights.shape)
    if not _equal(weights.shape, values.shape[:rank], repeated=1):
        raise ValueError(
            f"expected `sample_weight` of shape {tuple(values.shape)} or its leading axes, received"
            f" {tuple(weights.shape)}; give one weight for each example or for each position"
        )
    for _ in range(len(values.shape) - rank if rank else 0):
        weights = ops.expand_dims(weights, -1)
    return weights
