"""The same elements in another shape: reshaped, transposed, repeated."""

from __future__ import annotations

from math import prod

import numpy as np

from pyconv.graph import Node, Op, Spec, Tensor, Variable, as_tensor, extent, merged
from pyconv.ops.broadcasting import sum_to_shape
from pyconv.ops.dtypes import moved
from pyconv.ops.examples import Unknown, listed, with_examples

_MAX_AXES = 6  # of the strided copy: the leading one and five more


def shape_of(x) -> tuple:
    """The shape of a tensor, variable, array or number."""
    return tuple(x.shape) if isinstance(x, (Tensor, Variable)) else np.shape(x)


def axis_of(what: str, shape: tuple, axis: int) -> int:
    """The axis as a number from 0; raises ValueError where there is none such."""
    if not hasattr(axis, "__index__") or not -len(shape) <= axis < len(shape):
        raise ValueError(
            f"{what}: expected an axis from {-len(shape)} to {len(shape) - 1} of shape {shape}, "
            f"received {axis!r}"
        )
    return axis % len(shape)


def axes_of(what: str, shape: tuple, axes) -> list[int]:
    """One axis, or several, each once, as sorted numbers from 0; None means all."""
    if axes is None:
        return list(range(len(shape)))
    found = sorted(axis_of(what, shape, axis) for axis in listed(axes))
    if len(set(found)) < len(found):
        raise ValueError(f"{what}: expected axes that differ, received {axes} of shape {shape}")
    return found


def on_last_axis(function, x, axes: list[int]):
    """function(x) where axes, as if they were one, are moved last for it and back behind it."""
    order = [a for a in range(len(shape_of(x))) if a not in axes] + axes
    moved = transpose(x, order)
    kept = shape_of(moved)
    joined = moved if len(axes) == 1 else reshape(moved, (*kept[: -len(axes)], -1))
    y = function(joined)
    y = y if len(axes) == 1 else reshape(y, kept)
    return transpose(y, [order.index(a) for a in range(len(order))])


def strided_copy(lowering, x, y, shape, x_strides, y_strides, x_offset=0, y_offset=0) -> None:
    """Emits y[y_offset + i . y_strides] = x[x_offset + i . x_strides] for all indices i of shape.

    Strides and offsets are in elements; a shape has up to six axes that are not one in memory.
    """
    axes = merged(list(zip(shape[1:], x_strides[1:], y_strides[1:], strict=True)))
    missing = _MAX_AXES - 1 - len(axes)
    if missing < 0:
        raise ValueError(f"cannot rearrange shape {shape}: expected at most {_MAX_AXES} axes")
    params = {"xn": x_strides[0], "yn": y_strides[0], "xo": x_offset, "yo": y_offset}
    for i, (size, sx, sy) in enumerate([(1, 0, 0)] * missing + axes, start=1):
        params |= {f"d{i}": size, f"x{i}": sx, f"y{i}": sy}
    lowering.emit("copy", {"x": x, "y": y}, **extent(shape), **params)


def strides_of(shape: tuple) -> list[int]:
    """Strides of a C-contiguous tensor, in elements."""
    return [prod(shape[i + 1 :]) for i in range(len(shape))]


class Reshape(Op):
    """The same elements in the same order; `shape` has numbers, None leads where batched."""

    shape: tuple

    def infer(self, x: Spec) -> Spec:
        spec = Spec(self.shape, x.dtype)
        known = None not in x.shape[1:] and None not in self.shape[1:]
        if known and (x.batched, x.size_per_example) != (spec.batched, spec.size_per_example):
            raise ValueError(
                f"reshape: expected as many elements as {x.shape} has, received the shape "
                f"{self.shape}; the leading axis of a batch stays as it is"
            )
        return spec

    def gradient(self, node: Node, g: Tensor):
        return (g.reshape(node.inputs[0].shape),)

    def lower(self, lowering, node: Node) -> None:
        lowering.alias(node.output, node.inputs[0])


class Transpose(Op):
    """y[i0, i1, ...] = x with its axes in another order."""

    axes: tuple[int, ...]

    def infer(self, x: Spec) -> Spec:
        if sorted(self.axes) != list(range(len(x.shape))):
            raise ValueError(
                f"transpose: expected the axes 0 to {len(x.shape) - 1} in some order, received "
                f"{self.axes}"
            )
        if x.batched and self.axes[0] != 0:
            raise ValueError("transpose: expected the axis of examples to stay first; received "
                             f"axes {self.axes}")  # fmt: skip
        return Spec(tuple(x.shape[a] for a in self.axes), x.dtype)

    def gradient(self, node: Node, g: Tensor):
        return (transpose(g, tuple(int(i) for i in np.argsort(self.axes))),)

    def lower(self, lowering, node: Node) -> None:
        x, y = node.inputs[0], node.output
        strides = strides_of(x.shape)
        strided_copy(
            lowering, x, y, y.shape, [strides[a] for a in self.axes], strides_of(y.shape)
        )  # fmt: skip


