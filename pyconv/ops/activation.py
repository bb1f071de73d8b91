"""Activation functions."""

from __future__ import annotations

from functools import partial

from pyconv.graph import Node, Op, Spec, Tensor, apply, row_size
from pyconv.ops.dtypes import floats
from pyconv.ops.elementwise import Unary, expect_float
from pyconv.ops.shaping import axes_of, on_last_axis, shape_of


class LastAxis(Op):
    """An op over the last axis; `name` is also the op record's."""

    def infer(self, *inputs: Spec) -> Spec:
        expect_float(self.name, *inputs)
        return inputs[0]

    def lower(self, lowering, node: Node) -> None:
        shape = node.output.shape
        tensors = dict(zip(self.buffers, (*node.inputs, node.output), strict=True))
        lowering.emit(self.name, tensors, **rows(shape), classes=shape[-1])


class Softmax(LastAxis):
    """y_i = exp(x_i) / sum_j exp(x_j)."""

    name = "softmax"
    buffers = ("x", "y")

    def gradient(self, node: Node, g: Tensor):
        return (apply(SoftmaxGradient(), node.output, g),)


class SoftmaxGradient(LastAxis):
    """dx = y (dy - sum(y dy))."""

    name = "softmax_gradient"
    buffers = ("y", "dy", "dx")

    def gradient(self, node: Node, g: Tensor):
        y, dy = node.inputs
        inner_dy = (y * dy).sum(-1, keepdims=True)
        inner_g = (y * g).sum(-1, keepdims=True)
        return g * (dy - inner_dy) - dy * inner_g, apply(SoftmaxGradient(), y, g)


class LogSoftmax(LastAxis):
    """y_i = x_i - log sum_j exp(x_j)."""

    name = "log_softmax"
    buffers = ("x", "y")

    def gradient(self, node: Node, g: Tensor):
        return (apply(LogSoftmaxGradient(), node.output, g),)


class LogSoftmaxGradient(LastAxis):
    """dx = dy - exp(y) sum(dy)."""

    name = "log_softmax_gradient"
    buffers = ("y", "dy", "dx")

    def gradient(self, node: Node, g: Tensor):
        y, dy = node.inputs
        p = apply(Unary("exp"), y)
        total = dy.sum(-1, keepdims=True)
        return -(g * p * total), g - (g * p).sum(-1, keepdims=True)


def rows(shape: tuple) -> dict[str, int]:
    """All axes but the last as the leading extent of an op record."""
    if len(shape) < 2:
        return {"batched": 0, "n": 1}
    middle = row_size(shape[:-1])
    batched = shape[0] is None
    return {"batched": int(batched), "n": middle if batched else shape[0] * middle}


def _axes(what: str, x, axis) -> list[int]:
    axes = axes_of(what, shape_of(x), axis)
    if not axes:
        raise ValueError(f"{what}: expected `axis` to be a number or several, received {axis}")
    return axes


def softmax(x, axis=-1):
    """exp(x_i) / sum_j exp(x_j) along an axis (Goodfellow et al., eq. 6.29).

    Args:
        x: tensor or array.
        axis: the axis, or axes, along which the results sum to 1; None means all.

    Example:
        >>> from pyconv import ops
        >>> ops.softmax([[0.0, 0.0]])
        array([[0.5, 0.5]], dtype=float32)
    """
    return on_last_axis(partial(apply, Softmax()), floats(x), _axes("softmax", x, axis))


def log_softmax(x, axis=-1):
    """x_i - log sum_j exp(x_j) along an axis; arguments as `softmax`.

    Example:
        >>> from pyconv import ops
        >>> ops.log_softmax([[0.0]])
        array([[0.]], dtype=float32)
    """
    return on_last_axis(partial(apply, LogSoftmax()), floats(x), _axes("log_softmax", x, axis))


def relu(x):
    """max(x, 0).

    Example:
        >>> from pyconv import ops
        >>> ops.relu([-1.0, 2.0])
        array([0., 2.], dtype=float32)
    """
    return apply(Unary("relu"), floats(x))


def relu6(x):
    """min(max(x, 0), 6).

    Example:
        >>> from pyconv import ops
        >>> ops.relu6([-1.0, 7.0])
        array([0., 6.], dtype=float32)
    """
    return apply(Unary("relu6"), floats(x))


def leaky_relu(x, negative_slope: float = 0.2):
    """x where positive, else negative_slope x.

    Args:
        x: tensor or array.
        negative_slope: the slope below 0.

    Example:
        >>> from pyconv import ops
        >>> ops.leaky_relu([-1.0, 2.0], negative_slope=0.5)
        array([-0.5,  2. ], dtype=float32)
    """
    return apply(Unary("leaky_relu", float(negative_slope)), floats(x))


def elu(x, alpha: float = 1.0):
    """x where positive, else alpha (exp(x) - 1) (Clevert et al. 2015).

    Args:
        x: tensor or array.
        alpha: minus the limit for small x.

    Example:
        >>> from pyconv import ops
        >>> ops.elu([0.0, 2.0])
        array([0., 2.], dtype=float32)
    """
    return apply(Unary("elu", float(alpha)), floats(x))


def selu(x):
    """1.0507 elu(x, 1.6733), which keeps mean 0 and variance 1 (Klambauer et al. 2017).

    Example:
        >>> from pyconv import ops
        >>> ops.selu([0.0])
        array([0.], dtype=float32)
    """
    return apply(Unary("selu"), floats(x))


def sigmoid(x):
    """1 / (1 + exp(-x)).

    Example:
        >>> from pyconv import ops
        >>> ops.sigmoid([0.0])
        array([0.5], dtype=float32)
    """
    return apply(Unary("sigmoid"), floats(x))


def hard_sigmoid(x):
    """min(max(x / 6 + 1/2, 0), 1).

    Example:
        >>> from pyconv import ops
        >>> ops.hard_sigmoid([-4.0, 0.0, 4.0])
        array([0. , 0.5, 1. ], dtype=float32)
    """
    return apply(Unary("hard_sigmoid"), floats(x))


def tanh(x):
    """(exp(x) - exp(-x)) / (exp(x) + exp(-x)).

    Example:
        >>> from pyconv import ops
        >>> ops.tanh([0.0])
        array([0.], dtype=float32)
    """
    return apply(Unary("tanh"), floats(x))


def softplus(x):
    """log(1 + exp(x)).

    Example:
        >>> from pyconv import ops
        >>> ops.softplus([-200.0, 200.0])
        array([  0., 200.], dtype=float32)
    """
    return apply(Unary("softplus"), floats(x))


def softsign(x):
    """x / (1 + |x|).

    Example:
        >>> from pyconv import ops
        >>> ops.softsign([1.0, -1.0])
        array([ 0.5, -0.5], dtype=float32)
    """
    return apply(Unary("softsign"), floats(x))


def silu(x):
    """x sigmoid(x), also called swish.

    Example:
        >>> from pyconv import ops
        >>> ops.silu([0.0])
        array([0.], dtype=float32)
    """
    return apply(Unary("silu"), floats(x))


swish = silu


def gelu(x, approximate: bool = True):
    """x P(X <= x) for a normal X (Hendrycks & Gimpel 2016), by their tanh formula or exactly.

    Args:
        x: tensor or array.
        approximate: by the tanh formula; else by the error function.

    Example:
        >>> from pyconv import ops
        >>> ops.gelu([0.0])
        array([0.], dtype=float32)
    """
    return apply(Unary("gelu_tanh" if approximate else "gelu"), floats(x))
