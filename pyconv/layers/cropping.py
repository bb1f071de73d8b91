"""Layers that crop the spatial axes."""

from __future__ import annotations

from pyconv import ops
from pyconv.layers.padding import EdgeLayer
from pyconv.utils.arguments import pairs


class Cropping(EdgeLayer):
    """Base of the cropping layers, which differ in `rank` and the default only."""

    def __init__(self, cropping, data_format=None, **kwargs):
        super().__init__(data_format=data_format, **kwargs)
        self.pairs = pairs(cropping, self.rank, "cropping")
        self.cropping = self.pairs if self.rank > 1 else self.pairs[0]

    def call(self, inputs):
        return ops.crop(inputs, self.edges(self.pairs))


class Cropping1D(Cropping):
    """A sequence without its first and last elements.

    Args:
        cropping: number of elements cut off at each end, or a pair (before, after).
        data_format: "channels_last" (n, t, channels), the default, or "channels_first".

    Raises:
        ValueError: the cropping is not of this form, or leaves nothing.

    Example:
        >>> import numpy as np
        >>> Cropping1D((1, 0))(np.array([[[1.0], [2.0]]])).ravel()
        array([2.], dtype=float32)
    """

    rank = 1

    def __init__(self, cropping=(1, 1), *, data_format=None, **kwargs):
        super().__init__(cropping, data_format, **kwargs)


class Cropping2D(Cropping):
    """Images without their borders.

    Args:
        cropping: number of elements cut off on all sides, or (height, width), or a pair for each:
            ((top, bottom), (left, right)).
        data_format: "channels_last" (n, height, width, channels), or "channels_first".

    Raises:
        ValueError: the cropping is not of this form, or leaves nothing.

    Example:
        >>> Cropping2D(((1, 0), (2, 2))).compute_output_shape((None, 6, 9, 3))
        (None, 5, 5, 3)
    """

    rank = 2

    def __init__(self, cropping=((0, 0), (0, 0)), data_format=None, **kwargs):
        super().__init__(cropping, data_format, **kwargs)


class Cropping3D(Cropping):
    """Volumes without their borders; arguments as in `Cropping2D`, for three axes.

    Example:
        >>> Cropping3D().compute_output_shape((None, 4, 5, 6, 1))
        (None, 2, 3, 4, 1)
    """

    rank = 3

    def __init__(self, cropping=((1, 1), (1, 1), (1, 1)), data_format=None, **kwargs):
        super().__init__(cropping, data_format, **kwargs)
