"""Random maps of the plane in training."""

from __future__ import annotations

import numpy as np

from pyconv import ops
from pyconv.layers.augmentation import bounds, range_of
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


class RandomPerspective(RandomImageLayer):
    """In training, with a probability, the corners of an image move by random parts of their
    coordinates, and the image with them.

    Args:
        factor: bounds of the probability, in [0, 1]; a number means (0, factor).
        scale: the parts are uniform in [-scale / 2, scale / 2], scale in [0, 1].
        interpolation: "bilinear" or "nearest".
        fill_value: what lies outside of the images.
        seed: integer in [0, 2**32); None draws one from the global generator.
        data_format: "channels_last" (n, height, width, channels), or "channels_first".

    Raises:
        ValueError: an argument is out of range.

    Example:
        >>> import numpy as np
        >>> x = np.arange(6.0, dtype="float32").reshape(1, 2, 3, 1)
        >>> RandomPerspective(scale=0.0)(x).ravel().round(3).tolist()
        [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    """

    def __init__(
        self,
        factor=1.0,
        scale=1.0,
        interpolation="bilinear",
        fill_value=0.0,
        seed=None,
        data_format=None,
        **kwargs,
    ):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = bounds(factor, "factor", 0, 1)
        self.scale = number(scale, "scale", least=0, most=1)
        self.interpolation = choice(interpolation, "interpolation", INTERPOLATIONS)
        self.fill_value = number(fill_value, "fill_value")

    def transform(self, x):
        return self.warp(x, self.interpolation)

    def transform_masks(self, x):
        return self.warp(x, "nearest")

    def warp(self, x, interpolation: str):
        """The images with their corners moved."""
        chosen = self.chosen(x, self.factor)
        parts = self.uniform(x, (4, 2), (-self.scale / 2, self.scale / 2))
        right, bottom = float(x.shape[2] - 1), float(x.shape[1] - 1)
        corners = np.array([[0, 0], [right, 0], [0, bottom], [right, bottom]], "float32")
        start = ops.zeros_like(parts) + corners
        moved = ops.image.perspective_transform(
            x, start, start + parts * corners, interpolation, self.fill_value, "channels_last"
        )
        return ops.where(chosen, moved, x)


class RandomElasticTransform(RandomImageLayer):
    """In training, with a probability, the pixels of an image are read alpha times a smooth random
    field away: normal noise of deviation sigma, smoothed by a Gaussian of the same (Simard et al.
    2003).

    Args:
        factor: bounds of the probability, in [0, 1]; a number means (0, factor).
        scale: bounds of s, in [0, 1], drawn for the batch; a number means (0, scale). alpha is
            s / 10 of the longer side, sigma s / 20 of the shorter one.
        interpolation: "bilinear" or "nearest".
        fill_mode, fill_value: as of `RandomRotation`.
        value_range: (low, high) of the images, to which the result is clipped.
        seed: integer in [0, 2**32); None draws one from the global generator.
        data_format: "channels_last" (n, height, width, channels), or "channels_first".

    Raises:
        ValueError: an argument is out of range.

    Example:
        >>> import numpy as np
        >>> x = np.ones((1, 8, 8, 1), "float32")
        >>> bool(np.allclose(RandomElasticTransform(seed=1)(x), x))
        True
    """

    def __init__(
        self,
        factor=1.0,
        scale=1.0,
        interpolation="bilinear",
        fill_mode="reflect",
        fill_value=0.0,
        value_range=(0, 255),
        seed=None,
        data_format=None,
        **kwargs,
    ):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = bounds(factor, "factor", 0, 1)
        self.scale = bounds(scale, "scale", 0, 1)
        self.interpolation = choice(interpolation, "interpolation", INTERPOLATIONS)
        self.fill_mode = choice(fill_mode, "fill_mode", FILL_MODES)
        self.fill_value = number(fill_value, "fill_value")
        self.value_range = range_of(value_range)

    def transform(self, x):
        return ops.clip(self.warp(x, self.interpolation), *self.value_range)

    def transform_masks(self, x):
        return self.warp(x, "nearest")

    def warp(self, x, interpolation: str):
        """The images read at their moved pixels."""
        n, height, width, _ = x.shape
        chosen = self.chosen(x, self.factor)
        strength = self.uniform_for_all((1,), self.scale)[0, 0]
        sigma = strength * (0.05 * min(height, width)) + 1e-6
        noise = ops.random_normal(x, self.key, (height, width, 2)) * sigma
        size = 6 * int(0.05 * min(height, width) * self.scale[1]) | 1
        field = ops.image.gaussian_blur(noise, (size, size), (sigma, sigma), "channels_last")
        places = np.stack(np.mgrid[:height, :width], axis=-1).astype("float32")
        points = field * (strength * (0.1 * max(height, width))) + places
        moved = ops.grid_sample(x, points, interpolation, self.fill_mode, self.fill_value)
        return ops.where(chosen, moved, x)
