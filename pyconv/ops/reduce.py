"""Sums, means, extremes and moments along axes."""

from __future__ import annotations

from math import prod as product

import numpy as np

from pyconv import core
from pyconv.graph import Node, Op, Spec, Tensor, apply, extent
from pyconv.ops.dtypes import Cast, array_of, floats, is_integral, symbolic
from pyconv.ops.elementwise import cast, equal, expect_float, maximum, minimum
from pyconv.ops.examples import batch_count
from pyconv.ops.normalization import Normalize
from pyconv.ops.shaping import axes_of, reshape, shape_of

_FUNCTIONS = {name: i for i, name in enumerate(core.FUNCTIONS["reduce"])}


class Reduce(Op):
    """y = function over neighbouring axes [first, last) of x, which are dropped."""

    function: str
    first: int
    last: int

    def infer(self, x: Spec) -> Spec:
        expect_float(self.function, x)
        dtype = "int32" if self.function.startswith("arg") else "float32"
        return Spec(x.shape[: self.first] + x.shape[self.last :], dtype)

    def gradient(self, node: Node, g: Tensor):
        rule = _GRADIENTS.get(self.function)
        if rule is None:
            return (None,)
        x = node.inputs[0]
        if self.function == "mean":
            g = g / _count(x, self.first, self.last)
        kept = x.shape[: self.first] + (1,) * (self.last - self.first) + x.shape[self.last :]
        return (rule(x, node.output.reshape(kept), g.reshape(kept).broadcast_like(x), self),)

    def lower(self, lowering, node: Node) -> None:
        lowering.emit(
            "reduce",
            {"x": node.inputs[0], "y": node.output},
            **_extents(node.inputs[0].shape, self.first, self.last),
            function=_FUNCTIONS[self.function],
        )


class Moments(Op):
    """Mean and biased variance over neighbouring axes [first, last) of x, which are dropped."""

    first: int
    last: int

    def infer(self, x: Spec) -> tuple[Spec, Spec]:
        expect_float("moments", x)
        spec = Spec(x.shape[: self.first] + x.shape[self.last :])
        return spec, spec

    def gradient(self, node: Node, mean_g: Tensor | None, variance_g: Tensor | None):
        """d mean / dx = 1/n; d variance / dx = 2 (x - mean) / n."""
        x = node.inputs[0]
        count = _count(x, self.first, self.last)
        if self.first == 0 and self.last == x.ndim - 1:
            return (self._by_channel(node, count, mean_g, variance_g),)
        kept = x.shape[: self.first] + (1,) * (self.last - self.first) + x.shape[self.last :]
        flow = None
        if variance_g is not None:
            centred = x - node.outputs[0].reshape(kept)
            flow = centred * (variance_g.reshape(kept) * 2.0)
        if mean_g is not None:
            spread = mean_g.reshape(kept).broadcast_like(x)
            flow = spread if flow is None else flow + spread
        return (flow / count,)

    def _by_channel(self, node: Node, count, mean_g, variance_g) -> Tensor:
        """The gradient in one sweep, where channels are left."""
        x, mean = node.inputs[0], node.outputs[0]
        zeros = np.zeros(mean.shape)
        factor = zeros if variance_g is None else variance_g * 2.0 / count
        return apply(Normalize(), x, mean, factor, zeros if mean_g is None else mean_g / count)

    def lower(self, lowering, node: Node) -> None:
        x, first, outputs = node.inputs[0], self.first, node.outputs
        in_parts = _starts_within_examples(x.shape, first, self.last)
        if in_parts:
            first = 1
            outputs = [lowering.temporary((x.shape[0], *t.shape)) for t in node.outputs]
        names = {"mean": outputs[0], "variance": outputs[1]}
        lowering.emit("moments", {"x": x, **names}, **_extents(x.shape, first, self.last))
        if in_parts:
            joint = {"joint_mean": node.outputs[0], "joint_variance": node.outputs[1]}
            channels = product(node.outputs[0].shape)
            lowering.emit("join_moments", names | joint, **extent(x.shape), channels=channels)


