"""How many examples there are, where a model that was described with None is run."""

from __future__ import annotations

import threading

_active = threading.local()


class running:
    """Within it, None as a leading size stands for so many examples, or for those of a batch.

    Args:
        count: the number, or None where the plan knows it.
    """

    def __init__(self, count: int | None):
        self.count = count

    def __enter__(self):
        self._outer = getattr(_active, "count", None)
        _active.count = self.count

    def __exit__(self, *exception):
        _active.count = self._outer


def with_examples(shape) -> tuple:
    """The shape with the number of examples for a leading None, where it is known.

    Example:
        >>> with running(5):
        ...     with_examples((None, 3))
        (5, 3)
    """
    count = getattr(_active, "count", None)
    return tuple(count if axis == 0 and size is None else size for axis, size in enumerate(shape))
