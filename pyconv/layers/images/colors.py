"""Random colours of images in training."""

from __future__ import annotations

import math

from pyconv import ops
from pyconv.layers.images.augmentation import RandomBrightness, RandomContrast, bounds, range_of
from pyconv.layers.images.image_layer import rescaled
from pyconv.layers.images.random_image_layer import RandomImageLayer
from pyconv.utils.arguments import fraction


class RandomHue(RandomImageLayer):
    """In training, turns the hue of each image by a random part of half a circle, either way.

    Args:
        factor: bounds of the part, in [0, 1]; a number means (0, factor).
        value_range: (low, high) of the images.
        data_format: "channels_last" (n, height, width, channels), or "channels_first".
        seed: integer in [0, 2**32); None draws one from the global generator.

    Raises:
        ValueError: an argument is out of range.

    Example:
        >>> import numpy as np
        >>> x = np.array([255.0, 0.0, 0.0], "float32").reshape(1, 1, 1, 3)
        >>> y = RandomHue((1.0, 1.0), seed=1)(x)
        >>> y.ravel().round(3)
        array([  0., 255., 255.], dtype=float32)
    """

    casts = False

    def __init__(self, factor, value_range=(0, 255), data_format=None, seed=None, **kwargs):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = bounds(factor, "factor", 0, 1)
        self.value_range = range_of(value_range)

    def draw(self, rng):
        turn = rng.uniform((1, 1, 1), self.factor) * 0.5
        return {"factor": ops.where(ops.less_equal(rng.uniform((1, 1, 1)), 0.5), turn, -turn)}

    def transform(self, x, drawn):
        hsv = ops.image.rgb_to_hsv(rescaled(x, self.value_range, (0, 1)))
        hue = hsv[..., 0:1] + drawn["factor"]
        hsv = ops.concatenate([hue - ops.floor(hue), hsv[..., 1:]], axis=-1)
        rgb = ops.clip(ops.image.hsv_to_rgb(hsv), 0.0, 1.0)
        return rescaled(rgb, (0, 1), self.value_range)


class RandomSaturation(RandomImageLayer):
    """In training, multiplies the saturation of each image by f / (1 - f): f = 0 gives grey, 1/2
    the image.

    Args:
        factor: bounds of f, in [-1, 1]; a number means (-factor, factor).
        value_range: (low, high), to which saturations are clipped, as Keras does.
        data_format: "channels_last" (n, height, width, channels), or "channels_first".
        seed: integer in [0, 2**32); None draws one from the global generator.

    Raises:
        ValueError: an argument is out of range.

    Example:
        >>> import numpy as np
        >>> x = np.array([0.8, 0.4, 0.4], "float32").reshape(1, 1, 1, 3)
        >>> RandomSaturation((0.0, 0.0))(x).ravel()
        array([0.8, 0.8, 0.8], dtype=float32)
    """

    casts = False

    def __init__(self, factor, value_range=(0, 255), data_format=None, seed=None, **kwargs):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = bounds(factor, "factor", -1, 1)
        self.value_range = sorted(range_of(value_range))

    def draw(self, rng):
        factor = rng.uniform((1, 1, 1), self.factor)
        return {"factor": factor / (1.0 - factor + 1e-7)}

    def transform(self, x, drawn):
        hsv = ops.image.rgb_to_hsv(x)
        saturation = hsv[..., 1:2] * drawn["factor"]
        saturation = ops.clip(saturation, *self.value_range)
        hsv = ops.concatenate([hsv[..., :1], saturation, hsv[..., 2:]], axis=-1)
        return ops.image.hsv_to_rgb(hsv)


class RandomGrayscale(RandomImageLayer):
    """In training, each image becomes its luminance with a probability.

    Args:
        factor: the probability.
        data_format: "channels_last" (n, height, width, channels), or "channels_first".
        seed: integer in [0, 2**32); None draws one from the global generator.

    Raises:
        ValueError: an argument is out of range.

    Example:
        >>> import numpy as np
        >>> x = np.array([1.0, 0.0, 0.0], "float32").reshape(1, 1, 1, 3)
        >>> RandomGrayscale(1.0)(x).ravel().round(4)
        array([0.2989, 0.2989, 0.2989], dtype=float32)
    """

    casts, whole = False, True

    def __init__(self, factor=0.5, data_format=None, seed=None, **kwargs):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = fraction(factor, "factor")

    def draw(self, rng):
        return {"should_apply": ops.less(rng.uniform((1, 1, 1)), self.factor)}

    def transform(self, x, drawn):
        return ops.where(drawn["should_apply"], ops.image.rgb_to_grayscale(x), x)

    def get_config(self):
        config = super().get_config()  # Keras leaves the seed out
        del config["seed"]
        return config


