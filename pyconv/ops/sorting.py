"""The order of numbers along an axis."""

from __future__ import annotations

from collections import namedtuple
from math import prod

from pyconv.graph import Node, Op, Spec, apply
from pyconv.ops.dtypes import floats
from pyconv.ops.elementwise import expect_float
from pyconv.ops.index import take_along_axis
from pyconv.ops.shaping import axis_of, reshape, shape_of


class ArgSort(Op):
    """The places of the first `count` numbers along an axis in order; ties in the order of places,
    NaN as if it were the largest."""

    axis: int
    count: int | None
    descending: bool = False

    def infer(self, x: Spec) -> Spec:
        expect_float("argsort", x)
        if x.batched and self.axis == 0:
            raise ValueError(
                f"argsort: expected an axis behind that of the examples, received axis 0 of "
                f"{x.shape}"
            )
        return Spec((*x.shape[: self.axis], self.count, *x.shape[self.axis + 1 :]), "int32")

    def lower(self, lowering, node: Node) -> None:
        shape = node.inputs[0].shape
        lowering.emit(
            "argsort",
            {"x": node.inputs[0], "index": node.output},
            batched=int(shape[0] is None),
            outer=prod(shape[shape[0] is None : self.axis]),
            mid=shape[self.axis],
            inner=prod(shape[self.axis + 1 :]),
            count=self.count,
            descending=int(self.descending),
        )


def argsort(x, axis: int | None = -1, descending: bool = False):
    """The indices that sort x along an axis; of equal numbers the first comes first.

    Args:
        x: tensor or array, float32; NaN counts as the largest number.
        axis: the axis, not that of examples; None sorts all elements.
        descending: whether the largest comes first.

    Returns:
        int32 of x's shape.

    Example:
        >>> from pyconv import ops
        >>> ops.argsort([3.0, 1.0, 2.0])
        array([1, 2, 0], dtype=int32)
    """
    x, axis = _flat_if_none(x, axis)
    return apply(ArgSort(axis, shape_of(x)[axis], bool(descending)), floats(x))


def sort(x, axis: int | None = -1, descending: bool = False):
    """x sorted along an axis; arguments as `argsort`. Gradients flow to where numbers came from.

    Example:
        >>> from pyconv import ops
        >>> ops.sort([3.0, 1.0, 2.0])
        array([1., 2., 3.], dtype=float32)
    """
    x, axis = _flat_if_none(x, axis)
    return take_along_axis(x, argsort(x, axis, descending), axis)


#: What `top_k` returns.
TopK = namedtuple("TopK", ("values", "indices"))


def top_k(x, k: int, sorted: bool = True):
    """The k largest numbers along the last axis, the largest first, and their indices.

    Args:
        x: tensor or array, float32.
        k: how many, from 1 to the size of the last axis.
        sorted: taken for Keras' sake; the numbers are always in order.

    Returns:
        A named tuple (values, indices): float32 and int32 of x's shape with k along the last axis;
        of equal numbers the first comes first.

    Raises:
        ValueError: k is larger than the axis.

    Example:
        >>> from pyconv import ops
        >>> values, indices = ops.top_k([5.0, 2.0, 7.0], k=2)
        >>> values.tolist(), indices.tolist()
        ([7.0, 5.0], [2, 0])
    """
    shape = shape_of(x)
    axis = axis_of("top_k", shape, -1)
    if not hasattr(k, "__index__") or not 1 <= k <= shape[axis]:
        raise ValueError(
            f"top_k: expected `k` from 1 to {shape[axis]}, the last axis, received {k!r}"
        )
    indices = apply(ArgSort(axis, int(k), descending=True), floats(x))
    return TopK(take_along_axis(x, indices, axis), indices)


def _flat_if_none(x, axis: int | None):
    if axis is None:
        return reshape(x, (-1,)), 0
    return x, axis_of("argsort", shape_of(x), axis)
