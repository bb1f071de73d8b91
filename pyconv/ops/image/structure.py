"""Edges of images, and how alike two images are in structure."""

from __future__ import annotations

import numpy as np

from pyconv.config.defaults import standardize_data_format
from pyconv.ops.dtypes import floats
from pyconv.ops.elementwise import add, divide, multiply, square, subtract
from pyconv.ops.padding import pad
from pyconv.ops.reduce import mean
from pyconv.ops.separable import depthwise_conv
from pyconv.ops.shaping import expand_dims, reshape, shape_of, squeeze, transpose

_SOBEL = np.float32([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])


def sobel_edges(images, data_format=None):
    """The slopes of brightness, down and across, by Sobel's kernels; mirrored at the edges.

    Args:
        images: (n, height, width, channels).
        data_format: "channels_last" or "channels_first"; None is the process's setting.

    Returns:
        The images' shape and a last axis of two: [down, across].

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> ops.image.sobel_edges(np.ones((1, 4, 4, 2))).shape
        (1, 4, 4, 2, 2)
    """
    x, first = _channels_last(images, data_format)
    channels = shape_of(x)[-1]
    kernel = np.stack([_SOBEL.T, _SOBEL], axis=-1)[:, :, None]
    x = pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)], mode="reflect")
    kernel = np.repeat(kernel, channels, axis=2)
    y = depthwise_conv(x, kernel, data_format="channels_last")
    y = reshape(y, (*shape_of(y)[:-1], channels, 2))
    return transpose(y, (0, 3, 1, 2, 4)) if first else y


def _channels_last(images, data_format):
    """(images with channels last, whether they were first)."""
    images = floats(images)
    first = standardize_data_format(data_format) == "channels_first"
    return transpose(images, (0, 2, 3, 1)) if first else images, first


def ssim(
    image1,
    image2,
    max_val=1.0,
    filter_size=11,
    filter_sigma=1.5,
    k1=0.01,
    k2=0.03,
    data_format=None,
):
    """The structural similarity of images (Wang et al. 2004): the mean over all windows of
    (2 m1 m2 + C1) (2 s12 + C2) / ((m1^2 + m2^2 + C1) (s1^2 + s2^2 + C2)), with means m, variances
    and the covariance s weighted by a bell.

    Args:
        image1, image2: (height, width, channels) or a batch of such.
        max_val: the largest number that a pixel may have.
        filter_size, filter_sigma: of the bell.
        k1, k2: C = (k max_val)^2.
        data_format: "channels_last" or "channels_first"; None is the process's setting.

    Returns:
        A number for each pair of images, from -1 to 1.

    Raises:
        ValueError: shapes that do not fit, or smaller than the filter.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> float(ops.image.ssim(np.ones((16, 16, 1)), np.ones((16, 16, 1))))
        1.0
    """
    shape = shape_of(image1)
    if shape != shape_of(image2) or len(shape) not in (3, 4):
        raise ValueError(
            "image.ssim: expected two images of 3 axes, or batches of 4, of one shape, received "
            f"{shape} and {shape_of(image2)}"
        )
    pair = [expand_dims(x, 0) if len(shape) == 3 else x for x in (image1, image2)]
    x, y = (_channels_last(image, data_format)[0] for image in pair)
    kernel = _bell(filter_size, filter_sigma, shape_of(x)[-1])

    def average(z):
        return depthwise_conv(z, kernel, data_format="channels_last")

    mean1, mean2 = average(x), average(y)
    c1, c2 = (k1 * max_val) ** 2, (k2 * max_val) ** 2
    both, squares = multiply(mean1, mean2), add(square(mean1), square(mean2))
    covariance = subtract(average(multiply(x, y)), both)
    variances = subtract(average(add(square(x), square(y))), squares)
    light = divide(add(multiply(both, 2.0), c1), add(squares, c1))
    form = divide(add(multiply(covariance, 2.0), c2), add(variances, c2))
    result = mean(multiply(light, form), (1, 2, 3))
    return squeeze(result, 0) if len(shape) == 3 else result


def _bell(size: int, sigma: float, channels: int) -> np.ndarray:
    """(size, size, channels, 1): exp(-r^2 / (2 sigma^2)) of sum 1."""
    t = np.arange(size) - (size - 1) / 2
    weights = np.exp(-(t**2) / (2 * sigma**2))
    square_of = np.outer(weights, weights) / weights.sum() ** 2
    return np.repeat(square_of.astype("float32")[:, :, None, None], channels, axis=2)
