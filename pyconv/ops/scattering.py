"""Elements put where indices say, and joined with what meets them there."""

from __future__ import annotations

from math import prod

import numpy as np

from pyconv.graph import apply
from pyconv.ops.creation import zeros_like
from pyconv.ops.dtypes import array_of, concrete, dtype_of, floats, symbolic
from pyconv.ops.elementwise import add, cast, equal, greater_equal, less, maximum, minimum, multiply
from pyconv.ops.functions import logical_and
from pyconv.ops.index import Put, indices_of
from pyconv.ops.reduce import max, min, sum
from pyconv.ops.reduce import prod as product
from pyconv.ops.selection import where
from pyconv.ops.shaping import expand_dims, reshape, shape_of

_LARGEST = float(np.finfo(np.float32).max)


def scatter(indices, values, shape):
    """Zeros of a shape, but values added where indices point.

    Args:
        indices: integers (..., axes): for each value where it goes, along the first axes.
        values: (..., the axes behind those).
        shape: the result's.

    Example:
        >>> from pyconv import ops
        >>> ops.scatter([[1], [3], [1]], [1.0, 2.0, 3.0], (4,))
        array([0., 4., 0., 2.], dtype=float32)
    """
    places, rows, inner = _flat(indices, shape)
    y = _put(floats(values), places, rows, inner, write=False)
    return cast(reshape(y, tuple(shape)), dtype_of(values))


def _flat(indices, shape):
    """Indices (..., axes) as row numbers (count,); the numbers of rows, and of elements in one."""
    axes = shape_of(indices)[-1]
    sizes = [prod(shape[a + 1 : axes]) for a in range(axes)]
    if not symbolic(indices):
        array = array_of(indices)
        array = np.where(array < 0, array + np.asarray(shape[:axes]), array)
        places = (array * np.asarray(sizes)).sum(-1).ravel().astype("int32")
    else:
        places = reshape(sum(multiply(indices, np.int32(sizes)), -1), (-1,))
    return places, prod(shape[:axes]), prod(shape[axes:])


def _put(values, places, rows: int, inner: int, write: bool):
    """(rows, inner): of values that go to one place the sum, or the last."""
    places = indices_of("scatter", places, rows)
    x = reshape(values, (*shape_of(places), inner))
    return apply(Put(0, False, (rows, inner), write), x, places)


def scatter_update(inputs, indices, updates, reduction=None):
    """inputs with updates where indices point.

    Args:
        inputs: tensor or array.
        indices: integers (..., axes): for each update where it goes, along the first axes.
        updates: (..., the axes behind those).
        reduction: None replaces; "add", "max", "min" and "mul" join an update with what is there.

    Example:
        >>> from pyconv import ops
        >>> ops.scatter_update([1.0, 1.0, 1.0], [[1]], [7.0])
        array([1., 7., 1.], dtype=float32)
    """
    if reduction not in (None, "add", "max", "min", "mul"):
        raise ValueError(
            "scatter_update: expected `reduction` None, 'add', 'max', 'min' or 'mul', received "
            f"{reduction!r}"
        )
    shape = shape_of(inputs)
    places, rows, inner = _flat(indices, shape)
    x, updates = reshape(floats(inputs), (rows, inner)), floats(updates)
    if reduction == "add":
        y = add(x, _put(updates, places, rows, inner, write=False))
    elif reduction is None:
        hit = _put(add(zeros_like(updates), 1.0), places, rows, inner, write=False)
        y = where(equal(hit, 0.0), x, _put(updates, places, rows, inner, write=True))
    else:
        updates = reshape(updates, (*shape_of(places), inner))
        kinds = {
            "max": (_maximum, maximum),
            "min": (_minimum, minimum),
            "mul": (_product, multiply),
        }
        reduced, joined = kinds[reduction]
        y = joined(x, reduced(updates, places, rows))
    return cast(reshape(y, shape), dtype_of(inputs))


def _members(places, rows: int):
    """1 where an element (first axis) is of a row (second axis)."""
    return equal(expand_dims(places, -1), np.arange(rows, dtype="int32"))


def _by_row(x, places, rows: int, fill: float, reduce):
    """reduce of the elements (count, inner) of each row, `fill` where there are none."""
    member = expand_dims(_members(places, rows), -1)
    return reduce(where(member, expand_dims(x, 1), fill), 0)


def _maximum(x, places, rows):
    return _by_row(x, places, rows, -_LARGEST, max)


def _minimum(x, places, rows):
    return _by_row(x, places, rows, _LARGEST, min)


def _product(x, places, rows):
    return _by_row(x, places, rows, 1.0, product)


def _segments(what: str, data, segment_ids, num_segments, reduce):
    """reduce(rows of elements, their segments, how many there are), in data's shape and dtype."""
    if num_segments is None:
        num_segments = int(concrete(what, segment_ids).max(initial=-1)) + 1
    shape = shape_of(data)
    inner = prod(shape[1:])
    ids = segment_ids if symbolic(segment_ids) else array_of(segment_ids).astype("int32")
    num_segments = int(num_segments)
    y = reduce(reshape(floats(data), (shape[0], inner)), ids, num_segments)
    return cast(reshape(y, (num_segments, *shape[1:])), dtype_of(data))


def segment_sum(data, segment_ids, num_segments=None, sorted=False):
    """The sums of the slices that have one segment number; those with negative ones are left out.

    Args:
        data: (n, ...).
        segment_ids: integers (n,).
        num_segments: the result's size; by default the largest number + 1.
        sorted: taken for Keras' sake; the order does not matter.

    Example:
        >>> from pyconv import ops
        >>> ops.segment_sum([1.0, 2.0, 3.0], [0, 0, 2])
        array([3., 0., 3.], dtype=float32)
    """

    def reduce(x, ids, count):
        inside = expand_dims(_inside(ids, count), -1)
        return _put(where(inside, x, 0.0), _kept(ids, count), count, shape_of(x)[1], write=False)

    return _segments("segment_sum", data, segment_ids, num_segments, reduce)


def _inside(ids, count: int):
    return logical_and(greater_equal(ids, 0), less(ids, count))


def _kept(ids, count: int):
    """The numbers, with 0 for those outside."""
    return where(_inside(ids, count), ids, 0)


def segment_max(data, segment_ids, num_segments=None, sorted=False):
    """The largest elements of each segment, the smallest float of none; arguments as `segment_sum`.

    Example:
        >>> from pyconv import ops
        >>> ops.segment_max([1.0, 2.0, 3.0], [0, 0, 1])
        array([2., 3.], dtype=float32)
    """
    return _segments("segment_max", data, segment_ids, num_segments, _maximum)


def segment_min(data, segment_ids, num_segments=None, sorted=False):
    """The smallest elements of each segment, the largest float of none; arguments as `segment_sum`.

    Example:
        >>> from pyconv import ops
        >>> ops.segment_min([1.0, 2.0, 3.0], [0, 0, 1])
        array([1., 3.], dtype=float32)
    """
    return _segments("segment_min", data, segment_ids, num_segments, _minimum)


def segment_prod(data, segment_ids, num_segments=None, sorted=False):
    """The products of each segment, 1 of none; arguments as `segment_sum`.

    Example:
        >>> from pyconv import ops
        >>> ops.segment_prod([1.0, 2.0, 3.0], [0, 0, 1])
        array([2., 3.], dtype=float32)
    """
    return _segments("segment_prod", data, segment_ids, num_segments, _product)
