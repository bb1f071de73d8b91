"""Optimizers by class and name, as in Keras 3."""

from pyconv.optimizers import schedules
from pyconv.optimizers.adam import Adam, Adamax, AdamW, Nadam
from pyconv.optimizers.adaptive import Adadelta, Adagrad, RMSprop
from pyconv.optimizers.lion import Lion
from pyconv.optimizers.optimizer import Optimizer
from pyconv.optimizers.sgd import SGD
from pyconv.utils.registry import Registry

__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Lion",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "deserialize",
    "get",
    "schedules",
    "serialize",
]

_CLASSES = [SGD, Adadelta, Adagrad, Adam, AdamW, Adamax, Lion, Nadam, RMSprop]
_registry = Registry("optimizer", _CLASSES, aliases={cls.__name__.lower(): cls for cls in _CLASSES})
serialize = _registry.serialize
deserialize = _registry.deserialize


def get(identifier):
    """An optimizer for a name, config, class or instance.

    Raises:
        ValueError: an unknown name.
        TypeError: not an optimizer.

    Example:
        >>> get("sgd").get_config()["learning_rate"]
        0.01
    """
    known = isinstance(identifier, (str, dict, type))
    optimizer = _registry.get(identifier) if known else identifier
    if not isinstance(optimizer, Optimizer):
        raise TypeError(
            f"expected an optimizer as a name or an Optimizer, received {identifier!r}; pass for "
            "example optimizer='sgd'"
        )
    return optimizer
