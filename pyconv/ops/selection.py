"""Choosing between two tensors, element by element."""

from __future__ import annotations

import numpy as np

from pyconv.graph import Node, Op, Spec, Tensor, apply, extent, row_size
from pyconv.ops.broadcasting import broadcast_shape
from pyconv.ops.dtypes import array_of, concrete, floats, is_integral, symbolic
from pyconv.ops.elementwise import cast, expect_float
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


def where(condition, x1=None, x2=None):
    """x1 where the condition is not 0, else x2, element by element.

    Args:
        condition, x1, x2: tensors, arrays or numbers that broadcast. Without x1 and x2 the places
            where the condition is not 0, as `nonzero`.

    Example:
        >>> from pyconv import ops
        >>> ops.where([1.0, 0.0], [1.0, 2.0], -1.0)
        array([ 1., -1.], dtype=float32)
    """
    if x1 is None and x2 is None:
        return nonzero(condition)
    if x1 is None or x2 is None:
        raise ValueError("where: expected both `x1` and `x2`, or neither, received one of them")
    shape = broadcast_shape("where", shape_of(x1), shape_of(x2))
    shape = broadcast_shape("where", shape, shape_of(condition))
    y = apply(Select(), *(broadcast_to(floats(x), shape) for x in (condition, x1, x2)))
    if not (is_integral(x1) and is_integral(x2)):
        return y
    if symbolic(y):
        return cast(y, "int32")
    return np.where(array_of(condition), array_of(x1), array_of(x2))


def nonzero(x):
    """The places of what is not 0, one int32 array for each axis; x is an array.

    Raises:
        ValueError: x is a tensor of a graph: how many there are would be its shape.

    Example:
        >>> from pyconv import ops
        >>> ops.nonzero([0.0, 3.0, 0.0, 5.0])
        (array([1, 3], dtype=int32),)
    """
    return tuple(axis.astype("int32") for axis in np.nonzero(concrete("nonzero", x)))


def select(condlist, choicelist, default=0):
    """The element of the first choice whose condition is not 0, else the default.

    Args:
        condlist, choicelist: lists of tensors or arrays that broadcast.
        default: a number, tensor or array.

    Example:
        >>> from pyconv import ops
        >>> ops.select([[True, False], [True, True]], [[1.0, 1.0], [2.0, 2.0]])
        array([1., 2.], dtype=float32)
    """
    y = default
    for condition, choice in reversed(list(zip(condlist, choicelist, strict=True))):
        y = where(condition, choice, y)
    return y
