"""Images of any size brought to one, as TensorFlow does it for Keras' data sets."""

from __future__ import annotations

from math import floor

import numpy as np

from pyconv.config.defaults import standardize_data_format
from pyconv.ops.resampling import resize_matrix


def resized(image, size, interpolation="bilinear") -> np.ndarray:
    """Pixels (height, width, channels) in another size (height, width); float32, but for "nearest".

    A product with a matrix along each axis; images come in many sizes, and a plan for each would
    cost more than it saves.

    Example:
        >>> resized(np.arange(4.0).reshape(1, 4, 1), (1, 2)).ravel()
        array([0.5, 2.5], dtype=float32)
    """
    if interpolation == "nearest":
        rows, columns = (
            resize_matrix(old, new, interpolation, False, False, "keras").columns
            for old, new in zip(image.shape, size, strict=False)
        )
        return image[rows[:, None], columns]
    image = np.asarray(image, "float32")
    for axis, (old, new) in enumerate(zip(image.shape, size, strict=False)):
        if old != new:
            matrix = resize_matrix(old, new, interpolation, False, False, "keras")
            image = np.moveaxis(_product(matrix, np.moveaxis(image, axis, 0)), 0, axis)
    return image


def _product(matrix, x):
    """The sparse matrix times x, along x's first axis."""
    return np.add.reduceat(
        matrix.weights[:, None, None] * x[matrix.columns], matrix.starts[:-1], axis=0
    )


def smart_resize(x, size, interpolation="bilinear", data_format="channels_last"):
    """The largest part in the middle of images that has the aspect ratio of a size, in that size.

    Args:
        x: an image (height, width, channels), or several along a first axis.
        size: (height, width).
        interpolation: "nearest", "bilinear", "bicubic", "lanczos3" or "lanczos5".
        data_format: "channels_last" or "channels_first".

    Returns:
        A float32 array; of x's dtype for "nearest".

    Raises:
        ValueError: x is no image, or the size no pair.

    Example:
        >>> smart_resize(np.ones((340, 500, 3)), (200, 200)).shape
        (200, 200, 3)
    """
    x = np.asarray(x)
    if x.ndim not in (3, 4) or len(size) != 2:
        raise ValueError(
            f"expected images of 3 or 4 axes and a size (height, width), received shape {x.shape} "
            f"and {size}"
        )
    if x.ndim == 4:
        return np.stack([smart_resize(image, size, interpolation, data_format) for image in x])
    first = standardize_data_format(data_format) == "channels_first"
    image = resized(cropped(np.moveaxis(x, 0, -1) if first else x, size), size, interpolation)
    return np.moveaxis(image, -1, 0) if first else image


def cropped(image, size):
    """The largest part in the middle that has the aspect ratio of the size."""
    (height, width), (rows, columns) = image.shape[:2], size
    h = max(min(height, int(np.float32(width * rows) / np.float32(columns))), 1)
    w = max(min(width, int(np.float32(height * columns) / np.float32(rows))), 1)
    top, left = (height - h) // 2, (width - w) // 2
    return image[top : top + h, left : left + w]


def padded(image, size, interpolation="bilinear"):
    """The whole image in the middle of one of this size, as large as it fits; zeros around it."""
    ratio = max(np.float32(a) / np.float32(b) for a, b in zip(image.shape, size, strict=False))
    inner = [np.float32(n) / ratio for n in image.shape[:2]]
    image = resized(image, [floor(n) for n in inner], interpolation)
    result = np.zeros((*size, image.shape[2]), image.dtype)
    top, left = (max(0, floor((n - m) / 2)) for n, m in zip(size, inner, strict=True))
    result[top : top + image.shape[0], left : left + image.shape[1]] = image
    return result
