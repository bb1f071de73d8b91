"""How much memory variables may take while a file is read: no more than the file accounts for."""

from __future__ import annotations

import threading
from math import prod

_active = threading.local()


class allowance:  # noqa: N801 (used as a function)
    """Within it, new variables may take so many bytes together; more is a ValueError, before memory
    is taken.

    Args:
        nbytes: how many.

    Example:
        >>> with allowance(100):
        ...     spend((5, 5))
        >>> spend((10**6, 10**6))
    """

    def __init__(self, nbytes: int):
        self._nbytes = nbytes

    def __enter__(self):
        self._outer = getattr(_active, "left", None)
        _active.left = self._nbytes

    def __exit__(self, *exception):
        _active.left = self._outer


def spend(shape, itemsize: int = 4) -> None:
    """Counts a variable of this shape; raises ValueError where the allowance does not suffice."""
    left = getattr(_active, "left", None)
    if left is None:
        return
    _active.left = left - prod(shape) * itemsize
    if _active.left < 0:
        raise ValueError(
            f"expected layers whose weights the file holds, received one that asks for a weight of "
            f"shape {tuple(shape)}"
        )
