"""Elements in other places: axes moved, tensors cut, turned, rolled; diagonals and triangles."""

from __future__ import annotations

from math import prod

import numpy as np

from pyconv.graph import Tensor, Variable
from pyconv.ops.dtypes import array_of, symbolic
from pyconv.ops.elementwise import add, multiply, subtract
from pyconv.ops.examples import with_examples
from pyconv.ops.index import take
from pyconv.ops.padding import pad
from pyconv.ops.reduce import sum
from pyconv.ops.selection import where
from pyconv.ops.shaping import axis_of, expand_dims, reshape, shape_of, transpose
from pyconv.ops.slices import concatenate, flip, getitem


def moveaxis(x, source, destination):
    """x with some axes in other places; the others keep their order.

    Args:
        x: tensor or array.
        source, destination: an axis or several, and where they stand in the result.

    Example:
        >>> from pyconv import ops
        >>> ops.moveaxis(ops.zeros((2, 3, 4)), 0, -1).shape
        (3, 4, 2)
    """
    shape = shape_of(x)
    source, destination = (
        [axis_of("moveaxis", shape, a) for a in ([axes] if hasattr(axes, "__index__") else axes)]
        for axes in (source, destination)
    )
    order = [a for a in range(len(shape)) if a not in source]
    for place, axis in sorted(zip(destination, source, strict=True)):
        order.insert(place, axis)
    return transpose(x, order)


def swapaxes(x, axis1, axis2):
    """x with two axes in each other's place.

    Example:
        >>> from pyconv import ops
        >>> ops.swapaxes(ops.zeros((2, 3, 4)), 0, 2).shape
        (4, 3, 2)
    """
    shape = shape_of(x)
    order = list(range(len(shape)))
    one, two = axis_of("swapaxes", shape, axis1), axis_of("swapaxes", shape, axis2)
    order[one], order[two] = two, one
    return transpose(x, order)


def ravel(x):
    """All elements as a vector.

    Example:
        >>> from pyconv import ops
        >>> ops.ravel([[1.0, 2.0]])
        array([1., 2.], dtype=float32)
    """
    return reshape(x, (-1,))


def roll(x, shift, axis=None):
    """x shifted along axes; what leaves at one end enters at the other.

    Args:
        x: tensor or array.
        shift: by how many places, a number or one for each axis.
        axis: one or several, not that of examples; None shifts all elements as a vector.

    Example:
        >>> from pyconv import ops
        >>> ops.roll([1.0, 2.0, 3.0], 1)
        array([3., 1., 2.], dtype=float32)
    """
    shape = shape_of(x)
    if axis is None:
        return reshape(roll(ravel(x), shift, 0), shape)
    axes = [axis] if hasattr(axis, "__index__") else list(axis)
    for a, moves in zip(axes, np.broadcast_to(shift, len(axes)), strict=True):
        a = axis_of("roll", shape, a)
        cut = -int(moves) % max(shape[a], 1)
        if cut:
            x = concatenate([_part(x, a, cut, shape[a]), _part(x, a, 0, cut)], a)
    return x


def _part(x, axis: int, start, stop):
    return getitem(x, (np.s_[:],) * axis + (np.s_[start:stop],))


def rot90(array, k=1, axes=(0, 1)):
    """An array turned by 90 degrees k times, from the first of two axes towards the second.

    Example:
        >>> from pyconv import ops
        >>> ops.rot90([[1.0, 2.0], [3.0, 4.0]])
        array([[2., 4.],
               [1., 3.]], dtype=float32)
    """
    one, two = axes
    if k % 4 == 0:
        return array
    if k % 4 == 2:
        return flip(array, (one, two))
    if k % 4 == 1:
        return swapaxes(flip(array, two), one, two)
    return flip(swapaxes(array, one, two), two)


def fliplr(x):
    """x backwards along its second axis.

    Example:
        >>> from pyconv import ops
        >>> ops.fliplr([[1.0, 2.0]])
        array([[2., 1.]], dtype=float32)
    """
    return flip(x, 1)


def flipud(x):
    """x backwards along its first axis.

    Example:
        >>> from pyconv import ops
        >>> ops.flipud([1.0, 2.0])
        array([2., 1.], dtype=float32)
    """
    return flip(x, 0)


