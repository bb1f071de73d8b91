"""Tensors put beside one another."""

from __future__ import annotations

from pyconv.graph import Tensor, Variable
from pyconv.ops.dtypes import array_of
from pyconv.ops.rearranging import ravel
from pyconv.ops.shaping import expand_dims, shape_of
from pyconv.ops.slices import concatenate


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
