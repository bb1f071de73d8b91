"""Parts of tensors, and tensors joined of parts."""

from __future__ import annotations

import numpy as np

from pyconv.graph import Node, Op, Spec, Tensor, Variable, apply, extent, row_size
from pyconv.ops.dtypes import alike, array_of, is_integral, moved, symbolic
from pyconv.ops.elementwise import expect_float
from pyconv.ops.index import take
from pyconv.ops.shaping import (
    axes_of,
    axis_of,
    expand_dims,
    reshape,
    shape_of,
    strided_copy,
    strides_of,
)


class Slice(Op):
    """y = x[start : start + size * step : step] along every axis; the batch axis whole."""

    starts: tuple[int, ...]
    sizes: tuple[int | None, ...]
    steps: tuple[int, ...]

    def infer(self, x: Spec) -> Spec:
        return Spec(self.sizes, x.dtype)

    def gradient(self, node: Node, g: Tensor):
        return (apply(Scatter(node.inputs[0].shape, self.starts, self.steps), g),)

    def cropped(self, x: tuple) -> tuple | None:
        """(before, after) that are left out along each axis of this size, if that is all."""
        return _around(self.starts, self.sizes, self.steps, x)

    def lower(self, lowering, node: Node) -> None:
        x, y = node.inputs[0], node.output
        strides = strides_of(x.shape)
        offset = sum(a * b for a, b in zip(self.starts, strides, strict=True))
        x_strides = [a * b for a, b in zip(self.steps, strides, strict=True)]
        strided_copy(lowering, x, y, y.shape, x_strides, strides_of(y.shape), x_offset=offset)


class Scatter(Op):
    """y = value, but y[start : ... : step] = x: the transpose of `Slice`, and padding."""

    shape: tuple
    starts: tuple[int, ...]
    steps: tuple[int, ...]
    value: float = 0.0

    def infer(self, x: Spec) -> Spec:
        if self.value:
            expect_float("pad", x)
        return Spec(self.shape, x.dtype)

    def gradient(self, node: Node, g: Tensor):
        return (apply(Slice(self.starts, node.inputs[0].shape, self.steps), g),)

    def zeros(self, x: tuple) -> tuple | None:
        """Zeros (before, after) each axis of this size, if that is all."""
        return None if self.value else _around(self.starts, x, self.steps, self.shape)

    def lower(self, lowering, node: Node) -> None:
        x, y = node.inputs[0], node.output
        strides = strides_of(y.shape)
        offset = sum(a * b for a, b in zip(self.starts, strides, strict=True))
        y_strides = [a * b for a, b in zip(self.steps, strides, strict=True)]
        lowering.emit(
            "fill", {"y": y}, {"value": self.value}, **extent(y.shape), count=row_size(y.shape)
        )
        if 0 not in x.shape:
            strided_copy(lowering, x, y, x.shape, strides_of(x.shape), y_strides, y_offset=offset)


def _around(starts: tuple, sizes: tuple, steps: tuple, whole: tuple) -> tuple | None:
    """What lies (before, after) a part along each axis; None where the part has gaps."""
    if any(step != 1 for step in steps):
        return None
    return tuple(
        (start, 0 if size is None else total - start - size)
        for start, size, total in zip(starts, sizes, whole, strict=True)
    )


class Concatenate(Op):
    """y = the inputs one after another along an axis."""

    axis: int

    def infer(self, *inputs: Spec) -> Spec:
        first = inputs[0].shape
        if any(len(x.shape) != len(first) for x in inputs):
            raise ValueError(self._message(inputs))
        if self.axis == 0 and inputs[0].batched:
            raise ValueError(
                "concatenate: expected an axis behind that of the examples, received axis 0 of "
                f"{first}; join them where their number is known"
            )
        shape = [self._size(i, inputs) for i in range(len(first))]
        return Spec(tuple(shape), inputs[0].dtype)

    def _size(self, axis: int, inputs: tuple[Spec, ...]) -> int | None:
        """The output's size of an axis; a free size may turn out to be the others'."""
        sizes = [x.shape[axis] for x in inputs]
        if axis == self.axis:
            return None if None in sizes else sum(sizes)
        known = {size for size in sizes if size is not None}
        if len(known) > 1 or (axis == 0 and len(set(sizes)) > 1):
            raise ValueError(self._message(inputs))
        return known.pop() if known else None

    def _message(self, inputs: tuple[Spec, ...]) -> str:
        return (
            f"concatenate: expected shapes that differ on axis {self.axis} only, received "
            f"{[x.shape for x in inputs]}; pad or crop the inputs"
        )

    def gradient(self, node: Node, g: Tensor):
        parts, start = [], 0
        for x in node.inputs:
            starts = tuple(start if i == self.axis else 0 for i in range(x.ndim))
            parts.append(apply(Slice(starts, x.shape, (1,) * x.ndim), g))
            start += x.shape[self.axis]
        return tuple(parts)

    def lower(self, lowering, node: Node) -> None:
        y, start = node.output, 0
        y_strides = strides_of(y.shape)
        for x in node.inputs:
            strided_copy(
                lowering, x, y, x.shape, strides_of(x.shape), y_strides,
                y_offset=start * y_strides[self.axis],
            )  # fmt: skip
            start += x.shape[self.axis]


