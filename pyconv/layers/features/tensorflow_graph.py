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


def space_through_tensorflow(space, data):
    """The same for a `FeatureSpace`, which takes a dict and returns a tensor or a dict.

    Args:
        space: the layer.
        data: a dict of tensors of TensorFlow.
    """
    tf = sys.modules["tensorflow"]
    symbols = space.get_encoded_features()
    ends = _listed(symbols)
    dtypes = ["int64" if t.dtype == "int32" else t.dtype for t in ends]

    def call(*arrays):
        found = _listed(space(dict(zip(data, arrays, strict=True))))
        return [np.asarray(x, dtype) for x, dtype in zip(found, dtypes, strict=True)]

    tensors = [tf.convert_to_tensor(x) for x in data.values()]
    single = any(x.shape.rank == 0 for x in tensors)
    outputs = tf.numpy_function(call, tensors, dtypes, stateful=False)
    for output, end in zip(outputs, ends, strict=True):
        output.set_shape(end.shape[1:] if single else end.shape)
    return dict(zip(symbols, outputs, strict=True)) if isinstance(symbols, dict) else outputs[0]


def _listed(outputs) -> list:
    """The tensors of a dict in its order, or the only one."""
    return list(outputs.values()) if isinstance(outputs, dict) else [outputs]
