"""Choosing between two tensors, element by element."""

from __future__ import annotations

from pyconv.graph import Node, Op, Spec, Tensor, apply, extent, row_size
from pyconv.ops.broadcasting import broadcast_shape
from pyconv.ops.elementwise import expect_float
from pyconv.ops.shaping import broadcast_to, shape_of


class Select(Op):
    """y = a where condition != 0, else b; all of one shape."""

    def infer(self, condition: Spec, a: Spec, b: Spec) -> Spec:
        expect_float("where", condition, a, b)
        return a

    def gradient(self, node: Node, g: Tensor):
        condition = node.inputs[0]
        zero = g * 0.0
        return None, apply(Select(), condition, g, zero), apply(Select(), condition, zero, g)

    def lower(self, lowering, node: Node) -> None:
        condition, a, b = node.inputs
        lowering.emit(
            "select",
            {"c": condition, "a": a, "b": b, "y": node.output},
            **extent(a.shape),
            count=row_size(a.shape),
        )


def where(condition, x1, x2):
    """x1 where the condition is not 0, else x2, element by element.

    Args:
        condition, x1, x2: tensors, arrays or numbers that broadcast.

    Example:
        >>> from pyconv import ops
        >>> ops.where([1.0, 0.0], [1.0, 2.0], -1.0)
        array([ 1., -1.], dtype=float32)
    """
    shape = broadcast_shape("where", shape_of(x1), shape_of(x2))
    shape = broadcast_shape("where", shape, shape_of(condition))
    return apply(Select(), *(broadcast_to(x, shape) for x in (condition, x1, x2)))
