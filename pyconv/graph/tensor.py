"""Symbolic tensors: a shape, a dtype, and the node that makes them."""

from __future__ import annotations

from math import prod
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np

from pyconv.utils.naming import unique_name

#: dtypes that buffers can have.
DTYPES = ("float32", "int32")


class Spec(NamedTuple):
    """What is known of a tensor before it has values.

    The leading axis may be None: the number of examples, known when a plan runs. Other axes are
    None only while a model with free spatial sizes is described; lowering has numbers.
    """

    shape: tuple[int | None, ...]
    dtype: str = "float32"

    @property
    def batched(self) -> bool:
        """Whether the leading axis counts the examples of a run."""
        return bool(self.shape) and self.shape[0] is None

    @property
    def size_per_example(self) -> int:
        """Number of elements, per example where batched."""
        return prod(self.shape[1:] if self.batched else self.shape)


#: What else helps where a value is asked for.
_OR_EAGERLY = "; in the steps of a model, compile(..., run_eagerly=True) gives it one"


class Tensor:
    """A value in a graph. Made by ops; a leaf is a placeholder, a constant or a variable.

    Attributes:
        shape, dtype: as in `Spec`.
        node, index: the node and which of its outputs this is; None for a leaf.
        value: the array of a constant leaf, or the `Variable` of a variable leaf.
        history: the `Call` that returned this tensor while a model was described, if one did.
        _keras_mask: what of it counts, where a layer has said so; under Keras' name.
        tapes: tokens of the tapes that watch it, where arrays are computed at once; it knows its
            value then, node or not.
    """

    __slots__ = ("spec", "node", "index", "_name", "value", "history", "tapes", "_keras_mask")
    __array_priority__ = 100  # NumPy arrays leave binary operators to us

    def __init__(self, spec: Spec, node=None, index: int = 0, value: Any = None, name: str = ""):
        self.spec = spec
        self.node = node
        self.index = index
        self.value = value
        self._name = name
        self.history = None
        self.tapes = ()
        self._keras_mask = None

    @property
    def name(self) -> str:
        """What it was named, or what it is from when it is first asked."""
        self._name = self._name or unique_name("keras_tensor")
        return self._name

    @property
    def shape(self) -> tuple[int | None, ...]:
        return self.spec.shape

    @property
    def dtype(self) -> str:
        return self.spec.dtype

    @property
    def ndim(self) -> int:
        return len(self.spec.shape)

    @property
    def layer(self):
        """The layer that returned this tensor while a model was described, or None."""
        return self.history and self.history.layer

    def __repr__(self) -> str:
        return f"<Tensor {self._name or 'unnamed'} shape={self.shape} dtype={self.dtype}>"

    def __reduce_ex__(self, protocol):
        """Copies and pickles: a variable's leaf stays that of the variable's copy, and what a layer
        returned knows its call but not the nodes within."""
        if getattr(self.value, "leaf", None) is self:
            return attrgetter("leaf"), (self.value,)
        state = {name: getattr(self, name) for name in self.__slots__}
        if self.history is not None:
            state["node"] = None
        return object.__new__, (type(self),), (None, state)

    def __bool__(self) -> bool:
        raise TypeError(
            "expected a number, received a symbolic tensor, whose value is not known while a model "
            f"is traced; use ops.where(condition, a, b) instead of `if`{_OR_EAGERLY}"
        )

    def __array__(self, *args, **kwargs):
        raise TypeError(
            "expected an array, received a symbolic tensor, which has no value yet; use functions "
            f"of pyconv.ops on it instead of NumPy's{_OR_EAGERLY}"
        )

    def __float__(self):
        raise TypeError(
            f"expected a number, received {self!r}, which has no value yet; use functions of "
            f"pyconv.ops on it{_OR_EAGERLY}"
        )

    __int__ = __float__

    def __getattr__(self, name):
        hint = f", for it has no value yet{_OR_EAGERLY}" if name in ("numpy", "item") else ""
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}{hint}")

    def __len__(self) -> int:
        if not self.shape or self.shape[0] is None:
            raise TypeError(f"the length of {self!r} is not known; use a dimension of its shape")
        return self.shape[0]

    def __iter__(self):
        raise TypeError(f"{self!r} cannot be iterated over; index it, or use pyconv.ops")


def as_numbers(value) -> np.ndarray:
    """The value as an array; raises TypeError unless it holds real numbers."""
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise TypeError(
            f"expected numbers that float32 can hold, received {_excerpt(value)} of dtype "
            f"{array.dtype}; convert it with numpy.asarray(..., 'float32')"
        )
    return array


def _excerpt(value) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 40 else f"{text[:37]}..."


def placeholder(shape, dtype: str = "float32", name: str = "") -> Tensor:
    """A leaf whose values come with each run."""
    return Tensor(Spec(tuple(shape), dtype), name=name)


def constant(value) -> Tensor:
    """A leaf with fixed values: int32 stays, other numbers become float32. Raises TypeError for
    what is not a number."""
    array = as_numbers(value)
    dtype = "int32" if array.dtype == np.int32 else "float32"
    array = np.ascontiguousarray(array, dtype=dtype).reshape(array.shape)
    return Tensor(Spec(array.shape, dtype), value=array, name="constant")


def extent(shape: tuple[int | None, ...]) -> dict[str, int]:
    """The leading extent as op records have it: `n`, per example where `batched`."""
    if not shape:
        return {"batched": 0, "n": 1}
    return {"batched": int(shape[0] is None), "n": 1 if shape[0] is None else shape[0]}


def row_size(shape: tuple[int | None, ...]) -> int:
    """Elements behind one index of the leading axis."""
    return prod(shape[1:])


def merged(axes: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Axes (size, stride of each operand...) with those that are one for all operands joined, and
    without those of size 1.

    Example:
        >>> merged([(2, 12, 0), (3, 4, 4), (1, 9, 9), (4, 1, 1)])
        [(2, 12, 0), (12, 1, 1)]
    """
    result: list[tuple[int, ...]] = []
    for size, *strides in axes:
        if size == 1:
            continue
        if result and all(
            outer == size * inner for outer, inner in zip(result[-1][1:], strides, strict=True)
        ):
            size *= result.pop()[0]
        result.append((size, *strides))
    return result
