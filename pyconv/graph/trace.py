"""A trace: the time during which functions of variables become a graph."""

from __future__ import annotations

import threading
from collections.abc import Callable

from pyconv.graph.tensor import Tensor

_active = threading.local()


class Trace:
    """Within `with Trace() as trace:` ops on variables build nodes, and assignments are recorded.

    Attributes:
        values: the tensor that each variable assigned so far has from then on, in the order of
            the first assignment. They are written when the step has computed everything.
        tapes: the `GradientTape`s that were entered within the trace and not left.
        nodes: the nodes that were made within a draft; else None.
        before, after: functions to call before and after each run of what is traced: they write
            the numbers that it reads, such as learning rates, and count.
        choices: by key, functions whose results the trace depended on: where they return something
            else, the trace does not hold.

    Args:
        draft: whether it notes its nodes.
    """

    def __init__(self, draft: bool = False):
        self.values: dict = {}
        self.tapes: list = []
        self.nodes: list | None = [] if draft else None
        self.before: list[Callable[[], None]] = []
        self.after: list[Callable[[], None]] = []
        self.choices: dict[tuple, Callable] = {}
        self._outer = None

    def assign(self, variable, value: Tensor) -> None:
        """Makes `value` what later reads of the variable see and the step ends with."""
        self.values[variable] = value

    def read(self, variable) -> Tensor:
        return self.values.get(variable, variable.leaf)

    def __enter__(self):
        self._outer = getattr(_active, "trace", None)
        _active.trace = self
        return self

    def __exit__(self, *exception):
        _active.trace = self._outer


class untraced:  # noqa: N801 (used as a function)
    """Within it there is no trace: symbolic calls describe a model."""

    def __enter__(self):
        self._outer = current_trace()
        _active.trace = None

    def __exit__(self, *exception):
        _active.trace = self._outer


def current_trace() -> Trace | None:
    """The innermost trace of this thread, or None when ops compute at once."""
    return getattr(_active, "trace", None)
