"""Random maps of the plane in training."""

from __future__ import annotations

import numpy as np

from pyconv import ops
from pyconv.layers.images.augmentation import bounds, range_of
from pyconv.layers.images.random_image_layer import RandomImageLayer
from pyconv.layers.images.warping import FILL_MODES, RandomWarp, affine_map
from pyconv.ops.image.distortion import perspective_map
from pyconv.ops.sampling import INTERPOLATIONS
from pyconv.utils.arguments import choice, number


class RandomShear(RandomWarp):
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
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        self.x_factor = _both_ways(x_factor, "x_factor")
        self.y_factor = _both_ways(y_factor, "y_factor")

    def draw(self, rng):
        sign = ops.where(ops.greater(rng.uniform((1,)), 0.5), -1.0, 1.0)
        factors = [rng.uniform((1,), bounds) for bounds in (self.x_factor, self.y_factor)]
        return {"shear_factor": ops.concatenate(factors, axis=1) * sign}

    def map(self, drawn):
        shear = drawn["shear_factor"]
        return affine_map(1.0, shear[:, 0:1], 0.0, shear[:, 1:2], 1.0, 0.0)


def _both_ways(factor, name: str) -> tuple[float, float]:
    if not isinstance(factor, (tuple, list)):
        factor = (-number(factor, name, least=0), factor)
    return bounds(factor, name, -1, 1)


class RandomPerspective(RandomWarp):
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
        super().__init__("constant", interpolation, seed, fill_value, data_format, **kwargs)
        self.factor = bounds(factor, "factor", 0, 1)
        self.scale = number(scale, "scale", least=0, most=1)

    def draw(self, rng):
        chosen = ops.reshape(rng.chosen(self.factor), (-1,))
        parts = rng.uniform((4, 2), (-self.scale / 2, self.scale / 2))
        right, bottom = float(rng.width - 1), float(rng.height - 1)
        corners = np.array([[0, 0], [right, 0], [0, bottom], [right, bottom]], "float32")
        points = {"start_points": parts * 0.0 + corners, "end_points": corners + parts * corners}
        return {"apply_perspective": chosen, **points}

    def map(self, drawn):
        places = perspective_map(drawn["start_points"], drawn["end_points"])
        same = np.array([1, 0, 0, 0, 1, 0, 0, 0], "float32")
        return ops.where(drawn["apply_perspective"][:, None], places, same)


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

    moves = True

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

    def get_random_transformation(self, data, training=True, seed=None):
        """What a call draws for all entries; None, too, where nothing could move."""
        moves = self.scale[1] > 0 and self.factor[1] > 0
        return super().get_random_transformation(data, training and moves, seed)

    def draw(self, rng):
        height, width = rng.height, rng.width
        chosen = rng.chosen(self.factor)
        strength = rng.uniform_for_all((1,), self.scale)[0]
        sigma = strength * (0.05 * min(height, width)) + 1e-6
        noise = rng.normal((height, width, 2)) * sigma
        size = 6 * int(0.05 * min(height, width) * self.scale[1]) | 1
        field = ops.image.gaussian_blur(noise, (size, size), (sigma, sigma), "channels_last")
        places = np.stack(np.mgrid[:height, :width], axis=-1).astype("float32")
        points = field * (strength * (0.1 * max(height, width))) + places
        return {"apply_transform": chosen, "distortion_factor": strength, "points": points}

    def transform(self, x, drawn):
        return ops.clip(self._read(x, drawn, self.interpolation), *self.value_range)

    def transform_masks(self, x, drawn):
        return self._read(x, drawn, "nearest")

    def _read(self, x, drawn, interpolation: str):
        fill = (self.fill_mode, self.fill_value)
        moved = ops.grid_sample(x, drawn["points"], interpolation, *fill)
        return ops.where(drawn["apply_transform"], moved, x)

    def transform_bounding_boxes(self, bounding_boxes, transformation, training=True):
        """Raises NotImplementedError, as Keras does: a box does not stay one."""
        raise NotImplementedError(
            f"layer {self.name}: expected no bounding boxes, received some, which elastic "
            "transforms do not keep; use masks"
        )
