"""Pooling layers."""

from __future__ import annotations

from pyconv import ops
from pyconv.layers.spatial import SpatialLayer, choice
from pyconv.ops.geometry import per_axis


class Pooling(SpatialLayer):
    """Base of layers that sum up windows; a subclass sets `function`, an op, and `rank`."""

    function = None

    def __init__(self, pool_size, strides=None, padding="valid", data_format=None, **kwargs):
        super().__init__(data_format=data_format, **kwargs)
        self.pool_size = per_axis(pool_size, self.rank, "pool_size")
        self.strides = per_axis(
            self.pool_size if strides is None else strides, self.rank, "strides"
        )
        self.padding = choice(padding, "padding", ("valid", "same"))

    def transform(self, x):
        return type(self).function(x, self.pool_size, self.strides, self.padding)


class MaxPooling(Pooling):
    """Base of MaxPooling1D, MaxPooling2D and MaxPooling3D, which differ in `rank` only."""

    function = staticmethod(ops.max_pool)

    def __init__(self, pool_size=2, strides=None, padding="valid", data_format=None, **kwargs):
        super().__init__(pool_size, strides, padding, data_format, **kwargs)


class AveragePooling(Pooling):
    """Base of AveragePooling1D to AveragePooling3D, which differ in `rank` only."""

    function = staticmethod(ops.average_pool)


class MaxPooling1D(MaxPooling):
    """The largest element of each window, per channel (Goodfellow et al., section 9.3).

    Args:
        pool_size: the window's size.
        strides: step between windows; `pool_size` by default.
        padding: "valid": windows lie inside the input; "same": windows may cross its border, and
            there are ceil(t / strides) of them.
        data_format: "channels_last" (n, t, channels), the default, or "channels_first".

    Returns:
        Called on (n, t, channels): (n, t', channels).

    Raises:
        ValueError: an argument or the input's shape does not fit.

    Example:
        >>> import numpy as np
        >>> MaxPooling1D(2)(np.array([[[1.0], [3.0], [2.0], [0.0]]])).ravel()
        array([3., 2.], dtype=float32)
    """

    rank = 1


class MaxPooling2D(MaxPooling):
    """The same over images; arguments as in `MaxPooling1D`, an integer or (height, width).

    Example:
        >>> MaxPooling2D().compute_output_shape((None, 26, 26, 32))
        (None, 13, 13, 32)
    """

    rank = 2


class MaxPooling3D(MaxPooling):
    """The same over volumes; arguments as in `MaxPooling1D`, an integer or one per axis.

    Example:
        >>> MaxPooling3D((1, 2, 2)).compute_output_shape((None, 5, 8, 8, 3))
        (None, 5, 4, 4, 3)
    """

    rank = 3


class AveragePooling1D(AveragePooling):
    """The mean of each window's elements, per channel; padding is not counted.

    Args:
        pool_size: the window's size.
        strides, padding, data_format: as in `MaxPooling1D`.

    Returns:
        Called on (n, t, channels): (n, t', channels).

    Raises:
        ValueError: an argument or the input's shape does not fit.

    Example:
        >>> import numpy as np
        >>> AveragePooling1D(2)(np.array([[[1.0], [3.0], [2.0], [0.0]]])).ravel()
        array([2., 1.], dtype=float32)
    """

    rank = 1


class AveragePooling2D(AveragePooling):
    """The same over images; arguments as in `AveragePooling1D`, an integer or (height, width).

    Example:
        >>> AveragePooling2D(3, padding="same").compute_output_shape((None, 10, 10, 4))
        (None, 4, 4, 4)
    """

    rank = 2


class AveragePooling3D(AveragePooling):
    """The same over volumes; arguments as in `AveragePooling1D`, an integer or one per axis.

    Example:
        >>> AveragePooling3D(2).compute_output_shape((None, 4, 4, 4, 1))
        (None, 2, 2, 2, 1)
    """

    rank = 3


