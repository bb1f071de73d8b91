"""Optimizers for names and configs, and back."""

from functools import cache

from pyconv import optimizers
from pyconv.utils.registry import Registry


@cache
def _registry():
    names = [name for name in optimizers.__all__ if name[0].isupper() and name != "Optimizer"]
    classes = [getattr(optimizers, name) for name in names]
    return Registry("optimizer", classes, aliases={cls.__name__.lower(): cls for cls in classes})


def serialize(optimizer):
    """The config of an optimizer in the form that Keras writes.

    Example:
        >>> serialize(optimizers.SGD())["class_name"]
        'SGD'
    """
    return _registry().serialize(optimizer)


def deserialize(config, custom_objects=None):
    """The optimizer of a config, whose class name may be written in any case.

    Example:
        >>> deserialize({"class_name": "ADAM", "config": {"beta_1": 0.8}}).beta_1
        0.8
    """
    config = {**config, "class_name": _in_any_case(config["class_name"])}
    return _registry().deserialize(config, custom_objects)


def _in_any_case(name):
    return name.lower() if name.lower() in _registry().classes else name


def get(identifier):
    """An optimizer for a name, a config or an instance; None for None.

    Raises:
        ValueError: not an optimizer, or an unknown name.

    Example:
        >>> get("sgd").momentum
        0.0
    """
    if identifier is None or isinstance(identifier, optimizers.Optimizer):
        return identifier
    if isinstance(identifier, str):
        return _registry().get(_in_any_case(identifier))
    if isinstance(identifier, dict):
        return deserialize(identifier)
    raise ValueError(
        f"expected an optimizer as a name, a config or an Optimizer, received {identifier!r}; pass "
        "for example optimizer='sgd'"
    )
