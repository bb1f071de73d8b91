"""Images smoothed."""

from __future__ import annotations

import numpy as np

from pyconv.ops.elementwise import exp, square
from pyconv.ops.image.batch import on_batch
from pyconv.ops.reduce import sum as total
from pyconv.ops.separable import depthwise_conv
from pyconv.ops.shaping import broadcast_to, reshape, shape_of


def gaussian_blur(images, kernel_size=(3, 3), sigma=(1.0, 1.0), data_format=None):
    """Each channel convolved with exp(-t^2 / (2 sigma^2)), of sum 1, down and across; zeros lie
    around the images.

    Args:
        images: (height, width, channels) or a batch of such.
        kernel_size: (height, width) of the kernel.
        sigma: standard deviations (across, down), as Keras takes them; numbers or a tensor.
        data_format: "channels_last" (default) or "channels_first".

    Returns:
        float32 images of the same shape.

    Example:
        >>> from pyconv import ops
        >>> ops.image.gaussian_blur([[[0.0], [1.0], [0.0]]], (1, 3)).ravel().round(3)
        array([0.274, 0.452, 0.274], dtype=float32)
    """
    images = images if hasattr(images, "shape") else np.asarray(images, "float32")

    def blur(x):
        for axis, size in enumerate(kernel_size):
            shape = (size, 1, 1, 1) if axis == 0 else (1, size, 1, 1)
            kernel = reshape(_bell(size, sigma[1 - axis]), shape)
            x = depthwise_conv(
                x,
                broadcast_to(kernel, (*shape[:2], shape_of(x)[-1], 1)),
                1,
                "same",
                "channels_last",
            )
        return x

    return on_batch("image.gaussian_blur", blur, images, data_format)


def _bell(size: int, sigma):
    """(size,) samples of the normal density around their middle, of sum 1."""
    places = np.arange(size, dtype="float32") - (size - 1) / 2
    weights = exp(square(places / sigma) * -0.5)
    return weights / total(weights)
