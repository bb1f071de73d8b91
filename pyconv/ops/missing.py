"""Statistics of what is a number: NaN is left out."""

from __future__ import annotations

import math

import numpy as np

from pyconv.ops.dtypes import array_of, floats, is_integral
from pyconv.ops.elementwise import (
    add,
    ceil,
    divide,
    equal,
    floor,
    greater,
    maximum,
    multiply,
    sqrt,
    square,
    subtract,
)
from pyconv.ops.functions import isnan
from pyconv.ops.reduce import argmax, argmin, max, min, prod, sum
from pyconv.ops.running import cumprod, cumsum
from pyconv.ops.selection import where
from pyconv.ops.shaping import axes_of, reshape, shape_of, transpose
from pyconv.ops.slices import stack
from pyconv.ops.sorting import sort


def _without_nan(x, fill: float):
    return where(isnan(x), fill, floats(x))


def _counted(x, axis, keepdims):
    return sum(floats(equal(x, x)), axis, keepdims)


def nansum(x, axis=None, keepdims: bool = False):
    """`sum` of what is a number.

    Example:
        >>> from pyconv import ops
        >>> float(ops.nansum([1.0, float("nan")]))
        1.0
    """
    return sum(x if is_integral(x) else _without_nan(x, 0.0), axis, keepdims)


def nanprod(x, axis=None, keepdims: bool = False):
    """`prod` of what is a number.

    Example:
        >>> from pyconv import ops
        >>> float(ops.nanprod([2.0, float("nan")]))
        2.0
    """
    return prod(x if is_integral(x) else _without_nan(x, 1.0), axis, keepdims)


def nanmean(x, axis=None, keepdims: bool = False):
    """`mean` of what is a number.

    Example:
        >>> from pyconv import ops
        >>> float(ops.nanmean([1.0, float("nan")]))
        1.0
    """
    return divide(sum(_without_nan(x, 0.0), axis, keepdims), _counted(x, axis, keepdims))


def nanvar(x, axis=None, keepdims: bool = False):
    """`var` of what is a number.

    Example:
        >>> from pyconv import ops
        >>> float(ops.nanvar([1.0, 3.0, float("nan")]))
        1.0
    """
    middle = nanmean(x, axis, True)
    off = subtract(where(isnan(x), middle, floats(x)), middle)
    return divide(sum(square(off), axis, keepdims), _counted(x, axis, keepdims))


def nanstd(x, axis=None, keepdims: bool = False):
    """`std` of what is a number.

    Example:
        >>> from pyconv import ops
        >>> float(ops.nanstd([1.0, 3.0, float("nan")]))
        1.0
    """
    return sqrt(nanvar(x, axis, keepdims))


def _nan_extreme(x, axis, keepdims, extreme, worst: float):
    if is_integral(x):
        return extreme(x, axis, keepdims)
    y = extreme(_without_nan(x, worst), axis, keepdims)
    return where(equal(_counted(x, axis, keepdims), 0.0), math.nan, y)


def nanmax(x, axis=None, keepdims: bool = False):
    """`max` of what is a number.

    Example:
        >>> from pyconv import ops
        >>> float(ops.nanmax([1.0, float("nan")]))
        1.0
    """
    return _nan_extreme(x, axis, keepdims, max, -math.inf)


def nanmin(x, axis=None, keepdims: bool = False):
    """`min` of what is a number.

    Example:
        >>> from pyconv import ops
        >>> float(ops.nanmin([1.0, float("nan")]))
        1.0
    """
    return _nan_extreme(x, axis, keepdims, min, math.inf)


def nanargmax(x, axis=None, keepdims: bool = False):
    """`argmax` of what is a number; -1 where nothing is.

    Example:
        >>> from pyconv import ops
        >>> int(ops.nanargmax([float("nan"), 1.0]))
        1
    """
    y = argmax(_without_nan(x, -math.inf), axis, keepdims)
    return where(equal(_counted(x, axis, keepdims), 0.0), np.int32(-1), y)


def nanargmin(x, axis=None, keepdims: bool = False):
    """`argmin` of what is a number; -1 where nothing is.

    Example:
        >>> from pyconv import ops
        >>> int(ops.nanargmin([float("nan"), 1.0]))
        1
    """
    y = argmin(_without_nan(x, math.inf), axis, keepdims)
    return where(equal(_counted(x, axis, keepdims), 0.0), np.int32(-1), y)


def nancumsum(x, axis=None, dtype=None):
    """`cumsum` with 0 for what is not a number.

    Example:
        >>> from pyconv import ops
        >>> ops.nancumsum([1.0, float("nan"), 3.0])
        array([1., 1., 4.], dtype=float32)
    """
    return cumsum(x if is_integral(x) else _without_nan(x, 0.0), axis, dtype)


def nancumprod(x, axis=None, dtype=None):
    """`cumprod` with 1 for what is not a number.

    Example:
        >>> from pyconv import ops
        >>> ops.nancumprod([1.0, float("nan"), 3.0])
        array([1., 1., 3.], dtype=float32)
    """
    return cumprod(x if is_integral(x) else _without_nan(x, 1.0), axis, dtype)


def nanquantile(x, q, axis=None, method="linear", keepdims: bool = False):
    """`quantile` of what is a number; q is a number or a vector.

    Example:
        >>> from pyconv import ops
        >>> float(ops.nanquantile([1.0, 3.0, float("nan")], 0.5))
        2.0
    """
    shape = shape_of(x)
    axes = axes_of("nanquantile", shape, axis)
    kept = [a for a in range(len(shape)) if a not in axes]
    moved = reshape(transpose(floats(x), (*kept, *axes)), (*(shape[a] for a in kept), -1))
    ranked = sort(_without_nan(moved, math.inf), -1)
    last = subtract(_counted(moved, -1, True), 1.0)
    places = np.arange(shape_of(ranked)[-1], dtype="float32")
    results = [_at(ranked, places, multiply(last, float(v)), method)
               for v in np.asarray(array_of(q), "float64").ravel()]  # fmt: skip
    result = tuple(1 if a in axes else s for a, s in enumerate(shape) if keepdims or a in kept)
    results = [reshape(where(equal(last, -1.0), math.nan, y), result) for y in results]
    if np.ndim(q) == 0:
        return results[0]
    return stack(results, 0)


def _at(ranked, places: np.ndarray, place, method: str):
    """The numbers at a place of each row, (..., 1), which follows from the row."""

    def chosen(at):
        hit = equal(maximum(at, 0.0), places)
        return sum(where(hit, ranked, 0.0), -1, True)

    low, high = chosen(floor(place)), chosen(ceil(place))
    if method in ("lower", "higher"):
        return low if method == "lower" else high
    share = subtract(place, floor(place))
    if method == "nearest":
        return where(greater(share, 0.5), high, low)
    return add(low, multiply(subtract(high, low), 0.5 if method == "midpoint" else share))


def nanpercentile(x, q, axis=None, method="linear", keepdims: bool = False):
    """`nanquantile` of q / 100.

    Example:
        >>> from pyconv import ops
        >>> float(ops.nanpercentile([1.0, 3.0, float("nan")], 50))
        2.0
    """
    return nanquantile(x, np.asarray(array_of(q), "float64") / 100, axis, method, keepdims)


def nanmedian(x, axis=None, keepdims: bool = False):
    """`median` of what is a number.

    Example:
        >>> from pyconv import ops
        >>> float(ops.nanmedian([1.0, 3.0, float("nan")]))
        2.0
    """
    return nanquantile(x, 0.5, axis, "linear", keepdims)
