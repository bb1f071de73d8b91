"""Checks of the arguments that layers and ops are given; their errors name them."""

from __future__ import annotations

import math
from numbers import Integral, Real
from operator import index

import numpy as np


def choice(value, name: str, choices: tuple[str, ...]) -> str:
    """The value in lower case; raises unless it is one of the choices."""
    if not isinstance(value, str) or value.lower() not in choices:
        raise ValueError(f"expected `{name}` to be one of {choices}, received {value!r}")
    return value.lower()


def number(value, name: str, least: float = -math.inf, most: float = math.inf) -> float:
    """The value as a float; raises unless it is a number, not NaN, within the bounds.

    Example:
        >>> number(2, "epsilon", least=0)
        2.0
    """
    if isinstance(value, Real) and least <= value <= most:
        return float(value)
    bounds = f" of at least {least:g}" if least > -math.inf else ""
    bounds = f" from {least:g} to {most:g}" if most < math.inf else bounds
    raise ValueError(f"expected `{name}` to be a number{bounds}, received {value!r}")


def fraction(value, name: str, below_one: bool = False) -> float:
    """The value as a float; raises unless it is a number from 0 to 1, or below 1."""
    within = isinstance(value, Real) and 0 <= value <= 1 and not (below_one and value == 1)
    if not within:
        bounds = "[0, 1)" if below_one else "[0, 1]"
        raise ValueError(f"expected `{name}` in {bounds}, received {value!r}")
    return float(value)


def numbers(value, name: str) -> np.ndarray:
    """The value, one number or an array of them, as float32; raises unless it is that.

    Example:
        >>> numbers([1, 2], "scale")
        array([1., 2.], dtype=float32)
    """
    try:
        array = np.asarray(value)
    except ValueError:  # ragged
        array = np.asarray(None)
    if array.dtype.kind not in "biuf" or not array.size:
        raise ValueError(f"expected `{name}` to be a number or an array, received {value!r}")
    return array.astype(np.float32)


def whole(value, name: str, least: int = 1, most: float = float("inf")) -> int:
    """The value as an int; raises unless it is an integer, no bool, from `least` to `most`.

    Example:
        >>> whole(3, "fft_length")
        3
    """
    if isinstance(value, Integral) and not isinstance(value, bool) and least <= value <= most:
        return int(value)
    kind = "a positive integer" if least == 1 else f"an integer of at least {least}"
    kind += "" if most == float("inf") else f", at most {most}"
    raise ValueError(f"expected `{name}` to be {kind}, received {value!r}")


def expect_none(**values) -> None:
    """Raises ValueError for arguments of Keras that nothing here honours, unless they are None."""
    for name, value in values.items():
        if value is not None:
            raise ValueError(f"expected `{name}` None, received {value!r}; it is not supported")


def pairs(value, rank: int, name: str) -> tuple[tuple[int, int], ...]:
    """(before, after) of each axis.

    Example:
        >>> pairs((1, (0, 2)), 2, "padding")
        ((1, 1), (0, 2))
    """
    try:
        values = [value] * rank if isinstance(value, Integral) else list(value)
        if rank == 1 and len(values) == 2:
            values = [values]
        result = tuple(_pair(v) for v in values)
    except (TypeError, ValueError):
        result = ()
    if len(result) != rank or min(map(min, result)) < 0:
        raise ValueError(
            f"expected `{name}` to be an integer of at least 0, or one or a pair of them for each "
            f"of {rank} axes, received {value!r}"
        )
    return result


def _pair(value) -> tuple[int, int]:
    before, after = (value, value) if isinstance(value, Integral) else value
    return index(before), index(after)
