"""Quotients and remainders, whole parts."""

from __future__ import annotations

import numpy as np

from pyconv.ops.dtypes import array_of, floats, is_integral, symbolic
from pyconv.ops.elementwise import abs, cast, divide, equal, floor, multiply, sign, subtract
from pyconv.ops.selection import where


def _truncated(x):
    return multiply(sign(x), floor(abs(x)))


true_divide = divide


def trunc(x):
    """Rounded towards 0.

    Example:
        >>> from pyconv import ops
        >>> ops.trunc([1.7, -1.7])
        array([ 1., -1.], dtype=float32)
    """
    if is_integral(x):
        return x if symbolic(x) else array_of(x)
    return _truncated(x)


def _quotient(x1, x2, whole, exact: str):
    """x1 - x2 whole(x1 / x2) or the like of floats; NumPy's of integral arrays."""
    if is_integral(x1) and is_integral(x2):
        if not symbolic(x1, x2):
            return np.asarray(getattr(np, exact)(array_of(x1), array_of(x2)))
        return cast(whole(floats(x1), floats(x2)), "int32")
    return whole(floats(x1), floats(x2))


def floor_divide(x1, x2):
    """The quotient rounded down.

    Example:
        >>> from pyconv import ops
        >>> ops.floor_divide([7.0, -7.0], 2.0)
        array([ 3., -4.], dtype=float32)
    """
    return _quotient(x1, x2, lambda a, b: floor(divide(a, b)), "floor_divide")


def mod(x1, x2):
    """x1 - x2 floor(x1 / x2): what is left, with x2's sign.

    Example:
        >>> from pyconv import ops
        >>> ops.mod([7.0, -7.0], 2.0)
        array([1., 1.], dtype=float32)
    """
    return _quotient(
        x1, x2, lambda a, b: subtract(a, multiply(floor(divide(a, b)), b)), "remainder"
    )


def fmod(x1, x2):
    """x1 - x2 trunc(x1 / x2): what is left, with x1's sign.

    Example:
        >>> from pyconv import ops
        >>> ops.fmod([7.0, -7.0], 2.0)
        array([ 1., -1.], dtype=float32)
    """
    return _quotient(
        x1, x2, lambda a, b: subtract(a, multiply(_truncated(divide(a, b)), b)), "fmod"
    )


def divide_no_nan(x1, x2):
    """x1 / x2, and 0 where x2 is 0.

    Example:
        >>> from pyconv import ops
        >>> ops.divide_no_nan([1.0, 1.0], [2.0, 0.0])
        array([0.5, 0. ], dtype=float32)
    """
    none = equal(x2, 0.0)
    return where(none, 0.0, divide(x1, where(none, 1.0, floats(x2))))
