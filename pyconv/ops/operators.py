"""Python's operators, and the methods that gradients use, on tensors and variables."""

from __future__ import annotations

from functools import wraps
from importlib import import_module
from numbers import Integral, Number

import numpy as np

from pyconv.graph import Array, Tensor, Variable
from pyconv.graph.recording import is_recorded
from pyconv.ops import elementwise, linear, reduce, shaping, slices
from pyconv.ops.replay import replayable


def _reversed(function):
    return lambda self, other: function(other, self)


def _among_numbers(function):
    """The comparison, for what can be numbers; all else is equal to itself alone."""

    def compare(self, other):
        known = isinstance(other, (Tensor, Variable, np.ndarray, np.generic, Number, list, tuple))
        return function(self, other) if known else NotImplemented

    return compare


def _later(name: str):
    """The op of a name, whose module is imported at its first use."""
    return lambda x1, x2: getattr(import_module("pyconv.ops"), name)(x1, x2)


_OPERATORS = {
    "add": elementwise.add,
    "sub": elementwise.subtract,
    "mul": elementwise.multiply,
    "truediv": elementwise.divide,
    "pow": elementwise.power,
    "matmul": linear.matmul,
    "floordiv": _later("floor_divide"),
    "mod": _later("mod"),
    "and": _later("logical_and"),
    "or": _later("logical_or"),
    "xor": _later("logical_xor"),
}
_COMPARISONS = {"eq": elementwise.equal, "ne": elementwise.not_equal}
_METHODS = {
    "__neg__": elementwise.negative,
    "__abs__": elementwise.abs,
    "__invert__": elementwise.logical_not,
    "__lt__": elementwise.less,
    "__le__": elementwise.less_equal,
    "__gt__": elementwise.greater,
    "__ge__": elementwise.greater_equal,
    "__getitem__": slices.getitem,
}
_TENSOR_METHODS = {"reshape": shaping.reshape, "sum": reduce.sum}

#: Functions of NumPy that a tape can record, and the ops that they are.
_UFUNCS = (
    *("absolute", "add", "cos", "divide", "exp", "expm1", "log", "log1p", "matmul", "maximum"),
    *("minimum", "multiply", "negative", "power", "reciprocal", "sign", "sin", "sqrt", "square"),
    *("subtract", "tanh", "tan", "arcsin", "arccos", "arctan", "arctan2", "sinh", "cosh"),
    *("arcsinh", "arccosh", "arctanh", "log2", "log10", "exp2", "cbrt", "hypot", "logaddexp"),
)


#: Methods of NumPy's arrays that a tape can record, and the ops that they are.
_ARRAY_METHODS = {
    name: name
    for name in (
        *("clip", "cumsum", "dot", "max", "mean", "min", "prod", "ravel", "repeat", "reshape"),
        *("round", "squeeze", "std", "sum", "swapaxes", "take", "transpose", "var"),
    )
} | {"flatten": "ravel"}
_IN_A_ROW = ("reshape", "transpose")  # sizes or axes may come one by one

#: The order of NumPy's arguments where it is not that of the op.
_ORDERS = (
    dict.fromkeys(("flatten", "ravel"), ("order",))
    | dict.fromkeys(("max", "min"), ("axis", "out", "keepdims", "initial", "where"))
    | dict.fromkeys(("prod", "sum"), ("axis", "dtype", "out", "keepdims", "initial", "where"))
    | dict.fromkeys(("std", "var"), ("axis", "dtype", "out", "ddof", "keepdims"))
    | {"mean": ("axis", "dtype", "out", "keepdims"), "cumsum": ("axis", "dtype", "out")}
)
_DEFAULTS = (("order", "C"), ("ddof", 0))  # of NumPy's arguments that ops lack


def _recordable(name: str, op: str):
    """NumPy's method, which is the op where a tape watches the array."""
    of_numpy = getattr(np.ndarray, name)

    @wraps(of_numpy)
    def method(self, *args, **kwargs):
        if not is_recorded(self):
            return of_numpy(self, *args, **kwargs)
        if name in _IN_A_ROW and args and isinstance(args[0], Integral):
            args = (args,)
        if name in _ORDERS:
            args, kwargs = (), dict(zip(_ORDERS[name], args, strict=False)) | kwargs
        given = {k: v for k, v in kwargs.items() if v is not None and (k, v) not in _DEFAULTS}
        ops = import_module("pyconv.ops")
        x = ops.cast(self, given.pop("dtype")) if "dtype" in given else self
        return getattr(ops, op)(x, *args, **given)

    return method


def _op_of(name: str):
    """The op that has the name of a NumPy function, for arrays that a tape watches, or None."""
    if name == "getitem":
        return slices.getitem
    return getattr(import_module("pyconv.ops"), name) if name in _UFUNCS else None


def install() -> None:
    """Gives `Tensor`, `Variable` and `Array` their operators and methods.

    They keep the hash of objects: each is a key of its own, whatever its values.
    """
    Array.op_of = staticmethod(_op_of)
    for name, op in _ARRAY_METHODS.items():
        setattr(Array, name, _recordable(name, op))
    Array.T = property(lambda self: self.transpose())
    for name, function in _TENSOR_METHODS.items():
        setattr(Tensor, name, replayable(function))
    for cls in (Tensor, Variable):
        for name, function in _OPERATORS.items():
            operator = replayable(function)
            setattr(cls, f"__{name}__", operator)
            setattr(cls, f"__r{name}__", _reversed(operator))
        for name, function in _COMPARISONS.items():
            setattr(cls, f"__{name}__", _among_numbers(replayable(function)))
        for name, function in _METHODS.items():
            setattr(cls, name, replayable(function))
        cls.__round__ = lambda self, decimals=None: _later("round")(self, decimals or 0)
        cls.broadcast_like = lambda self, other: shaping.broadcast_to(self, other.shape)