def concatenate(xs, axis: int = 0):
    """Tensors one after another along an axis.

    Args:
        xs: tensors or arrays whose shapes differ on this axis only.
        axis: along which they are joined.

    Example:
        >>> from pyconv import ops
        >>> ops.concatenate([[1.0], [2.0, 3.0]])
        array([1., 2., 3.], dtype=float32)
    """
    xs = alike(*xs)
    op = Concatenate(axis_of("concatenate", shape_of(xs[0]), axis))
    if symbolic(*xs) or not is_integral(xs[0]):
        return apply(op, *xs)
    dtype = np.result_type(*map(array_of, xs))
    return apply(op, *(array_of(x).astype(np.int32) for x in xs)).astype(dtype)


def stack(x, axis: int = 0):
    """Tensors of one shape along a new axis.

    Args:
        x: tensors or arrays of one shape.
        axis: where the new axis stands in the result.

    Example:
        >>> from pyconv import ops
        >>> ops.stack([[1.0], [2.0]]).shape
        (2, 1)
    """
    return concatenate([expand_dims(part, axis) for part in x], axis)


def flip(x, axis=None):
    """x backwards along one axis or several, or all.

    Args:
        x: tensor or array.
        axis: one or several, not that of examples.

    Example:
        >>> from pyconv import ops
        >>> ops.flip([1.0, 2.0], axis=0)
        array([2., 1.], dtype=float32)
    """
    shape = shape_of(x)
    axes = axes_of("flip", shape, axis)
    if 0 in axes and shape[0] is None:
        raise ValueError(
            f"flip: expected axes behind that of the examples, received axis 0 of {shape}"
        )
    starts = tuple(max((shape[i] or 0) - 1, 0) if i in axes else 0 for i in range(len(shape)))
    return moved(Slice(starts, shape, tuple(-1 if i in axes else 1 for i in range(len(shape)))), x)


def getitem(x, index):
    """x[index] with numbers, slices, None and ... in the index, as NumPy's basic indexing, and at
    most one tensor or array of integers, as `take`; or with an array of truth values alone.

    The axis of examples can only be taken whole.
    """
    if isinstance(index, np.ndarray) and index.dtype == np.bool_:
        x, index = reshape(x, (-1, *shape_of(x)[index.ndim :])), np.flatnonzero(index)
    shape = shape_of(x)
    items = _expand_ellipsis(index if isinstance(index, tuple) else (index,), len(shape))
    starts, sizes, steps, result, axis = [], [], [], [], 0
    taken = None  # (what is taken, along which axis of the result)
    for item in items:
        if item is None:
            result.append(1)
            continue
        if _is_index(item) and taken is None:
            taken, item = (item, len(result)), slice(None)
        start, size, step, kept = _item(item, shape[axis], axis)
        starts.append(start)
        sizes.append(size)
        steps.append(step)
        result += [size] if kept else []
        axis += 1
    y = moved(Slice(tuple(starts), tuple(sizes), tuple(steps)), x)
    y = y if tuple(result) == tuple(sizes) else reshape(y, tuple(result))
    return y if taken is None else take(y, *taken)


def _is_integer(item) -> bool:
    """Whether it is one integer, also as an array without axes."""
    return np.ndim(item) == 0 and np.asarray(item).dtype.kind in "iu"


def _is_index(item) -> bool:
    """Whether it is a tensor or an array of integers whose values are not known now, or several."""
    if isinstance(item, (Tensor, Variable)):
        return True
    return isinstance(item, (np.ndarray, list)) and np.ndim(item) > 0


def _expand_ellipsis(items: tuple, ndim: int) -> list:
    used = sum(item is not None and item is not Ellipsis for item in items)
    if used > ndim or sum(item is Ellipsis for item in items) > 1:
        raise IndexError(f"expected at most {ndim} indices, received {items}")
    whole = [slice(None)] * (ndim - used)
    if not any(item is Ellipsis for item in items):
        return [*items, *whole]
    at = next(i for i, item in enumerate(items) if item is Ellipsis)
    return [*items[:at], *whole, *items[at + 1 :]]


def _item(item, size: int | None, axis: int) -> tuple[int, int | None, int, bool]:
    """(start, size, step, whether the axis stays) of one index."""
    if isinstance(item, slice):
        if item == slice(None):
            return 0, size, 1, True
        if size is not None:
            start, stop, step = item.indices(size)
            return start, len(range(start, stop, step)), step, True
        if axis > 0:  # a free size
            return 0, None, 1, True
    elif _is_integer(item) and (size is not None or axis > 0):
        if size is None:
            return 0, 1, 1, False
        item = int(item)
        if not -size <= item < size:
            raise IndexError(f"index {item} is out of range for axis {axis} of size {size}")
        return item % size, 1, 1, False
    raise IndexError(
        f"axis {axis} of size {size}: expected a number, a slice or ... where the size is known, "
        f"received {item!r}; take the axis of examples whole with `:`"
    )
