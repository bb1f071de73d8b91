"""Objects as plain data: dicts, lists, strings and numbers, in the form of Keras 3."""

from __future__ import annotations

import threading
import types
import warnings
from collections import Counter

import numpy as np

from pyconv.graph import Tensor, Variable
from pyconv.graph.array import Array
from pyconv.saving.names import FUNCTIONAL, public_name
from pyconv.saving.registration import get_registered_name

_active = threading.local()


def serialize_shared(obj) -> dict:
    """The object as plain data, in which parts that are one object have the same
    "shared_object_id"."""
    outer = getattr(_active, "shared", None)
    _active.shared = {}  # by id: (number, the object), which keeps the id its own
    try:
        config = serialize_keras_object(obj)
    finally:
        _active.shared = outer
    found = Counter(part["shared_object_id"] for part in _numbered(config))
    for part in list(_numbered(config)):
        if found[part["shared_object_id"]] == 1:
            del part["shared_object_id"]
    return config


def _numbered(config):
    """The dicts within a config that have a "shared_object_id"."""
    stack = [config]
    while stack:
        part = stack.pop()
        if isinstance(part, dict):
            stack += part.values()
            if "shared_object_id" in part:
                yield part
        elif isinstance(part, (list, tuple)):
            stack += part


def serialize_keras_object(obj):
    """The object as plain data.

    Args:
        obj: a layer, model, optimizer, loss, metric or another object with `get_config`, a
            function, an array, or lists, tuples and dicts of these, of numbers and of strings.

    Returns:
        For an object {"module", "class_name", "config", "registered_name"}, for a model that was
        compiled or a layer that was built also "compile_config" and "build_config".

    Raises:
        TypeError: something without `get_config`.

    Example:
        >>> from pyconv import regularizers
        >>> serialize_keras_object(regularizers.L2(0.1))["config"]
        {'l2': 0.1}
    """
    if obj is None or isinstance(obj, (str, int, float)):
        return obj
    if isinstance(obj, (list, tuple)):
        parts = [serialize_keras_object(part) for part in obj]
        return tuple(parts) if isinstance(obj, tuple) else parts
    if isinstance(obj, dict):
        return serialize_dict(obj)
    for kinds, encode in _KINDS:
        if isinstance(obj, kinds):
            return encode(obj)
    if hasattr(obj, "get_config") and not isinstance(obj, type):
        return _shared(obj, _object_config(obj))
    if callable(obj) and hasattr(obj, "__name__"):
        return _function_config(obj)
    raise TypeError(
        f"expected objects with get_config(), received {obj!r} of type {type(obj).__name__}; "
        "define get_config() in its class, which returns the constructor's arguments"
    )


def serialize_dict(config: dict) -> dict:
    """The dict with its values as plain data."""
    return {key: serialize_keras_object(value) for key, value in config.items()}


def _object_config(obj) -> dict:
    config = obj.get_config()
    if not isinstance(config, dict):
        raise TypeError(
            f"expected {type(obj).__name__}.get_config() to return a dict, received {config!r}"
        )
    result = class_config(obj, serialize_dict(config))
    for key in ("build_config", "compile_config"):
        further = getattr(obj, f"get_{key}", lambda: None)()
        if further is not None:
            result[key] = serialize_dict(further)
    return result


def class_config(obj, config: dict) -> dict:
    """The form in which files name a class and the arguments of its instance."""
    cls = type(obj)
    module, name = public_name(cls) or (cls.__module__, cls.__name__)
    built_in = module == "keras" or module.startswith("keras.")
    registered = None if built_in else get_registered_name(cls)
    if (module, name) == ("keras", "Model") and "input_layers" in config:
        module, name = FUNCTIONAL
        registered = name
    return {
        "module": None if module == "__main__" else module,
        "class_name": name,
        "config": config,
        "registered_name": registered,
    }


def _shared(obj, config: dict) -> dict:
    shared = getattr(_active, "shared", None)
    if shared is not None:
        config["shared_object_id"] = shared.setdefault(id(obj), (len(shared) + 1, obj))[0]
    return config


def _function_config(function) -> dict:
    name = get_registered_name(function)
    if name == "<lambda>":
        warnings.warn(
            "expected functions with names, received a lambda, of which a file keeps nothing; "
            "define it with def and register it to load it again",
            stacklevel=2,
        )
        return _special("lambda", value=None)
    return {
        "module": "builtins",
        "class_name": "function",
        "config": name,
        "registered_name": "function",
    }


def _special(kind: str, **config) -> dict:
    return {"class_name": f"__{kind}__", "config": config}


def _array_config(array: np.ndarray) -> dict:
    return _special("numpy", value=array.tolist(), dtype=str(array.dtype))


def _tensor_config(tensor: Tensor) -> dict:
    value = tensor.value
    if value is None:
        raise TypeError(
            f"expected a value that a file can keep, received {tensor!r}, which has one only "
            "within a model; save the model that it is part of"
        )
    return _value_config(value)


def _value_config(value) -> dict:
    array = np.asarray(value)
    return _special("tensor", value=array.tolist(), dtype=str(array.dtype))


def _slice_config(part: slice) -> dict:
    ends = {name: getattr(part, name) for name in ("start", "stop", "step")}
    return _special("slice", **serialize_dict(ends))


_KINDS = (
    (bytes, lambda value: _special("bytes", value=value.decode("utf-8"))),
    (slice, _slice_config),
    (types.EllipsisType, lambda value: _special("ellipsis")),
    (np.generic, lambda value: value.item()),
    (Array, lambda value: _value_config(value)),
    (np.ndarray, lambda value: _array_config(value) if value.ndim else value.item()),
    (np.dtype, str),
    (Tensor, _tensor_config),
    (Variable, _value_config),
)
