"""Calls of layers: the running ones, and those that described a model."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from pyconv.graph import Call

_active = threading.local()


class LayerCall(Call):
    """One use of a layer while a functional model is described."""

    @property
    def layer(self) -> Any:
        return self.function


class CallScope:
    """A layer at work in this thread: layers that it calls see its `training` and its path.

    Args:
        layer: the layer.
        training: whether it trains; None where nobody said.
        building: whether it makes its weights, rather than its outputs.
    """

    def __init__(self, layer: Any, training: bool | None, building: bool = False):
        self.layer = layer
        self.path = layer.path
        self.training = training
        self.building = building
        self._outer = None

    @property
    def outermost(self) -> CallScope:
        """The layer at work that called the others."""
        return list(self._outwards())[-1]

    def leads_to(self, layer: Any) -> bool:
        """Whether the outermost layer at work keeps this one, in itself or in those within it.

        It may while any of them is building, for what that makes is not kept yet.
        """
        scopes = list(self._outwards())
        if any(scope.building for scope in scopes):
            return True
        chain = [layer, *(scope.layer for scope in scopes)]
        if all(inner in outer._sublayers() for inner, outer in pairwise(chain)):
            return True
        return layer in chain[-1]._flatten_layers()

    def _outwards(self) -> Iterator[CallScope]:
        scope = self
        while scope is not None:
            yield scope
            scope = scope._outer

    def __enter__(self) -> CallScope:
        self._outer = current_scope()
        _active.scope = self
        return self

    def __exit__(self, *exception):
        _active.scope = self._outer


def current_scope() -> CallScope | None:
    """The innermost layer at work in this thread."""
    return getattr(_active, "scope", None)
