"""Numbers that optimizers are given, and numbers that rules take."""

import numpy as np


def check_range(name, value, low, high):
    """The value as a float; raises ValueError unless it is a number in [low, high]."""
    number = isinstance(value, (int, float, np.number, np.ndarray)) and np.ndim(value) == 0
    if not number or not value >= low or (high is not None and value > high):
        bounds = f"from {low} to {high}" if high is not None else f"of at least {low}"
        raise ValueError(f"expected `{name}` to be a number {bounds}, received {value!r}")
    return float(value)


def check_count(name, value, least):
    """The value, an integer from `least`, or None for None or 0; raises ValueError for others."""
    if not value:
        return None
    if not isinstance(value, int) or value < least:
        raise ValueError(
            f"expected `{name}` to be an integer of at least {least}, received {value!r}"
        )
    return value


def shares(beta):
    """What a running mean keeps of itself, and takes of what is new."""
    return (beta, 1.0 - beta)
