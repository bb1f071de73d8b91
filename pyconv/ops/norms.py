"""Norms of vectors and matrices."""

from __future__ import annotations

import math

from pyconv.ops.dtypes import floats
from pyconv.ops.elementwise import abs, divide, maximum, multiply, power, rsqrt, sqrt, square
from pyconv.ops.rearranging import moveaxis
from pyconv.ops.reduce import max, min, sum
from pyconv.ops.shaping import axis_of, reshape, shape_of, squeeze
from pyconv.ops.statistics import truth


def norm(x, ord=None, axis=None, keepdims: bool = False):
    """A norm of vectors or matrices.

    Args:
        x: tensor or array.
        ord: of vectors (one axis): a number p for (sum |x|^p)^(1/p), 0 for how many are not 0,
            infinities for the largest and the smallest |x|; of matrices (two axes): "fro", 1, -1
            and infinities for the largest and smallest sum of a column or row, and of arrays "nuc",
            2, -2 of the singular values. None is the root of the sum of squares.
        axis: one or two; None takes all elements.
        keepdims: whether reduced axes stay with size 1.

    Raises:
        ValueError: no norm has this `ord` over so many axes.

    Example:
        >>> from pyconv import ops
        >>> float(ops.norm([3.0, 4.0]))
        5.0
    """
    x = floats(x)
    shape = shape_of(x)
    if ord is None and axis is None:
        y = sqrt(sum(square(x)))
        return reshape(y, (1,) * len(shape)) if keepdims else y
    axes = tuple(range(len(shape))) if axis is None else axis
    axes = [axes] if hasattr(axes, "__index__") else list(axes)
    axes = [axis_of("norm", shape, a) for a in axes]
    if ord is None or (ord == "fro" and len(axes) == 2) or (ord == 2 and len(axes) == 1):
        return sqrt(sum(square(x), axes, keepdims))
    if len(axes) == 1:
        return _vector_norm(x, ord, axes[0], keepdims)
    if len(axes) == 2:
        return _matrix_norm(x, ord, axes, keepdims)
    raise ValueError(f"norm: expected one axis or two for ord={ord!r}, received {axis}")


def _vector_norm(x, ord, axis: int, keepdims: bool):
    if isinstance(ord, str):
        raise ValueError(f"norm: expected a number as `ord` of vectors, received {ord!r}")
    size = abs(x)
    if math.isinf(ord):
        return (max if ord > 0 else min)(size, axis, keepdims)
    if ord == 0:
        return sum(truth(x), axis, keepdims)
    if ord == 1:
        return sum(size, axis, keepdims)
    return power(sum(power(size, float(ord)), axis, keepdims), 1.0 / ord)


def _matrix_norm(x, ord, axes: list, keepdims: bool):
    rows, columns = axes
    if ord in (1, -1, math.inf, -math.inf):
        summed, other = (rows, columns) if ord in (1, -1) else (columns, rows)
        extreme, sums = max if ord > 0 else min, sum(abs(x), summed, True)
        y = extreme(sums, other, True)
        return y if keepdims else squeeze(y, (rows, columns))
    if ord in (2, -2, "nuc"):
        from pyconv.ops.matrices import svd

        values = svd(moveaxis(x, axes, (-2, -1)), compute_uv=False)
        y = {2: max, -2: min, "nuc": sum}[ord](values, -1)
        shape = tuple(1 if a in axes else s for a, s in enumerate(shape_of(x)))
        return reshape(y, shape) if keepdims else y
    raise ValueError(f"norm: expected 'fro', 'nuc', 1, 2, -1, -2 or infinity as `ord` of matrices, "
                     f"received {ord!r}")  # fmt: skip


def normalize(x, axis=-1, order=2, epsilon=None):
    """x divided by its norm along an axis, at least epsilon.

    Args:
        x: tensor or array.
        axis: one or several.
        order: of the norm, above 0.
        epsilon: 1e-7 by default.

    Example:
        >>> from pyconv import ops
        >>> ops.normalize([3.0, 4.0])
        array([0.6, 0.8], dtype=float32)
    """
    if not isinstance(order, (int, float)) or order < 1:
        raise ValueError(f"normalize: expected `order` to be 1 or more, received {order!r}")
    epsilon = 1e-7 if epsilon is None else epsilon
    x = floats(x)
    if order == 2:
        squares = maximum(sum(square(x), axis, True), epsilon**2)
        return multiply(x, rsqrt(squares))
    return divide(x, maximum(norm(x, order, axis, True), epsilon))
