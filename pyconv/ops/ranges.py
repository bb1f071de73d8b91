"""Numbers in order: from a start to a stop, and grids of them."""

from __future__ import annotations

import numpy as np

from pyconv.ops.dtypes import (
    array_dtype,
    array_of,
    differentiable,
    dtype_name,
    is_integral,
    symbolic,
)
from pyconv.ops.elementwise import add, cast, divide, multiply, power, subtract
from pyconv.ops.examples import with_examples
from pyconv.ops.shaping import broadcast_to, expand_dims, reshape, shape_of


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
