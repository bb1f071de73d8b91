"""Penalties on weights or outputs that are added to the loss."""

import math
from numbers import Real

import numpy as np

from pyconv import ops
from pyconv.utils.arguments import choice
from pyconv.utils.registry import Registry


class Regularizer:
    """Base of all regularizers: a subclass defines `__call__(x)`, a scalar made of `pyconv.ops`."""

    def __call__(self, x):
        """The penalty of a tensor of any shape; the base has none."""
        return 0.0

    def get_config(self):
        """The arguments of the constructor."""
        return {}

    @classmethod
    def from_config(cls, config):
        """The regularizer that `get_config` described."""
        return cls(**config)


class L1L2(Regularizer):
    """Both penalties: l1 * sum |x| + l2 * sum x^2.

    Args:
        l1: factor of the absolute values, at least 0.
        l2: factor of the squares, at least 0.

    Example:
        >>> L1L2(l2=0.1).get_config()
        {'l1': 0.0, 'l2': 0.1}
    """

    def __init__(self, l1=0.0, l2=0.0):
        self.l1 = _factor("l1", 0.0 if l1 is None else l1)
        self.l2 = _factor("l2", 0.0 if l2 is None else l2)

    def __call__(self, x):
        """l1 * sum |x| + l2 * sum x^2 over all elements."""
        penalty = L1(self.l1)(x) if self.l1 else 0.0
        return penalty + L2(self.l2)(x) if self.l2 else penalty

    def get_config(self):
        return {"l1": self.l1, "l2": self.l2}


class L1(Regularizer):
    """The sum of absolute values: l1 * sum |x|, which drives small weights to zero.

    Args:
        l1: factor, at least 0.

    Example:
        >>> L1(0.5).get_config()
        {'l1': 0.5}
    """

    def __init__(self, l1=0.01):
        self.l1 = _factor("l1", 0.01 if l1 is None else l1)

    def __call__(self, x):
        """l1 * sum |x| over all elements."""
        return self.l1 * ops.sum(ops.abs(x))

    def get_config(self):
        return {"l1": _single(self.l1)}


class L2(Regularizer):
    """The sum of squares: l2 * sum x^2, whose gradient 2 * l2 * x shrinks the weights.

    Args:
        l2: factor, at least 0.

    Example:
        >>> get("l2").get_config()
        {'l2': 0.01}
    """

    def __init__(self, l2=0.01):
        self.l2 = _factor("l2", 0.01 if l2 is None else l2)

    def __call__(self, x):
        """l2 * sum x^2 over all elements."""
        return self.l2 * ops.sum(ops.square(x))

    def get_config(self):
        return {"l2": self.l2}


class OrthogonalRegularizer(Regularizer):
    """Rows, or columns, of a matrix that are orthogonal: factor * mean |a . b| over all pairs of
    them, each at unit length.

    Args:
        factor: factor, at least 0.
        mode: "rows" or "columns".

    Raises:
        ValueError: an argument is out of range, or the weight is no matrix.

    Example:
        >>> float(OrthogonalRegularizer(1.0)([[1.0, 0.0], [3.0, 0.0]]))
        1.0
    """

    def __init__(self, factor=0.01, mode="rows"):
        self.factor = _factor("factor", factor)
        self.mode = choice(mode, "mode", ("rows", "columns"))

    def __call__(self, x):
        """factor * mean |a . b| over the pairs of rows or columns."""
        shape = np.shape(x) if not hasattr(x, "shape") else tuple(x.shape)
        if len(shape) != 2:
            raise ValueError(f"expected a matrix to regularize, received shape {shape}")
        rows = ops.transpose(x) if self.mode == "columns" else x
        length = ops.sqrt(ops.maximum(ops.sum(ops.square(rows), axis=1, keepdims=True), 1e-12))
        rows = ops.divide(rows, length)
        size = rows.shape[0]
        products = ops.abs(ops.matmul(rows, ops.transpose(rows))) * (1.0 - np.eye(size))
        return ops.sum(products) * (self.factor / max(size * (size - 1), 1))

    def get_config(self):
        return {"factor": _single(self.factor), "mode": self.mode}


def _factor(name, value):
    """The factor as a float; raises unless it is a finite number of at least 0."""
    if not (isinstance(value, Real) and math.isfinite(value) and value >= 0):
        raise ValueError(
            f"expected `{name}` to be a finite number of at least 0, received {value!r}"
        )
    return float(value)


def _single(value):
    """The number next to it that is a float32: what Keras, too, writes of these factors."""
    return float(np.float32(value))


l1, l2, l1_l2, orthogonal_regularizer = L1, L2, L1L2, OrthogonalRegularizer

_registry = Registry("regularizer", [L1, L2, L1L2, OrthogonalRegularizer])
get = _registry.get
deserialize = _registry.deserialize


def serialize(regularizer):
    """The config of a regularizer in the form that Keras 3 writes."""
    return _registry.serialize(regularizer)
