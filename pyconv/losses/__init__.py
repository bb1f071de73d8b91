"""Losses by class, function and name, as in Keras 3."""

import inspect

from pyconv.losses.crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
    binary_crossentropy,
    categorical_crossentropy,
    sparse_categorical_crossentropy,
)
from pyconv.losses.loss import Loss, LossFunctionWrapper
from pyconv.losses.regression import (
    MeanAbsoluteError,
    MeanSquaredError,
    mean_absolute_error,
    mean_squared_error,
)

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "Loss",
    "LossFunctionWrapper",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "SparseCategoricalCrossentropy",
    "binary_crossentropy",
    "categorical_crossentropy",
    "get",
    "mean_absolute_error",
    "mean_squared_error",
    "sparse_categorical_crossentropy",
]

_CLASSES = (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    MeanAbsoluteError,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
)
_FUNCTIONS = (
    binary_crossentropy,
    categorical_crossentropy,
    mean_absolute_error,
    mean_squared_error,
    sparse_categorical_crossentropy,
)
_NAMES = {entry.__name__: entry for entry in _CLASSES + _FUNCTIONS} | {
    "mse": mean_squared_error,
    "MSE": mean_squared_error,
    "mae": mean_absolute_error,
    "MAE": mean_absolute_error,
    "bce": binary_crossentropy,
    "BCE": binary_crossentropy,
}


def get(identifier):
    """A loss for a name, a config or a class; None and callables as they are.

    Args:
        identifier: "mse", "MeanSquaredError", {"class_name": ..., "config": ...}, a class, ...

    Returns:
        The function for a function's name, an instance for a class.

    Raises:
        ValueError: an unknown name.
        TypeError: not a loss.

    Example:
        >>> get("mse").__name__, get("MeanSquaredError").name
        ('mean_squared_error', 'mean_squared_error')
    """
    if isinstance(identifier, dict):
        return find(identifier.get("class_name")).from_config(identifier.get("config", {}))
    loss = find(identifier) if isinstance(identifier, str) else identifier
    if loss is None or (callable(loss) and not inspect.isclass(loss)):
        return loss
    if inspect.isclass(loss) and issubclass(loss, Loss):
        return loss()
    raise TypeError(
        f"expected a loss as a name, Loss or function (y_true, y_pred), received {identifier!r}"
    )


def find(name):
    """The class or function of this name."""
    if name not in _NAMES:
        raise ValueError(
            f"expected the name of a loss, one of {', '.join(sorted(_NAMES))}; received {name!r}"
        )
    return _NAMES[name]
