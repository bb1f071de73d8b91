"""Losses for names and configs, and back."""

import inspect

from pyconv import losses
from pyconv.saving.registration import CustomObjectScope, get_registered_object, scoped_objects

_ALIASES = {
    "bce": "binary_crossentropy",
    "kld": "kl_divergence",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "mse": "mean_squared_error",
    "msle": "mean_squared_logarithmic_error",
}
_ALIASES |= {short.upper(): name for short, name in _ALIASES.items()}
_NO_LOSSES = ("deserialize", "find", "get", "serialize")


def get(identifier):
    """A loss for a name, a config or a class; None and callables as they are.

    Args:
        identifier: "mse", "MeanSquaredError", {"class_name": ..., "config": ...}, a class, ...

    Returns:
        The function for a function's name, an instance for a class.

    Raises:
        ValueError: not a loss.

    Example:
        >>> get("mse").__name__, get("MeanSquaredError").name
        ('mean_squared_error', 'mean_squared_error')
    """
    loss = identifier
    if isinstance(identifier, str):
        loss = find(identifier)
    elif isinstance(identifier, dict):
        loss = deserialize(identifier)
    if inspect.isclass(loss) and issubclass(loss, losses.Loss):
        return loss()
    if loss is None or (callable(loss) and not inspect.isclass(loss)):
        return loss
    raise ValueError(
        f"expected a loss as a name, Loss or function (y_true, y_pred), received {identifier!r}"
    )


def serialize(loss):
    """The config of a loss, or of a loss function, in the form that Keras 3 writes.

    Example:
        >>> serialize(losses.Huber(2.0))["config"]["delta"]
        2.0
    """
    from pyconv.saving import serialize_keras_object

    return serialize_keras_object(loss)


def deserialize(name, custom_objects=None):
    """The loss that a config or a name describes.

    Args:
        name: a config or a name.
        custom_objects: dict from name to a user's class or function.

    Example:
        >>> deserialize(serialize(losses.Huber(2.0))).get_config()["delta"]
        2.0
    """
    from pyconv.saving import deserialize_keras_object

    if not isinstance(name, dict):
        with CustomObjectScope({**scoped_objects(), **(custom_objects or {})}):
            return get(name)
    return deserialize_keras_object({"module": "keras.losses", "config": {}} | name, custom_objects)


def find(name):
    """The class or function of this name, or what a user registered under it."""
    registered = get_registered_object(name)
    if registered is not None:
        return registered
    name = _ALIASES.get(name, name)
    if name not in losses.__all__ or name in _NO_LOSSES:
        known = ", ".join(sorted({*losses.__all__, *_ALIASES} - {*_NO_LOSSES}))
        raise ValueError(f"expected the name of a loss, one of {known}; received {name!r}")
    return getattr(losses, name)
