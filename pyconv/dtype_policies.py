"""Dtype policies, of which there is one: all is computed and kept in float32."""

from __future__ import annotations

_INTEGERS = ("int32", "int64")


class DTypePolicy:
    """What layers compute in and keep their weights in.

    Args:
        name: "float32", or None for it; "int64" and "int32" are for layers whose outputs are
            integers, such as `Hashing`.

    Raises:
        TypeError: the name is not a string.
        ValueError: another policy; kernels compute in float32 only.

    Example:
        >>> policy = DTypePolicy("float32")
        >>> policy, policy.compute_dtype, policy.variable_dtype
        (<DTypePolicy "float32">, 'float32', 'float32')
    """

    quantization_mode = None

    def __init__(self, name: str | None = None):
        if name is not None and not isinstance(name, str):
            raise TypeError(
                f"expected the name of a policy as a string, received {name!r} of type "
                f"{type(name).__name__}"
            )
        if name not in (None, "float32", *_INTEGERS):
            raise _refused(name)
        self.name = self.compute_dtype = self.variable_dtype = name or "float32"

    def get_config(self) -> dict:
        """The constructor's arguments."""
        return {"name": self.name}

    @classmethod
    def from_config(cls, config: dict) -> DTypePolicy:
        """The policy that `get_config` described."""
        return cls(**config)

    def __repr__(self) -> str:
        return f'<{type(self).__name__} "{self.name}">'

    def __eq__(self, other) -> bool:
        return type(other) is type(self) and other.name == self.name

    def __hash__(self) -> int:
        return hash((type(self), self.name))


class FloatDTypePolicy(DTypePolicy):
    """`DTypePolicy` by another name, as Keras has it."""


def dtype_policy() -> DTypePolicy:
    """The policy of layers that are given none.

    Example:
        >>> dtype_policy()
        <DTypePolicy "float32">
    """
    return DTypePolicy()


def set_dtype_policy(policy: str | DTypePolicy) -> None:
    """Accepts the policy "float32".

    Args:
        policy: a `DTypePolicy` or its name.

    Raises:
        ValueError: another policy.

    Example:
        >>> set_dtype_policy("float32")
    """
    if policy is None or not isinstance(policy, (str, DTypePolicy)):
        raise ValueError(
            f"expected a `DTypePolicy` or its name such as 'float32', received {policy!r}"
        )
    get(policy)


def get(identifier: str | dict | DTypePolicy | None, integers: bool = False) -> DTypePolicy:
    """The policy for a name, a config or a policy.

    Args:
        identifier: one of them, or None for "float32".
        integers: whether "int64" and "int32" are taken.

    Example:
        >>> get("float32")
        <DTypePolicy "float32">
    """
    if isinstance(identifier, dict):
        policy = deserialize(identifier)
    else:
        policy = identifier if isinstance(identifier, DTypePolicy) else DTypePolicy(identifier)
    if policy.name in _INTEGERS and not integers:
        raise _refused(policy.name)
    return policy


def _refused(name: str) -> ValueError:
    return ValueError(
        f"expected the policy 'float32', received {name!r}: pyconv has kernels of float32 only, "
        "and mixed precision gains nothing on CPUs; leave the policy out"
    )


def serialize(dtype_policy: DTypePolicy) -> dict:
    """The config of a policy in the form that Keras 3 writes."""
    return {
        "module": "keras",
        "class_name": type(dtype_policy).__name__,
        "config": dtype_policy.get_config(),
        "registered_name": None,
    }


def deserialize(config: dict, custom_objects: dict | None = None) -> DTypePolicy:
    """The policy of such a config.

    Example:
        >>> deserialize(serialize(DTypePolicy()))
        <DTypePolicy "float32">
    """
    classes = {cls.__name__: cls for cls in (DTypePolicy, FloatDTypePolicy)}
    classes |= custom_objects or {}
    name = config.get("class_name")
    if name not in classes:
        raise ValueError(f"expected the config of a policy of {sorted(classes)}, received {name!r}")
    return classes[name].from_config(config.get("config", {}))
