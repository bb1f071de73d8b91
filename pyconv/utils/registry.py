"""Objects by name: strings, classes and configs of Keras' form become instances, and back."""

import inspect
import re

from pyconv.saving.registration import CustomObjectScope, get_registered_object, scoped_objects


def snake_case(name):
    """The Keras alias of a class name.

    Example:
        >>> snake_case("GlorotUniform"), snake_case("L1L2")
        ('glorot_uniform', 'l1_l2')
    """
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()


class Registry:
    """The classes of one kind that can be named by a string or a config.

    Args:
        kind: the noun of error messages, also Keras' module name without its plural s.
        classes: the classes, each found by its name and by its snake-case alias.
        aliases: further names, a dict from name to class.

    Example:
        >>> registry = Registry("box", [dict], aliases={"map": dict})
        >>> registry.get("map"), registry.get(None)
        ({}, None)
    """

    def __init__(self, kind, classes, aliases=None):
        self.kind = kind
        self.classes = {cls.__name__: cls for cls in classes}
        self.classes |= {snake_case(cls.__name__): cls for cls in classes}
        self.classes |= aliases or {}

    def get(self, identifier):
        """An instance for a name, config or class; None and other callables as they are."""
        if isinstance(identifier, str):
            found = self.find(identifier)
            return found() if inspect.isclass(found) else found
        if isinstance(identifier, dict):
            return self.deserialize(identifier)
        if inspect.isclass(identifier):
            return identifier()
        if identifier is None or callable(identifier):
            return identifier
        raise ValueError(
            f"expected a string, class, instance, callable or config as {self.kind},"
            f" received {identifier!r} of type {type(identifier).__name__}"
        )

    def find(self, name):
        """The class of this name, or what a user registered under it."""
        registered = get_registered_object(name)
        if registered is not None:
            return registered
        if name not in self.classes:
            known = ", ".join(sorted(self.classes))
            raise ValueError(f"expected a name of {self.kind}s, one of {known}; received {name!r}")
        return self.classes[name]

    def serialize(self, instance):
        """The config of an instance in the form that Keras 3 writes."""
        from pyconv.saving import serialize_keras_object

        return serialize_keras_object(instance)

    def deserialize(self, config, custom_objects=None):
        """The instance of such a config, or of a name; user classes are found in `custom_objects`
        by name."""
        from pyconv.saving import deserialize_keras_object

        if not isinstance(config, dict):
            with CustomObjectScope({**scoped_objects(), **(custom_objects or {})}):
                return self.get(config)
        if "class_name" not in config:
            raise ValueError(
                f"expected the key 'class_name' in a config of {self.kind}s, received {config!r}"
            )
        cls = self.classes.get(config["class_name"])
        name = config["class_name"] if cls is None else cls.__name__
        config = {"module": f"keras.{self.kind}s", "config": {}, **config, "class_name": name}
        return deserialize_keras_object(config, custom_objects)
