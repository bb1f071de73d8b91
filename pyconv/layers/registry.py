"""Layers by name, for configs."""

from pyconv import layers
from pyconv.utils.registry import Registry

_classes = {getattr(layers, name) for name in layers.__all__ if name[0].isupper()}
_registry = Registry(
    "layer", {c for c in _classes if isinstance(c, type) and issubclass(c, layers.Layer)}
)
deserialize = _registry.deserialize


def serialize(layer):
    """The config of a layer in the form that Keras 3 writes."""
    return _registry.serialize(layer)
