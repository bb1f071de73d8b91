"""Random rectangles of images are erased in training."""

from __future__ import annotations

import math
from numbers import Integral, Real

import numpy as np

from pyconv import ops
from pyconv.layers.images.augmentation import bounds, range_of
from pyconv.layers.images.random_image_layer import RandomImageLayer
from pyconv.utils.arguments import number, numbers


class Cutout(RandomImageLayer):
    """In training, a square around a random pixel of each image takes one value; the part of it
    that lies outside the image is lost (DeVries & Taylor 2017).

    Args:
        size: side of the square: pixels, or a float in (0, 1] that is the fraction of each axis; a
            pair of these for (height, width).
        fill_value: the value; 0 is the mean of normalized images.
        data_format: "channels_last" (n, height, width, channels), or "channels_first".
        seed: integer in [0, 2**32); None draws one from the global generator.

    Raises:
        ValueError: the size is not of this form.

    Example:
        >>> import numpy as np
        >>> y = Cutout(3, seed=0)(np.ones((50, 9, 9, 1)), training=True)
        >>> int((y == 0).sum((1, 2, 3)).max())
        9
    """

    def __init__(self, size, fill_value=0.0, data_format=None, seed=None, **kwargs):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        pair = tuple(size) if isinstance(size, (tuple, list)) else (size, size)
        if len(pair) != 2 or not all(_is_length(side) for side in pair):
            raise ValueError(
                "expected `size` to be a number of pixels from 1, a fraction in (0, 1], or a pair "
                f"of these, received {size!r}"
            )
        self.size = pair
        self.fill_value = number(fill_value, "fill_value")

    def draw(self, rng):
        centres = rng.uniform((2,))
        edges = []
        for i, (side, whole) in enumerate(zip(self.size, (rng.height, rng.width), strict=True)):
            length = side if isinstance(side, Integral) else max(round(side * whole), 1)
            first = ops.floor(centres[:, i : i + 1] * float(whole)) - float(length // 2)
            edges.append((first, first + float(length)))
        return {"edges": edges}

    def transform(self, x, drawn):
        return ops.where(_rectangle(x, *drawn["edges"]), self.fill_value, x)


class RandomErasing(RandomImageLayer):
    """In training, a random rectangle of an image takes one value or noise (Zhong et al. 2017).

    Args:
        factor: probability of an image to be erased in: uniform within these bounds, in [0, 1]; a
            number means (0, factor).
        scale: bounds of the squares of the rectangle's height and width, as fractions of the
            image's; a number means (0, scale).
        fill_value: a number, one for each channel, or None for normal noise times the range's end.
        value_range: (low, high) of the images, to which the fill is clipped.
        seed: integer in [0, 2**32); None draws one from the global generator.
        data_format: "channels_last" (n, height, width, channels), or "channels_first".

    Raises:
        ValueError: an argument is out of range.

    Example:
        >>> import numpy as np
        >>> layer = RandomErasing((1, 1), scale=(0.25, 0.25), fill_value=0, seed=0)
        >>> y = layer(np.ones((5, 8, 8, 3)), training=True)
        >>> (y == 0).sum((1, 2, 3)).tolist()
        [48, 48, 48, 48, 48]
    """

    def __init__(
        self,
        factor=1.0,
        scale=(0.02, 0.33),
        fill_value=None,
        value_range=(0, 255),
        seed=None,
        data_format=None,
        **kwargs,
    ):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = bounds(factor, "factor", 0.0, 1.0)
        self.scale = bounds(scale, "scale", 0.0, 1.0)
        self.fill_value = fill_value
        if fill_value is not None:
            numbers(fill_value, "fill_value")  # raises for what is no number
        self.value_range = range_of(value_range)

    def draw(self, rng):
        sides = ops.sqrt(rng.uniform((2,), self.scale))
        places = rng.uniform((2,))
        edges = []
        for i, size in enumerate((rng.height, rng.width)):
            length = sides[:, i : i + 1] * float(size)
            first = places[:, i : i + 1] * (float(size) - length)
            edges.append((first, first + length))
        erased = rng.chosen(self.factor)
        return {"apply_erasing": erased, "edges": edges, "fill_value": self._fill(rng)}

    def transform(self, x, drawn):
        erased = drawn["apply_erasing"] * _rectangle(x, *drawn["edges"])
        return ops.where(erased, drawn["fill_value"], x)

    def _fill(self, rng):
        """What erased pixels become, clipped to the range."""
        if self.fill_value is None:
            noise = rng.normal((rng.height, rng.width, rng.channels), self.value_range[1])
            return ops.clip(noise, *self.value_range)
        fill = np.clip(numbers(self.fill_value, "fill_value"), *self.value_range)
        if fill.shape not in ((), (rng.channels,)):
            raise ValueError(
                f"layer {self.name}: expected `fill_value` to be a number or one for each of "
                f"{rng.channels} channels, received {self.fill_value}"
            )
        return fill


def _rectangle(x, rows: tuple, columns: tuple):
    """(n, height, width, 1): 1 where first <= index < end on both axes; edges are (n, 1)."""
    inside = []
    for size, (first, end) in zip(x.shape[1:3], (rows, columns), strict=True):
        index = np.arange(size, dtype="float32")
        inside.append(ops.greater_equal(index, first) * ops.less(index, end))
    n, height, width, _ = x.shape
    return ops.reshape(inside[0], (n, height, 1, 1)) * ops.reshape(inside[1], (n, 1, width, 1))


def _is_length(side) -> bool:
    if isinstance(side, Integral):
        return side >= 1
    return isinstance(side, Real) and math.isfinite(side) and 0 < side <= 1
