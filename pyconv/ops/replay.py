"""Ops between layers are part of a model: they are called again for each input."""

from __future__ import annotations

from functools import wraps
from inspect import isfunction

from pyconv.graph import Call, Tensor, Trace, as_array, current_trace, renewed
from pyconv.utils.naming import unique_name
from pyconv.utils.nest import flatten, map_structure


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
        if current_trace() is not None or not _has_tensor((args, kwargs)):
            return as_array(function(*args, **kwargs))
        with Trace():  # what it does within is not noted
            outputs = map_structure(renewed, function(*args, **kwargs))
        call = Call(function, args, kwargs, outputs, unique_name(function.__name__))
        for tensor in flatten(outputs):
            tensor.history = call
        return outputs

    op.__module__ = package  # where it is found, by pickle too
    return op


def _has_tensor(nest) -> bool:
    return any(isinstance(leaf, Tensor) for leaf in flatten(nest))
