"""Pooling layers."""

from __future__ import annotations

from pyconv import ops
from pyconv.layers.spatial import SpatialLayer
from pyconv.ops.geometry import make_geometry, per_axis
from pyconv.ops.pool_channels import pool_some
from pyconv.ops.window import Window, make_window
from pyconv.utils.arguments import choice


class WindowLayer(SpatialLayer):
    """Base of layers with windows; by default these lie side by side."""

    def __init__(
        self, pool_size, strides=None, padding="valid", data_format=None, name=None, **kwargs
    ):
        super().__init__(data_format=data_format, name=name, **kwargs)
        self.pool_size = per_axis(pool_size, self.rank, "pool_size")
        steps = self.pool_size if strides is None else strides
        self.strides = per_axis(steps, self.rank, "strides")
        self.padding = pool_padding(padding, self.rank)


class Pooling(WindowLayer):
    """Base of layers that sum up windows; a subclass sets `function`, an op, and `rank`.

    Args:
        pool_size, strides, padding, data_format: as in `MaxPooling1D`.
        ceil_mode: whether a last window may hang over the end.
        channels: numbers of the channels that are pooled; None pools all.
    """

    built_at_once = True
    function = None
    dilation_rate = 1

    def __init__(
        self,
        pool_size,
        strides=None,
        padding="valid",
        data_format=None,
        name=None,
        *,
        ceil_mode=False,
        channels=None,
        **kwargs,
    ):
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)
        self.ceil_mode = bool(ceil_mode)
        self.pooled = None if channels is None else channel_numbers(channels)

    @property
    def arguments(self) -> dict:
        """What the op takes beside the inputs."""
        return {
            "pool_size": self.pool_size,
            "strides": self.strides,
            "padding": self.padding,
            "ceil_mode": self.ceil_mode,
        }

    def transform(self, x, **more):
        def pool(x):
            return type(self).function(x, **self.arguments, **more)

        if self.pooled is None:
            return pool(x)
        return pool_some(pool, x, self.pooled, self.window(x))

    def window(self, x) -> Window:
        """Whose centres are kept of channels that are not pooled."""
        geometry = (self.pool_size, self.strides, self.padding, self.dilation_rate, self.ceil_mode)
        return make_window("pooling", x, *geometry)


def channel_numbers(channels) -> tuple[int, ...]:
    """Numbers of channels, of which there must be one at least."""
    if not isinstance(channels, (list, tuple)) or not channels:
        raise ValueError(f"expected `channels` to be a list of numbers, received {channels!r}")
    return per_axis(channels, len(channels), "channels", least=0)


def pool_padding(padding, rank: int):
    """ "valid", "same", or cells (before, after) each axis."""
    if isinstance(padding, str):
        return choice(padding, "padding", ("valid", "same"))
    return make_geometry(rank, 1, padding, 1).padding


class MaxPooling(Pooling):
    """Base of MaxPooling1D, MaxPooling2D and MaxPooling3D, which differ in `rank` only."""

    function = staticmethod(ops.max_pool)

    def __init__(
        self,
        pool_size=2,
        strides=None,
        padding="valid",
        data_format=None,
        name=None,
        *,
        dilation_rate=1,
        **kwargs,
    ):
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)
        self.dilation_rate = per_axis(dilation_rate, self.rank, "dilation_rate")

    @property
    def arguments(self) -> dict:
        own = {"dilation_rate": self.dilation_rate, "data_format": "channels_last"}
        return {**super().arguments, **own}


class AveragePooling(Pooling):
    """Base of AveragePooling1D to AveragePooling3D, which differ in `rank` only."""

    function = staticmethod(ops.average_pool)

    def __init__(
        self,
        pool_size,
        strides=None,
        padding="valid",
        data_format=None,
        name=None,
        *,
        count_padding=False,
        **kwargs,
    ):
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)
        self.count_padding = bool(count_padding)

    @property
    def arguments(self) -> dict:
        own = {"count_padding": self.count_padding, "data_format": "channels_last"}
        return {**super().arguments, **own}


class MaxPooling1D(MaxPooling):
    """The largest element of each window, per channel (Goodfellow et al., section 9.3).

    Args:
        pool_size: the window's size.
        strides: step between windows; `pool_size` by default.
        padding: "valid": windows lie inside the input; "same": windows may cross its border, and
            there are ceil(t / strides) of them; or cells around the input: an integer, or pairs
            (before, after) for each axis.
        data_format: "channels_last" (n, t, channels), the default, or "channels_first".
        dilation_rate: steps between a window's cells.
        ceil_mode: whether a last window may hang over the end, as in PyTorch.
        channels: numbers of the channels that are pooled; the others are subsampled, by the cell
            at each window's centre. None pools all.

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
    """The mean of each window's elements, per channel.

    Args:
        pool_size: the window's size.
        strides, padding, data_format, ceil_mode, channels: as in `MaxPooling1D`.
        count_padding: whether the padding's zeros are elements too.

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


MaxPool1D, MaxPool2D, MaxPool3D = MaxPooling1D, MaxPooling2D, MaxPooling3D
AvgPool1D, AvgPool2D, AvgPool3D = AveragePooling1D, AveragePooling2D, AveragePooling3D
