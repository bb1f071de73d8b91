"""Random maps of the plane in training."""

from __future__ import annotations

from pyconv import ops
from pyconv.layers.augmentation import bounds
from pyconv.layers.image_layer import RandomImageLayer
from pyconv.layers.warping import FILL_MODES
from pyconv.ops.sampling import INTERPOLATIONS
from pyconv.utils.arguments import choice, number


class RandomShear(RandomImageLayer):
    """In training, reads the pixel (x, y) of each image at (x + a y, y + b x), x counting columns.

    Args:
        x_factor: bounds of a, in [-1, 1]; a number means (-x_factor, x_factor). Half of the images
            have a and b with the other sign.
        y_factor: the same for b.
        interpolation: "bilinear" or "nearest".
        fill_mode, fill_value: as of `RandomRotation`.
        data_format: "channels_last" (n, height, width, channels), or "channels_first".
        seed: integer in [0, 2**32); None draws one from the global generator.

    Raises:
        ValueError: an argument is out of range.

    Example:
        >>> import numpy as np
        >>> x = np.arange(6.0).reshape(1, 2, 3, 1)
        >>> y = RandomShear((1.0, 1.0), fill_mode="nearest", seed=1)(x)[0, :, :, 0]
        >>> y[0].tolist(), y[1].tolist() in ([4.0, 5.0, 5.0], [3.0, 3.0, 4.0])
        ([0.0, 1.0, 2.0], True)
    """

    def __init__(
        self,
        x_factor=0.0,
        y_factor=0.0,
        interpolation="bilinear",
        fill_mode="reflect",
        fill_value=0.0,
        data_format=None,
        seed=None,
        **kwargs,
    ):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.x_factor = _both_ways(x_factor, "x_factor")
        self.y_factor = _both_ways(y_factor, "y_factor")
        self.interpolation = choice(interpolation, "interpolation", INTERPOLATIONS)
        self.fill_mode = choice(fill_mode, "fill_mode", FILL_MODES)
        self.fill_value = number(fill_value, "fill_value")

    def transform(self, x):
        return self.warp(x, self.interpolation)

    def transform_masks(self, x):
        return self.warp(x, "nearest")

    def warp(self, x, interpolation: str):
        """The images read at their moved pixels."""
        sign = ops.where(ops.greater(self.uniform(x, (1,)), 0.5), -1.0, 1.0)
        a = self.uniform(x, (1,), self.x_factor) * sign
        b = self.uniform(x, (1,), self.y_factor) * sign
        one, zero = ops.ones_like(a), ops.zeros_like(a)
        matrix = ops.concatenate([one, a, zero, b, one, zero, zero, zero], axis=-1)
        fill = (self.fill_mode, self.fill_value)
        return ops.image.affine_transform(x, matrix, interpolation, *fill)


def _both_ways(factor, name: str) -> tuple[float, float]:
    if not isinstance(factor, (tuple, list)):
        factor = (-number(factor, name, least=0), factor)
    return bounds(factor, name, -1, 1)
