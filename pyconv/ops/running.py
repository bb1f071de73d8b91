"""Sums, products and differences along an axis."""

from __future__ import annotations

import numpy as np

from pyconv.ops.dtypes import array_of, floats, is_integral, symbolic
from pyconv.ops.elementwise import add, cast, multiply, subtract
from pyconv.ops.padding import pad
from pyconv.ops.parts import part
from pyconv.ops.rearranging import moveaxis
from pyconv.ops.reduce import sum
from pyconv.ops.shaping import axis_of, reshape, shape_of
from pyconv.ops.slices import getitem
from pyconv.ops.splitting import known_axis


def _running(what: str, exact: str, x, axis, dtype, fill: float, join):
    """Each element joined with all before it along an axis, in log2(size) steps."""
    if axis is None:
        x, axis = reshape(x, (-1,)), 0
    if is_integral(x) and not symbolic(x):
        array = array_of(x)
        array = array.astype("int32") if array.dtype.kind == "b" else array
        y = getattr(np, exact)(array, axis, dtype=array.dtype)
        return y if dtype is None else cast(y, dtype)
    integral, x, shape = is_integral(x), floats(x), shape_of(x)
    axis, reach = axis_of(what, shape, axis), 1
    if shape[axis] is None:
        raise ValueError(f"{what}: expected an axis whose size is known, received axis {axis}")
    while reach < shape[axis]:
        pairs = [(reach, 0) if a == axis else (0, 0) for a in range(len(shape))]
        before = getitem(x, (np.s_[:],) * axis + (np.s_[: shape[axis] - reach],))
        x = join(x, pad(before, pairs, constant_values=fill))
        reach *= 2
    dtype = "int32" if integral and dtype is None else dtype
    return x if dtype is None else cast(x, dtype)


def cumsum(x, axis=None, dtype=None):
    """The sums of each element and all before it along an axis, or along all.

    Args:
        x: tensor or array.
        axis: not that of examples; None takes all elements as a vector.
        dtype: the result's; x's by default.

    Example:
        >>> from pyconv import ops
        >>> ops.cumsum([1.0, 2.0, 3.0])
        array([1., 3., 6.], dtype=float32)
    """
    return _running("cumsum", "cumsum", x, axis, dtype, 0.0, add)


def cumprod(x, axis=None, dtype=None):
    """The products of each element and all before it; arguments as `cumsum`.

    Example:
        >>> from pyconv import ops
        >>> ops.cumprod([1.0, 2.0, 3.0])
        array([1., 2., 6.], dtype=float32)
    """
    return _running("cumprod", "cumprod", x, axis, dtype, 1.0, multiply)


def trapezoid(y, x=None, dx=1.0, axis=-1):
    """The integral of y along an axis by trapezoids.

    Args:
        y: values.
        x: where they are, or None.
        dx: the distance of neighbours where x is None.
        axis: along which is integrated.

    Example:
        >>> from pyconv import ops
        >>> float(ops.trapezoid([1.0, 2.0, 3.0]))
        4.0
    """
    y = moveaxis(floats(y), axis, -1)
    if x is not None:
        dx = diff(floats(x)) if len(shape_of(x)) == 1 else diff(moveaxis(floats(x), axis, -1))
    middle = multiply(add(getitem(y, (..., np.s_[1:])), getitem(y, (..., np.s_[:-1]))), 0.5)
    return sum(multiply(middle, dx), -1)


def diff(a, n=1, axis=-1):
    """The differences of neighbours along an axis, n times.

    Example:
        >>> from pyconv import ops
        >>> ops.diff([1.0, 4.0, 9.0])
        array([3., 5.], dtype=float32)
    """
    axis, size = known_axis("diff", a, axis)
    for _ in range(n):
        a = subtract(part(a, axis, 1, size), part(a, axis, 0, size - 1))
        size -= 1
    return a
