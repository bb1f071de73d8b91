"""Tensors and arrays made of sizes and numbers."""

from __future__ import annotations

import numpy as np

from pyconv.graph import Node, Op, Spec, Tensor, Variable, apply, as_tensor, extent, row_size
from pyconv.ops.dtypes import (
    Cast,
    array_dtype,
    array_of,
    concrete,
    differentiable,
    dtype_name,
    dtype_of,
    is_integral,
    kernel_dtype,
    symbolic,
)
from pyconv.ops.elementwise import add, cast, clip, divide, multiply, power, subtract
from pyconv.ops.examples import Unknown, with_examples
from pyconv.ops.shaping import broadcast_to, expand_dims, reshape, shape_of
from pyconv.ops.slices import stack


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
    """A shape given as sizes or one number; sizes may be arrays of one integer."""
    if shape is None or hasattr(shape, "__index__"):
        shape = (shape,)
    return tuple(size if size is None else int(size) for size in with_examples(shape))


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


def arange(start, stop=None, step=None, dtype=None):
    """The numbers start, start + step, ... before stop; with one argument 0, 1, ... before it.

    Args:
        start, stop, step: numbers, known when a graph is made.
        dtype: int32 for integers and float32 for others by default.

    Example:
        >>> from pyconv import ops
        >>> ops.arange(3), ops.arange(0.0, 1.0, 0.5)
        (array([0, 1, 2], dtype=int32), array([0. , 0.5], dtype=float32))
    """
    numbers = [0, start] if stop is None else [start, stop]
    numbers = [*(with_examples((number,))[0] for number in numbers), 1 if step is None else step]
    if any(number is None for number in numbers) or symbolic(*numbers):
        raise ValueError(
            f"arange: expected numbers that are known when the graph is made, received {numbers}; "
            "give the sizes as numbers"
        )
    if dtype is None:
        dtype = "int32" if all(map(is_integral, numbers)) else "float32"
    return np.arange(*(np.asarray(n).item() for n in numbers)).astype(
        array_dtype(dtype_name(dtype))
    )


def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0):
    """`num` numbers from start to stop at equal distances.

    Args:
        start, stop: numbers, or tensors or arrays of one shape.
        num: how many.
        endpoint: whether stop is the last; else it would be the next.
        retstep: whether the distance is returned, too.
        dtype: the result's; float32 by default.
        axis: where the numbers stand in the result.

    Example:
        >>> from pyconv import ops
        >>> ops.linspace(0.0, 1.0, 3)
        array([0. , 0.5, 1. ], dtype=float32)
    """
    name = dtype_name(dtype)
    if not differentiable(start, stop):
        start, stop = (np.asarray(array_of(x), "float64") for x in (start, stop))
        y, step = np.linspace(start, stop, num, endpoint, True, axis=axis)
        y = y.astype(array_dtype(name))
        return (y, np.float32(step)) if retstep else y
    step = divide(subtract(stop, start), float(max(num - 1 if endpoint else num, 1)))
    ranks = len(shape_of(step))
    axis = axis % (ranks + 1)
    places = np.arange(num, dtype="float32").reshape(-1, *(1,) * (ranks - axis))
    y = add(expand_dims(start, axis), multiply(expand_dims(step, axis), places))
    return (cast(y, name), step) if retstep else cast(y, name)


def logspace(start, stop, num=50, endpoint=True, base=10, dtype=None, axis=0):
    """base to the powers of `linspace`'s numbers.

    Example:
        >>> from pyconv import ops
        >>> ops.logspace(0.0, 2.0, 3)
        array([  1.,  10., 100.], dtype=float32)
    """
    if not differentiable(start, stop, base):
        start, stop = (np.asarray(array_of(x), "float64") for x in (start, stop))
        y = np.logspace(start, stop, num, endpoint, base, axis=axis)
        return y.astype(array_dtype(dtype_name(dtype)))
    return cast(power(base, linspace(start, stop, num, endpoint, axis=axis)), dtype_name(dtype))


def geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    """Numbers from start to stop in equal proportions: a geometric sequence.

    Example:
        >>> from pyconv import ops
        >>> ops.geomspace(1.0, 100.0, 3)
        array([  1.,  10., 100.], dtype=float32)
    """
    start, stop = (np.asarray(array_of(x), "float64") for x in (start, stop))
    y = np.geomspace(start, stop, num, endpoint, axis=axis)
    return y.astype(array_dtype(dtype_name(dtype)))


def array(x, dtype=None):
    """`convert_to_tensor`.

    Example:
        >>> from pyconv import ops
        >>> ops.array([1, 2])
        array([1, 2], dtype=int32)
    """
    return convert_to_tensor(x, dtype)


