"""Variables: numbers that last from one step to the next."""

from __future__ import annotations

import numpy as np

from pyconv import core
from pyconv.graph.allowance import spend
from pyconv.graph.array import Array
from pyconv.graph.recording import active_tapes, is_recorded, leaf_of
from pyconv.graph.tensor import Spec, Tensor, as_numbers, constant
from pyconv.graph.trace import current_trace
from pyconv.utils.dtypes import FLOATS, INTEGERS, standardize_dtype
from pyconv.utils.naming import unique_name

#: The dtypes of variables, and those of plans in which they are kept.
KEPT = {"float32": "float32", "bool": "float32"} | dict.fromkeys(INTEGERS, "int32")
AGGREGATIONS = ("none", "mean", "sum", "only_first_replica")


class Variable:
    """An array that a model owns, reads and changes.

    It owns its storage; every change advances `version`, so that plans remake what they derived
    from it. Inside a trace `assign` takes symbolic tensors and becomes part of the step.

    Args:
        initializer: an array, or a callable `(shape, dtype=...) -> array`, or its name.
        shape: needed with a callable.
        dtype: "float32", integers of any size, which are kept as int32, or "bool", kept as 0 and 1;
            None: that of an array, "int32" for Python's integers.
        trainable: whether optimizers change it; tapes watch what was made so, also while it is
            frozen.
        name: for summaries and files; by default "variable", with a number.
        autocast, aggregation, synchronization, layout: taken for Keras' sake: there is one
            precision and one process.

    Raises:
        ValueError: another dtype or shape, a name with "/", or no shape for a callable.

    Example:
        >>> v = Variable([1.0, 2.0], name="v")
        >>> v.assign(v + 1)
        array([2., 3.], dtype=float32)
        >>> v.numpy()
        array([2., 3.], dtype=float32)
    """

    __array_priority__ = 100

    def __init__(
        self,
        initializer,
        shape=None,
        dtype=None,
        trainable=True,
        autocast=True,
        aggregation="none",
        synchronization="auto",
        name=None,
        layout=None,
    ):
        initializer, name = _found(initializer), name or unique_name("variable")
        dtype = standardize_dtype(dtype or _dtype_of(initializer))
        kept = _checked(name, dtype, aggregation)
        if callable(initializer):
            if shape is None:
                raise ValueError(
                    f"variable {name}: expected `shape` for {initializer}, received none"
                )
            spend(shape)
            initializer = initializer(tuple(shape), dtype=kept)
        value = np.asarray(initializer)
        _check_bits(name, value, dtype)
        value = value.astype(dtype, copy=False).astype(kept, copy=False)
        if shape is not None and value.shape != tuple(shape):
            raise ValueError(
                f"variable {name}: expected an initial value of shape {tuple(shape)}, received "
                f"{value.shape}; let the initializer return the shape that it is given"
            )
        self.name = name
        self.path = name
        self.dtype = dtype
        self.aggregation, self.synchronization = aggregation or "none", synchronization
        self.trainable = self.watched = trainable
        self.regularizer = None
        self.constraint = None
        self.storage = core.Storage(value.nbytes)
        self._view = np.frombuffer(self.storage, dtype=kept, count=value.size).reshape(value.shape)
        self._view[...] = value
        self.leaf = Tensor(Spec(value.shape, kept), value=self, name=name)

    @property
    def shape(self) -> tuple[int, ...]:
        return self._view.shape

    @property
    def ndim(self) -> int:
        return self._view.ndim

    @property
    def version(self) -> int:
        """How often it was changed."""
        return self.storage.version

    @property
    def size(self) -> int:
        """Number of elements."""
        return self._view.size

    def numpy(self) -> np.ndarray:
        """A copy of the values."""
        return self._view.astype(self.dtype)

    @property
    def view(self) -> np.ndarray:
        """The values where they lie, which change with them; not to be written."""
        return self._view

    @property
    def value(self):
        """The values now: a symbolic tensor within a trace, else an array."""
        if current_trace() is not None:
            return as_tensor(self)
        array, tapes = self.numpy().view(Array), active_tapes()
        array.tensor = leaf_of(self, tapes) if tapes else None
        return array

    def __array__(self, dtype=None, copy=None):
        return self._view.astype(dtype or self.dtype, copy=True)

    def assign(self, value):
        """Replaces the values, and returns them. Inside a trace, with a symbolic value or another
        variable, that is a part of the step. Raises ValueError when the shapes differ, TypeError
        for what is not a number."""
        self.check(value)
        if current_trace() is not None and isinstance(value, (Tensor, Variable)):
            current_trace().assign(self, as_tensor(value))
            return as_tensor(self)
        self._view[...] = np.asarray(value).astype(self.dtype, copy=False)
        self.storage.version += 1
        return self.value

    def check(self, value) -> None:
        """Raises ValueError or TypeError where `assign` cannot take the value."""
        if isinstance(value, Tensor) and current_trace() is None:
            raise TypeError(
                f"variable {self.path}: expected numbers, received {value!r}, which has a value "
                "only within a step; assign it in a layer's `call`"
            )
        if not isinstance(value, (Tensor, Variable)):
            try:
                value = as_numbers(value)
            except TypeError as error:
                raise TypeError(f"variable {self.path}: {error}") from None
            _check_bits(self.path, value, self.dtype)
        if tuple(value.shape) != self.shape:
            raise ValueError(
                f"variable {self.path}: expected a value of shape {self.shape}, received "
                f"{tuple(value.shape)}; reshape it, or build the model for inputs of another size"
            )

    def clear(self) -> None:
        """Sets all values to 0, at once."""
        self.storage.clear()

    def put(self, value) -> None:
        """Replaces the values at once by an array or a number that is known to fit."""
        self._view[...] = value
        self.storage.version += 1

    def assign_add(self, value):
        """Adds to the values, as `assign`."""
        return self.assign(self + value)

    def assign_sub(self, value):
        """Subtracts from the values, as `assign`."""
        return self.assign(self - value)

    def __reduce__(self):
        """Copies and pickles: the values, in a storage of their own, and the attributes."""
        arguments = (self._view, None, self.dtype, self.trainable, True, "none", "auto", self.name)
        own = ("storage", "_view", "leaf")
        return type(self), arguments, {k: v for k, v in vars(self).items() if k not in own}

    def __pos__(self):
        return self.value

    def __float__(self) -> float:
        return float(self._view.item())

    def __int__(self) -> int:
        return int(self._view.item())

    def __repr__(self) -> str:
        return (
            f"<Variable path={self.path}, shape={self.shape}, dtype={self.dtype}, "
            f"value={self.numpy()}>"
        )


