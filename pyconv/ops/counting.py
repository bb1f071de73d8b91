"""Counts, places among sorted numbers, and what is alike."""

from __future__ import annotations

import numpy as np

from pyconv.ops.division import floor_divide, mod
from pyconv.ops.dtypes import array_of, concrete, floats, symbolic
from pyconv.ops.elementwise import cast, equal, greater, greater_equal, less, logical_not, multiply
from pyconv.ops.functions import logical_and
from pyconv.ops.index import take_along_axis
from pyconv.ops.loss import one_hot
from pyconv.ops.reduce import max, sum
from pyconv.ops.shaping import expand_dims, reshape, shape_of
from pyconv.ops.sorting import argsort
from pyconv.ops.statistics import any


def bincount(x, weights=None, minlength=0, sparse=False):
    """How often 0, 1, 2, ... occur along the last axis.

    Args:
        x: integers from 0, (size,) or (n, size).
        weights: of x's shape: their sums instead of counts, or None.
        minlength: the least size of the result; in a graph its size, and larger numbers are not
            counted.
        sparse: taken for Keras' sake; there are dense tensors only.

    Returns:
        int32, or float32 with weights.

    Example:
        >>> from pyconv import ops
        >>> ops.bincount([1, 2, 2])
        array([0, 1, 2], dtype=int32)
    """
    size = minlength if symbolic(x) else int(array_of(x).max(initial=-1)) + 1
    hits = one_hot(x, size if size > minlength else minlength)
    if weights is None:
        return cast(sum(hits, -2), "int32")
    return sum(multiply(hits, expand_dims(floats(weights), -1)), -2)


def histogram(x, bins=10, range=None):
    """How many numbers of an array lie in each of some intervals, and the intervals' ends.

    Args:
        x: an array.
        bins: how many intervals of one size.
        range: (first, last); by default those of x.

    Returns:
        (counts, ends), float32.

    Example:
        >>> from pyconv import ops
        >>> ops.histogram([1.0, 2.0, 4.0], bins=2)[0]
        array([2., 1.], dtype=float32)
    """
    counts, ends = np.histogram(concrete("histogram", x), bins, range)
    return counts.astype("float32"), ends.astype("float32")


def searchsorted(sorted_sequence, values, side="left"):
    """Where numbers belong in a sorted vector, as int32.

    Args:
        sorted_sequence: a vector in ascending order.
        values: tensor or array.
        side: "left", before equal ones, or "right", behind them.

    Example:
        >>> from pyconv import ops
        >>> ops.searchsorted([1.0, 2.0, 3.0], [2.0, 2.5])
        array([1, 2], dtype=int32)
    """
    if side not in ("left", "right"):
        raise ValueError(f"searchsorted: expected `side` 'left' or 'right', received {side!r}")
    passed = greater if side == "left" else greater_equal
    return cast(sum(floats(passed(expand_dims(values, -1), sorted_sequence)), -1), "int32")


def digitize(x, bins):
    """In which interval between the ends `bins`, in ascending order, each number lies, as int32:
    i where bins[i - 1] <= x < bins[i].

    Example:
        >>> from pyconv import ops
        >>> ops.digitize([0.2, 6.4], [0.0, 1.0, 10.0])
        array([1, 2], dtype=int32)
    """
    return searchsorted(bins, x, "right")


