"""Steps that do not count."""

from __future__ import annotations

from pyconv import ops
from pyconv.layers.layer import Layer


class Masking(Layer):
    """Marks the steps of which all features are `mask_value`, and sets them to 0: layers behind it
    that take masks leave them out.

    Args:
        mask_value: the number.

    Returns:
        Called on (n, steps, ..., features): the same shape, with a mask of (n, steps, ...).

    Example:
        >>> import numpy as np
        >>> y = Masking(mask_value=-1.0)(np.array([[[-1.0, -1.0], [-1.0, 2.0]]]))
        >>> y, y._keras_mask
        (array([[[ 0.,  0.],
                [-1.,  2.]]], dtype=float32), array([[False,  True]]))
    """

    built_at_once = True

    def __init__(self, mask_value=0.0, **kwargs):
        super().__init__(**kwargs)
        self.mask_value = mask_value

    def call(self, inputs):
        return ops.where(ops.expand_dims(self.compute_mask(inputs), -1), inputs, 0.0)

    def compute_mask(self, inputs, mask=None):
        return ops.any(ops.not_equal(inputs, self.mask_value), axis=-1)

    def compute_output_shape(self, input_shape):
        return input_shape
