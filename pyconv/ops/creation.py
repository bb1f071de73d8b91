"""Tensors and arrays made of sizes and numbers."""

from __future__ import annotations

from operator import index

import numpy as np

from pyconv.graph import Node, Op, Spec, Tensor, as_tensor, extent, row_size
from pyconv.ops.dtypes import array_dtype, dtype_name, dtype_of, kernel_dtype, symbolic
from pyconv.ops.elementwise import cast
from pyconv.ops.examples import with_examples
from pyconv.ops.shaping import broadcast_to, shape_of


class Full(Op):
    """y = value everywhere; a leading None counts the examples of a run."""

    shape: tuple
    value: float
    dtype: str = "float32"

    def infer(self) -> Spec:
        return Spec(self.shape, self.dtype)

    def lower(self, lowering, node: Node) -> None:
        y = node.output
        params = {**extent(y.shape), "count": row_size(y.shape)}
        if self.dtype == "float32":
            lowering.emit("fill", {"y": y}, {"value": self.value}, **params)
            return
        numbers = lowering.temporary(y.shape)
        lowering.emit("fill", {"y": numbers}, {"value": self.value}, **params)
        lowering.emit("convert", {"x": numbers, "y": y}, **params, function=1)


def sizes_of(shape) -> tuple:
    """A shape given as sizes, as one number or as an array of integers."""
    return tuple(size if size is None else index(size) for size in with_examples(shape))


def full(shape, fill_value, dtype=None):
    """One number everywhere.

    Args:
        shape: sizes; None leads for as many as there are examples, in a graph.
        fill_value: the number, or an array or tensor that broadcasts.
        dtype: the result's; float32 by default.

    Example:
        >>> from pyconv import ops
        >>> ops.full((2, 1), 3.0)
        array([[3.],
               [3.]], dtype=float32)
    """
    shape, name = sizes_of(shape), dtype_name(dtype)
    if symbolic(fill_value):
        return cast(broadcast_to(fill_value, shape), name)
    if None not in shape:
        return np.full(shape, np.asarray(fill_value), array_dtype(name))
    return _node(shape, fill_value, name)


def _node(shape: tuple, fill_value, name: str) -> Tensor:
    """A tensor of the graph with one number everywhere, or an array's numbers repeated."""
    if np.ndim(fill_value):
        return broadcast_to(as_tensor(cast(fill_value, name)), shape)
    return Node(Full(shape, float(fill_value), kernel_dtype(name)), ()).output


def zeros(shape, dtype=None):
    """Zeros; arguments as `full`.

    Example:
        >>> from pyconv import ops
        >>> ops.zeros((2,))
        array([0., 0.], dtype=float32)
    """
    return full(shape, 0, dtype)


def ones(shape, dtype=None):
    """Ones; arguments as `full`.

    Example:
        >>> from pyconv import ops
        >>> ops.ones((2,), dtype="int32")
        array([1, 1], dtype=int32)
    """
    return full(shape, 1, dtype)


def empty(shape, dtype=None):
    """Zeros, as every number would do; arguments as `full`.

    Example:
        >>> from pyconv import ops
        >>> ops.empty((2, 3)).shape
        (2, 3)
    """
    return full(shape, 0, dtype)


def full_like(x, fill_value, dtype=None):
    """One number everywhere, of x's shape and dtype.

    Args:
        x: tensor or array.
        fill_value: the number, or an array or tensor that broadcasts.
        dtype: another dtype than x's.

    Example:
        >>> from pyconv import ops
        >>> ops.full_like([1.0, 2.0], 7)
        array([7., 7.], dtype=float32)
    """
    name = dtype_name(dtype or dtype_of(x))
    if symbolic(x) and not symbolic(fill_value):
        return _node(shape_of(x), fill_value, name)
    return full(shape_of(x), fill_value, name)


def zeros_like(x, dtype=None):
    """Zeros of x's shape and dtype, or another dtype.

    Example:
        >>> from pyconv import ops
        >>> ops.zeros_like([1.0, 2.0])
        array([0., 0.], dtype=float32)
    """
    return full_like(x, 0, dtype)


def ones_like(x, dtype=None):
    """Ones of x's shape and dtype, or another dtype.

    Example:
        >>> from pyconv import ops
        >>> ops.ones_like([1.0, 2.0])
        array([1., 1.], dtype=float32)
    """
    return full_like(x, 1, dtype)


def empty_like(x, dtype=None):
    """Zeros of x's shape and dtype, as every number would do.

    Example:
        >>> from pyconv import ops
        >>> ops.empty_like([1.0, 2.0]).shape
        (2,)
    """
    return full_like(x, 0, dtype)


def eye(N, M=None, k=0, dtype=None):
    """The matrix (N, M) with ones on its k-th diagonal; M is N by default.

    Example:
        >>> from pyconv import ops
        >>> ops.eye(2)
        array([[1., 0.],
               [0., 1.]], dtype=float32)
    """
    return np.eye(N, M, k, array_dtype(dtype_name(dtype)))


def identity(n, dtype=None):
    """The identity matrix (n, n).

    Example:
        >>> from pyconv import ops
        >>> ops.identity(1)
        array([[1.]], dtype=float32)
    """
    return eye(n, dtype=dtype)


def tri(N, M=None, k=0, dtype=None):
    """The matrix (N, M) with ones on and below its k-th diagonal.

    Example:
        >>> from pyconv import ops
        >>> ops.tri(2)
        array([[1., 0.],
               [1., 1.]], dtype=float32)
    """
    return np.tri(N, M, k, array_dtype(dtype_name(dtype)))
