"""Normalization with numbers for each channel: the sweeps of batch normalization."""

from __future__ import annotations

import numpy as np

from pyconv.graph import Node, Op, Spec, Tensor, apply, extent, row_size
from pyconv.ops.dtypes import floats
from pyconv.ops.elementwise import add, expect_float, multiply, negative, rsqrt
from pyconv.ops.shaping import axes_of, on_last_axis, shape_of

ACTIVATIONS = {"linear": 0, "relu": 1, "relu6": 2}


class Normalize(Op):
    """y = (x - mean) factor + shift, with numbers for each channel, which is the last axis.

    Inputs: x, mean, factor, shift (channels,). Fusion adds a residual of x's shape, what each of
    its channels is multiplied by, and an activation: y = act(... + residual residual_factor).
    """

    activation: str = "linear"

    def infer(self, x: Spec, *vectors: Spec) -> Spec:
        expect_float("batch_normalization", x, *vectors)
        if len(x.shape) < 2 or any(v.shape != x.shape[-1:] for v in vectors[:3]):
            raise ValueError(
                f"batch_normalization: expected a number for each of the channels of an input "
                f"(n, ..., channels), received shapes {[v.shape for v in vectors[:3]]} for an "
                f"input of {x.shape}; name the channels' axis"
            )
        return x

    def gradient(self, node: Node, g: Tensor):
        x, mean, factor, _ = node.inputs
        total, dot = apply(CentredSums(), x, g, mean)
        return multiply(g, factor), negative(multiply(total, factor)), dot, total

    def absorb(self, node: Node, follower: Node):
        """Takes over a residual, which may come from a product by channel, then an activation."""
        name = getattr(follower.op, "function", None)
        if self.activation != "linear":
            return None
        if name in ("relu", "relu6"):
            return self.replace(activation=name), node.inputs
        if name == "add" and len(node.inputs) == 4:
            other = follower.inputs[follower.inputs[0] is node.output]
            if other.shape == node.output.shape:
                return self, (*node.inputs, *_scaled(other))
        return None

    def fold(self, node: Node, maker: Node):
        """How the convolution that makes x can do it, with another kernel and bias."""
        fold = getattr(maker.op, "scaled", None)
        if fold is None or len(node.inputs) > 4 or self.activation != "linear":
            return None
        return fold(maker, *node.inputs[1:])

    def lower(self, lowering, node: Node) -> None:
        names = ("x", "mean", "factor", "shift", "residual", "residual_factor")
        lowering.emit(
            "normalize",
            {**dict(zip(names, node.inputs, strict=False)), "y": node.output},
            **extent(node.output.shape),
            count=row_size(node.output.shape),
            channels=node.output.shape[-1],
            activation=ACTIVATIONS[self.activation],
        )


def _scaled(residual: Tensor) -> tuple[Tensor, ...]:
    """(a tensor, what its channels are multiplied by) that make the residual, or the residual."""
    node = residual.node
    if node is not None and getattr(node.op, "function", None) == "multiply":
        full, vector = node.inputs
        if full.shape == residual.shape and vector.shape == residual.shape[-1:]:
            return full, vector
    return (residual,)


class CentredSums(Op):
    """Per channel, the sums over all else of g and of g (x - mean). Inputs: x, g, mean."""

    def infer(self, x: Spec, g: Spec, mean: Spec) -> tuple[Spec, Spec]:
        return mean, mean

    def gradient(self, node: Node, total_g: Tensor | None, dot_g: Tensor | None):
        x, g, mean = node.inputs
        if dot_g is None:
            return None, total_g.broadcast_like(g), None
        shift = np.zeros(mean.shape) if total_g is None else total_g
        dg = apply(Normalize(), x, mean, dot_g, shift)
        return multiply(g, dot_g), dg, negative(multiply(dot_g, node.outputs[0]))

    def lower(self, lowering, node: Node) -> None:
        """First of each example, then of all, so that the sweep may follow what made g."""
        x, g, mean = node.inputs
        examples, channels = x.shape[0], x.shape[-1]
        parts = [lowering.temporary((examples, channels)) for _ in node.outputs]
        lowering.emit(
            "centred_sums",
            {"x": x, "g": g, "mean": mean, "sum": parts[0], "dot": parts[1]},
            **extent(x.shape),
            mid=row_size(x.shape[:-1]),
            channels=channels,
        )
        for part, output in zip(parts, node.outputs, strict=True):
            lowering.sum_examples(part, output, (examples, channels))


def batch_normalization(x, mean, variance, axis, offset=None, scale=None, epsilon=0.001):
    """(x - mean) / sqrt(variance + epsilon) * scale + offset (Ioffe & Szegedy 2015).

    Args:
        x: (n, ...), float32.
        mean, variance: (channels,).
        axis: the channels' axis.
        offset, scale: beta and gamma, (channels,), or None.
        epsilon: added to the variance.

    Returns:
        A tensor of x's shape.

    Raises:
        ValueError: shapes that do not fit.

    Example:
        >>> from pyconv import ops
        >>> ops.batch_normalization([[1.0], [3.0]], [2.0], [4.0], -1, epsilon=0.0).ravel()
        array([-0.5,  0.5], dtype=float32)
    """
    factor = rsqrt(add(variance, epsilon))
    factor = factor if scale is None else multiply(factor, scale)
    shift = np.zeros(shape_of(mean)) if offset is None else offset
    axes = axes_of("batch_normalization", shape_of(x), axis)
    return on_last_axis(lambda x: apply(Normalize(), x, mean, factor, shift), floats(x), axes)
