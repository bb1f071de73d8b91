"""Configs: the arguments of a layer's constructor as plain data, and back."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import numpy as np

from pyconv import activations, constraints, dtype_policies, initializers, regularizers
from pyconv.constraints import Constraint
from pyconv.dtype_policies import DTypePolicy
from pyconv.initializers import Initializer
from pyconv.layers.weights import WeightOwner
from pyconv.regularizers import Regularizer
from pyconv.utils.nest import flatten, map_structure

_PACKAGE = __name__.partition(".")[0]
_BASE = ("name", "trainable", "dtype")
_OTHERS = ("autocast", "input_shape", "input_dim")  # of the base's constructor, not in configs


def config_of(layer: Any, base: type) -> dict[str, Any]:
    """What `get_config` of a layer returns: Keras' keys and values.

    Layers of this package keep each argument in its standard form in an attribute of its name, so
    the attributes are the config. A user's class that derives from `base` has its arguments as they
    were given, or, where it defines `get_config` itself, only those of every layer.
    """
    cls = type(layer)
    owner = next(c for c in cls.__mro__ if c.__module__.partition(".")[0] == _PACKAGE)
    config = {"name": layer.name, "trainable": layer.trainable, "dtype": layer.dtype_policy}
    if owner is not base:
        config |= _standard_arguments(layer, owner)
    elif cls.get_config is base.get_config:
        given = constructor_arguments(cls, *layer._records.arguments)
        config |= {k: v for k, v in given.items() if k not in (*_BASE, *_OTHERS)}
        config = {k: v for k, v in config.items() if k not in _BASE or accepts(cls, k)}
    if layer.activity_regularizer is not None:
        config["activity_regularizer"] = layer.activity_regularizer
    return {key: map_structure(serialize_argument, value) for key, value in config.items()}


def _standard_arguments(layer: Any, owner: type) -> dict[str, Any]:
    """The arguments of the constructor of a class of this package; those that Keras lacks, which
    come by keyword alone, only where they are not at their defaults."""
    own = type(layer) is owner
    given = constructor_arguments(owner, *layer._records.arguments) if own else {}
    arguments = {}
    for name, parameter in _named_parameters(owner):
        kept = name in vars(layer) or isinstance(getattr(owner, name, None), property)
        value = getattr(layer, name) if kept else given.get(name)
        added = parameter.kind is parameter.KEYWORD_ONLY
        if not added or not _is_default(given.get(name, value), parameter.default):
            arguments[name] = value
    if own:
        named = [name for name, _ in _named_parameters(owner)]
        arguments |= {k: v for k, v in given.items() if k not in (*named, *_OTHERS)}
    omitted = (*_BASE, *layer.config_omits)
    return {k: v for k, v in arguments.items() if k not in omitted}


def _is_default(value, default) -> bool:
    """Also where the default stands for one on each axis."""
    return value == default or all(part == default for part in flatten(value))


def _named_parameters(cls: type) -> Iterator[tuple[str, inspect.Parameter]]:
    parameters = inspect.signature(cls.__init__).parameters
    for name, parameter in list(parameters.items())[1:]:
        if parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            yield name, parameter


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
    """Plain data for initializers, regularizers, constraints, activations, layers and arrays; else
    the value itself."""
    for kind, module in (
        (Initializer, initializers),
        (Regularizer, regularizers),
        (Constraint, constraints),
        (DTypePolicy, dtype_policies),
    ):
        if isinstance(value, kind):
            return module.serialize(value)
    if inspect.isfunction(value) or isinstance(value, WeightOwner):
        return activations.serialize(value)
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value
