"""What kind of number each element is: finite, real, close to another."""

from __future__ import annotations

import math

import numpy as np

from pyconv.ops.creation import zeros_like
from pyconv.ops.dtypes import array_of, concrete, differentiable, floats, is_integral, symbolic
from pyconv.ops.elementwise import (
    abs,
    add,
    cast,
    equal,
    isfinite,
    less,
    less_equal,
    multiply,
    subtract,
)
from pyconv.ops.functions import isnan, isneginf, isposinf, logical_and, logical_or
from pyconv.ops.selection import where


def nan_to_num(x, nan=0.0, posinf=None, neginf=None):
    """x with numbers for NaN and infinities.

    Args:
        x: tensor or array.
        nan: what stands for NaN.
        posinf, neginf: what stands for the infinities; by default the largest and smallest floats.

    Example:
        >>> from pyconv import ops
        >>> ops.nan_to_num([float("nan"), 1.0])
        array([0., 1.], dtype=float32)
    """
    if is_integral(x):
        return array_of(x) if not symbolic(x) else x
    ends = np.finfo(np.float32)
    x = where(isnan(x), float(nan), x)
    x = where(isposinf(x), float(ends.max if posinf is None else posinf), x)
    return where(isneginf(x), float(ends.min if neginf is None else neginf), x)


def isclose(x1, x2, rtol=1e-5, atol=1e-8, equal_nan=False):
    """Whether |x1 - x2| <= atol + rtol |x2|, element by element.

    Args:
        x1, x2: tensors or arrays.
        rtol, atol: the relative and the absolute tolerance.
        equal_nan: whether NaN is close to NaN.

    Example:
        >>> from pyconv import ops
        >>> ops.isclose([1.0, 2.0], [1.0, 2.1])
        array([ True, False])
    """
    x1, x2 = floats(x1), floats(x2)
    near = less_equal(abs(subtract(x1, x2)), add(multiply(abs(x2), rtol), atol))
    close = logical_or(equal(x1, x2), logical_and(near, isfinite(x2)))
    return logical_or(close, logical_and(isnan(x1), isnan(x2))) if equal_nan else close


def isreal(x):
    """Whether x has no imaginary part: always, as there are no complex tensors.

    Example:
        >>> from pyconv import ops
        >>> ops.isreal([1.0])
        array([ True])
    """
    return cast(add(zeros_like(x, "float32"), 1.0), "bool")


def real(x):
    """x, as there are no complex tensors.

    Example:
        >>> from pyconv import ops
        >>> ops.real([1.0])
        array([1.], dtype=float32)
    """
    return x if differentiable(x) else array_of(x)


conj = conjugate = real


def imag(x):
    """Zeros, as there are no complex tensors.

    Example:
        >>> from pyconv import ops
        >>> ops.imag([1.0])
        array([0.], dtype=float32)
    """
    return zeros_like(x)


def angle(x):
    """0 for x >= 0, else pi: the argument of a real number.

    Example:
        >>> from pyconv import ops
        >>> ops.angle([1.0, -1.0]).round(4)
        array([0.    , 3.1416], dtype=float32)
    """
    return where(isnan(x), floats(x), where(less(x, 0.0), math.pi, 0.0))


def nextafter(x1, x2):
    """The next float from x1 towards x2; of arrays.

    Example:
        >>> from pyconv import ops
        >>> float(ops.nextafter([1.0], [2.0])[0]) > 1
        True
    """
    x1, x2 = (np.asarray(concrete("nextafter", x), "float32") for x in (x1, x2))
    return np.nextafter(x1, x2)