class RandomColorDegeneration(RandomImageLayer):
    """In training, moves each image towards its luminance: x + f (luminance - x), clipped.

    Args:
        factor: bounds of f, in [-1, 1]; a number means (-factor, factor).
        value_range: (low, high) of the images.
        data_format: "channels_last" (n, height, width, channels), or "channels_first".
        seed: integer in [0, 2**32); None draws one from the global generator.

    Raises:
        ValueError: an argument is out of range.

    Example:
        >>> import numpy as np
        >>> x = np.array([1.0, 0.0, 0.0], "float32").reshape(1, 1, 1, 3)
        >>> RandomColorDegeneration((1.0, 1.0))(x).ravel().round(4)
        array([0.2989, 0.2989, 0.2989], dtype=float32)
    """

    casts = False

    def __init__(self, factor, value_range=(0, 255), data_format=None, seed=None, **kwargs):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = bounds(factor, "factor", -1, 1)
        self.value_range = sorted(range_of(value_range))

    def draw(self, rng):
        return {"factor": rng.uniform((1, 1, 1), self.factor)}

    def transform(self, x, drawn):
        grey = ops.image.rgb_to_grayscale(x)
        return ops.clip(x + drawn["factor"] * (grey - x), *self.value_range)


class RandomColorJitter(RandomImageLayer):
    """In training, `RandomBrightness`, `RandomContrast`, `RandomSaturation` and `RandomHue` one
    after another.

    Args:
        value_range: (low, high) of the images.
        brightness_factor, contrast_factor, saturation_factor, hue_factor: the `factor` of each;
            None leaves it out.
        seed: integer in [0, 2**32); None draws one from the global generator.
        data_format: "channels_last" (n, height, width, channels), or "channels_first".

    Raises:
        ValueError: an argument is out of range.

    Example:
        >>> import numpy as np
        >>> layer = RandomColorJitter((0, 1), brightness_factor=(0.25, 0.25))
        >>> layer(np.zeros((1, 1, 1, 3), "float32")).ravel()
        array([0.25, 0.25, 0.25], dtype=float32)
    """

    casts = False

    def __init__(
        self,
        value_range=(0, 255),
        brightness_factor=None,
        contrast_factor=None,
        saturation_factor=None,
        hue_factor=None,
        seed=None,
        data_format=None,
        **kwargs,
    ):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.value_range = value_range
        self.brightness_factor, self.contrast_factor = brightness_factor, contrast_factor
        self.saturation_factor, self.hue_factor = saturation_factor, hue_factor
        factors = {
            RandomBrightness: brightness_factor,
            RandomContrast: contrast_factor,
            RandomSaturation: saturation_factor,
            RandomHue: hue_factor,
        }
        self.steps = [
            cls(factor, value_range=value_range, seed=seed)
            for cls, factor in factors.items()
            if factor is not None
        ]

    def draw(self, rng):
        return {"steps": [step.draw(rng) for step in self.steps]}

    def transform(self, x, drawn):
        for step, numbers in zip(self.steps, drawn["steps"], strict=True):
            x = step.transform(x, numbers)
        return x


class RandomInvert(RandomImageLayer):
    """In training, each image becomes high - x with a probability.

    Args:
        factor: bounds of the probability, in [0, 1]; a number means (0, factor).
        value_range: (low, high) of the images.
        data_format: "channels_last" (n, height, width, channels), or "channels_first".
        seed: integer in [0, 2**32); None draws one from the global generator.

    Raises:
        ValueError: an argument is out of range.

    Example:
        >>> import numpy as np
        >>> RandomInvert((1.0, 1.0))(np.full((1, 1, 1, 2), 55.0, "float32")).ravel()
        array([200., 200.], dtype=float32)
    """

    casts = False

    def __init__(self, factor=1.0, value_range=(0, 255), seed=None, data_format=None, **kwargs):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = bounds(factor, "factor", 0, 1)
        self.value_range = range_of(value_range)

    def draw(self, rng):
        return {"apply_inversion": rng.chosen(self.factor)}

    def transform(self, x, drawn):
        return ops.where(drawn["apply_inversion"], float(self.value_range[1]) - x, x)


class RandomPosterization(RandomImageLayer):
    """In training, keeps as many of the eight bits of a value as drawn for each image.

    Args:
        factor: bounds of the number of bits, in [1, 8], the upper one not drawn unless they are
            equal; a number means (1, factor).
        value_range: (low, high) of the images.
        data_format: "channels_last" (n, height, width, channels), or "channels_first".
        seed: integer in [0, 2**32); None draws one from the global generator.

    Raises:
        ValueError: an argument is out of range.

    Example:
        >>> import numpy as np
        >>> RandomPosterization((2, 2))(np.array([[[[0.0, 100.0, 255.0]]]], "float32")).ravel()
        array([  0.,  64., 192.], dtype=float32)
    """

    casts = False

    def __init__(self, factor, value_range=(0, 255), data_format=None, seed=None, **kwargs):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = bounds(factor, "factor", 1, 8)
        self.value_range = sorted(range_of(value_range))

    def draw(self, rng):
        low, high = self.factor
        bits = ops.floor(rng.uniform((1, 1, 1), (0.0, high - low))) + float(low)
        return {"step": ops.round(ops.exp((8.0 - bits) * math.log(2)))}

    def transform(self, x, drawn):
        step = drawn["step"]
        whole = ops.floor(rescaled(x, self.value_range, (0, 255)))
        return rescaled(ops.floor(whole / step) * step, (0, 255), self.value_range)
