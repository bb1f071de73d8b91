"""Gradients with respect to inputs."""

import numpy as np

from pyconv import ops
from pyconv.graph import gradients
from pyconv.plan import Function
from pyconv.plan.function import as_buffer


def value_and_gradient(function, rule=None):
    """The function of arrays that gives a value and how it changes with the first argument.

    It is traced once for each shape; the number of examples may differ at each call.

    Args:
        function: takes tensors (x, ...), the examples on their leading axis, and returns a tensor,
            made with `pyconv.ops`, layers and models.
        rule: another backward pass than that of the ops; see `pyconv.graph.gradients`.

    Returns:
        A function of the same arrays that returns (y, d sum(y) / dx).

    Example:
        >>> square = value_and_gradient(lambda x, a: a * x * x)
        >>> square([[1.0], [2.0]], [[1.0], [3.0]])
        (array([[ 1.],
               [12.]], dtype=float32), array([[ 2.],
               [12.]], dtype=float32))
    """

    def both(x, *others):
        y = function(x, *others)
        (dx,) = gradients(y, ops.ones_like(y), [x], rule)
        return [y, ops.zeros_like(x) if dx is None else dx]

    plan = Function(both)
    return lambda *arrays: tuple(plan(*(as_buffer(np.asarray(a)) for a in arrays)))
