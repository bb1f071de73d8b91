"""Custom objects: users' classes and functions, by the names that they have in files."""

from __future__ import annotations

import inspect
import threading

_objects: dict[str, object] = {}
_names: dict[object, str] = {}
_active = threading.local()


class CustomObjectScope:
    """Within it, names in configs and files stand for these objects, in this thread.

    Args:
        custom_objects: dict from name to class or function.

    Example:
        >>> from pyconv import layers
        >>> class Half(layers.Layer):
        ...     def call(self, inputs):
        ...         return inputs / 2
        >>> with CustomObjectScope({"Half": Half}):
        ...     layers.deserialize({"class_name": "Half", "config": {"name": "half"}})
        <Half name=half, built=False>
    """

    def __init__(self, custom_objects):
        self.custom_objects = dict(custom_objects or {})

    def __enter__(self):
        self._outer = scoped_objects()
        _active.objects = self.custom_objects
        return self

    def __exit__(self, *exception):
        _active.objects = self._outer


custom_object_scope = CustomObjectScope


def scoped_objects() -> dict:
    """The objects of the innermost `CustomObjectScope` of this thread."""
    return getattr(_active, "objects", {})


def get_custom_objects() -> dict:
    """The registered objects by name: the dictionary itself, which may be changed."""
    return _objects


def register_keras_serializable(package="Custom", name=None):
    """A decorator that registers a class or function, so that files may name it.

    Args:
        package: where it belongs to; files have the name "package>name".
        name: its name there, by default its own.

    Returns:
        The decorator; it returns what it decorates.

    Raises:
        ValueError: a class without `get_config`.

    Example:
        >>> @register_keras_serializable("shop")
        ... def half(x):
        ...     return x / 2
        >>> get_registered_name(half), get_registered_object("shop>half") is half
        ('shop>half', True)
    """

    def register(registered):
        if inspect.isclass(registered) and not hasattr(registered, "get_config"):
            raise ValueError(
                f"expected a class with get_config(), received {registered.__name__}; define it, "
                "or derive the class from Layer or the like"
            )
        key = f"{package}>{name or registered.__name__}"
        _objects[key] = registered
        _names[registered] = key
        return registered

    return register


def get_registered_name(obj) -> str:
    """The name under which a class or function was registered, else its own.

    Example:
        >>> get_registered_name(len)
        'len'
    """
    return _names.get(obj) or obj.__name__


def get_registered_object(name, custom_objects=None, module_objects=None):
    """What a name stands for: in the current scope, among the registered, in the arguments.

    Args:
        name: as in a file.
        custom_objects, module_objects: dicts by name to look it up in at last.

    Returns:
        The class or function, or None.

    Example:
        >>> get_registered_object("double", custom_objects={"double": abs}) is abs
        True
    """
    for objects in (scoped_objects(), _objects, custom_objects or {}, module_objects or {}):
        if name in objects:
            return objects[name]
    return None