class GlobalPooling(SpatialLayer):
    """Base of layers that sum up all positions; a subclass sets `function`, an op, and `rank`."""

    function = None

    def __init__(self, data_format=None, keepdims=False, **kwargs):
        super().__init__(data_format=data_format, **kwargs)
        self.keepdims = keepdims

    def call(self, inputs):
        first = 1 if self.channel_axis == -1 else 2
        axes = tuple(range(first, first + self.rank))
        if 0 in inputs.shape[first : first + self.rank]:
            raise ValueError(
                f"layer {self.name}: expected sizes of at least 1, received shape "
                f"{tuple(inputs.shape)}; look for an empty slice before it"
            )
        return type(self).function(inputs, axis=axes, keepdims=self.keepdims)


class GlobalAveragePooling(GlobalPooling):
    """Base of GlobalAveragePooling1D to 3D, which differ in `rank` only."""

    function = staticmethod(ops.mean)


class GlobalMaxPooling(GlobalPooling):
    """Base of GlobalMaxPooling1D to 3D, which differ in `rank` only."""

    function = staticmethod(ops.max)


class GlobalAveragePooling1D(GlobalAveragePooling):
    """The mean over all positions, per channel (Lin et al. 2013).

    Args:
        data_format: "channels_last" (n, t, channels), the default, or "channels_first".
        keepdims: whether the spatial axes stay, with size 1.

    Returns:
        Called on (n, t, channels): (n, channels).

    Example:
        >>> import numpy as np
        >>> GlobalAveragePooling1D()(np.array([[[1.0, 2.0], [3.0, 6.0]]]))
        array([[2., 4.]], dtype=float32)
    """

    rank = 1


class GlobalAveragePooling2D(GlobalAveragePooling):
    """The mean over all positions of images; arguments as in `GlobalAveragePooling1D`.

    Example:
        >>> GlobalAveragePooling2D().compute_output_shape((None, 7, 7, 512))
        (None, 512)
    """

    rank = 2


class GlobalAveragePooling3D(GlobalAveragePooling):
    """The mean over all positions of volumes; arguments as in `GlobalAveragePooling1D`.

    Example:
        >>> GlobalAveragePooling3D(keepdims=True).compute_output_shape((None, 4, 7, 7, 8))
        (None, 1, 1, 1, 8)
    """

    rank = 3


class GlobalMaxPooling1D(GlobalMaxPooling):
    """The largest over all positions, per channel; arguments as in `GlobalAveragePooling1D`.

    Example:
        >>> import numpy as np
        >>> GlobalMaxPooling1D()(np.array([[[1.0, 2.0], [3.0, 0.0]]]))
        array([[3., 2.]], dtype=float32)
    """

    rank = 1


class GlobalMaxPooling2D(GlobalMaxPooling):
    """The largest over all positions of images; arguments as in `GlobalAveragePooling1D`.

    Example:
        >>> GlobalMaxPooling2D().compute_output_shape((None, 7, 7, 512))
        (None, 512)
    """

    rank = 2


class GlobalMaxPooling3D(GlobalMaxPooling):
    """The largest over all positions of volumes; arguments as in `GlobalAveragePooling1D`.

    Example:
        >>> GlobalMaxPooling3D().compute_output_shape((None, 4, 7, 7, 8))
        (None, 8)
    """

    rank = 3


MaxPool1D, MaxPool2D, MaxPool3D = MaxPooling1D, MaxPooling2D, MaxPooling3D
AvgPool1D, AvgPool2D, AvgPool3D = AveragePooling1D, AveragePooling2D, AveragePooling3D
GlobalAvgPool1D, GlobalAvgPool2D = GlobalAveragePooling1D, GlobalAveragePooling2D
GlobalAvgPool3D = GlobalAveragePooling3D
GlobalMaxPool1D, GlobalMaxPool2D = GlobalMaxPooling1D, GlobalMaxPooling2D
GlobalMaxPool3D = GlobalMaxPooling3D
