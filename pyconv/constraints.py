"""Constraints on weights: what a weight becomes after each update."""

from __future__ import annotations

from pyconv import ops
from pyconv.utils.registry import Registry

_EPSILON = 1e-7


class Constraint:
    """Base of all constraints: a subclass defines `__call__(w)`, the constrained value made of
    `pyconv.ops`.

    Example:
        >>> import numpy as np
        >>> class Halved(Constraint):
        ...     def __call__(self, w):
        ...         return w * 0.5
        >>> Halved()(np.array([2.0], "float32"))
        array([1.], dtype=float32)
    """

    def __call__(self, w):
        """The constrained weight; the base's is the weight itself."""
        return w

    def get_config(self) -> dict:
        """The arguments of the constructor."""
        return {}

    @classmethod
    def from_config(cls, config: dict) -> Constraint:
        """The constraint that `get_config` described."""
        return cls(**config)


class MaxNorm(Constraint):
    """Norms of at most a value: w min(|w|, max_value) / |w| (Srivastava et al. 2014).

    Args:
        max_value: the largest norm.
        axis: an axis or several, over which norms are taken: 0 for the inputs of each unit of a
            `Dense` kernel, (0, 1, 2) for the filters of a `Conv2D`.

    Example:
        >>> MaxNorm(1.0)([[3.0, 0.0], [4.0, 0.5]]).round(3)
        array([[0.6, 0. ],
               [0.8, 0.5]], dtype=float32)
    """

    def __init__(self, max_value=2, axis=0):
        self.max_value = max_value
        self.axis = axis

    def __call__(self, w):
        norms = _norms(w, self.axis)
        return ops.multiply(w, ops.clip(norms, 0, self.max_value) / (norms + _EPSILON))

    def get_config(self):
        return {"max_value": self.max_value, "axis": self.axis}


class NonNeg(Constraint):
    """No negative weights: max(w, 0).

    Example:
        >>> NonNeg()([-1.0, 2.0])
        array([0., 2.], dtype=float32)
    """

    def __call__(self, w):
        return ops.maximum(w, 0.0)


class UnitNorm(Constraint):
    """Norms of 1: w / |w|.

    Args:
        axis: an axis or several, as of `MaxNorm`.

    Example:
        >>> UnitNorm()([[3.0], [4.0]]).round(3).ravel()
        array([0.6, 0.8], dtype=float32)
    """

    def __init__(self, axis=0):
        self.axis = axis

    def __call__(self, w):
        return ops.divide(w, _norms(w, self.axis) + _EPSILON)

    def get_config(self):
        return {"axis": self.axis}


class MinMaxNorm(Constraint):
    """Norms between two values: w (rate clip(|w|, min_value, max_value) + (1 - rate) |w|) / |w|.

    Args:
        min_value, max_value: the bounds.
        rate: how far a norm outside of the bounds is moved towards them, from 0 to 1.
        axis: an axis or several, as of `MaxNorm`.

    Example:
        >>> MinMaxNorm(1.0, 2.0, rate=0.5)([[3.0], [4.0]]).round(3).ravel()
        array([2.1, 2.8], dtype=float32)
    """

    def __init__(self, min_value=0.0, max_value=1.0, rate=1.0, axis=0):
        self.min_value = min_value
        self.max_value = max_value
        self.rate = rate
        self.axis = axis

    def __call__(self, w):
        norms = _norms(w, self.axis)
        clipped = ops.clip(norms, self.min_value, self.max_value)
        desired = clipped * self.rate + norms * (1 - self.rate)
        return ops.multiply(w, desired / (norms + _EPSILON))

    def get_config(self):
        return {
            "min_value": self.min_value,
            "max_value": self.max_value,
            "rate": self.rate,
            "axis": self.axis,
        }


def _norms(w, axis):
    """Euclidean norms over an axis or several, which stay with size 1."""
    return ops.sqrt(ops.sum(ops.square(w), axis=axis, keepdims=True))


max_norm, non_neg, unit_norm, min_max_norm = MaxNorm, NonNeg, UnitNorm, MinMaxNorm

_registry = Registry("constraint", [Constraint, MaxNorm, NonNeg, UnitNorm, MinMaxNorm])
get = _registry.get
deserialize = _registry.deserialize


def serialize(constraint):
    """The config of a constraint in the form that Keras 3 writes."""
    return _registry.serialize(constraint)
