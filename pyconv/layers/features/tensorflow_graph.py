"""Layers within TensorFlow's graphs, as `tf.data.Dataset.map` makes them."""

from __future__ import annotations

import sys

import numpy as np

from pyconv.utils.nest import flatten


def in_tensorflow_graph(inputs) -> bool:
    """Whether symbolic tensors of TensorFlow are among the inputs."""
    tf = sys.modules.get("tensorflow")
    return hasattr(tf, "is_symbolic_tensor") and any(map(tf.is_symbolic_tensor, flatten(inputs)))


def through_tensorflow(layer, inputs):
    """A tensor of TensorFlow that will be what the layer makes of arrays.

    Args:
        layer: an `ArrayLayer`.
        inputs: a tensor of TensorFlow, or a list of them.
    """
    tf = sys.modules["tensorflow"]
    single = not isinstance(inputs, (list, tuple))

    def call(*arrays):
        return np.asarray(layer(arrays[0] if single else list(arrays)))

    tensors = [tf.convert_to_tensor(x) for x in flatten(inputs)]
    outputs = tf.numpy_function(call, tensors, layer.array_dtype, stateful=False)
    if all(x.shape.rank is not None for x in tensors):
        shapes = [tuple(x.shape) for x in tensors]
        outputs.set_shape(layer.compute_output_shape(shapes[0] if single else shapes))
    return outputs
