"""Elements in other places: axes moved, tensors turned, rolled and rearranged by a pattern."""

from __future__ import annotations

from math import prod

import numpy as np

from pyconv.ops.parts import part
from pyconv.ops.shaping import axis_of, reshape, shape_of, transpose
from pyconv.ops.slices import concatenate, flip


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
            x = concatenate([part(x, a, cut, shape[a]), part(x, a, 0, cut)], a)
    return x


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
