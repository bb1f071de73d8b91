"""Layers that join several tensors into one."""

from __future__ import annotations

import math
from functools import reduce

from pyconv import ops
from pyconv.graph import mask_of
from pyconv.layers.layer import Layer
from pyconv.layers.spatial import expect_pair


class Merge(Layer):
    """Base of layers that join a list of tensors, two at a time where a subclass sets `function`,
    an op. Tensors of lower rank get axes of size 1 behind the examples' axis."""

    supports_masking = True
    function = None

    def __init__(self, **kwargs):
        super().__init__(**kwargs)

    def call(self, inputs):
        return reduce(type(self).function, self.aligned(inputs))

    def compute_mask(self, inputs, mask=None):
        if mask is None or any(m is None for m in mask):
            return None
        return reduce(ops.logical_or, mask)

    def aligned(self, inputs) -> list:
        """The inputs, brought to one rank."""
        if not isinstance(inputs, (list, tuple)) or not inputs:
            raise ValueError(
                f"expected a list of tensors, received {inputs!r}; call it as layer([a, b])"
            )
        rank = max(len(x.shape) for x in inputs)
        return [_of_rank(rank, x) for x in inputs]


def _of_rank(rank: int, x):
    for _ in range(rank - len(x.shape)):
        x = ops.expand_dims(x, 1)
    return x


def _of_unmasked(function, tensors):
    """The tensors joined two at a time; where a mask leaves one out, the other one's elements."""
    result, *others = tensors
    kept = mask_of(result)
    for x in others:
        mask = mask_of(x)
        if mask is not None:
            x = ops.where(_as_wide(mask, x), x, result)
        if kept is not None:
            result = ops.where(_as_wide(kept, result), result, x)
        kept = None if mask is None or kept is None else ops.logical_or(kept, mask)
        result = function(result, x)
    return result


def _as_wide(mask, x):
    """The mask of a tensor as one of its elements; all count where there is none."""
    if mask is None:
        return ops.ones_like(x, dtype="bool")
    if len(mask.shape) == len(x.shape):
        return mask
    return ops.logical_or(ops.expand_dims(mask, -1), ops.zeros_like(x, dtype="bool"))


class Add(Merge):
    """The sum of a list of tensors.

    Example:
        >>> import numpy as np
        >>> Add()([np.ones(2), np.ones(2)])
        array([2., 2.], dtype=float32)
    """

    function = staticmethod(ops.add)


class Subtract(Merge):
    """The first of two tensors minus the second.

    Example:
        >>> import numpy as np
        >>> Subtract()([np.ones(2), np.ones(2)])
        array([0., 0.], dtype=float32)
    """

    function = staticmethod(ops.subtract)

    def call(self, inputs):
        if len(inputs) != 2:
            raise ValueError(f"expected a list of 2 tensors, received {len(inputs)}")
        return super().call(inputs)


class Multiply(Merge):
    """The product of a list of tensors, element by element.

    Example:
        >>> import numpy as np
        >>> Multiply()([np.array([1.0, 2.0]), np.array([3.0, 4.0])])
        array([3., 8.], dtype=float32)
    """

    function = staticmethod(ops.multiply)

    def call(self, inputs):
        masks = [mask_of(x) for x in inputs]
        if all(mask is None for mask in masks):
            return super().call(inputs)
        pairs = zip(masks, self.aligned(inputs), strict=True)
        product = super().call(
            [x if m is None else ops.where(_as_wide(m, x), x, 1.0) for m, x in pairs]
        )
        if any(mask is None for mask in masks):
            return product
        return ops.where(_as_wide(reduce(ops.logical_or, masks), product), product, 0.0)


class Average(Merge):
    """The mean of a list of tensors, element by element.

    Example:
        >>> import numpy as np
        >>> Average()([np.array([1.0, 2.0]), np.array([3.0, 4.0])])
        array([2., 3.], dtype=float32)
    """

    function = staticmethod(ops.add)

    def call(self, inputs):
        return super().call(inputs) * (1 / len(inputs))


class Maximum(Merge):
    """The largest of a list of tensors, element by element.

    Example:
        >>> import numpy as np
        >>> Maximum()([np.array([1.0, 4.0]), np.array([3.0, 2.0])])
        array([3., 4.], dtype=float32)
    """

    function = staticmethod(ops.maximum)

    def call(self, inputs):
        return _of_unmasked(ops.maximum, self.aligned(inputs))


class Minimum(Merge):
    """The smallest of a list of tensors, element by element.

    Example:
        >>> import numpy as np
        >>> Minimum()([np.array([1.0, 4.0]), np.array([3.0, 2.0])])
        array([1., 2.], dtype=float32)
    """

    function = staticmethod(ops.minimum)

    def call(self, inputs):
        return _of_unmasked(ops.minimum, self.aligned(inputs))


