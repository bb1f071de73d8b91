"""Diagonals and triangles of matrices."""

from __future__ import annotations

import numpy as np

from pyconv.ops.elementwise import multiply
from pyconv.ops.padding import pad
from pyconv.ops.rearranging import moveaxis, ravel
from pyconv.ops.reduce import sum
from pyconv.ops.selection import where
from pyconv.ops.shaping import expand_dims, reshape, shape_of
from pyconv.ops.slices import concatenate, getitem


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
