"""Optimizers by class and name, as in Keras 3."""

from pyconv.optimizers import legacy, schedules
from pyconv.optimizers.adam import Adam, Adamax, AdamW, Nadam
from pyconv.optimizers.adaptive import Adadelta, Adagrad, RMSprop
from pyconv.optimizers.ftrl import Ftrl
from pyconv.optimizers.layerwise import Adafactor, Lamb, Muon
from pyconv.optimizers.lion import Lion
from pyconv.optimizers.optimizer import Optimizer
from pyconv.optimizers.sgd import SGD
from pyconv.utils.registry import Registry

__all__ = [
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lamb",
    "Lion",
    "Muon",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "deserialize",
    "get",
    "legacy",
    "schedules",
    "serialize",
]

_CLASSES = [
    SGD,
    Adadelta,
    Adafactor,
    Adagrad,
    Adam,
    AdamW,
    Adamax,
    Ftrl,
    Lamb,
    Lion,
    Muon,
    Nadam,
    RMSprop,
]
_registry = Registry("optimizer", _CLASSES, aliases={cls.__name__.lower(): cls for cls in _CLASSES})


def serialize(optimizer):
    """The config of an optimizer in the form that Keras writes.

    Example:
        >>> serialize(SGD())["class_name"]
        'SGD'
    """
    return _registry.serialize(optimizer)


def deserialize(config, custom_objects=None):
    """The optimizer of a config, whose class name may be written in any case.

    Example:
        >>> deserialize({"class_name": "ADAM", "config": {"beta_1": 0.8}}).beta_1
        0.8
    """
    config = {**config, "class_name": _in_any_case(config["class_name"])}
    return _registry.deserialize(config, custom_objects)


def _in_any_case(name):
    return name.lower() if name.lower() in _registry.classes else name


def get(identifier):
    """An optimizer for a name, a config or an instance; None for None.

    Raises:
        ValueError: not an optimizer, or an unknown name.

    Example:
        >>> get("sgd").momentum
        0.0
    """
    if identifier is None or isinstance(identifier, Optimizer):
        return identifier
    if isinstance(identifier, str):
        return _registry.get(_in_any_case(identifier))
    if isinstance(identifier, dict):
        return deserialize(identifier)
    raise ValueError(
        f"expected an optimizer as a name, a config or an Optimizer, received {identifier!r}; pass "
        "for example optimizer='sgd'"
    )
