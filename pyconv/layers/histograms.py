"""Values of images by their distribution."""

from __future__ import annotations

import math

import numpy as np

from pyconv import ops
from pyconv.layers.augmentation import bounds, range_of
from pyconv.layers.image_layer import ImageLayer, RandomImageLayer, rescaled
from pyconv.utils.arguments import whole


class AutoContrast(ImageLayer):
    """Stretches each channel of each image over the value range, in training and inference alike;
    where it has one value only, it stays.

    Args:
        value_range: (low, high) of the images.
        data_format: "channels_last" (n, height, width, channels), or "channels_first".

    Raises:
        ValueError: the range is not two numbers.

    Example:
        >>> import numpy as np
        >>> AutoContrast()(np.array([[[[1.0], [2.0], [3.0]]]], "float32")).ravel()
        array([  0. , 127.5, 255. ], dtype=float32)
    """

    def __init__(self, value_range=(0, 255), data_format=None, **kwargs):
        super().__init__(data_format=data_format, **kwargs)
        self.value_range = range_of(value_range)

    def on_images(self, transform, images, training):
        return super().on_images(transform, images, True)

    def transform(self, x):
        lowest, highest = self.value_range
        low = ops.min(x, axis=(1, 2), keepdims=True)
        spread = ops.max(x, axis=(1, 2), keepdims=True) - low
        flat = ops.equal(spread, 0.0)
        part = (x - low) / ops.where(flat, 1.0, spread)
        stretched = part * float(highest - lowest) + float(lowest)
        return ops.where(flat, x, stretched)


class Solarization(RandomImageLayer):
    """In training, adds a random number to each image, then inverts what is not below a random
    threshold, both of the range 0 to 255.

    Args:
        addition_factor: bounds of the number as a part of the range, in [0, 1]; a number means (0,
            addition_factor).
        threshold_factor: the same for the threshold.
        value_range: (low, high) of the images.
        seed: integer in [0, 2**32); None draws one from the global generator.
        data_format: "channels_last" (n, height, width, channels), or "channels_first".

    Raises:
        ValueError: an argument is out of range.

    Example:
        >>> import numpy as np
        >>> Solarization()(np.array([[[[0.0], [55.0]]]], "float32")).ravel()
        array([255., 200.], dtype=float32)
    """

    def __init__(
        self,
        addition_factor=0.0,
        threshold_factor=0.0,
        value_range=(0, 255),
        seed=None,
        data_format=None,
        **kwargs,
    ):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.addition_factor = bounds(addition_factor, "addition_factor", 0, 1)
        self.threshold_factor = bounds(threshold_factor, "threshold_factor", 0, 1)
        self.value_range = range_of(value_range)

    def transform(self, x):
        added, threshold = (
            self.uniform(x, (1, 1, 1), (low, high * 255))  # Keras scales the upper bound only
            for low, high in (self.addition_factor, self.threshold_factor)
        )
        y = ops.clip(rescaled(x, self.value_range, (0, 255)) + added, 0.0, 255.0)
        y = ops.where(ops.less(y, threshold), y, 255.0 - y)
        return rescaled(y, (0, 255), self.value_range)


class Equalization(ImageLayer):
    """In training, moves values so that each channel has about as many of each: a value becomes the
    part of all pixels of the batch that have none above it.

    Args:
        value_range: (low, high) of the images.
        bins: number of values that are told apart.
        data_format: "channels_last" (n, height, width, channels), or "channels_first".

    Raises:
        ValueError: an argument is out of range.

    Example:
        >>> import numpy as np
        >>> Equalization()(np.array([[[[1.0], [2.0], [3.0]]]], "float32")).ravel()
        array([  0., 128., 255.], dtype=float32)
    """

    def __init__(self, value_range=(0, 255), bins=256, data_format=None, **kwargs):
        super().__init__(data_format=data_format, **kwargs)
        self.bins = whole(bins, "bins", least=2)
        self.value_range = range_of(value_range)

    def transform(self, x):
        x = rescaled(x, self.value_range, (0, 255))
        channels = [self._equalized(x[..., i]) for i in range(x.shape[-1])]
        return rescaled(ops.stack(channels, axis=-1), (0, 255), self.value_range)

    def _equalized(self, x):
        """One channel, (n, height, width), of values from 0 to 255."""
        place = ops.clip(x * ((self.bins - 1) / 255), 0.0, self.bins - 1.0)
        place = ops.cast(ops.floor(place), "int32")
        flat = ops.reshape(place, (x.shape[0], math.prod(x.shape[1:])))
        ones = ops.ones_like(ops.cast(flat, "float32"))
        counts = ops.sum(ops.scatter_along_axis(ones, flat, self.bins, axis=1), axis=0)
        below = ops.matmul(counts, np.triu(np.ones((self.bins, self.bins), "float32")))
        first = ops.min(ops.where(ops.greater(below, 0.0), below, 1e30))
        rest = below[-1] - first
        table = (below - first) * 255.0 / ops.where(ops.equal(rest, 0.0), 1.0, rest)
        table = ops.clip(ops.round(table), 0.0, 255.0)
        return ops.where(ops.equal(rest, 0.0), x, ops.take(table, place, axis=0))
