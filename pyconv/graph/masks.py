"""Masks: what of a tensor counts, carried by the tensor itself."""

from __future__ import annotations

from pyconv.graph.array import Array
from pyconv.graph.call import renewed
from pyconv.graph.tensor import Tensor


def mask_of(value):
    """The mask that a layer or a person has attached to a tensor or array, or None.

    Example:
        >>> import numpy as np
        >>> from pyconv.layers import Embedding
        >>> mask_of(Embedding(9, 4, mask_zero=True)(np.array([[7, 0]])))
        array([[ True, False]])
    """
    return getattr(value, "_keras_mask", None)


def set_mask(value, mask) -> None:
    """Attaches a mask, or None, to what can carry one."""
    if isinstance(value, (Tensor, Array)):
        value._keras_mask = mask


def unmasked(value):
    """A tensor that carries a mask as one of its own that carries none; all else as it is."""
    return renewed(value) if isinstance(value, Tensor) and mask_of(value) is not None else value
