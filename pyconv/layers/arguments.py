"""Checks of the arguments that layers are made with."""

from __future__ import annotations

from numbers import Real


def choice(value, name: str, choices: tuple[str, ...]) -> str:
    """The value in lower case; raises unless it is one of the choices."""
    if not isinstance(value, str) or value.lower() not in choices:
        raise ValueError(f"expected `{name}` to be one of {choices}, received {value!r}")
    return value.lower()


def positive(value, name: str) -> int:
    """The value as an int; raises unless it is an integer of at least 1."""
    if isinstance(value, bool) or not hasattr(value, "__index__") or value < 1:
        raise ValueError(f"expected `{name}` to be a positive integer, received {value!r}")
    return int(value)


def nonnegative(value, name: str) -> float:
    """The value as a float; raises unless it is a number of at least 0."""
    if not isinstance(value, Real) or not value >= 0:
        raise ValueError(f"expected `{name}` to be a number of at least 0, received {value!r}")
    return float(value)


def fraction(value, name: str, below_one: bool = False) -> float:
    """The value as a float; raises unless it is a number from 0 to 1, or below 1."""
    within = isinstance(value, Real) and 0 <= value <= 1 and not (below_one and value == 1)
    if not within:
        bounds = "[0, 1)" if below_one else "[0, 1]"
        raise ValueError(f"expected `{name}` in {bounds}, received {value!r}")
    return float(value)


def pairs(value, rank: int, name: str) -> tuple[tuple[int, int], ...]:
    """(before, after) of each axis."""
    values = [value] * rank if isinstance(value, int) else list(value)
    if rank == 1 and len(values) == 2:
        values = [values]
    result = tuple((v, v) if isinstance(v, int) else tuple(v) for v in values)
    sizes = [size for pair in result for size in pair]
    valid = len(result) == rank and all(len(pair) == 2 for pair in result)
    if not valid or not all(isinstance(size, int) and size >= 0 for size in sizes):
        raise ValueError(
            f"expected `{name}` to be an integer of at least 0, or one or a pair of them for each "
            f"of {rank} axes, received {value!r}"
        )
    return result