def split(x, indices_or_sections, axis=0):
    """Parts of x along an axis.

    Args:
        x: tensor or array.
        indices_or_sections: how many equal parts; or where the second and further ones begin.
        axis: not that of a model's examples.

    Returns:
        A list of tensors or arrays.

    Example:
        >>> from pyconv import ops
        >>> [part.tolist() for part in ops.split([1.0, 2.0, 3.0], [1])]
        [[1.0], [2.0, 3.0]]
    """
    axis, size = _known_axis("split", x, axis)
    if hasattr(indices_or_sections, "__index__"):
        count = int(indices_or_sections)
        if count < 1 or size % count:
            raise ValueError(
                f"split: expected a number of parts that divides {size}, received {count}; use "
                "array_split, or say where to cut"
            )
        indices_or_sections = range(size // count, size, size // count) if size else ()
    return _cut(x, axis, size, indices_or_sections)


def array_split(x, indices_or_sections, axis=0):
    """As `split`, into parts that differ by one at most.

    Example:
        >>> from pyconv import ops
        >>> [part.tolist() for part in ops.array_split([1.0, 2.0, 3.0], 2)]
        [[1.0, 2.0], [3.0]]
    """
    axis, size = _known_axis("array_split", x, axis)
    if hasattr(indices_or_sections, "__index__"):
        small, larger = divmod(size, int(indices_or_sections))
        sizes = [small + 1] * larger + [small] * (int(indices_or_sections) - larger)
        indices_or_sections = np.cumsum(sizes)[:-1]
    return _cut(x, axis, size, indices_or_sections)


def _known_axis(what: str, x, axis) -> tuple[int, int]:
    shape = shape_of(x)
    axis = axis_of(what, shape, axis)
    if shape[axis] is None:
        raise ValueError(f"{what}: expected an axis whose size is known, received axis {axis} of "
                         f"{shape}")  # fmt: skip
    return axis, shape[axis]


def _cut(x, axis: int, size: int, places) -> list:
    cuts = [0, *(int(p) for p in places), size]
    return [_part(x, axis, a, max(a, b)) for a, b in zip(cuts, cuts[1:], strict=False)]


def hsplit(x, indices_or_sections):
    """`split` along the second axis, a vector's along its only one.

    Example:
        >>> from pyconv import ops
        >>> len(ops.hsplit([[1.0, 2.0]], 2))
        2
    """
    return split(x, indices_or_sections, 0 if len(shape_of(x)) == 1 else 1)


def vsplit(x, indices_or_sections):
    """`split` along the first axis.

    Example:
        >>> from pyconv import ops
        >>> len(ops.vsplit([[1.0], [2.0]], 2))
        2
    """
    return split(x, indices_or_sections, 0)


def dsplit(x, indices_or_sections):
    """`split` along the third axis.

    Example:
        >>> from pyconv import ops
        >>> len(ops.dsplit(ops.zeros((1, 1, 4)), 2))
        2
    """
    return split(x, indices_or_sections, 2)


def unstack(x, num=None, axis=0):
    """The slices of x at each place of an axis, which they do not have.

    Args:
        x: tensor or array.
        num: the size of the axis, which is known anyway.
        axis: not that of a model's examples.

    Example:
        >>> from pyconv import ops
        >>> [part.tolist() for part in ops.unstack([[1.0], [2.0]])]
        [[1.0], [2.0]]
    """
    axis, size = _known_axis("unstack", x, axis)
    if num not in (None, size):
        raise ValueError(f"unstack: expected `num` {size}, the size of axis {axis}, received {num}")
    return [getitem(x, (np.s_[:],) * axis + (i,)) for i in range(size)]


def _at_least(x, ndim: int):
    x = x if isinstance(x, (Tensor, Variable)) else array_of(x)
    for _ in range(ndim - len(shape_of(x))):
        x = expand_dims(x, 0)
    return x


def hstack(xs):
    """Tensors one after another along the second axis, vectors along their only one.

    Example:
        >>> from pyconv import ops
        >>> ops.hstack([[1.0], [2.0]])
        array([1., 2.], dtype=float32)
    """
    xs = [_at_least(x, 1) for x in xs]
    return concatenate(xs, 0 if len(shape_of(xs[0])) == 1 else 1)


def vstack(xs):
    """Tensors one after another along the first axis; vectors are rows.

    Example:
        >>> from pyconv import ops
        >>> ops.vstack([[1.0], [2.0]]).shape
        (2, 1)
    """
    return concatenate([_at_least(x, 2) for x in xs], 0)


def dstack(xs):
    """Tensors one after another along the third axis; those of fewer axes get new ones.

    Example:
        >>> from pyconv import ops
        >>> ops.dstack([[1.0, 2.0], [3.0, 4.0]]).shape
        (1, 2, 2)
    """
    parts = []
    for x in xs:
        x = _at_least(x, 2)
        parts.append(expand_dims(x, -1) if len(shape_of(x)) == 2 else x)
    return concatenate(parts, 2)


def append(x1, x2, axis=None):
    """x1 and then x2 along an axis; None takes both as vectors.

    Example:
        >>> from pyconv import ops
        >>> ops.append([1.0], [2.0, 3.0])
        array([1., 2., 3.], dtype=float32)
    """
    return concatenate([ravel(x1), ravel(x2)] if axis is None else [x1, x2], axis or 0)


def diagonal(x, offset=0, axis1=0, axis2=1):
    """The elements whose index along axis2 is that along axis1 plus offset, as a new last axis.

    Example:
        >>> from pyconv import ops
        >>> ops.diagonal([[1.0, 2.0], [3.0, 4.0]])
        array([1., 4.], dtype=float32)
    """
    moved = moveaxis(x, (axis1, axis2), (-2, -1))
    *lead, rows, columns = shape_of(moved)
    start = offset if offset >= 0 else -offset * columns
    count = max(min(rows + min(offset, 0), columns - max(offset, 0)), 0)
    flat = reshape(moved, (*lead, rows * columns))
    stop = start + (count - 1) * (columns + 1) + 1 if count else start
    return getitem(flat, (..., np.s_[start : stop : columns + 1]))


def trace(x, offset=0, axis1=0, axis2=1):
    """The sum of a diagonal; arguments as `diagonal`.

    Example:
        >>> from pyconv import ops
        >>> float(ops.trace([[1.0, 2.0], [3.0, 4.0]]))
        5.0
    """
    return sum(diagonal(x, offset, axis1, axis2), -1)


def diag(x, k=0):
    """The k-th diagonal of a matrix, or the matrix with a vector as its k-th diagonal.

    Example:
        >>> from pyconv import ops
        >>> ops.diag([1.0, 2.0])
        array([[1., 0.],
               [0., 2.]], dtype=float32)
    """
    shape = shape_of(x)
    if len(shape) == 2:
        return diagonal(x, k)
    if len(shape) != 1:
        raise ValueError(f"diag: expected a vector or a matrix, received shape {shape}")
    size = shape[0] + abs(k)
    column = reshape(pad(x, [(max(-k, 0), max(k, 0))]), (size, 1))
    return where(np.eye(size, k=k, dtype=bool), column, 0)


def diagflat(x, k=0):
    """The matrix with all elements as its k-th diagonal.

    Example:
        >>> from pyconv import ops
        >>> ops.diagflat([[1.0], [2.0]]).shape
        (2, 2)
    """
    return diag(ravel(x), k)


def tril(x, k=0):
    """x with zeros above its k-th diagonal, for each matrix of the last two axes.

    Example:
        >>> from pyconv import ops
        >>> ops.tril([[1.0, 2.0], [3.0, 4.0]])
        array([[1., 0.],
               [3., 4.]], dtype=float32)
    """
    return where(np.tri(*shape_of(x)[-2:], k, dtype=bool), x, 0)


def triu(x, k=0):
    """x with zeros below its k-th diagonal, for each matrix of the last two axes.

    Example:
        >>> from pyconv import ops
        >>> ops.triu([[1.0, 2.0], [3.0, 4.0]])
        array([[1., 2.],
               [0., 4.]], dtype=float32)
    """
    return where(np.tri(*shape_of(x)[-2:], k - 1, dtype=bool), 0, x)


def vander(x, N=None, increasing=False):
    """The matrix of the powers N - 1, ..., 1, 0 of a vector's elements, or 0, 1, ..., N - 1.

    Example:
        >>> from pyconv import ops
        >>> ops.vander([1.0, 2.0])
        array([[1., 1.],
               [2., 1.]], dtype=float32)
    """
    count = shape_of(x)[0] if N is None else N
    powers = [multiply(x, 0) + 1]
    for _ in range(count - 1):
        powers.append(multiply(powers[-1], x))
    columns = powers if increasing else powers[::-1]
    return concatenate([expand_dims(c, -1) for c in columns], -1)


def diff(a, n=1, axis=-1):
    """The differences of neighbours along an axis, n times.

    Example:
        >>> from pyconv import ops
        >>> ops.diff([1.0, 4.0, 9.0])
        array([3., 5.], dtype=float32)
    """
    axis, size = _known_axis("diff", a, axis)
    for _ in range(n):
        a = subtract(_part(a, axis, 1, size), _part(a, axis, 0, size - 1))
        size -= 1
    return a


def get_item(x, key):
    """x[key] with numbers, slices, None and ... in the key.

    Example:
        >>> from pyconv import ops
        >>> ops.get_item([[1.0, 2.0]], (0, 1)).item()
        2.0
    """
    return getitem(x, key)


def slice(inputs, start_indices, shape):
    """The part of a shape that begins at some indices.

    Args:
        inputs: tensor or array.
        start_indices: for each axis the first index; numbers, or an int32 tensor or array.
        shape: the part's sizes; -1 is all behind the first index, None all examples.

    Example:
        >>> from pyconv import ops
        >>> ops.slice([[1.0, 2.0, 3.0]], (0, 1), (1, 2))
        array([[2., 3.]], dtype=float32)
    """
    starts, shape = start_indices, with_examples(shape)
    if not symbolic(starts) and not any(symbolic(s) for s in starts):
        spans = zip(np.asarray(starts).tolist(), shape, strict=True)
        return getitem(inputs, tuple(
            np.s_[:] if size is None else np.s_[start : None if size == -1 else start + size]
            for start, size in spans
        ))  # fmt: skip
    for axis, size in enumerate(shape):
        if size is not None and size != shape_of(inputs)[axis]:
            places = add(getitem(starts, axis) if symbolic(starts) else starts[axis],
                         np.arange(size, dtype="int32"))  # fmt: skip
            inputs = take(inputs, places, axis)
    return inputs


def slice_update(inputs, start_indices, updates):
    """inputs with a part replaced that begins at some indices.

    Args:
        inputs: tensor or array.
        start_indices: for each axis the first index; numbers.
        updates: the new part, of as many axes.

    Example:
        >>> from pyconv import ops
        >>> ops.slice_update([1.0, 2.0, 3.0], [1], [7.0])
        array([1., 7., 3.], dtype=float32)
    """
    whole, part = shape_of(inputs), shape_of(updates)
    starts = np.asarray(start_indices).tolist()
    pairs = [
        (0, 0) if size is None else (start, size - start - own)
        for start, size, own in zip(starts, whole, part, strict=True)
    ]
    inside = np.ones([1 if size is None else size for size in part], bool)
    return where(np.pad(inside, pairs), pad(updates, pairs), inputs)


def rearrange(tensor, pattern, **axes_lengths):
    """Axes split, reordered and joined by a pattern of names (einops: Rogozhnikov 2022).

    Args:
        tensor: tensor or array.
        pattern: names of the axes, "->", and names in the result's order; parentheses hold names
            whose axes are one.
        axes_lengths: sizes of names that the shape does not tell.

    Example:
        >>> from pyconv import ops
        >>> ops.rearrange(ops.zeros((2, 6, 4)), "b (h w) c -> b c h w", h=3).shape
        (2, 4, 3, 2)
    """
    left, right = (_groups(side) for side in pattern.split("->"))
    shape = shape_of(tensor)
    if len(left) != len(shape):
        raise ValueError(f"rearrange: {pattern!r} does not fit the shape {shape}")
    sizes = dict(axes_lengths)
    for group, size in zip(left, shape, strict=True):
        unknown = [name for name in group if name not in sizes]
        if len(unknown) == 1 and size is not None:
            sizes[unknown[0]] = size // prod(sizes[n] for n in group if n in sizes)
        elif unknown:
            sizes |= dict.fromkeys(unknown)
    names, order = [n for g in left for n in g], [n for g in right for n in g]
    if sorted(names) != sorted(order):
        raise ValueError(f"rearrange: {pattern!r} has other names on the right than on the left")
    apart = reshape(tensor, tuple(sizes[n] for n in names))
    moved = transpose(apart, [names.index(n) for n in order])
    return reshape(moved, tuple(
        sizes[g[0]] if len(g) == 1 else prod(sizes[n] for n in g) for g in right
    ))  # fmt: skip


def _groups(side: str) -> list[list[str]]:
    """Names in parentheses together, others alone."""
    groups, inside = [], False
    for token in side.replace("(", " ( ").replace(")", " ) ").split():
        if token in "()":
            inside = token == "("
            groups += [[]] if inside else []
        elif inside:
            groups[-1].append(token)
        else:
            groups.append([token])
    return groups
