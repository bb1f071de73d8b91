"""The cells of windows of images and volumes."""

from __future__ import annotations

from pyconv.ops import patches
from pyconv.ops.dtypes import floats
from pyconv.ops.layout import in_layout
from pyconv.ops.shaping import expand_dims, shape_of, squeeze


def extract_patches(images, size, strides=None, dilation_rate=1, padding="valid", data_format=None):
    """The cells of each window, side by side as channels, row by row.

    Args:
        images: (height, width, channels) or a batch of such; volumes (depth, ...) where size has
            three numbers.
        size: the window's, a number or one for each axis.
        strides: steps between windows; size by default.
        dilation_rate: steps between a window's cells.
        padding: "valid" or "same".
        data_format: "channels_last" or "channels_first"; None is the process's setting.

    Returns:
        (..., rows, columns, cells * channels).

    Raises:
        ValueError: an argument or the shape does not fit.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> ops.image.extract_patches(np.ones((2, 20, 20, 3)), (5, 5)).shape
        (2, 4, 4, 75)
    """
    rank = len(size) if hasattr(size, "__len__") else 2
    return _patches("extract_patches", images, rank, size, strides, dilation_rate, padding,
                    data_format)  # fmt: skip


def extract_patches_3d(
    volumes, size, strides=None, dilation_rate=1, padding="valid", data_format=None
):
    """`extract_patches` of volumes (depth, height, width, channels), or a batch of such.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> ops.image.extract_patches_3d(np.ones((10, 10, 10, 3)), 3).shape
        (3, 3, 3, 81)
    """
    return _patches("extract_patches_3d", volumes, 3, size, strides, dilation_rate, padding,
                    data_format)  # fmt: skip


def _patches(what: str, x, rank: int, size, strides, dilation_rate, padding, data_format):
    axes = len(shape_of(x))
    if axes not in (rank + 1, rank + 2):
        raise ValueError(
            f"image.{what}: expected {rank} spatial axes and channels, or a batch of such, "
            f"received shape {shape_of(x)}"
        )

    def windows(x):
        return patches.extract_patches(x, size, strides, dilation_rate, padding)

    x = floats(x)
    y = in_layout(windows, expand_dims(x, 0) if axes == rank + 1 else x, data_format)
    return squeeze(y, 0) if axes == rank + 1 else y
