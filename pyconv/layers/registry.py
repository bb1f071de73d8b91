"""Layers by name, for configs."""

from pyconv import layers
from pyconv.utils.registry import Registry

_classes = {getattr(layers, name) for name in layers.__all__ if name[0].isupper()}
_registry = Registry(
    "layer", {c for c in _classes if isinstance(c, type) and issubclass(c, layers.Layer)}
)
serialize = _registry.serialize
deserialize = _registry.deserialize
