"""Common divisors and bits of whole numbers."""

from __future__ import annotations

import numpy as np

from pyconv.ops.dtypes import concrete


def _whole_numbers(name: str, summary: str, example: str):
    """A function of integral arrays, which is NumPy's."""

    def function(x1, x2):
        return np.asarray(getattr(np, name)(concrete(name, x1), concrete(name, x2)))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"""{summary}; of arrays.

    Example:
        >>> from pyconv import ops
        >>> {example.splitlines()[0]}
        {example.splitlines()[1]}
    """
    return function


gcd = _whole_numbers(
    "gcd", "The greatest common divisor", "ops.gcd([12], [18])\narray([6], dtype=int32)"
)
lcm = _whole_numbers(
    "lcm", "The least common multiple", "ops.lcm([4], [6])\narray([12], dtype=int32)"
)


def _bitwise(name: str, summary: str):
    """A function of the bits of integral arrays, which is NumPy's."""

    def function(x, y):
        return np.asarray(getattr(np, name)(concrete(name, x), concrete(name, y)))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{summary}, of integral arrays."
    return function


bitwise_and = _bitwise("bitwise_and", "Bits that both have")
bitwise_or = _bitwise("bitwise_or", "Bits that one has, or both have")
bitwise_xor = _bitwise("bitwise_xor", "Bits that just one has")
left_shift = _bitwise("left_shift", "Bits moved up by y")
right_shift = _bitwise("right_shift", "Bits moved down by y")
bitwise_left_shift, bitwise_right_shift = left_shift, right_shift


def bitwise_not(x):
    """All bits turned around, of integral arrays.

    Example:
        >>> from pyconv import ops
        >>> ops.bitwise_not([0])
        array([-1], dtype=int32)
    """
    return np.asarray(np.invert(concrete("bitwise_not", x)))


bitwise_invert = bitwise_not