def _extents(shape: tuple, first: int, last: int) -> dict[str, int]:
    """x seen as [outer][mid][inner] with mid reduced; `axis` says which one counts examples."""
    sizes = [1 if size is None else size for size in shape]
    return {
        "batched": int(bool(shape) and shape[0] is None),
        "outer": product(sizes[:first]),
        "mid": product(sizes[first:last]),
        "inner": product(sizes[last:]),
        "axis": int(first == 0),
    }


def _starts_within_examples(shape: tuple, first: int, last: int) -> bool:
    """Whether examples are reduced, and are worth to be reduced one by one first: what made them
    may then still be in the cache."""
    return first == 0 and shape[0] is None and product(shape[1:last]) > 1


def _count(x: Tensor, first: int, last: int):
    """Number of elements that one result is made of: a float, or a tensor where it is known only
    when the plan runs."""
    sizes = x.shape[first:last]
    if None not in sizes:
        return float(product(sizes))
    return batch_count(x) * float(product(size for size in sizes if size is not None))


def _extreme_gradient(x, y, g, op):
    """Shared equally among the elements that are the extreme one."""
    hit = equal(x, y)
    return g * hit / hit.sum(tuple(range(op.first, op.last)), keepdims=True)


def _product_gradient(x, y, g, op):
    """The product of the other elements, also where one is 0."""
    axes = tuple(range(op.first, op.last))
    zero = equal(x, 0.0)
    filled = x + zero
    others = _reduce("product", filled, axes, True)
    alone = equal(zero.sum(axes, keepdims=True), zero)  # no 0 elsewhere
    return g * alone * others / filled


_GRADIENTS = {
    "sum": lambda x, y, g, op: g,
    "mean": lambda x, y, g, op: g,  # divided while it is small
    "max": _extreme_gradient,
    "min": _extreme_gradient,
    "product": _product_gradient,
    "sum_squares": lambda x, y, g, op: g * x * 2.0,
}


def _runs(axes: list[int]) -> list[tuple[int, int]]:
    """Neighbouring axes as ranges [first, last), the last range first."""
    runs: list[list[int]] = []
    for a in axes:
        if runs and runs[-1][1] == a:
            runs[-1][1] = a + 1
        else:
            runs.append([a, a + 1])
    return [tuple(run) for run in reversed(runs)]


def _reduce(function: str, x, axis, keepdims: bool):
    """Reduces run by run of neighbouring axes."""
    shape = shape_of(x)
    axes = axes_of(function, shape, axis)
    for first, last in _runs(axes):
        x = apply(Reduce(function, first, last), x)
    if keepdims:
        x = reshape(x, tuple(1 if i in axes else size for i, size in enumerate(shape)))
    return x


def _integral(function: str, exact: str, x, axis, keepdims: bool):
    """Integers give integers: NumPy's result for arrays, in a graph by way of float32."""
    if not is_integral(x):
        return _reduce(function, floats(x), axis, keepdims)
    if symbolic(x):
        return apply(Cast("int32"), _reduce(function, floats(x), axis, keepdims))
    array = np.asarray(array_of(x))  # NumPy's own, whose methods are not ops
    axes = tuple(axes_of(function, array.shape, axis))
    y = getattr(np, exact)(array, axis=axes, keepdims=bool(keepdims))
    return np.asarray(y, y.dtype if exact in ("max", "min") else _wide(array.dtype))


def _wide(dtype) -> str:
    """Keras' dtype of sums of integers: 32 bits at least."""
    return dtype.name if dtype.itemsize >= 4 else "uint32" if dtype.kind == "u" else "int32"


def sum(x, axis=None, keepdims: bool = False):
    """The sum over axes.

    Args:
        x: tensor or array.
        axis: a number, a tuple of numbers, or None for all axes.
        keepdims: whether reduced axes stay with size 1.

    Returns:
        A tensor, or an array for an array.

    Example:
        >>> from pyconv import ops
        >>> ops.sum([[1.0, 2.0], [3.0, 4.0]], axis=0)
        array([4., 6.], dtype=float32)
    """
    return _integral("sum", "sum", x, axis, keepdims)


