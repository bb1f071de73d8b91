"""Elements taken by indices, and the transpose: elements put where indices say."""

from __future__ import annotations

from math import prod

import numpy as np

from pyconv.graph import Node, Op, Spec, Tensor, Variable, apply
from pyconv.ops.dtypes import array_of, moved
from pyconv.ops.elementwise import equal, expect_float
from pyconv.ops.shaping import axis_of, broadcast_to, reshape, shape_of


class Take(Op):
    """y = x at indices along an axis; negative ones count from the end.

    `along`: each element has an index, y[o, j, i] = x[o, index[o, j, i], i]; else the index is for
    all elements there, y[o, j..., i] = x[o, index[j...], i]. Inputs: x, index (int32).
    """

    axis: int
    along: bool

    def infer(self, x: Spec, index: Spec) -> Spec:
        _check(x, index, self.axis, self.along)
        if self.along:
            return Spec(index.shape, x.dtype)
        return Spec(x.shape[: self.axis] + index.shape + x.shape[self.axis + 1 :], x.dtype)

    def gradient(self, node: Node, g: Tensor):
        x, index = node.inputs
        return apply(Put(self.axis, self.along, x.shape), g, index), None

    def lower(self, lowering, node: Node) -> None:
        x, index = node.inputs
        buffers = {"x": x, "index": index, "y": node.output}
        lowering.emit("take", buffers, **_extents(x.shape, index.shape, self.axis, self.along))


class Put(Op):
    """The transpose of `Take`: y, of `shape`, is 0 but for the elements of x where indices point.

    Of several elements for one place the sum, or the last where `write`. Inputs: x, index.
    """

    axis: int
    along: bool
    shape: tuple
    write: bool = False

    def infer(self, x: Spec, index: Spec) -> Spec:
        expect_float("scatter_along_axis", x)
        taken = Take(self.axis, self.along).infer(Spec(self.shape, x.dtype), index)
        if None not in x.shape[1:] + taken.shape[1:] and x.shape != taken.shape:
            raise ValueError(
                f"scatter_along_axis: expected elements of shape {taken.shape}, one for each "
                f"index, received {x.shape}"
            )
        return Spec(self.shape, x.dtype)

    def gradient(self, node: Node, g: Tensor):
        x, index = node.inputs
        take = Take(self.axis, self.along)
        flow = apply(take, g, index)
        if not self.write:
            return flow, None
        turn = _turns(x.shape, self.axis)
        last = apply(take, apply(self, turn, index), index)
        return flow * equal(turn, last), None

    def lower(self, lowering, node: Node) -> None:
        x, index = node.inputs
        extents = _extents(self.shape, index.shape, self.axis, self.along)
        buffers = {"x": x, "index": index, "y": node.output}
        lowering.emit("scatter", buffers, **extents, write=int(self.write))


def _turns(shape: tuple, axis: int) -> Tensor:
    """0, 1, 2, ... along an axis: in which order elements are put."""
    counts = np.arange(shape[axis], dtype="float32")
    return broadcast_to(counts.reshape(-1, *(1,) * (len(shape) - axis - 1)), shape)


def _check(x: Spec, index: Spec, axis: int, along: bool) -> None:
    what = "take_along_axis" if along else "take"
    if index.dtype != "int32":
        raise ValueError(
            f"{what}: expected int32 indices, received {index.dtype}; use ops.cast(x, 'int32')"
        )
    if x.batched and axis == 0:
        raise ValueError(
            f"{what}: expected an axis behind that of the examples, received axis 0 of {x.shape}"
        )
    if along and _others(x.shape, axis) != _others(index.shape, axis):
        raise ValueError(
            f"take_along_axis: expected shapes that differ on axis {axis} only, received {x.shape} "
            f"and indices {index.shape}"
        )
    if not along and index.batched and (x.batched or axis != 0):
        raise ValueError(
            f"take: expected indices that all examples share, received {index.shape} for axis "
            f"{axis} of {x.shape}; use ops.take_along_axis where each example has its own"
        )


def _others(shape: tuple, axis: int) -> tuple:
    return shape[:axis] + shape[axis + 1 :]


def _extents(x: tuple, index: tuple, axis: int, along: bool) -> dict[str, int]:
    """x seen as [outer][mid][inner], and `count` indices; `axis` says which extent counts the
    examples: 0 outer, 1 count."""
    indices_lead = not along and bool(index) and index[0] is None
    return {
        "batched": int(indices_lead or x[0] is None),
        "outer": prod(x[x[0] is None : axis]),
        "mid": x[axis],
        "inner": prod(x[axis + 1 :]),
        "count": index[axis] if along else prod(index[indices_lead:]),
        "axis": int(indices_lead),
        "shared": int(not along),
    }


