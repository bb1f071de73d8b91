"""Layers that data goes through ahead of models, too."""

from __future__ import annotations

from pyconv import ops
from pyconv.layers.layer import Layer


class DataLayer(Layer):
    """A layer that takes lists of numbers as arrays."""

    def __call__(self, inputs, *args, **kwargs):
        inputs = inputs if hasattr(inputs, "shape") else ops.array(inputs)
        return super().__call__(inputs, *args, **kwargs)