def mean(x, axis=None, keepdims: bool = False):
    """The mean over axes; arguments as `sum`. It is floating for integers, too.

    Example:
        >>> from pyconv import ops
        >>> ops.mean([[1.0, 2.0], [3.0, 4.0]], axis=-1)
        array([1.5, 3.5], dtype=float32)
    """
    return _reduce("mean", floats(x), axis, keepdims)


def max(x, axis=None, keepdims: bool = False, initial=None):
    """The largest over axes; arguments as `sum`. Its gradient is shared among equal maxima.

    Args:
        initial: a lower bound of the result, or None.

    Example:
        >>> from pyconv import ops
        >>> ops.max([[1.0, 2.0], [3.0, 0.0]], axis=-1)
        array([2., 3.], dtype=float32)
    """
    y = _integral("max", "max", x, axis, keepdims)
    return y if initial is None else maximum(y, initial)


def min(x, axis=None, keepdims: bool = False, initial=None):
    """The smallest over axes; arguments as `sum`.

    Args:
        initial: an upper bound of the result, or None.

    Example:
        >>> from pyconv import ops
        >>> ops.min([[1.0, 2.0], [3.0, 0.0]], axis=-1)
        array([1., 0.], dtype=float32)
    """
    y = _integral("min", "min", x, axis, keepdims)
    return y if initial is None else minimum(y, initial)


amax, amin = max, min


def prod(x, axis=None, keepdims: bool = False, dtype=None):
    """The product over axes; arguments as `sum`.

    Args:
        dtype: the result's, or None.

    Example:
        >>> from pyconv import ops
        >>> ops.prod([[1.0, 2.0], [3.0, 4.0]], axis=-1)
        array([ 2., 12.], dtype=float32)
    """
    y = _integral("product", "prod", x, axis, keepdims)
    return y if dtype is None else cast(y, dtype)


def argmax(x, axis=None, keepdims: bool = False):
    """Index of the largest along one axis, or among all; the first of equal ones, as int32.

    Example:
        >>> from pyconv import ops
        >>> ops.argmax([[1.0, 2.0], [3.0, 0.0]], axis=-1)
        array([1, 0], dtype=int32)
    """
    return _index("argmax", x, axis, keepdims)


def argmin(x, axis=None, keepdims: bool = False):
    """Index of the smallest along one axis, or among all; the first of equal ones, as int32.

    Example:
        >>> from pyconv import ops
        >>> ops.argmin([[1.0, 2.0], [3.0, 0.0]], axis=-1)
        array([0, 1], dtype=int32)
    """
    return _index("argmin", x, axis, keepdims)


def _index(function: str, x, axis, keepdims: bool):
    if axis is None:
        flat = _reduce(function, reshape(floats(x), (-1,)), 0, False)
        return reshape(flat, (1,) * len(shape_of(x))) if keepdims else flat
    return _reduce(function, floats(x), axis, keepdims)


def moments(x, axes, keepdims: bool = False, synchronized: bool = False):
    """Mean and variance (biased: divided by the count) over axes.

    Args:
        x: tensor or array, float32.
        axes: a number or a tuple of numbers.
        keepdims: whether reduced axes stay with size 1.
        synchronized: taken for Keras' sake; there is one process.

    Returns:
        (mean, variance).

    Example:
        >>> from pyconv import ops
        >>> [float(m) for m in ops.moments([1.0, 3.0], axes=0)]
        [2.0, 1.0]
    """
    x = floats(x)
    shape = shape_of(x)
    axes = axes_of("moments", shape, axes)
    if not axes:
        raise ValueError(f"moments: expected at least one axis of {shape}, received none")
    run, *others = _runs(axes)
    mean, variance = apply(Moments(*run), x)
    for first, last in others:  # the variance of all = mean of variances + variance of means
        within = apply(Reduce("mean", first, last), variance)
        mean, between = apply(Moments(first, last), mean)
        variance = within + between
    if not keepdims:
        return mean, variance
    kept = tuple(1 if i in axes else size for i, size in enumerate(shape))
    return reshape(mean, kept), reshape(variance, kept)
