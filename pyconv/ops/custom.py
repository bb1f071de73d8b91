"""Functions with gradients of their own."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from pyconv.graph import Node, Op, Spec, Tensor, apply
from pyconv.ops.dtypes import differentiable
from pyconv.utils.nest import flatten


class Rerouted(Op):
    """y, whose gradient flows to other inputs by `rule`: from what flows into y to one tensor, or
    None, for each of them. Inputs: y, the others."""

    rule: Callable

    def infer(self, y: Spec, *xs: Spec) -> Spec:
        return y

    def gradient(self, node: Node, g: Tensor):
        flows = self.rule(g)
        return None, *(flows if isinstance(flows, (list, tuple)) else (flows,))

    def lower(self, lowering, node: Node) -> None:
        lowering.alias(node.output, node.inputs[0])


def rerouted(y, rule, *xs):
    """y with rule(g) as its gradients with respect to xs."""
    return apply(Rerouted(rule), y, *xs) if differentiable(*xs) else y


def custom_gradient(f):
    """A function whose gradient is written by hand.

    Args:
        f: takes tensors and returns (result, gradient), where gradient(g) takes what flows into the
            result to what flows into each argument, by differentiable ops.

    Returns:
        The function of the same arguments that returns the result.

    Example:
        >>> from pyconv import ops
        >>> @ops.custom_gradient
        ... def halved_backwards(x):
        ...     return x, lambda g: g * 0.5
        >>> halved_backwards([1.0, 2.0])
        [1.0, 2.0]
    """

    @wraps(f)
    def function(*args, **kwargs):
        y, gradient = f(*args, **kwargs)
        return rerouted(y, gradient, *flatten(args))

    return function
