"""Random sharpness of images in training."""

from __future__ import annotations

import numpy as np

from pyconv import ops
from pyconv.layers.images.augmentation import bounds, range_of
from pyconv.layers.images.random_image_layer import RandomImageLayer


class RandomSharpness(RandomImageLayer):
    """In training, mixes each image with a smoothed one: x + (1 - 2 f) (smooth - x), clipped; f = 0
    smooths, 1/2 leaves as it is, 1 sharpens.

    Args:
        factor: bounds of f, in [0, 1]; a number means (0, factor).
        value_range: (low, high) of the images.
        data_format: "channels_last" (n, height, width, channels), or "channels_first".
        seed: integer in [0, 2**32); None draws one from the global generator.

    Raises:
        ValueError: an argument is out of range.

    Example:
        >>> import numpy as np
        >>> x = np.eye(3, dtype="float32").reshape(1, 3, 3, 1) * 13
        >>> float(RandomSharpness((0.0, 0.0))(x)[0, 1, 1, 0].round(3))
        7.0
    """

    def __init__(self, factor, value_range=(0, 255), data_format=None, seed=None, **kwargs):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = bounds(factor, "factor", 0, 1)
        self.value_range = sorted(range_of(value_range))

    def draw(self, rng):
        return {"factor": rng.uniform((1, 1, 1), self.factor)}

    def transform(self, x, drawn):
        amount = 1.0 - 2.0 * drawn["factor"]
        kernel = np.full((3, 3, x.shape[-1], 1), 1 / 13, "float32")
        kernel[1, 1] = 5 / 13
        smooth = ops.depthwise_conv(x, kernel, padding="same")
        return ops.clip(x + amount * (smooth - x), *self.value_range)


class RandomGaussianBlur(RandomImageLayer):
    """In training, each image is smoothed with a probability, by `ops.image.gaussian_blur`.

    Args:
        factor: bounds of the probability, in [0, 1]; a number means (0, factor).
        kernel_size: an odd number of pixels, or a pair (height, width).
        sigma: bounds of the standard deviations, in [0, 1], two numbers drawn for all images of a
            batch; a number means (0, sigma).
        value_range: (low, high) of the images.
        data_format: "channels_last" (n, height, width, channels), or "channels_first".
        seed: integer in [0, 2**32); None draws one from the global generator.

    Raises:
        ValueError: an argument is out of range.

    Example:
        >>> import numpy as np
        >>> layer = RandomGaussianBlur((1.0, 1.0), sigma=(1.0, 1.0))
        >>> layer(np.ones((1, 3, 3, 1), "float32"))[0, 1].ravel().round(3)
        array([0.726, 1.   , 0.726], dtype=float32)
    """

    def __init__(
        self,
        factor=1.0,
        kernel_size=3,
        sigma=1.0,
        value_range=(0, 255),
        data_format=None,
        seed=None,
        **kwargs,
    ):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = bounds(factor, "factor", 0, 1)
        several = isinstance(kernel_size, (tuple, list))
        self.kernel_size = tuple(kernel_size) if several else (kernel_size,) * 2
        if len(self.kernel_size) != 2 or any(size % 2 != 1 for size in self.kernel_size):
            raise ValueError(
                f"expected `kernel_size` to be an odd number, or two, received {kernel_size!r}"
            )
        self.sigma = bounds(sigma, "sigma", 0, 1)
        self.value_range = range_of(value_range)

    def draw(self, rng):
        blurred = rng.chosen(self.factor)
        sigma = rng.uniform_for_all((2,), self.sigma) + 1e-6
        return {"should_apply_blur": blurred, "blur_factor": sigma}

    def transform(self, x, drawn):
        sigma = (drawn["blur_factor"][0], drawn["blur_factor"][1])
        smooth = ops.image.gaussian_blur(x, self.kernel_size, sigma, "channels_last")
        return ops.clip(ops.where(drawn["should_apply_blur"], smooth, x), *self.value_range)