class Concatenate(Merge):
    """Tensors one after another.

    Args:
        axis: the axis along which they are joined; the sizes of all others agree.

    Raises:
        ValueError: the shapes do not fit.

    Example:
        >>> import numpy as np
        >>> Concatenate()([np.ones((2, 1)), np.ones((2, 3))]).shape
        (2, 4)
    """

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.axis = axis

    def call(self, inputs):
        return ops.concatenate(list(inputs), axis=self.axis)

    def compute_mask(self, inputs, mask=None):
        if mask is None or all(m is None for m in mask):
            return None
        masks = [_as_wide(m, x) for m, x in zip(mask, inputs, strict=True)]
        return ops.any(ops.concatenate(masks, axis=self.axis), axis=-1)


class Dot(Merge):
    """Products of two tensors, summed along one axis of each, example by example.

    Args:
        axes: the axis, counted with examples first, or a pair: one for each tensor.
        normalize: whether all vectors along these axes are first brought to length 1, so that
            products are cosines.

    Returns:
        Called on (n, a..., k) and (n, b..., k): (n, a..., b...), or (n, 1) where both are vectors.

    Raises:
        ValueError: the axes are not of this form, or differ in size.

    Example:
        >>> import numpy as np
        >>> Dot(axes=1)([np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]])])
        array([[11.]], dtype=float32)
    """

    def __init__(self, axes, normalize=False, **kwargs):
        super().__init__(**kwargs)
        pair = (axes,) * 2 if isinstance(axes, int) else axes
        if not isinstance(pair, (list, tuple)):
            raise TypeError(f"expected `axes` to be an integer or a pair, received {axes!r}")
        if len(pair) != 2 or not all(isinstance(axis, int) and axis != 0 for axis in pair):
            raise ValueError(
                f"expected `axes` to be an axis or two, none of them 0, received {axes!r}"
            )
        self.axes = axes
        self.normalize = normalize

    def build(self, input_shape):
        expect_pair(input_shape, "a", "b")

    def call(self, inputs):
        expect_pair([x.shape for x in inputs], "a", "b")
        pair = (self.axes,) * 2 if isinstance(self.axes, int) else self.axes
        rows = [self._rows(x, axis % len(x.shape)) for x, axis in zip(inputs, pair, strict=True)]
        if rows[0].shape[-1] != rows[1].shape[-1]:
            raise ValueError(
                f"expected axes of one size, received sizes {rows[0].shape[-1]} and "
                f"{rows[1].shape[-1]} of shapes {[tuple(x.shape) for x in inputs]}"
            )
        products = ops.matmul(_matrices(rows[0]), ops.transpose(_matrices(rows[1]), (0, 2, 1)))
        shape = [size for x in rows for size in x.shape[1:-1]] or [1]
        return ops.reshape(products, (products.shape[0], *shape))

    def compute_mask(self, inputs, mask=None):
        return None

    def _rows(self, x, axis: int):
        """The tensor with the axis at the end, and at length 1 along it if that is asked for."""
        others = [a for a in range(len(x.shape)) if a != axis]
        x = ops.transpose(x, (*others, axis))
        if not self.normalize:
            return x
        squares = ops.sum(ops.square(x), axis=-1, keepdims=True)
        return x * ops.rsqrt(ops.maximum(squares, 1e-12))


def _matrices(x):
    """(n, ..., k) as (n, rows, k)."""
    return ops.reshape(x, (x.shape[0], math.prod(x.shape[1:-1]), x.shape[-1]))


def add(inputs, **kwargs):
    """The sum of a list of tensors, by an `Add` layer."""
    return Add(**kwargs)(inputs)


def subtract(inputs, **kwargs):
    """The first of two tensors minus the second, by a `Subtract` layer."""
    return Subtract(**kwargs)(inputs)


def multiply(inputs, **kwargs):
    """The product of a list of tensors, by a `Multiply` layer."""
    return Multiply(**kwargs)(inputs)


def average(inputs, **kwargs):
    """The mean of a list of tensors, by an `Average` layer."""
    return Average(**kwargs)(inputs)


def maximum(inputs, **kwargs):
    """The largest of a list of tensors, by a `Maximum` layer."""
    return Maximum(**kwargs)(inputs)


def minimum(inputs, **kwargs):
    """The smallest of a list of tensors, by a `Minimum` layer."""
    return Minimum(**kwargs)(inputs)


def concatenate(inputs, axis=-1, **kwargs):
    """Tensors one after another along an axis, by a `Concatenate` layer."""
    return Concatenate(axis=axis, **kwargs)(inputs)


def dot(inputs, axes=-1, **kwargs):
    """Products of two tensors summed along an axis of each, by a `Dot` layer."""
    return Dot(axes=axes, **kwargs)(inputs)
