"""Layers that rearrange elements."""

from __future__ import annotations

from math import prod
from numbers import Integral

from pyconv import ops
from pyconv.layers.input_spec import InputSpec
from pyconv.layers.layer import Layer
from pyconv.layers.spatial import channels_to, layout
from pyconv.utils.arguments import whole


class Flatten(Layer):
    """All elements of an example in one row.

    Args:
        data_format: "channels_last" (default), or "channels_first" to move channels last before.

    Returns:
        Called on (n, ...): (n, number of elements).

    Example:
        >>> Flatten().compute_output_shape((None, 5, 5, 64))
        (None, 1600)
    """

    def __init__(self, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.data_format = layout(data_format)
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs):
        if self.data_format == "channels_first" and len(inputs.shape) > 2:
            inputs = channels_to(-1, inputs)
        n, *sizes = inputs.shape
        return ops.reshape(inputs, (n, None if None in sizes else prod(sizes)))


class Reshape(Layer):
    """The elements of each example in another shape.

    Args:
        target_shape: shape of one example; one size may be -1: what is left.

    Returns:
        Called on (n, ...): (n, *target_shape).

    Raises:
        ValueError: the numbers of elements differ.

    Example:
        >>> Reshape((4, -1)).compute_output_shape((None, 16))
        (None, 4, 4)
    """

    built_at_once = True

    def __init__(self, target_shape, **kwargs):
        super().__init__(**kwargs)
        self.target_shape = tuple(target_shape)

    def call(self, inputs):
        return ops.reshape(inputs, (inputs.shape[0], *self.target_shape))


class Permute(Layer):
    """The axes of each example in another order.

    Args:
        dims: for each output axis the input axis that it is, counted from 1: the example axis
            stays where it is.

    Example:
        >>> Permute((2, 1)).compute_output_shape((None, 10, 64))
        (None, 64, 10)
    """

    def __init__(self, dims, **kwargs):
        super().__init__(**kwargs)
        self.dims = tuple(dims)
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ValueError(
                f"expected `dims` to hold each of 1 to {len(self.dims)} once, received {dims}"
            )
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)

    def call(self, inputs):
        return ops.transpose(inputs, (0, *self.dims))


class RepeatVector(Layer):
    """A vector n times, one after another.

    Args:
        n: how often.

    Returns:
        Called on (examples, size): (examples, n, size).

    Raises:
        TypeError: n is not an integer.

    Example:
        >>> RepeatVector(3).compute_output_shape((None, 8))
        (None, 3, 8)
    """

    def __init__(self, n, **kwargs):
        super().__init__(**kwargs)
        if not isinstance(n, Integral):
            raise TypeError(f"expected `n` to be an integer, received {n!r}")
        self.n = whole(n, "n")
        self.input_spec = InputSpec(ndim=2)

    def call(self, inputs):
        return ops.repeat(ops.expand_dims(inputs, 1), self.n, axis=1)
