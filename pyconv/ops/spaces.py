"""Keras' groups of ops: modules that hand on names of `pyconv.ops`."""

from __future__ import annotations

from importlib import import_module


def handed_on(names: str):
    """(`__all__`, `__getattr__`, `__dir__`) of a module that has these names of `pyconv.ops`.

    Example:
        >>> names, get, _ = handed_on("abs sum")
        >>> names, get("abs").__name__
        (['abs', 'sum'], 'abs')
    """
    own = names.split()

    def load(name):
        if name not in own:
            raise AttributeError(f"this group of ops has no attribute {name!r}")
        return getattr(import_module("pyconv.ops"), name)

    return own, load, lambda: own
