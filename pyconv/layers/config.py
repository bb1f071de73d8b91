"""Configs: the arguments of a layer's constructor as plain data, and back."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from pyconv import activations, initializers, regularizers
from pyconv.initializers import Initializer
from pyconv.regularizers import Regularizer


def constructor_arguments(cls: type, args: tuple, kwargs: dict) -> dict[str, Any]:
    """All arguments by name, with defaults, of the call `cls(*args, **kwargs)`."""
    signature = inspect.signature(cls.__init__)
    bound = signature.bind(None, *args, **kwargs)
    bound.apply_defaults()
    named: dict[str, Any] = {}
    for name, parameter in list(signature.parameters.items())[1:]:
        if parameter.kind is parameter.VAR_POSITIONAL and bound.arguments[name]:
            raise TypeError(
                f"expected a constructor of {cls.__name__} with named arguments, received *{name}; "
                "define get_config and from_config in the class"
            )
        if parameter.kind is parameter.VAR_KEYWORD:
            named.update(bound.arguments[name])
        elif parameter.kind is not parameter.VAR_POSITIONAL:
            named[name] = bound.arguments[name]
    return named


def accepts(cls: type, name: str) -> bool:
    """Whether the constructor takes an argument of this name."""
    parameters = inspect.signature(cls.__init__).parameters
    return name in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values())


def serialize_argument(value: Any) -> Any:
    """Plain data for initializers, regularizers, named activations and arrays; else the value
    itself."""
    if isinstance(value, Initializer):
        return initializers.serialize(value)
    if isinstance(value, Regularizer):
        return regularizers.serialize(value)
    if inspect.isfunction(value):
        return activations.serialize(value)
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value


def standardize_dtype(dtype: Any) -> str:
    """The dtype of a layer's weights and results: only float32 today."""
    if isinstance(dtype, dict):  # the config of Keras' DTypePolicy
        dtype = dtype.get("config", {}).get("name")
    if dtype is not None and str(getattr(dtype, "name", dtype)) != "float32":
        raise ValueError(f"expected dtype 'float32', received {dtype!r}; leave `dtype` out")
    return "float32"
