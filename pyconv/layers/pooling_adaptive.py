"""Pooling to a grid of fixed size, whatever the input's size."""

from __future__ import annotations

from pyconv import ops
from pyconv.layers.spatial import SpatialLayer
from pyconv.ops.geometry import per_axis


class AdaptivePooling(SpatialLayer):
    """Base of layers that pool to a grid; a subclass sets `function`, an op, and `rank`."""

    function = None

    def __init__(self, output_size, data_format=None, **kwargs):
        super().__init__(data_format=data_format, **kwargs)
        self.output_size = per_axis(output_size, self.rank, "output_size")

    def transform(self, x):
        return type(self).function(x, self.output_size, "channels_last")


class AdaptiveAveragePooling(AdaptivePooling):
    """Base of AdaptiveAveragePooling1D to 3D, which differ in `rank` only."""

    function = staticmethod(ops.adaptive_average_pool)


class AdaptiveMaxPooling(AdaptivePooling):
    """Base of AdaptiveMaxPooling1D to 3D, which differ in `rank` only."""

    function = staticmethod(ops.adaptive_max_pool)


class AdaptiveAveragePooling1D(AdaptiveAveragePooling):
    """The mean of each cell of a grid, per channel, so that inputs of any size give outputs of one
    (He et al. 2014; fig 9.11). Window o of t elements has those from floor(o t / size) to before
    ceil((o + 1) t / size).

    Args:
        output_size: the grid's size.
        data_format: "channels_last" (n, t, channels), the default, or "channels_first".

    Returns:
        Called on (n, t, channels): (n, output_size, channels).

    Raises:
        ValueError: an argument or the input's shape does not fit.

    Example:
        >>> import numpy as np
        >>> AdaptiveAveragePooling1D(2)(np.array([[[1.0], [2.0], [3.0]]])).ravel()
        array([1.5, 2.5], dtype=float32)
    """

    rank = 1


class AdaptiveAveragePooling2D(AdaptiveAveragePooling):
    """The same over images; arguments as in `AdaptiveAveragePooling1D`.

    Example:
        >>> AdaptiveAveragePooling2D(3).compute_output_shape((None, None, None, 64))
        (None, 3, 3, 64)
    """

    rank = 2


class AdaptiveAveragePooling3D(AdaptiveAveragePooling):
    """The same over volumes; arguments as in `AdaptiveAveragePooling1D`.

    Example:
        >>> AdaptiveAveragePooling3D((1, 2, 2)).compute_output_shape((None, 5, 8, 8, 3))
        (None, 1, 2, 2, 3)
    """

    rank = 3


class AdaptiveMaxPooling1D(AdaptiveMaxPooling):
    """The largest element of each cell of a grid, per channel; windows, arguments and result as in
    `AdaptiveAveragePooling1D`.

    Example:
        >>> import numpy as np
        >>> AdaptiveMaxPooling1D(2)(np.array([[[1.0], [2.0], [3.0]]])).ravel()
        array([2., 3.], dtype=float32)
    """

    rank = 1


class AdaptiveMaxPooling2D(AdaptiveMaxPooling):
    """The same over images; arguments as in `AdaptiveMaxPooling1D`.

    Example:
        >>> AdaptiveMaxPooling2D((3, 2)).compute_output_shape((None, 13, 13, 256))
        (None, 3, 2, 256)
    """

    rank = 2


class AdaptiveMaxPooling3D(AdaptiveMaxPooling):
    """The same over volumes; arguments as in `AdaptiveMaxPooling1D`.

    Example:
        >>> AdaptiveMaxPooling3D(2).compute_output_shape((None, 5, 8, 8, 3))
        (None, 2, 2, 2, 3)
    """

    rank = 3