class BroadcastTo(Op):
    """y = x with axes of size 1 repeated, and new leading axes."""

    shape: tuple

    def infer(self, x: Spec) -> Spec:
        padded = (1,) * (len(self.shape) - len(x.shape)) + x.shape
        if len(padded) != len(self.shape) or any(
            p not in (1, q) for p, q in zip(padded, self.shape, strict=True)
        ):
            raise ValueError(f"broadcast_to: cannot repeat {x.shape} to {self.shape}")
        return Spec(self.shape, x.dtype)

    def gradient(self, node: Node, g: Tensor):
        return (sum_to_shape(g, node.inputs[0].shape),)

    def lower(self, lowering, node: Node) -> None:
        x, shape = node.inputs[0], self.shape
        padded = (1,) * (len(shape) - len(x.shape)) + x.shape
        strides = [
            0 if p == 1 and q != 1 else step
            for p, q, step in zip(padded, shape, strides_of(padded), strict=True)
        ]
        if not shape:
            lowering.alias(node.output, x)
        else:
            strided_copy(lowering, x, node.output, shape, strides, strides_of(shape))


def reshape(x, newshape):
    """The same elements in another shape.

    Args:
        x: tensor or array.
        newshape: sizes, one of which may be -1: what is left. For a batch of examples the first
            is None or -1 and stays the number of examples.

    Raises:
        ValueError: the numbers of elements differ.

    Example:
        >>> from pyconv import ops
        >>> ops.reshape([1.0, 2.0, 3.0, 4.0], (2, -1)).shape
        (2, 2)
    """
    shape = shape_of(x)
    new = with_examples(newshape)
    if shape and shape[0] is None:
        if not new or new[0] not in (None, -1):
            raise ValueError(
                f"reshape: expected -1 or None as the first size, for the axis of examples of "
                f"{shape} stays, received the shape {new}; begin it with -1"
            )
        new = (None, *_fill_in(new[1:], shape[1:]))
    else:
        new = _fill_in(new, shape)
    return moved(Reshape(new), x)


def _fill_in(new: tuple, old: tuple) -> tuple:
    """`new` with -1 replaced by what is left of old's elements."""
    if -1 not in new:
        return new
    if None in old:
        return tuple(None if size == -1 else size for size in new)
    rest = prod(size for size in new if size != -1)
    if new.count(-1) > 1 or rest == 0 or prod(old) % rest:
        raise ValueError(f"reshape: cannot give {old} the shape {new}; check its sizes")
    return tuple(prod(old) // rest if size == -1 else size for size in new)


def squeeze(x, axis=None):
    """x without axes of size 1: those named, or all.

    Args:
        x: tensor or array.
        axis: one, several, or None for all of size 1.

    Example:
        >>> from pyconv import ops
        >>> ops.squeeze([[1.0], [2.0]], axis=-1)
        array([1., 2.], dtype=float32)
    """
    shape = shape_of(x)
    ones = [i for i, size in enumerate(shape) if size == 1]
    axes = ones if axis is None else axes_of("squeeze", shape, axis)
    if any(shape[a] != 1 for a in axes):
        raise ValueError(f"squeeze: expected axes of size 1, received axes {axes} of {shape}")
    return reshape(x, tuple(size for i, size in enumerate(shape) if i not in axes))


def expand_dims(x, axis):
    """x with a new axis of size 1, or several.

    Args:
        x: tensor or array.
        axis: where the new axis stands in the result, or axes.

    Example:
        >>> from pyconv import ops
        >>> ops.expand_dims([1.0, 2.0], axis=-1).shape
        (2, 1)
    """
    shape = list(shape_of(x))
    axes = listed(axis)
    for a in axes_of("expand_dims", (*shape, *(1,) * len(axes)), axes):
        shape.insert(a, 1)
    return reshape(x, tuple(shape))


def transpose(x, axes=None):
    """x with its axes in another order, reversed by default.

    Args:
        x: tensor or array.
        axes: the old number of each new axis; that of examples stays first.

    Example:
        >>> from pyconv import ops
        >>> ops.transpose([[1.0, 2.0]]).shape
        (2, 1)
    """
    ndim = len(shape_of(x))
    axes = tuple(range(ndim))[::-1] if axes is None else tuple(a % ndim for a in axes)
    return x if axes == tuple(range(ndim)) else moved(Transpose(axes), x)


def broadcast_to(x, shape):
    """x with axes of size 1 repeated to `shape`.

    Args:
        x: tensor, array or number.
        shape: sizes; None leads where x is a batch of examples.

    Example:
        >>> from pyconv import ops
        >>> ops.broadcast_to([1.0], (2, 3)).shape
        (2, 3)
    """
    shape = with_examples(shape)
    if shape_of(x) == shape and not np.isscalar(x):
        return x
    return moved(BroadcastTo(shape), as_tensor(x) if None in shape else x)


def shape(x) -> tuple:
    """The shape of a tensor, array or number. What stands for sizes that are not known yet, as that
    of a batch, equals None; arithmetic, `reshape`, `zeros`, `broadcast_to`, `random.normal` and the
    like take it, and `cast` makes a tensor of the number of examples.

    Example:
        >>> from pyconv import ops
        >>> ops.shape([[1.0, 2.0]])
        (1, 2)
    """
    return tuple(
        size if size is not None else Unknown(axis == 0) for axis, size in enumerate(shape_of(x))
    )


def ndim(x) -> int:
    """The number of axes.

    Example:
        >>> from pyconv import ops
        >>> ops.ndim([[1.0, 2.0]])
        2
    """
    return len(shape_of(x))
