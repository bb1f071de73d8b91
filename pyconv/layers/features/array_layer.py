"""Layers that run in Python, on arrays of strings or numbers."""

from __future__ import annotations

import numpy as np

from pyconv.graph import Tensor, as_array, current_trace, placeholder
from pyconv.layers.features.tensorflow_graph import in_tensorflow_graph, through_tensorflow
from pyconv.layers.layer import Layer
from pyconv.utils.nest import flatten


class ArrayLayer(Layer):
    """A layer that no plan has, for it reads strings or looks things up.

    On arrays it runs at once. In a model it stands at the entrance: `fit` and its kin run it on
    each batch, ahead of the plan (`models/edge.py`). A subclass defines `converted(inputs)`, the
    arrays of what a caller passed; `compute(inputs)`, the outputs for such arrays; and
    `compute_output_shape`. The outputs' dtype is `array_dtype`, in plans `symbolic_dtype`;
    `in_plans` says whether the layer's `call` does without arrays, where it has to.
    """

    array_dtype = "int64"
    symbolic_dtype = "int32"
    in_plans = False

    def __call__(self, inputs, **kwargs):
        if in_tensorflow_graph(inputs):
            return through_tensorflow(self, inputs)
        if not any(isinstance(x, Tensor) for x in flatten(inputs)):
            with self._naming_errors():
                inputs = self.converted(inputs)
        elif current_trace() is not None and not self.in_plans:
            raise ValueError(
                f"layer {self.name}: expected arrays, or an Input of the outermost model, for "
                f"{type(self).__name__} is no part of plans; call it ahead of the model, as in "
                "dataset.map"
            )
        return super().__call__(inputs, **kwargs)

    def _as_input(self, value):
        """Arrays as they are: integers stay exact."""
        return value

    def converted(self, inputs):
        """The inputs as an array, or a tuple of them."""
        raise NotImplementedError

    def compute(self, inputs) -> np.ndarray:
        """The outputs for arrays."""
        raise NotImplementedError

    def call(self, inputs):
        if not any(isinstance(x, Tensor) for x in flatten(inputs)):
            return as_array(np.asarray(self.compute(inputs)))
        single = isinstance(inputs, Tensor)
        shapes = inputs.shape if single else [tuple(x.shape) for x in inputs]
        return placeholder(self.compute_output_shape(shapes), self.symbolic_dtype)
