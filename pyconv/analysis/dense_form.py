"""Convolutional networks written as networks of dense layers."""

from __future__ import annotations

from math import prod

import numpy as np

from pyconv import layers
from pyconv.graph import Trace, placeholder
from pyconv.graph.gradient import between
from pyconv.models import Model, Sequential
from pyconv.ops.convolution_ops import Conv, ConvTranspose
from pyconv.ops.elementwise import Binary, Unary
from pyconv.ops.padding import PadAxis
from pyconv.ops.pool import AveragePool
from pyconv.ops.reduce import Reduce
from pyconv.ops.shaping import BroadcastTo, Reshape, Transpose
from pyconv.ops.slices import Concatenate, Scatter, Slice
from pyconv.ops.sparse_matrix import AxisMatrix


def to_dense(model):
    """The same function as a chain of dense layers: a convolutional network is a dense one most of
    whose weights are zero, and many the same (Prince, section 10.2.2).

    Layers that are affine when they predict become `Dense`, their weights copied to where the
    matrix has them (see `linalg.conv_matrix`). Others, such as max pooling, stay as they are
    between `Reshape` and `Flatten`.

    Args:
        model: a chain of layers, also nested ones, with known sizes and weights.

    Returns:
        A `Sequential` model that takes the same inputs; its outputs are flattened.

    Raises:
        ValueError: the model is no chain of layers, or a size is free.

    Example:
        >>> from pyconv import Sequential, utils
        >>> chain = [layers.Input((6, 1)), layers.Conv1D(2, 3, activation="relu")]
        >>> model = Sequential([*chain, layers.Flatten(), layers.Dense(3)])
        >>> [layer.kernel.shape for layer in utils.to_dense(model).layers[1:]]
        [(6, 8), (8, 3)]
    """
    if not isinstance(model, Model) or len(model.inputs) != 1:
        raise ValueError(f"expected a model with one input, received {model!r}")
    shape = tuple(model.input_shape[1:])
    if None in shape:
        raise ValueError(
            f"expected known sizes, received a model of input shape {shape}; describe it with an "
            "Input that has them"
        )
    network = [layers.Input(shape), layers.Flatten()]
    for layer in _chain(model):
        after = tuple(layer.compute_output_shape((None, *shape))[1:])
        network += _rewritten(layer, shape, after)
        shape = after
    return Sequential(network)


def _chain(model):
    """The layers in the order of their calls, those of nested models too."""
    if isinstance(model, Sequential):
        steps = model.layers
    elif isinstance(model, Model):
        steps = _called(model)
    else:
        return [model]
    return [layer for step in steps for layer in _chain(step)]


def _called(model):
    """What is called from the model's input to its output, one after the other."""
    steps, tensor = [], model.outputs[0]
    while tensor is not model.inputs[0]:
        call = getattr(tensor, "history", None)
        branches = len(model.outputs) > 1 or call is None or len(call.inputs) != 1
        if branches or call.layer in (None, model):
            raise ValueError(
                f"model {model.name}: expected a chain of layers, each of which takes the output of"
                " the one before, received another graph; rewrite its parts one by one"
            )
        steps.append(call.layer)
        (tensor,) = call.inputs
    return reversed(steps)


def _rewritten(layer, shape, after):
    """What stands for a layer that takes an example of `shape` to one of shape `after`."""
    nodes = _nodes(layer, shape)
    if all(isinstance(node.op, Reshape) for node in nodes):
        return []
    if all(map(_is_affine, nodes)):
        return [_dense(layer, shape, None)]
    if getattr(layer, "activation", None) is not None:
        plain = _plain(layer, shape)
        if all(map(_is_affine, _nodes(plain, shape))):
            bent = layers.Activation(layer.activation)
            elementwise = all(isinstance(n.op, (Unary, Binary)) for n in _nodes(bent, after))
            if elementwise or len(after) == 1:
                return [_dense(plain, shape, layer.activation)]
            return [_dense(plain, shape, None), *_wrapped(bent, after)]
    return _wrapped(_copy(layer, shape), shape)


def _wrapped(layer, shape):
    return [layers.Reshape(shape), layer, layers.Flatten()]


def _nodes(layer, shape):
    """The nodes of the layer's call when it predicts, from its input on."""
    x = placeholder((None, *shape))
    with Trace():
        y = layer(x, training=False)
    return between(x, [y])


def _is_affine(node) -> bool:
    """Whether the node's output is a matrix times its first input, plus a constant."""
    op = node.op
    if isinstance(op, Binary):
        varies = [t.spec.batched for t in node.inputs]
        return op.function in ("add", "subtract") or (op.function == "multiply" and not all(varies))
    if isinstance(op, Reduce):
        return op.function in ("sum", "mean") and op.first > 0
    if isinstance(op, (Conv, ConvTranspose)):
        return not node.inputs[1].spec.batched
    return isinstance(op, _LINEAR)


_LINEAR = (
    AveragePool, AxisMatrix, BroadcastTo, Concatenate, PadAxis, Reshape, Scatter, Slice, Transpose,
)  # fmt: skip


def _copy(layer, shape, **changes):
    """A layer with the same weights and another name."""
    config = {key: value for key, value in layer.get_config().items() if key != "name"}
    copy = type(layer).from_config(config | changes)
    copy.build((None, *shape))
    copy.set_weights(layer.get_weights())
    return copy


def _plain(layer, shape):
    return _copy(layer, shape, activation=None)


def _dense(layer, shape, activation):
    """The affine layer as a dense one: its bias is the response to zeros, row i of its kernel that
    to a 1 at input i, without the bias."""
    layer = _copy(layer, shape)
    size = prod(shape)
    zeros = np.zeros((1, *shape), "float32")
    bias = layer(zeros).reshape(-1)
    if getattr(layer, "bias", None) is not None:
        layer.bias.assign(np.zeros(layer.bias.shape))
    ones = np.eye(size, dtype="float32").reshape(size, *shape)
    kernel = (layer(ones) - layer(zeros)).reshape(size, -1)
    dense = layers.Dense(len(bias), activation)
    dense.build((None, size))
    dense.set_weights([kernel, bias])
    return dense
