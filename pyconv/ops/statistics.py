"""Spread, order statistics, norms and sums that run along axes."""

from __future__ import annotations

import math

import numpy as np

from pyconv.ops.dtypes import array_of, floats, is_integral, symbolic
from pyconv.ops.elementwise import (
    abs,
    add,
    cast,
    ceil,
    divide,
    equal,
    exp,
    floor,
    greater,
    isfinite,
    log,
    maximum,
    multiply,
    not_equal,
    power,
    rsqrt,
    sqrt,
    square,
    stop_gradient,
    subtract,
)
from pyconv.ops.functions import isclose, isnan
from pyconv.ops.index import take
from pyconv.ops.linear import matmul
from pyconv.ops.padding import pad
from pyconv.ops.rearranging import diff, moveaxis
from pyconv.ops.reduce import argmax, argmin, max, mean, min, moments, prod, sum
from pyconv.ops.selection import where
from pyconv.ops.shaping import (
    axes_of,
    axis_of,
    broadcast_to,
    expand_dims,
    reshape,
    shape_of,
    squeeze,
    transpose,
)
from pyconv.ops.slices import getitem, stack
from pyconv.ops.sorting import sort


def var(x, axis=None, keepdims: bool = False):
    """The variance over axes, divided by the count; arguments as `sum`.

    Example:
        >>> from pyconv import ops
        >>> float(ops.var([1.0, 3.0]))
        1.0
    """
    axes = axes_of("var", shape_of(x), axis)
    return moments(x, axes, keepdims)[1] if axes else multiply(floats(x), 0.0)


def std(x, axis=None, keepdims: bool = False):
    """The square root of the variance; arguments as `sum`.

    Example:
        >>> from pyconv import ops
        >>> float(ops.std([1.0, 3.0]))
        1.0
    """
    return sqrt(var(x, axis, keepdims))


def ptp(x, axis=None, keepdims: bool = False):
    """The largest minus the smallest over axes; arguments as `sum`.

    Example:
        >>> from pyconv import ops
        >>> float(ops.ptp([1.0, 3.0]))
        2.0
    """
    return subtract(max(x, axis, keepdims), min(x, axis, keepdims))


def average(x, axis=None, weights=None):
    """The mean over axes, with weights if given.

    Args:
        x: tensor or array.
        axis: one, several, or None for all.
        weights: of x's shape, or one for each place of a single axis.

    Example:
        >>> from pyconv import ops
        >>> float(ops.average([1.0, 3.0], weights=[3.0, 1.0]))
        1.5
    """
    if weights is None:
        return mean(x, axis)
    shape = shape_of(x)
    if shape_of(weights) != shape:
        place = axis_of("average", shape, axis)
        weights = reshape(weights, (-1, *(1,) * (len(shape) - place - 1)))
        weights = broadcast_to(floats(weights), shape)
    return divide(sum(multiply(x, weights), axis), sum(weights, axis))


def any(x, axis=None, keepdims: bool = False):
    """Whether something over axes is not 0; arguments as `sum`.

    Example:
        >>> from pyconv import ops
        >>> bool(ops.any([False, True]))
        True
    """
    y = max(_truth(x), axis, keepdims)
    return y if symbolic(y) else y.astype(bool)


def all(x, axis=None, keepdims: bool = False):
    """Whether nothing over axes is 0; arguments as `sum`.

    Example:
        >>> from pyconv import ops
        >>> bool(ops.all([False, True]))
        False
    """
    y = min(_truth(x), axis, keepdims)
    return y if symbolic(y) else y.astype(bool)


def _truth(x):
    return floats(not_equal(x, 0))


def count_nonzero(x, axis=None):
    """How many elements over axes are not 0, as int32.

    Example:
        >>> from pyconv import ops
        >>> int(ops.count_nonzero([0.0, 2.0, 3.0]))
        2
    """
    return cast(sum(_truth(x), axis), "int32")


def allclose(x1, x2, rtol=1e-5, atol=1e-8, equal_nan=False):
    """Whether all elements are close; arguments as `isclose`.

    Example:
        >>> from pyconv import ops
        >>> bool(ops.allclose([1.0], [1.0 + 1e-7]))
        True
    """
    return all(isclose(x1, x2, rtol, atol, equal_nan))


def logsumexp(x, axis=None, keepdims: bool = False):
    """log(sum(exp(x))) over axes, without overflow; arguments as `sum`.

    Example:
        >>> from pyconv import ops
        >>> ops.logsumexp([[1000.0, 1000.0]], axis=-1).round(3)
        array([1000.693], dtype=float32)
    """
    x = floats(x)
    top = stop_gradient(max(x, axis, True))
    top = where(isfinite(top), top, 0.0)
    total = log(sum(exp(subtract(x, top)), axis, keepdims))
    return add(total, top if keepdims else reshape(top, shape_of(total)))


_METHODS = ("linear", "lower", "higher", "midpoint", "nearest")


