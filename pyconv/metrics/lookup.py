"""Metrics for names and configs, and back; what `compile` means by a name."""

import re
from functools import cache

from pyconv import metrics
from pyconv.metrics.metric import MeanMetricWrapper, Metric
from pyconv.utils.naming import default_name
from pyconv.utils.registry import Registry

_ALIASES = {
    "bce": "BinaryCrossentropy",
    "mae": "MeanAbsoluteError",
    "mape": "MeanAbsolutePercentageError",
    "mse": "MeanSquaredError",
    "msle": "MeanSquaredLogarithmicError",
}
_ALIASES |= {short.upper(): name for short, name in _ALIASES.items()}

_BY_TARGET = {
    "accuracy": ("BinaryAccuracy", "SparseCategoricalAccuracy", "CategoricalAccuracy"),
    "crossentropy": (
        "BinaryCrossentropy",
        "SparseCategoricalCrossentropy",
        "CategoricalCrossentropy",
    ),
}
_SHORT = {"acc": "accuracy", "ce": "crossentropy"}


@cache
def _registry():
    names = [name for name in metrics.__all__ if name[0].isupper()]
    aliases = {short: getattr(metrics, name) for short, name in _ALIASES.items()}
    return Registry("metric", [getattr(metrics, name) for name in names], aliases)


def get(identifier):
    """A metric for a name, a config or a class; None and callables as they are.

    Args:
        identifier: "mse", "MeanSquaredError", {"class_name": ..., "config": ...}, a class, ...

    Raises:
        ValueError: not a metric.

    Example:
        >>> get("mse")
        <MeanSquaredError name=mean_squared_error>
    """
    if identifier is None or isinstance(identifier, (str, dict)) or callable(identifier):
        return _registry().get(identifier)
    raise ValueError(
        f"expected a metric as a name, Metric or function (y_true, y_pred), received {identifier!r}"
    )


def serialize(metric):
    """The config of a metric, or of a function, in the form that Keras 3 writes.

    Example:
        >>> serialize(metrics.Precision(top_k=2))["config"]["top_k"]
        2
    """
    return _registry().serialize(metric)


def deserialize(config, custom_objects=None):
    """The metric that a config or a name describes.

    Args:
        config: a config or a name.
        custom_objects: dict from name to a user's class or function.

    Example:
        >>> deserialize(serialize(metrics.Precision(top_k=2))).top_k
        2
    """
    return _registry().deserialize(config, custom_objects)


def resolve(identifier, y_true, y_pred):
    """The metric that `compile` means: "accuracy" and "crossentropy" depend on the shapes.

    Args:
        identifier: name, `Metric`, class, config, or function (y_true, y_pred).
        y_true, y_pred: tensors with the shapes of targets and outputs.

    Returns:
        A `Metric`, named as the string that asked for it.

    Example:
        >>> import numpy as np
        >>> resolve("acc", np.zeros(5), np.zeros((5, 10)))
        <SparseCategoricalAccuracy name=acc>
    """
    key = _key(identifier)
    if key in _BY_TARGET:
        name = _BY_TARGET[key][kind_of_target(y_true, y_pred)]
        return getattr(metrics, name)(name=identifier)
    metric = get(identifier)
    if not isinstance(metric, Metric):
        return MeanMetricWrapper(metric, identifier if key else _name(metric))
    if key:
        metric.name = identifier
    return metric


def _key(identifier):
    """A name in small letters, the long one for a short one; None for what is no name."""
    key = identifier.lower() if isinstance(identifier, str) else None
    return _SHORT.get(key, key)


def _name(function):
    """The name of a function or loss as Keras forms it: a lambda is "lambda"."""
    name = getattr(function, "__name__", type(function).__name__)
    return getattr(function, "name", None) or default_name(re.sub(r"\W", "", name))


def check(identifier):
    """Raises ValueError or TypeError unless the identifier can be resolved."""
    if isinstance(identifier, str):
        if _key(identifier) not in _BY_TARGET:
            _registry().find(identifier)
    elif not callable(identifier) and not isinstance(identifier, (dict, Metric)):
        raise TypeError(
            f"expected a metric as a name, Metric or function (y_true, y_pred), received"
            f" {identifier!r} of type {type(identifier).__name__}"
        )


def kind_of_target(y_true, y_pred):
    """0: one probability an output, 1: class labels, 2: one-hot rows."""
    if y_pred.shape[-1] == 1:
        return 0
    labels = len(y_true.shape) < len(y_pred.shape) or y_true.shape[-1] == 1
    return 1 if labels else 2
