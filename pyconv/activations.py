"""Activation functions by name: what layers accept as `activation`."""

from __future__ import annotations

from inspect import isfunction

from pyconv import ops
from pyconv.ops import (
    celu,
    elu,
    glu,
    hard_shrink,
    hard_sigmoid,
    hard_silu,
    hard_tanh,
    leaky_relu,
    log_sigmoid,
    log_softmax,
    mish,
    relu6,
    selu,
    sigmoid,
    silu,
    soft_shrink,
    softmax,
    softplus,
    softsign,
    sparse_plus,
    sparse_sigmoid,
    sparsemax,
    squareplus,
    tanh,
    tanh_shrink,
    threshold,
)
from pyconv.ops import exp as exponential
from pyconv.saving.registration import get_registered_object

swish, hard_swish = silu, hard_silu


def linear(x):
    """The identity: f(x) = x."""
    return x


def relu(x, negative_slope=0.0, max_value=None, threshold=0.0):
    """The rectifier: f(x) = x for x >= threshold, else negative_slope * (x - threshold), at most
    max_value.

    Args:
        x: tensor of any shape.
        negative_slope: slope below the threshold, at least 0.
        max_value: the largest result, or None for no bound.
        threshold: where the slope of 1 starts.

    Returns:
        A tensor of x's shape.

    Example:
        >>> import numpy as np
        >>> relu(np.array([-2.0, 0.5, 9.0]), negative_slope=0.5, max_value=6.0)
        array([-1. , 0.5, 6. ], dtype=float32)
    """
    if threshold == negative_slope == 0.0 and max_value == 6.0:
        return ops.relu6(x)
    if threshold == 0.0:
        y = ops.leaky_relu(x, negative_slope) if negative_slope else ops.relu(x)
    else:
        below = negative_slope * (x - threshold)
        y = ops.where(ops.greater_equal(x, threshold), x, below)
    return y if max_value is None else ops.minimum(y, max_value)


def gelu(x, approximate=False):
    """The Gaussian error linear unit: f(x) = x * P(X <= x) for X ~ N(0, 1).

    Args:
        x: tensor of any shape.
        approximate: whether to use the hyperbolic tangent's approximation.

    Returns:
        A tensor of x's shape.
    """
    return ops.gelu(x, approximate=approximate)


_FUNCTIONS = {
    function.__name__: function
    for function in (
        linear,
        relu,
        relu6,
        leaky_relu,
        elu,
        selu,
        sigmoid,
        hard_sigmoid,
        tanh,
        softplus,
        softsign,
        silu,
        gelu,
        softmax,
        log_softmax,
        celu,
        glu,
        hard_shrink,
        hard_silu,
        hard_tanh,
        log_sigmoid,
        mish,
        soft_shrink,
        sparse_plus,
        sparse_sigmoid,
        sparsemax,
        squareplus,
        tanh_shrink,
        threshold,
    )
} | {"exponential": exponential, "swish": silu, "hard_swish": hard_silu}
_OF_OPS = {getattr(ops, name): name for name in _FUNCTIONS if hasattr(ops, name)}
_NAMES = _OF_OPS | {function: name for name, function in reversed(_FUNCTIONS.items())}


def get(identifier):
    """The function that a name or callable stands for.

    Args:
        identifier: a name such as "relu", a callable, or None for `linear`.

    Returns:
        A function of one tensor.

    Raises:
        ValueError: no activation has this name, or the identifier is neither a name nor callable.

    Example:
        >>> get("relu") is relu, get(None) is linear
        (True, True)
    """
    if identifier is None:
        return linear
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, str):
        return _find(identifier)
    if callable(identifier):
        return identifier
    raise ValueError(
        "expected a name, a callable or None as activation, received "
        f"{identifier!r} of type {type(identifier).__name__}; pass for example 'relu'"
    )


def _find(name):
    registered = get_registered_object(name)
    if registered is not None:
        return registered
    if name not in _FUNCTIONS:
        known = ", ".join(sorted(_FUNCTIONS))
        raise ValueError(f"expected a name of an activation, one of {known}; received {name!r}")
    return _FUNCTIONS[name]


def serialize(activation):
    """The name by which `get` finds the function; of a user's function, or of a layer as
    activation, the config; anything else as it is.

    Example:
        >>> serialize(relu)
        'relu'
    """
    named = isfunction(activation) or hasattr(activation, "get_config")
    if activation in _NAMES or not named:
        return _NAMES.get(activation, activation)
    from pyconv.saving import serialize_keras_object

    return serialize_keras_object(activation)


def deserialize(config, custom_objects=None):
    """The function of a name or config, looked up in `custom_objects` first."""
    if isinstance(config, str) and config in (custom_objects or {}):
        return custom_objects[config]
    if isinstance(config, dict):
        from pyconv.saving import deserialize_keras_object

        return deserialize_keras_object(config, custom_objects)
    return get(config)