def quantile(x, q, axis=None, method="linear", keepdims: bool = False):
    """The numbers below which the shares q of the elements over axes lie.

    Args:
        x: tensor or array.
        q: shares from 0 to 1: a number, or a vector, whose axis then comes first.
        axis: one, several, or None for all.
        method: between two elements: "linear", "lower", "higher", "midpoint" or "nearest".
        keepdims: whether reduced axes stay with size 1.

    Example:
        >>> from pyconv import ops
        >>> ops.quantile([1.0, 2.0, 4.0], [0.5, 0.75])
        array([2., 3.], dtype=float32)
    """
    if method not in _METHODS:
        raise ValueError(f"quantile: expected `method` of {', '.join(_METHODS)}, received {method}")
    shape = shape_of(x)
    axes = axes_of("quantile", shape, axis)
    kept = [a for a in range(len(shape)) if a not in axes]
    moved = transpose(floats(x), (*kept, *axes))
    ranked = sort(reshape(moved, (*(shape[a] for a in kept), -1)), -1)
    size = shape_of(ranked)[-1]
    q = np.asarray(array_of(q), "float64")
    y = _between(ranked, q.ravel() * (size - 1), method)
    result = tuple(1 if a in axes else s for a, s in enumerate(shape) if keepdims or a in kept)
    if q.ndim == 0:
        return reshape(y, result)
    return reshape(moveaxis(y, -1, 0), (*q.shape, *result))


def _between(ranked, places: np.ndarray, method: str):
    """The numbers at places between those along the last axis."""
    low, high = np.floor(places), np.ceil(places)
    if method == "nearest":
        low = high = np.round(places)
    if method in ("lower", "higher"):
        low = high = low if method == "lower" else high
    share = np.full(len(places), 0.5) if method == "midpoint" else places - np.floor(places)
    first, second = (take(ranked, p.astype("int32"), -1) for p in (low, high))
    return add(first, multiply(subtract(second, first), share.astype("float32")))


def percentile(x, q, axis=None, method="linear", keepdims: bool = False):
    """`quantile` of q / 100.

    Example:
        >>> from pyconv import ops
        >>> float(ops.percentile([1.0, 2.0, 4.0], 75))
        3.0
    """
    return quantile(x, np.asarray(array_of(q), "float64") / 100, axis, method, keepdims)


def median(x, axis=None, keepdims: bool = False):
    """The element in the middle over axes, or the mean of the two there; arguments as `sum`.

    Example:
        >>> from pyconv import ops
        >>> float(ops.median([1.0, 2.0, 4.0]))
        2.0
    """
    return quantile(x, 0.5, axis, "midpoint", keepdims)


def norm(x, ord=None, axis=None, keepdims: bool = False):
    """A norm of vectors or matrices.

    Args:
        x: tensor or array.
        ord: of vectors (one axis): a number p for (sum |x|^p)^(1/p), 0 for how many are not 0,
            infinities for the largest and the smallest |x|; of matrices (two axes): "fro", 1, -1
            and infinities for the largest and smallest sum of a column or row, and of arrays "nuc",
            2, -2 of the singular values. None is the root of the sum of squares.
        axis: one or two; None takes all elements.
        keepdims: whether reduced axes stay with size 1.

    Raises:
        ValueError: no norm has this `ord` over so many axes.

    Example:
        >>> from pyconv import ops
        >>> float(ops.norm([3.0, 4.0]))
        5.0
    """
    x = floats(x)
    shape = shape_of(x)
    if ord is None and axis is None:
        y = sqrt(sum(square(x)))
        return reshape(y, (1,) * len(shape)) if keepdims else y
    axes = tuple(range(len(shape))) if axis is None else axis
    axes = [axes] if hasattr(axes, "__index__") else list(axes)
    axes = [axis_of("norm", shape, a) for a in axes]
    if ord is None or (ord == "fro" and len(axes) == 2) or (ord == 2 and len(axes) == 1):
        return sqrt(sum(square(x), axes, keepdims))
    if len(axes) == 1:
        return _vector_norm(x, ord, axes[0], keepdims)
    if len(axes) == 2:
        return _matrix_norm(x, ord, axes, keepdims)
    raise ValueError(f"norm: expected one axis or two for ord={ord!r}, received {axis}")


def _vector_norm(x, ord, axis: int, keepdims: bool):
    if isinstance(ord, str):
        raise ValueError(f"norm: expected a number as `ord` of vectors, received {ord!r}")
    size = abs(x)
    if math.isinf(ord):
        return (max if ord > 0 else min)(size, axis, keepdims)
    if ord == 0:
        return sum(_truth(x), axis, keepdims)
    if ord == 1:
        return sum(size, axis, keepdims)
    return power(sum(power(size, float(ord)), axis, keepdims), 1.0 / ord)