def as_tensor(value) -> Tensor:
    """The tensor that stands for a tensor, a variable, an array or a number."""
    if isinstance(value, Tensor):
        return value
    if isinstance(value, Variable):
        trace = current_trace()
        tensor = trace.read(value) if trace else value.leaf
        for tape in trace.tapes if trace else ():
            tape.note(value, tensor)
        return tensor
    return value.tensor if is_recorded(value) else constant(value)


def _found(initializer):
    """What a name stands for."""
    if not isinstance(initializer, str):
        return initializer
    from pyconv import initializers

    return initializers.get(initializer)


def _dtype_of(initializer) -> str:
    """The dtype of a variable that is given none."""
    if callable(initializer):
        return "float32"
    dtype = getattr(initializer, "dtype", None)
    dtype = np.asarray(initializer).dtype if dtype is None else dtype
    name = standardize_dtype(dtype)
    if not hasattr(initializer, "dtype") and dtype.kind == "i":
        return "int32"
    return "float32" if name in FLOATS else name


def _check_bits(path: str, array: np.ndarray, dtype: str) -> None:
    """Raises ValueError where int32 has to keep numbers that have more than 32 bits. Those of 32
    bits without a sign are kept by their bits, as seeds are."""
    wide = array.dtype.kind == "f" or array.dtype.itemsize > 4
    if not wide or KEPT[dtype] != "int32":
        return
    fits = (array >= -(2.0**31)) & (array < 2.0**32)
    if not fits.all():
        raise ValueError(
            f"variable {path}: expected integers of 32 bits, received {array[~fits].flat[0]}; use "
            "smaller ones"
        )


def _checked(name: str, dtype: str, aggregation) -> str:
    """The dtype in which a variable is kept."""
    if "/" in name:
        raise ValueError(f"expected a variable's name without '/', received {name!r}")
    if aggregation not in (None, *AGGREGATIONS):
        raise ValueError(
            f"variable {name}: expected `aggregation` None or one of {AGGREGATIONS}, received "
            f"{aggregation!r}"
        )
    if dtype not in KEPT:
        raise ValueError(
            f"variable {name}: expected a dtype of float32, integers or bool, received {dtype!r}"
        )
    return KEPT[dtype]
