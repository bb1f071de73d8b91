"""Keras' names around symbolic tensors, scopes and devices."""

from __future__ import annotations

from contextlib import contextmanager

from pyconv.graph import Tensor, placeholder
from pyconv.layers.core import InputLayer


class _AnyTensor(type):
    """Instances are the tensors of the graph, however they were made."""

    def __instancecheck__(cls, instance) -> bool:
        return isinstance(instance, Tensor)


class KerasTensor(metaclass=_AnyTensor):
    """A symbolic tensor: a shape and a dtype, values come later. `Input` makes those of models.

    Args:
        shape: sizes, None for a free one.
        dtype: "float32" or "int32".
        sparse, ragged: only False.
        record_history: accepted for Keras' sake.
        name: the tensor's name.

    Raises:
        ValueError: a sparse or ragged tensor.

    Example:
        >>> from pyconv.layers import Input
        >>> isinstance(Input((3,)), KerasTensor), KerasTensor((None, 2)).shape
        (True, (None, 2))
    """

    def __new__(
        cls, shape, dtype="float32", sparse=False, ragged=False, record_history=True, name=None
    ) -> Tensor:
        if sparse or ragged:
            raise ValueError(
                f"expected a dense tensor, received sparse={sparse}, ragged={ragged}; leave them "
                "out"
            )
        return placeholder(shape, dtype, name or "")


def is_keras_tensor(x) -> bool:
    """Whether x is symbolic.

    Example:
        >>> is_keras_tensor([1.0])
        False
    """
    return isinstance(x, Tensor)


def get_source_inputs(tensor: Tensor) -> list[Tensor]:
    """The `Input`s that a symbolic tensor was made of, each once.

    Example:
        >>> from pyconv.layers import Dense, Input
        >>> x = Input((3,))
        >>> get_source_inputs(Dense(2)(x))[0] is x
        True
    """
    found, seen, stack = [], set(), [tensor]
    while stack:
        x = stack.pop()
        if id(x) in seen:
            continue
        seen.add(id(x))
        if isinstance(x.layer, InputLayer):
            found.append(x)
        elif x.history is not None:
            stack += reversed(x.history.inputs)
    return found


@contextmanager
def name_scope(name: str):
    """A block whose name is accepted: weights are called by their layers here.

    Raises:
        ValueError: the name is not a string.

    Example:
        >>> with name_scope("encoder"):
        ...     pass
    """
    if not isinstance(name, str):
        raise ValueError(f"expected `name` to be a string, received {name!r}")
    yield name


@contextmanager
def device(device_name: str):
    """A block that runs on the CPU, as all does.

    Raises:
        ValueError: another device.

    Example:
        >>> with device("cpu:0"):
        ...     pass
    """
    if "cpu" not in str(device_name).lower():
        raise ValueError(
            f"expected the device 'cpu', received {device_name!r}: pyconv runs on CPUs only; leave "
            "the block out"
        )
    yield
