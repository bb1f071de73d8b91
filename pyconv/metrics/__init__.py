"""Metrics by class, function and name, as in Keras 3."""

from pyconv.losses import (
    binary_crossentropy,
    categorical_crossentropy,
    mean_absolute_error,
    mean_squared_error,
    sparse_categorical_crossentropy,
)
from pyconv.metrics.classification import (
    Accuracy,
    BinaryAccuracy,
    BinaryCrossentropy,
    CategoricalAccuracy,
    CategoricalCrossentropy,
    SparseCategoricalAccuracy,
    SparseCategoricalCrossentropy,
)
from pyconv.metrics.functions import (
    binary_accuracy,
    categorical_accuracy,
    sparse_categorical_accuracy,
)
from pyconv.metrics.metric import Mean, MeanMetricWrapper, Metric, Sum
from pyconv.metrics.regression import MeanAbsoluteError, MeanSquaredError
from pyconv.utils.registry import Registry

__all__ = [
    "Accuracy",
    "BinaryAccuracy",
    "BinaryCrossentropy",
    "CategoricalAccuracy",
    "CategoricalCrossentropy",
    "Mean",
    "MeanAbsoluteError",
    "MeanMetricWrapper",
    "MeanSquaredError",
    "Metric",
    "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy",
    "Sum",
    "binary_accuracy",
    "binary_crossentropy",
    "categorical_accuracy",
    "categorical_crossentropy",
    "deserialize",
    "get",
    "mean_absolute_error",
    "mean_squared_error",
    "resolve",
    "serialize",
    "sparse_categorical_accuracy",
    "sparse_categorical_crossentropy",
]

_registry = Registry(
    "metric",
    [
        Accuracy,
        BinaryAccuracy,
        BinaryCrossentropy,
        CategoricalAccuracy,
        CategoricalCrossentropy,
        Mean,
        MeanAbsoluteError,
        MeanSquaredError,
        SparseCategoricalAccuracy,
        SparseCategoricalCrossentropy,
        Sum,
    ],
    aliases={
        "acc": Accuracy,
        "bce": BinaryCrossentropy,
        "BCE": BinaryCrossentropy,
        "mse": MeanSquaredError,
        "MSE": MeanSquaredError,
        "mae": MeanAbsoluteError,
        "MAE": MeanAbsoluteError,
    },
)
get = _registry.get
serialize = _registry.serialize
deserialize = _registry.deserialize

_BY_TARGET = {
    "accuracy": (BinaryAccuracy, SparseCategoricalAccuracy, CategoricalAccuracy),
    "crossentropy": (BinaryCrossentropy, SparseCategoricalCrossentropy, CategoricalCrossentropy),
}
_SHORT = {"acc": "accuracy", "ce": "crossentropy"}


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
    key = identifier.lower() if isinstance(identifier, str) else None
    key = _SHORT.get(key, key)
    if key in _BY_TARGET:
        return _BY_TARGET[key][_kind_of_target(y_true, y_pred)](name=identifier)
    metric = get(identifier)
    if not isinstance(metric, Metric):
        name = getattr(metric, "__name__", type(metric).__name__)
        return MeanMetricWrapper(metric, name.strip("<>"))  # a lambda is "<lambda>"
    if isinstance(identifier, str):
        metric.name = identifier
    return metric


def check(identifier):
    """Raises ValueError or TypeError unless the identifier can be resolved."""
    if isinstance(identifier, str):
        if _SHORT.get(identifier.lower(), identifier.lower()) not in _BY_TARGET:
            _registry.find(identifier)
    elif not callable(identifier) and not isinstance(identifier, (dict, Metric)):
        raise TypeError(
            f"expected a metric as a name, Metric or function (y_true, y_pred), received"
            f" {identifier!r} of type {type(identifier).__name__}"
        )


def _kind_of_target(y_true, y_pred):
    """0: one probability an output, 1: class labels, 2: one-hot rows."""
    if y_pred.shape[-1] == 1:
        return 0
    labels = len(y_true.shape) < len(y_pred.shape) or y_true.shape[-1] == 1
    return 1 if labels else 2
