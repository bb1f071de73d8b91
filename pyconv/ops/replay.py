"""Ops between layers are part of a model: they are called again for each input."""

from __future__ import annotations

from functools import wraps
from inspect import isfunction

from pyconv.graph import Call, Tensor, as_array, current_trace, described, renewed
from pyconv.ops.dtypes import array_of
from pyconv.utils.naming import unique_name
from pyconv.utils.nest import flatten, map_structure

#: What Keras calls some functions: those that operators and `abs` are.
_NAMES = {"abs": "absolute", "divide": "true_divide", "getitem": "get_item"}
#: Functions whose arrays are NumPy's own.
PLAIN = ("convert_to_numpy",)


def replayable(function, package=__package__):
    """The op, which notes its calls on symbolic tensors while a model is described.

    A node would not do: it holds numbers that follow from sizes, which may be free. What is no
    function passes as it is.

    Example:
        >>> from pyconv import layers, ops
        >>> y = ops.sum(layers.Input((None, 8, 3)), axis=1, keepdims=True)
        >>> y.shape, y.history.function.__name__
        ((None, 1, 8, 3), 'sum')
    """

    if not isfunction(function):
        return function

    @wraps(function)
    def op(*args, **kwargs):
        describing = current_trace() is None
        if describing and _has_tensor((args, kwargs)):  # what it does within is not noted
            outputs = described(lambda both: function(*both[0], **both[1]), (args, kwargs))
        else:
            outputs = function(*args, **kwargs)
        if not _has_tensor(outputs) and function.__name__ not in PLAIN:
            return map_structure(as_array, _numbers(outputs, args))
        return _noted(function, args, kwargs, outputs) if describing else outputs

    op.__module__ = package  # where it is found, by pickle too
    return op


def _numbers(outputs, args: tuple):
    """The outputs; Python's numbers that an op passed on are arrays from here on."""
    passed = args and outputs is args[0] and not hasattr(outputs, "shape")
    return array_of(outputs) if passed or isinstance(outputs, float) else outputs


def _noted(function, args: tuple, kwargs: dict, outputs):
    """The outputs, whose tensors have this call as their history."""
    if not _has_tensor(outputs):
        return outputs
    outputs = map_structure(lambda x: renewed(x) if isinstance(x, Tensor) else x, outputs)
    call = Call(function, args, kwargs, outputs, unique_name(operation_name(function)))
    for tensor in flatten(outputs):
        if isinstance(tensor, Tensor):
            tensor.history = call
    return outputs


def operation_name(function) -> str:
    """What Keras calls the operation that a function is.

    Example:
        >>> from pyconv import ops
        >>> operation_name(ops.divide)
        'true_divide'
    """
    return _NAMES.get(function.__name__, function.__name__)


def _has_tensor(nest) -> bool:
    return any(isinstance(leaf, Tensor) for leaf in flatten(nest))
