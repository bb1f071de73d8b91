"""Tensors cut into pieces along an axis."""

from __future__ import annotations

import numpy as np

from pyconv.ops.parts import part
from pyconv.ops.shaping import axis_of, shape_of
from pyconv.ops.slices import getitem


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
    axis, size = known_axis("split", x, axis)
    if np.ndim(indices_or_sections) == 0:
        count = int(indices_or_sections)
        if count < 1 or size % count:
            raise ValueError(
                f"split: expected a number of parts that divides {size}, received {count}; use "
                "array_split, or say where to cut"
            )
        indices_or_sections = [size // count * i for i in range(1, count)]
    return _cut(x, axis, size, indices_or_sections)


def array_split(x, indices_or_sections, axis=0):
    """As `split`, into parts that differ by one at most.

    Example:
        >>> from pyconv import ops
        >>> [part.tolist() for part in ops.array_split([1.0, 2.0, 3.0], 2)]
        [[1.0, 2.0], [3.0]]
    """
    axis, size = known_axis("array_split", x, axis)
    if np.ndim(indices_or_sections) == 0:
        count = int(indices_or_sections)
        if count < 1:
            raise ValueError(f"array_split: expected a number of parts from 1 on, received {count}")
        small, larger = divmod(size, count)
        sizes = [small + 1] * larger + [small] * (count - larger)
        indices_or_sections = np.cumsum(sizes)[:-1]
    return _cut(x, axis, size, indices_or_sections)


def known_axis(what: str, x, axis) -> tuple[int, int]:
    shape = shape_of(x)
    axis = axis_of(what, shape, axis)
    if shape[axis] is None:
        raise ValueError(f"{what}: expected an axis whose size is known, received axis {axis} of "
                         f"{shape}")  # fmt: skip
    return axis, shape[axis]


def _cut(x, axis: int, size: int, places) -> list:
    """The parts between places, of which negative ones count from the end."""
    cuts = [0, *(int(p) if p >= 0 else max(int(p) + size, 0) for p in places), size]
    return [part(x, axis, a, max(a, b)) for a, b in zip(cuts, cuts[1:], strict=False)]


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
    axis, size = known_axis("unstack", x, axis)
    if num not in (None, size):
        raise ValueError(f"unstack: expected `num` {size}, the size of axis {axis}, received {num}")
    return [getitem(x, (np.s_[:],) * axis + (i,)) for i in range(size)]
