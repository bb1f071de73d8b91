"""Convolution that does not see the brightness and the contrast of what is under its kernel."""

from __future__ import annotations

import numpy as np

from pyconv import ops
from pyconv.layers.convolution import Conv2D


class PatchNormalizedConv2D(Conv2D):
    """Convolution of patches that are normalized one by one (Coates, Ng & Lee 2011).

    y = b + sum (x - mean(x)) K / sqrt(var(x) + epsilon), with the sum, the mean and the variance
    over the patch x under the kernel, all channels together. mean(x) falls away when the mean of
    each filter is taken out of K.

    Args:
        filters, kernel_size, strides, padding: as in `Conv2D`; zeros of the padding count.
        epsilon: keeps noise in flat patches small; in squared units of x.
        **kwargs: the other arguments of `Conv2D`, but for `groups`.

    Returns:
        Called on (n, height, width, channels): (n, height', width', filters).

    Raises:
        ValueError: an argument or the input's shape does not fit.

    Example:
        >>> layer = PatchNormalizedConv2D(4, 3, epsilon=1e-6)
        >>> x = np.random.default_rng(0).uniform(size=(1, 5, 5, 1)).astype("float32")
        >>> bool(np.allclose(layer(x), layer(3 * x + 2), atol=1e-4))
        True
    """

    def __init__(self, filters, kernel_size, strides=1, padding="valid", epsilon=1e-2, **kwargs):
        super().__init__(filters, kernel_size, strides, padding, groups=1, **kwargs)
        if not epsilon > 0:
            raise ValueError(f"expected `epsilon` above 0, received {epsilon!r}")
        self.epsilon = float(epsilon)

    def convolve(self, x, kernel):
        centred = kernel - ops.mean(kernel, axis=(0, 1, 2), keepdims=True)
        return super().convolve(x, centred) * ops.rsqrt(self._variance(x) + self.epsilon)

    def _variance(self, x):
        """The variance of each patch, (n, height', width', 1)."""
        shape = (*self.kernel_size, x.shape[-1], 1)
        box = np.full(shape, 1 / np.prod(shape), "float32")
        mean = super().convolve(x, box)
        return ops.relu(super().convolve(ops.square(x), box) - ops.square(mean))