def _matrix_norm(x, ord, axes: list, keepdims: bool):
    rows, columns = axes
    if ord in (1, -1, math.inf, -math.inf):
        summed, other = (rows, columns) if ord in (1, -1) else (columns, rows)
        extreme, sums = max if ord > 0 else min, sum(abs(x), summed, True)
        y = extreme(sums, other, True)
        return y if keepdims else squeeze(y, (rows, columns))
    if ord in (2, -2, "nuc"):
        from pyconv.ops.matrices import svd

        values = svd(moveaxis(x, axes, (-2, -1)), compute_uv=False)
        y = {2: max, -2: min, "nuc": sum}[ord](values, -1)
        shape = tuple(1 if a in axes else s for a, s in enumerate(shape_of(x)))
        return reshape(y, shape) if keepdims else y
    raise ValueError(f"norm: expected 'fro', 'nuc', 1, 2, -1, -2 or infinity as `ord` of matrices, "
                     f"received {ord!r}")  # fmt: skip


def normalize(x, axis=-1, order=2, epsilon=None):
    """x divided by its norm along an axis, at least epsilon.

    Args:
        x: tensor or array.
        axis: one or several.
        order: of the norm, above 0.
        epsilon: 1e-7 by default.

    Example:
        >>> from pyconv import ops
        >>> ops.normalize([3.0, 4.0])
        array([0.6, 0.8], dtype=float32)
    """
    if not isinstance(order, (int, float)) or order < 1:
        raise ValueError(f"normalize: expected `order` to be 1 or more, received {order!r}")
    epsilon = 1e-7 if epsilon is None else epsilon
    x = floats(x)
    if order == 2:
        squares = maximum(sum(square(x), axis, True), epsilon**2)
        return multiply(x, rsqrt(squares))
    return divide(x, maximum(norm(x, order, axis, True), epsilon))


def _running(what: str, exact: str, x, axis, dtype, fill: float, join):
    """Each element joined with all before it along an axis, in log2(size) steps."""
    if axis is None:
        x, axis = reshape(x, (-1,)), 0
    if is_integral(x) and not symbolic(x):
        array = array_of(x)
        array = array.astype("int32") if array.dtype.kind == "b" else array
        y = getattr(np, exact)(array, axis, dtype=array.dtype)
        return y if dtype is None else cast(y, dtype)
    integral, x, shape = is_integral(x), floats(x), shape_of(x)
    axis, reach = axis_of(what, shape, axis), 1
    if shape[axis] is None:
        raise ValueError(f"{what}: expected an axis whose size is known, received axis {axis}")
    while reach < shape[axis]:
        pairs = [(reach, 0) if a == axis else (0, 0) for a in range(len(shape))]
        before = getitem(x, (np.s_[:],) * axis + (np.s_[: shape[axis] - reach],))
        x = join(x, pad(before, pairs, constant_values=fill))
        reach *= 2
    dtype = "int32" if integral and dtype is None else dtype
    return x if dtype is None else cast(x, dtype)


def cumsum(x, axis=None, dtype=None):
    """The sums of each element and all before it along an axis, or along all.

    Args:
        x: tensor or array.
        axis: not that of examples; None takes all elements as a vector.
        dtype: the result's; x's by default.

    Example:
        >>> from pyconv import ops
        >>> ops.cumsum([1.0, 2.0, 3.0])
        array([1., 3., 6.], dtype=float32)
    """
    return _running("cumsum", "cumsum", x, axis, dtype, 0.0, add)


def cumprod(x, axis=None, dtype=None):
    """The products of each element and all before it; arguments as `cumsum`.

    Example:
        >>> from pyconv import ops
        >>> ops.cumprod([1.0, 2.0, 3.0])
        array([1., 2., 6.], dtype=float32)
    """
    return _running("cumprod", "cumprod", x, axis, dtype, 1.0, multiply)


def trapezoid(y, x=None, dx=1.0, axis=-1):
    """The integral of y along an axis by trapezoids.

    Args:
        y: values.
        x: where they are, or None.
        dx: the distance of neighbours where x is None.
        axis: along which is integrated.

    Example:
        >>> from pyconv import ops
        >>> float(ops.trapezoid([1.0, 2.0, 3.0]))
        4.0
    """
    y = moveaxis(floats(y), axis, -1)
    if x is not None:
        dx = diff(floats(x)) if len(shape_of(x)) == 1 else diff(moveaxis(floats(x), axis, -1))
    middle = multiply(add(getitem(y, (..., np.s_[1:])), getitem(y, (..., np.s_[:-1]))), 0.5)
    return sum(multiply(middle, dx), -1)


def corrcoef(x):
    """The correlations of the rows of a matrix: a matrix of them.

    Example:
        >>> from pyconv import ops
        >>> ops.corrcoef([[1.0, 2.0, 3.0], [2.0, 4.0, 7.0]]).shape
        (2, 2)
    """
    x = floats(x)
    x = expand_dims(x, 0) if len(shape_of(x)) == 1 else x
    centred = subtract(x, mean(x, -1, True))
    unit = divide(centred, sqrt(sum(square(centred), -1, True)))
    y = matmul(unit, transpose(unit))
    return reshape(y, ()) if shape_of(y) == (1, 1) else y


# NaN left out: what stands for it, and the function of the rest


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
