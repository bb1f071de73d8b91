"""Subsampling layers."""

from __future__ import annotations

from pyconv import ops
from pyconv.layers.spatial import SpatialLayer
from pyconv.ops.geometry import per_axis


class Subsampling(SpatialLayer):
    """Base of Subsampling1D, 2D and 3D, which differ in `rank` only."""

    def __init__(self, strides=2, data_format=None, **kwargs):
        super().__init__(data_format=data_format, **kwargs)
        self.strides = per_axis(strides, self.rank, "strides")

    def transform(self, x):
        return ops.subsample(x, self.strides)


class Subsampling1D(Subsampling):
    """Every s-th element, the first one first: y[t, c] = x[t s, c]. A convolution with stride s is
    the subsampled convolution of stride 1 (Goodfellow et al., fig. 9.12; Prince, fig. 10.11).

    Args:
        strides: s, an integer.
        data_format: "channels_last" (n, t, channels), the default, or "channels_first".

    Returns:
        Called on (n, t, channels): (n, ceil(t / s), channels).

    Raises:
        ValueError: an argument or the input's shape does not fit.

    Example:
        >>> import numpy as np
        >>> Subsampling1D(2)(np.arange(5.0).reshape(1, 5, 1)).ravel()
        array([0., 2., 4.], dtype=float32)
    """

    rank = 1


class Subsampling2D(Subsampling):
    """The same over images; arguments as in `Subsampling1D`, an integer or (height, width).

    Example:
        >>> Subsampling2D((2, 3)).compute_output_shape((None, 28, 28, 4))
        (None, 14, 10, 4)
    """

    rank = 2


class Subsampling3D(Subsampling):
    """The same over volumes or films; arguments as in `Subsampling1D`, an integer or one per axis.

    Example:
        >>> Subsampling3D().compute_output_shape((None, 3, 4, 5, 1))
        (None, 2, 2, 3, 1)
    """

    rank = 3
