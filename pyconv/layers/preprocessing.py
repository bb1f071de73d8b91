"""Layers that prepare raw inputs."""

from __future__ import annotations

from pyconv import ops
from pyconv.layers.layer import Layer
from pyconv.utils.arguments import numbers


class Rescaling(Layer):
    """y = x * scale + offset, in training and inference alike.

    Args:
        scale: a number, or one for each channel on the last axis.
        offset: the same.

    Returns:
        Called on numbers of any dtype: float32 of the same shape.

    Example:
        >>> import numpy as np
        >>> Rescaling(1 / 255)(np.array([0, 255], "uint8"))
        array([0., 1.], dtype=float32)
    """

    def __init__(self, scale, offset=0.0, **kwargs):
        super().__init__(**kwargs)
        numbers(scale, "scale"), numbers(offset, "offset")  # raise for what is no number
        self.scale, self.offset = scale, offset

    def call(self, inputs):
        scaled = ops.multiply(ops.cast(inputs, "float32"), numbers(self.scale, "scale"))
        return ops.add(scaled, numbers(self.offset, "offset"))

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)