def unique(
    x,
    sorted=True,
    return_index=False,
    return_inverse=False,
    return_counts=False,
    axis=None,
    size=None,
    fill_value=None,
):
    """The different elements of an array, in ascending order.

    Args:
        x: an array.
        sorted: taken for Keras' sake; they are always in order.
        return_index, return_inverse, return_counts: whether the first places of the elements, the
            places of x's elements among them, and how often they occur are returned, too.
        axis: compares whole slices along it; None compares all elements.
        size: how many to return, filled up with fill_value.
        fill_value: 0 by default.

    Example:
        >>> from pyconv import ops
        >>> ops.unique([3, 1, 1, 2])
        array([1, 2, 3], dtype=int32)
    """
    array = concrete("unique", x)
    found, *more = np.unique(array, True, True, True, axis=axis)
    index, inverse, counts = (part.astype("int32") for part in more)
    if size is not None:
        along = 0 if axis is None else axis
        found = found.take(np.arange(size).clip(0, found.shape[along] - 1), along)
        spare = np.arange(size).reshape(-1, *(1,) * (found.ndim - along - 1)) >= len(counts)
        found = np.where(spare, found.dtype.type(fill_value or 0), found)
    wanted = (return_index, return_inverse, return_counts)
    inverse = inverse.reshape(-1 if axis is not None else array.shape)
    extra = [part for part, want in zip((index, inverse, counts), wanted, strict=True) if want]
    return (found, *extra) if extra else found


def isin(x1, x2, assume_unique=False, invert=False):
    """Whether each element of x1 is one of x2's.

    Args:
        x1, x2: tensors or arrays.
        assume_unique: taken for Keras' sake.
        invert: whether the answer is turned around.

    Example:
        >>> from pyconv import ops
        >>> ops.isin([1, 2, 3], [2, 9])
        array([False,  True, False])
    """
    found = any(equal(expand_dims(x1, -1), reshape(x2, (-1,))), -1)
    return logical_not(found) if invert else found


def unravel_index(indices, shape):
    """The indices along each axis of a shape, of places counted row by row.

    Args:
        indices: integers.
        shape: sizes.

    Returns:
        A tuple of one integral tensor or array for each axis.

    Example:
        >>> from pyconv import ops
        >>> ops.unravel_index([3, 7], (3, 4))
        (array([0, 1], dtype=int32), array([3, 3], dtype=int32))
    """
    parts = []
    for size in reversed(shape):
        parts.append(mod(indices, size))
        indices = floor_divide(indices, size)
    return tuple(reversed(parts))


def argpartition(x, kth, axis=-1):
    """Indices along an axis by which the kth element is where sorting puts it, smaller ones before
    it: those that sort x, as int32.

    Example:
        >>> from pyconv import ops
        >>> ops.argpartition([3.0, 1.0, 2.0], 1)
        array([1, 2, 0], dtype=int32)
    """
    return argsort(x, axis)


def in_top_k(targets, predictions, k):
    """Whether fewer than k predictions are larger than that of the target.

    Args:
        targets: class numbers (n,).
        predictions: (n, classes).
        k: how many count.

    Example:
        >>> from pyconv import ops
        >>> ops.in_top_k([1, 0], [[0.1, 0.9, 0.8], [0.1, 0.9, 0.8]], 2)
        array([ True, False])
    """
    predictions = floats(predictions)
    index = cast(expand_dims(targets, -1), "int32")
    own = take_along_axis(predictions, index, -1)
    larger = sum(floats(greater(predictions, own)), -1)
    finite = less(multiply(reshape(own, shape_of(larger)), 0.0), 1.0)
    return logical_and(less(larger, float(k)), finite)


def multi_hot(inputs, num_classes=None, axis=-1, dtype=None, sparse=False, **kwargs):
    """1 at the places of all labels of an example, 0 elsewhere.

    Args:
        inputs: labels, (size,) or (n, size).
        num_classes: size of the new axis.
        axis: where it stands in the result.
        dtype: the result's; float32 by default.
        sparse: taken for Keras' sake; there are dense tensors only.
        kwargs: `num_tokens`, an older name of num_classes.

    Example:
        >>> from pyconv import ops
        >>> ops.multi_hot([1, 2], 4)
        array([0., 1., 1., 0.], dtype=float32)
    """
    num_classes = kwargs.pop("num_tokens", num_classes)
    if num_classes is None or kwargs:
        raise ValueError(
            f"multi_hot: expected `num_classes` and no other argument, received {num_classes} and "
            f"{list(kwargs)}"
        )
    rank = len(shape_of(inputs))
    return max(one_hot(inputs, num_classes, axis, dtype), 1 if rank > 1 else 0)
