"""Objects from plain data, by a closed table of classes and what users registered.

Nothing is imported by name, and no code comes from data.
"""

from __future__ import annotations

import inspect
import threading

import numpy as np

from pyconv.saving.names import find_class, find_function
from pyconv.saving.registration import (
    CustomObjectScope,
    get_custom_objects,
    get_registered_object,
    scoped_objects,
)

#: How deep configs may be nested; a nested model takes four levels.
MAX_DEPTH = 200

_active = threading.local()


class sharing:  # noqa: N801 (used as a function)
    """Within it, configs with the same "shared_object_id" become one object."""

    def __enter__(self):
        self._outer = getattr(_active, "shared", None)
        _active.shared = {}

    def __exit__(self, *exception):
        _active.shared = self._outer


def deserialize_keras_object(config, custom_objects=None, safe_mode=True, **kwargs):
    """The object that `serialize_keras_object` described.

    Args:
        config: plain data.
        custom_objects: dict from name to class or function of a user.
        safe_mode: accepted for Keras' sake; code in data is never run.
        **kwargs: none.

    Returns:
        The object; plain data without "class_name" and "config" as it is, tuples as lists.

    Raises:
        ValueError: code in the data, or data nested too deeply.
        TypeError: a class or function that neither pyconv has nor the user registered.

    Example:
        >>> deserialize_keras_object(
        ...     {"module": "keras.regularizers", "class_name": "L2", "config": {"l2": 0.1}}
        ... ).l2
        0.1
    """
    if kwargs:
        raise TypeError(f"expected no further arguments, received {', '.join(sorted(kwargs))}")
    check_depth(config)
    objects = {**(custom_objects or {}), **scoped_objects(), **get_custom_objects()}
    with CustomObjectScope(objects):
        return _decoded(config)


def check_depth(config, limit: int = MAX_DEPTH) -> None:
    """Raises ValueError where plain data is nested too deeply, or in itself."""
    level = [config]
    for _ in range(limit):
        level = [part for nest in level for part in _nests_in(nest)]
        if not level:
            return
    raise ValueError(
        f"expected a config of at most {limit} nested levels, received a deeper one; nest fewer "
        "models in one another"
    )


def _nests_in(nest) -> list:
    if isinstance(nest, dict):
        nest = nest.values()
    if isinstance(nest, (str, bytes)) or not hasattr(nest, "__iter__"):
        return []
    return [part for part in nest if isinstance(part, (dict, list, tuple))]


def _decoded(config):
    if isinstance(config, str) and config in scoped_objects():
        return scoped_objects()[config]
    if config is None or isinstance(config, (str, int, float)):
        return config
    if isinstance(config, (list, tuple)):
        return [_decoded(part) for part in config]
    if not isinstance(config, dict):
        raise TypeError(f"expected plain data, received {config!r} of type {type(config).__name__}")
    if "class_name" not in config or "config" not in config:
        return {key: _decoded(value) for key, value in config.items()}
    return _decoded_object(config)


def _decoded_object(config: dict):
    name, inner = config["class_name"], config["config"]
    if not isinstance(name, str):
        raise TypeError(f"expected `class_name` as a string, received {name!r}")
    if name in _SPECIAL:
        return _SPECIAL[name](inner)
    if name == "function":
        return find_named_function(inner, config)
    inner = {} if inner is None else inner
    if not isinstance(inner, dict):
        raise TypeError(f"expected the config of {name} as a dict, received {inner!r}")
    shared = getattr(_active, "shared", None)
    number = config.get("shared_object_id")
    if shared is not None and number in shared:
        return shared[number]
    instance = _instance(find_named_class(config), inner, config)
    if shared is not None and number is not None:
        shared[number] = instance
    return instance


def _instance(cls, inner: dict, config: dict):
    if inspect.isfunction(cls):
        return cls
    if not hasattr(cls, "from_config"):
        raise TypeError(f"expected {cls!r} to have from_config(config); define it")
    instance = cls.from_config(dict(inner))
    build_config = config.get("build_config")
    if build_config and not getattr(instance, "built", True):
        instance.build_from_config(build_config)
    compile_config = config.get("compile_config")
    if compile_config:
        instance.compile_from_config(compile_config)
    return instance


def find_named_class(config: dict):
    """The class that a config names: a user's, else one of pyconv's table."""
    name, module = config["class_name"], config.get("module")
    registered = config.get("registered_name", name)
    found = get_registered_object(registered)
    found = get_registered_object(name) if found is None and module is None else found
    if found is None:
        found = find_class(module, name)
    if found is None:
        raise TypeError(
            f"expected a class that pyconv has, or one that was registered, received "
            f"{_excerpt(module)}.{_excerpt(name)}; pass custom_objects={{name: class}}, or "
            "decorate the class with saving.register_keras_serializable()"
        )
    return found


def find_named_function(name, config: dict):
    """The function that a config names: a user's, else one of pyconv's table."""
    if not isinstance(name, str):
        raise TypeError(f"expected the name of a function, received {_excerpt(name)}")
    found = get_registered_object(name)
    found = find_function(config.get("module"), name) if found is None else found
    if found is None:
        raise TypeError(
            f"expected a function that pyconv has, or one that was registered, received "
            f"{_excerpt(name)}; pass custom_objects={{name: function}}, or decorate it with "
            "saving.register_keras_serializable()"
        )
    return found


def _refuse_code(inner):
    raise ValueError(
        "expected functions by name, received a lambda, whose code a file cannot bring; define it "
        "with def, register it with saving.register_keras_serializable() and save the model again"
    )


def _refuse_type(inner):
    raise ValueError("expected layers and plain data, received a type of TensorFlow")


def _refuse_tensor(inner):
    raise ValueError("expected a symbolic tensor only within the layers of a functional model")


def _array(inner) -> np.ndarray:
    dtype = inner["dtype"]
    if dtype not in ("float16", "float32", "float64", "int32", "int64", "uint8", "bool"):
        raise ValueError(f"expected an array of numbers, received dtype {_excerpt(dtype)}")
    return np.array(inner["value"], dtype)


def _slice(inner) -> slice:
    return slice(*(_decoded(inner.get(end)) for end in ("start", "stop", "step")))


def _excerpt(value) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


_SPECIAL = {
    "__lambda__": _refuse_code,
    "__typespec__": _refuse_type,
    "__keras_tensor__": _refuse_tensor,
    "__numpy__": _array,
    "__tensor__": _array,
    "__bytes__": lambda inner: str(inner["value"]).encode("utf-8"),
    "__ellipsis__": lambda inner: Ellipsis,
    "__slice__": _slice,
}