def indices_of(what: str, indices, size: int | None):
    """The indices as int32 for an axis of a size; raises ValueError for numbers that do not fit."""
    if isinstance(indices, (Tensor, Variable)):
        return indices
    array = array_of(indices)
    if array.dtype.kind not in "iu" and array.size:
        raise ValueError(
            f"{what}: expected integers as indices, received dtype {array.dtype}; convert them "
            "with .astype('int32')"
        )
    if size is not None and array.size and not -size <= array.min() <= array.max() < size:
        raise ValueError(
            f"{what}: expected indices from {-size} to {size - 1}, received {array.min()} to "
            f"{array.max()}"
        )
    return array.astype(np.int32)


def take(x, indices, axis=None):
    """The slices of x at indices along an axis.

    y[o, j..., i] = x[o, indices[j...], i]; its gradient adds up what flows to one slice.

    Args:
        x: tensor or array.
        indices: integers of any shape, constant or an int32 tensor; negative ones count from the
            end. They may be one set for each example where x is not, as with an embedding.
        axis: the axis, not that of examples; None takes from all elements.

    Returns:
        x's shape with the axis replaced by those of the indices.

    Raises:
        ValueError: an index is out of range, or the axis is that of examples.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> ops.take(np.array([[1.0, 2.0, 3.0]]), [2, 0, -1], axis=1)
        array([[3., 1., 3.]], dtype=float32)
    """
    x, axis = (reshape(x, (-1,)), 0) if axis is None else (x, axis)
    shape = shape_of(x)
    axis = axis_of("take", shape, axis)
    return moved(Take(axis, along=False), x, indices_of("take", indices, shape[axis]))


def take_along_axis(x, indices, axis=None):
    """The elements of x at indices along an axis, an index for each element.

    y[o, j, i] = x[o, indices[o, j, i], i]; its gradient adds up what flows to one element.

    Args:
        x: tensor or array.
        indices: int32, of x's shape but for the axis; axes of size 1 are repeated. Negative ones
            count from the end.
        axis: the axis, not that of examples; None takes from all elements.

    Returns:
        A tensor or array of the indices' shape.

    Raises:
        ValueError: an index is out of range, or shapes do not fit.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> ops.take_along_axis(np.array([[1.0, 2.0], [3.0, 4.0]]), [[1], [0]], axis=1)
        array([[2.],
               [3.]], dtype=float32)
    """
    if axis is None:
        x, indices, axis = reshape(x, (-1,)), reshape(indices, (-1,)), 0
    shape = shape_of(x)
    axis = axis_of("take_along_axis", shape, axis)
    indices = indices_of("take_along_axis", indices, shape[axis])
    x = _matched(x, shape_of(indices), axis)
    return moved(Take(axis, along=True), x, _repeated(indices, shape_of(x), axis))


def _matched(x, indices: tuple, axis: int):
    """x with axes of size 1 repeated to those of the indices, but for the axis."""
    shape = shape_of(x)
    if len(indices) != len(shape):
        return x
    pairs = enumerate(zip(shape, indices, strict=True))
    sizes = (other if a != axis and size == 1 else size for a, (size, other) in pairs)
    return broadcast_to(x, tuple(sizes))


def _repeated(indices, shape: tuple, axis: int):
    """Indices with axes of size 1 repeated to the shape's, but for the axis."""
    own = shape_of(indices)
    wanted = (*shape[:axis], *own[axis : axis + 1], *shape[axis + 1 :])
    if len(own) != len(shape):
        raise ValueError(
            f"take_along_axis: expected `indices` with the {len(shape)} axes of {shape}, received "
            f"shape {own}"
        )
    if own == wanted:
        return indices
    fits = all(size in (1, full) for size, full in zip(own, wanted, strict=True))
    return broadcast_to(indices, wanted) if fits else indices


def scatter_along_axis(x, indices, size: int, axis: int = -1, mode: str = "add"):
    """The transpose of `take_along_axis`: elements put where indices say, 0 elsewhere.

    y[o, indices[o, j, i], i] = the sum of the x[o, j, i] with that index

    Args:
        x: tensor or array, float32.
        indices: int32, of x's shape, from -size to size - 1.
        size: y's size along the axis.
        axis: the axis; not that of examples.
        mode: "add", or "write": of several elements for one place the last stays, and the others
            have no gradient.

    Returns:
        A tensor or array of x's shape with `size` along the axis.

    Raises:
        ValueError: an index is out of range, or shapes do not fit.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> ops.scatter_along_axis(np.array([1.0, 2.0, 3.0]), [3, 0, 3], size=4)
        array([2., 0., 0., 4.], dtype=float32)
    """
    if mode not in ("add", "write"):
        raise ValueError(f"scatter_along_axis: expected mode 'add' or 'write', received {mode!r}")
    shape = shape_of(x)
    if not (size is None and None in shape[1:]) and (not hasattr(size, "__index__") or size < 0):
        raise ValueError(f"scatter_along_axis: expected a `size` from 0, received {size!r}")
    axis = axis_of("scatter_along_axis", shape, axis)
    indices = indices_of("scatter_along_axis", indices, size)
    target = (*shape[:axis], size, *shape[axis + 1 :])
    return apply(Put(axis, True, target, mode == "write"), x, indices)
