"""Layers that make maps larger without weights, and the way back of the pixel shuffle."""

from __future__ import annotations

from pyconv import ops
from pyconv.layers.spatial import SpatialLayer
from pyconv.ops.geometry import per_axis
from pyconv.ops.resampling import INTERPOLATIONS
from pyconv.utils.arguments import choice, whole


class UpSampling(SpatialLayer):
    """Base of UpSampling1D to UpSampling3D, which differ in `rank` only."""

    def __init__(
        self, size=2, data_format=None, interpolation="nearest", *, align_corners=False, **kwargs
    ):
        super().__init__(data_format=data_format, **kwargs)
        self.sizes = per_axis(size, self.rank, "size")
        self.size = self.sizes if self.rank > 1 else self.sizes[0]
        self.interpolation = choice(interpolation, "interpolation", INTERPOLATIONS)
        self.align_corners = bool(align_corners)

    def transform(self, x):
        return ops.upsample(x, self.sizes, self.interpolation, self.align_corners)


class UpSampling1D(UpSampling):
    """Sequences enlarged by a whole factor.

    Args:
        size: the factor.
        data_format: "channels_last" (n, t, channels), the default, or "channels_first".
        interpolation: "nearest" repeats each step; "bilinear" is linear; "bicubic", "lanczos3",
            "lanczos5": as in `ops.resize`.
        align_corners: the first and last steps stay where they are, as in `ops.resize`.

    Returns:
        Called on (n, t, channels): (n, t * size, channels).

    Raises:
        ValueError: an argument or the input's shape does not fit.

    Example:
        >>> import numpy as np
        >>> UpSampling1D(2)(np.array([[[1.0], [3.0]]])).ravel()
        array([1., 1., 3., 3.], dtype=float32)
    """

    rank = 1

    def __init__(
        self, size=2, *, data_format=None, interpolation="nearest", align_corners=False, **kwargs
    ):
        super().__init__(size, data_format, interpolation, align_corners=align_corners, **kwargs)


class UpSampling2D(UpSampling):
    """Images enlarged by whole factors; arguments as in `UpSampling1D`, a factor or one per axis.

    Example:
        >>> UpSampling2D((2, 3), interpolation="bilinear").compute_output_shape((None, 4, 5, 3))
        (None, 8, 15, 3)
    """

    rank = 2


class UpSampling3D(UpSampling):
    """Volumes enlarged by whole factors; arguments as in `UpSampling2D`, for three axes.

    Example:
        >>> UpSampling3D().compute_output_shape((None, 2, 3, 4, 1))
        (None, 4, 6, 8, 1)
    """

    rank = 3

    def __init__(
        self, size=2, data_format=None, *, interpolation="nearest", align_corners=False, **kwargs
    ):
        super().__init__(size, data_format, interpolation, align_corners=align_corners, **kwargs)


class PixelShuffle(SpatialLayer):
    """Base of PixelShuffle1D and PixelShuffle2D, which differ in `rank` only."""

    def __init__(self, upscale_factor, data_format=None, **kwargs):
        super().__init__(data_format=data_format, **kwargs)
        self.upscale_factor = whole(upscale_factor, "upscale_factor")

    def transform(self, x):
        return ops.pixel_shuffle(x, self.upscale_factor)


class PixelShuffle1D(PixelShuffle):
    """Channels into steps: y[r t + a, c] = x[t, c r + a] (Shi et al. 2016, over a sequence).

    Args:
        upscale_factor: r, which divides the number of channels.
        data_format: "channels_last" (n, t, channels), the default, or "channels_first".

    Returns:
        Called on (n, t, channels): (n, r t, channels / r).

    Raises:
        ValueError: an argument or the input's shape does not fit.

    Example:
        >>> PixelShuffle1D(2).compute_output_shape((None, 10, 6))
        (None, 20, 3)
    """

    rank = 1


class PixelShuffle2D(PixelShuffle):
    """Channels into pixels: y[r i + a, r j + b, c] = x[i, j, c r^2 + a r + b] (Shi et al. 2016).

    The order of channels is PyTorch's; `ops.depth_to_space` has TensorFlow's. `initializers.ICNR`
    makes the convolution before it begin as nearest upsampling.

    Args:
        upscale_factor: r; r^2 divides the number of channels.
        data_format: "channels_last" (n, height, width, channels), or "channels_first".

    Returns:
        Called on (n, h, w, channels): (n, r h, r w, channels / r^2).

    Raises:
        ValueError: an argument or the input's shape does not fit.

    Example:
        >>> PixelShuffle2D(2).compute_output_shape((None, 10, 12, 12))
        (None, 20, 24, 3)
    """

    rank = 2


class PixelUnshuffle(SpatialLayer):
    """Base of PixelUnshuffle1D and PixelUnshuffle2D, which differ in `rank` only."""

    def __init__(self, downscale_factor, data_format=None, **kwargs):
        super().__init__(data_format=data_format, **kwargs)
        self.downscale_factor = whole(downscale_factor, "downscale_factor")

    def transform(self, x):
        return ops.pixel_unshuffle(x, self.downscale_factor)


class PixelUnshuffle1D(PixelUnshuffle):
    """Steps into channels: the inverse of `PixelShuffle1D`.

    Args:
        downscale_factor: r, which divides the number of steps.
        data_format: as in `PixelShuffle1D`.

    Returns:
        Called on (n, t, channels): (n, t / r, channels r).

    Raises:
        ValueError: an argument or the input's shape does not fit.

    Example:
        >>> PixelUnshuffle1D(2).compute_output_shape((None, 10, 3))
        (None, 5, 6)
    """

    rank = 1


class PixelUnshuffle2D(PixelUnshuffle):
    """Pixels into channels: the inverse of `PixelShuffle2D`; arguments as in `PixelUnshuffle1D`.

    Example:
        >>> PixelUnshuffle2D(2).compute_output_shape((None, 10, 12, 3))
        (None, 5, 6, 12)
    """

    rank = 2
