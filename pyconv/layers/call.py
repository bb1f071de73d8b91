"""Calls of layers: the running ones, and those that described a model."""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

from pyconv.graph import Tensor
from pyconv.utils.nest import flatten

_active = threading.local()


class LayerCall(NamedTuple):
    """One use of a layer while a functional model is described.

    The tensors that it returned have it as their `history`; to replay it on other tensors is to
    call `layer` on `args` and `kwargs` with those tensors in place of `inputs`.
    """

    layer: Any
    args: tuple
    kwargs: dict
    outputs: Any

    @property
    def inputs(self) -> list[Tensor]:
        """The symbolic tensors among the arguments."""
        return [t for t in flatten((self.args, self.kwargs)) if isinstance(t, Tensor)]


class CallScope:
    """A layer at work in this thread: layers that it calls see its `training` and its path."""

    def __init__(self, path: str, training: bool):
        self.path = path
        self.training = training
        self._outer = None

    def __enter__(self) -> CallScope:
        self._outer = current_scope()
        _active.scope = self
        return self

    def __exit__(self, *exception):
        _active.scope = self._outer


def current_scope() -> CallScope | None:
    """The innermost layer at work in this thread."""
    return getattr(_active, "scope", None)