def convert_to_tensor(x, dtype=None, sparse=None, ragged=None):
    """x as the ops have it: a tensor of the graph stays, what has numbers becomes an array.

    Args:
        x: tensor, variable, array, nested lists or number.
        dtype: the result's; that of x by default, Python's integers int32 and floats float32.
        sparse, ragged: taken for Keras' sake; there are dense tensors only.

    Example:
        >>> from pyconv import ops
        >>> ops.convert_to_tensor([1.0, 2.0])
        array([1., 2.], dtype=float32)
    """
    if isinstance(x, Unknown):
        return cast(x, dtype or "int32")
    if symbolic(x):
        return cast(x, dtype) if dtype is not None else as_tensor(x)
    if isinstance(x, (list, tuple)) and any(symbolic(part) for part in x):
        return stack([convert_to_tensor(part, dtype) for part in x])
    if isinstance(x, Variable):
        return cast(x, dtype or x.dtype)
    return array_of(x) if dtype is None else cast(x, dtype)


def convert_to_numpy(x) -> np.ndarray:
    """A NumPy array of an array, a variable or a number.

    Raises:
        TypeError: x is a tensor of a graph, which has no values yet.

    Example:
        >>> from pyconv import ops
        >>> ops.convert_to_numpy([1.0, 2.0])
        array([1., 2.], dtype=float32)
    """
    return np.array(array_of(x))


def is_tensor(x) -> bool:
    """Whether x is a tensor of a graph, or an array as the ops return.

    Example:
        >>> from pyconv import ops
        >>> ops.is_tensor(ops.ones((2,))), ops.is_tensor([1.0])
        (True, False)
    """
    return isinstance(x, (Tensor, np.ndarray))


def dtype(x) -> str:
    """The name of x's dtype.

    Example:
        >>> from pyconv import ops
        >>> ops.dtype([1.0]), ops.dtype([1])
        ('float32', 'int32')
    """
    return x.dtype if isinstance(x, (Tensor, Variable)) else array_of(x).dtype.name


def view(x, dtype=None):
    """The bytes of an array read as numbers of another dtype.

    Example:
        >>> from pyconv import ops
        >>> ops.view(ops.ones((1,)), "int32")
        array([1065353216], dtype=int32)
    """
    array = concrete("view", x)
    return array if dtype is None else array.view(dtype_name(dtype))


def size(x):
    """The number of elements; None where that of examples is one of the axes.

    Example:
        >>> from pyconv import ops
        >>> int(ops.size([[1.0, 2.0]]))
        2
    """
    shape = shape_of(x)
    return None if None in shape else np.int32(np.prod(shape, dtype=int))


def copy(x):
    """The same numbers in memory of their own.

    Example:
        >>> from pyconv import ops
        >>> ops.copy([1.0, 2.0])
        array([1., 2.], dtype=float32)
    """
    if symbolic(x):
        return as_tensor(x)
    return array_of(x).copy() if is_integral(x) else apply(Cast("float32"), x)


def saturate_cast(x, dtype):
    """`cast`, where numbers beyond the dtype's range become its ends.

    Example:
        >>> from pyconv import ops
        >>> ops.saturate_cast([-1.0, 300.0], "uint8")
        array([  0, 255], dtype=uint8)
    """
    name = dtype_name(dtype)
    if "int" not in name:
        return cast(x, name)
    ends = np.iinfo(name)
    if symbolic(x):
        return cast(clip(x, float(ends.min), float(ends.max)), name)
    return np.clip(np.asarray(array_of(x), "float64"), ends.min, ends.max).astype(name)


def meshgrid(*x, indexing="xy"):
    """Coordinates of all points of a grid, one tensor for each axis.

    Args:
        x: vectors: the coordinates along each axis.
        indexing: "xy", where the second axis comes first, or "ij".

    Example:
        >>> from pyconv import ops
        >>> a, b = ops.meshgrid([1.0, 2.0], [3.0])
        >>> a.tolist(), b.tolist()
        ([[1.0, 2.0]], [[3.0, 3.0]])
    """
    if indexing not in ("xy", "ij"):
        raise ValueError(f"meshgrid: expected `indexing` 'xy' or 'ij', received {indexing!r}")
    flat = [reshape(v, (-1,)) for v in x]
    places = list(range(len(x)))
    if indexing == "xy" and len(x) > 1:
        places[:2] = [1, 0]
    sizes = [0] * len(x)
    for v, place in zip(flat, places, strict=True):
        sizes[place] = shape_of(v)[0]
    return [
        broadcast_to(reshape(v, (-1, *(1,) * (len(x) - place - 1))), tuple(sizes))
        for v, place in zip(flat, places, strict=True)
    ]
