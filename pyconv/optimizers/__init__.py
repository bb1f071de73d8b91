"""Optimizers by class and name, as in Keras 3."""

from pyconv.optimizers import legacy, schedules
from pyconv.optimizers.adam import Adam, Adamax, AdamW, Nadam
from pyconv.optimizers.adaptive import Adadelta, Adagrad, RMSprop
from pyconv.optimizers.layerwise import Adafactor, Lamb, Muon
from pyconv.optimizers.leader import Ftrl, ScheduleFreeAdamW
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
    "ScheduleFreeAdamW",
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
    ScheduleFreeAdamW,
]
_registry = Registry("optimizer", _CLASSES, aliases={cls.__name__.lower(): cls for cls in _CLASSES})
serialize = _registry.serialize


def deserialize(config, custom_objects=None):
    """The optimizer of a config, whose class name may be written in any case.

    Example:
        >>> deserialize({"class_name": "ADAM", "config": {"beta_1": 0.8}}).beta_1
        0.8
    """
    name = config["class_name"]
    known = {cls.__name__.lower() for cls in _CLASSES}
    if name.lower() in known:
        config = {**config, "class_name": name.lower()}
    return _registry.deserialize(config, custom_objects)


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
        return deserialize({"class_name": identifier, "config": {}})
    if isinstance(identifier, dict):
        return deserialize(identifier)
    raise ValueError(
        f"expected an optimizer as a name, a config or an Optimizer, received {identifier!r}; pass "
        "for example optimizer='sgd'"
    )
