"""Order statistics: quantiles, percentiles, medians."""

from __future__ import annotations

import numpy as np

from pyconv.ops.dtypes import array_of, floats
from pyconv.ops.elementwise import add, multiply, subtract
from pyconv.ops.index import take
from pyconv.ops.rearranging import moveaxis
from pyconv.ops.shaping import axes_of, reshape, shape_of, transpose
from pyconv.ops.sorting import sort

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
