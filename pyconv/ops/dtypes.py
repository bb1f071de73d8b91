"""Which dtypes results have.

Kernels have float32 and int32. Results of floating functions are float32, whatever floats came
in. Integers stay integers: of arrays alone with NumPy's dtype and exactly, in a graph as int32 by
way of float32 (exact below 2^24). Predicates are bool arrays at once, and 0 and 1 as float32 in a
graph; every op takes either. Where floats and integers meet, the integers become floats.
"""

from __future__ import annotations

import numpy as np

from pyconv.graph import Node, Op, Spec, Tensor, Variable, apply, current_trace, extent, row_size
from pyconv.graph.recording import is_recorded
from pyconv.utils.dtypes import FLOATS, INTEGERS, standardize_dtype

_REAL = (*FLOATS, *INTEGERS, "bool")


def symbolic(*xs) -> bool:
    """Whether any of them is a value of a graph; variables are while a trace is active."""
    kinds = Tensor if current_trace() is None else (Tensor, Variable)
    return any(isinstance(x, kinds) for x in xs)


def differentiable(*xs) -> bool:
    """Whether gradients may be asked for any of them: tensors, variables, what a tape watches."""
    return any(isinstance(x, (Tensor, Variable)) or is_recorded(x) for x in xs)


def dtype_name(dtype) -> str:
    """The name of a dtype of real numbers, given as `standardize_dtype` takes it."""
    name = standardize_dtype(dtype)
    if name not in _REAL:
        raise ValueError(f"expected a dtype of {', '.join(_REAL)}, received {dtype!r}")
    return name


def kernel_dtype(name: str) -> str:
    """The dtype that stands for another in a graph: float32 for floats and bool, else int32."""
    return "int32" if "int" in name else "float32"


def array_dtype(name: str) -> str:
    """The NumPy dtype of arrays; NumPy has no bfloat16."""
    return "float32" if name == "bfloat16" else name


def array_of(x) -> np.ndarray:
    """What has numbers as an array: Python's integers become int32, Python's floats float32, and
    lists of any integers int32."""
    if isinstance(x, (np.ndarray, np.generic)):
        return np.asanyarray(x)
    if isinstance(x, Variable) or hasattr(x, "__array__"):
        return np.asarray(x)
    array = np.asarray(x)
    if array.dtype.kind in "iu":
        fits = not array.size or -(2**31) <= array.min() <= array.max() < 2**31
        return array.astype("int32") if fits else array
    return array.astype("float32") if array.dtype.kind == "f" and _pythonic(x) else array


def dtype_of(x) -> str:
    """The name of the dtype that results like x have."""
    if isinstance(x, (Tensor, Variable)):
        return x.dtype
    array = array_of(x)
    return "float32" if array.dtype.kind == "f" else array.dtype.name


def concrete(what: str, x) -> np.ndarray:
    """x as an array; raises ValueError where it is a tensor of a graph."""
    if symbolic(x):
        raise ValueError(
            f"{what}: expected an array, received a symbolic tensor, whose values are not known "
            "while a graph is made; compute it before the model"
        )
    return array_of(x)


def _pythonic(x) -> bool:
    """Whether the numbers in nested lists are Python's."""
    while isinstance(x, (list, tuple)) and x:
        x = x[0]
    return not isinstance(x, (np.ndarray, np.generic, Variable))


def is_integral(x) -> bool:
    """Whether it holds integers or truth values."""
    if isinstance(x, (Tensor, Variable)):
        return "int" in x.dtype
    if isinstance(x, float):
        return False
    return isinstance(x, int) or array_of(x).dtype.kind in "iub"


def floats(x):
    """x where it has floats, else its numbers as float32."""
    if isinstance(x, (Tensor, Variable)):
        return x if x.dtype == "float32" else apply(Cast("float32"), x)
    if isinstance(x, (float, int)):
        return float(x)
    array = x if isinstance(x, np.ndarray) else array_of(x)
    return array if array.dtype.kind not in "iub" else array.astype(np.float32)


class Cast(Op):
    """The same numbers in another dtype; fractions are cut off towards int32."""

    dtype: str

    def infer(self, x: Spec) -> Spec:
        return Spec(x.shape, self.dtype)

    def gradient(self, node: Node, g: Tensor):
        return (g if node.inputs[0].dtype == self.dtype else None,)

    def lower(self, lowering, node: Node) -> None:
        x = node.inputs[0]
        if x.dtype == self.dtype:
            lowering.alias(node.output, x)
            return
        lowering.emit(
            "convert",
            {"x": x, "y": node.output},
            **extent(x.shape),
            count=row_size(x.shape),
            function=int(self.dtype == "int32"),
        )


def arithmetic(op: Op, exact: str, *xs):
    """op(*xs), in float32; of integers alone NumPy's function `exact`, with integral results."""
    if not all(map(is_integral, xs)):
        return apply(op, *map(floats, xs))
    if symbolic(*xs):
        return apply(Cast("int32"), apply(op, *map(floats, xs)))
    arrays = [array_of(x) if not isinstance(x, int) else x for x in xs]
    if all(isinstance(x, int) for x in xs) or all(np.asarray(a).dtype.kind == "b" for a in arrays):
        arrays = [np.asarray(a, "int32") for a in arrays]
    return np.asarray(getattr(np, exact)(*arrays))


def predicate(op: Op, exact: str, *xs):
    """op(*xs), which says 1 or 0: truth values of arrays, NumPy's `exact` of integers alone."""
    if symbolic(*xs):
        return apply(op, *map(floats, xs))
    if all(map(is_integral, xs)):
        return np.asarray(getattr(np, exact)(*map(array_of, xs)))
    return apply(op, *map(floats, xs)).astype(bool)


def moved(op: Op, x, *others):
    """op(x, *others), which puts elements elsewhere: arrays of integers keep their dtype."""
    if symbolic(x, *others) or isinstance(x, Variable):
        return apply(op, x, *others)
    array = x if isinstance(x, np.ndarray) else array_of(x)
    if array.dtype.kind not in "iub" or array.dtype == np.int32:
        return apply(op, array, *others)
    if array.dtype.itemsize > 2 and array.size and np.abs(array).max() >= 2**31:
        raise ValueError(
            f"expected integers that int32 can hold, received {np.abs(array).max()} in an array of "
            f"{array.dtype}; subtract an offset first"
        )
    return apply(op, array.astype(np.int32), *others).astype(array.dtype)


def alike(*xs) -> list:
    """The inputs with dtypes that can be joined: floats where any has floats."""
    if all(map(is_integral, xs)):
        return list(xs)
    return [floats(x) for x in xs]
