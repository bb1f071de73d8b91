"""Layers that rearrange elements."""

from __future__ import annotations

from math import prod

from pyconv import ops
from pyconv.layers.input_spec import InputSpec
from pyconv.layers.layer import Layer
from pyconv.layers.spatial import SpatialLayer, channels_to, layout


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


class ZeroPadding(SpatialLayer):
    """Base of ZeroPadding1D to ZeroPadding3D, which differ in `rank` only."""

    def __init__(self, padding=1, data_format=None, **kwargs):
        super().__init__(data_format=data_format, **kwargs)
        self.padding = _pairs(padding, self.rank)

    def call(self, inputs):
        none = (0, 0)
        if self.channel_axis == -1:
            return ops.pad(inputs, (none, *self.padding, none))
        return ops.pad(inputs, (none, none, *self.padding))


class ZeroPadding1D(ZeroPadding):
    """Zeros before and after a sequence.

    Args:
        padding: number of zeros on each side, or a pair (before, after).
        data_format: "channels_last" (n, t, channels), the default, or "channels_first".

    Raises:
        ValueError: the padding is not of this form.

    Example:
        >>> import numpy as np
        >>> ZeroPadding1D((2, 0))(np.ones((1, 1, 1))).ravel()
        array([0., 0., 1.], dtype=float32)
    """

    rank = 1


class ZeroPadding2D(ZeroPadding):
    """Zeros around images.

    Args:
        padding: number of zeros on all sides, or (height, width), or a pair for each:
            ((top, bottom), (left, right)).
        data_format: "channels_last" (n, height, width, channels), or "channels_first".

    Raises:
        ValueError: the padding is not of this form.

    Example:
        >>> ZeroPadding2D(((1, 0), (2, 2))).compute_output_shape((None, 5, 5, 3))
        (None, 6, 9, 3)
    """

    rank = 2


class ZeroPadding3D(ZeroPadding):
    """Zeros around volumes; arguments as in `ZeroPadding2D`, for three axes.

    Example:
        >>> ZeroPadding3D(1).compute_output_shape((None, 4, 5, 6, 1))
        (None, 6, 7, 8, 1)
    """

    rank = 3


def _pairs(padding, rank: int) -> tuple[tuple[int, int], ...]:
    """(before, after) of each axis."""
    values = [padding] * rank if isinstance(padding, int) else list(padding)
    if rank == 1 and len(values) == 2:
        values = [values]
    pairs = tuple((v, v) if isinstance(v, int) else tuple(v) for v in values)
    sizes = [size for pair in pairs for size in pair]
    valid = len(pairs) == rank and len(sizes) == 2 * rank
    if not valid or not all(isinstance(size, int) and size >= 0 for size in sizes):
        raise ValueError(
            f"expected `padding` to be an integer of at least 0, or one or a pair of them for each "
            f"of {rank} axes, received {padding!r}"
        )
    return pairs
