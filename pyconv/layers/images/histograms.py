"""Values of images by their distribution."""

from __future__ import annotations

import math

import numpy as np

from pyconv import ops
from pyconv.layers.images.augmentation import bounds, range_of
from pyconv.layers.images.image_layer import ImageLayer, rescaled
from pyconv.layers.images.random_image_layer import RandomImageLayer
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

    always = True

    def __init__(self, value_range=(0, 255), data_format=None, **kwargs):
        super().__init__(data_format=data_format, **kwargs)
        self.value_range = sorted(range_of(value_range))

    def transform(self, x, drawn):
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
        self.value_range = sorted(range_of(value_range))

    def draw(self, rng):
        factors = {"additions": self.addition_factor, "thresholds": self.threshold_factor}
        return {  # Keras scales the upper bound only
            name: rng.uniform((1, 1, 1), (low, high * 255)) for name, (low, high) in factors.items()
        }

    def transform(self, x, drawn):
        y = rescaled(x, self.value_range, (0, 255)) + drawn["additions"]
        y = ops.clip(y, 0.0, 255.0)
        y = ops.where(ops.less(y, drawn["thresholds"]), y, 255.0 - y)
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

    casts = False

    def __init__(self, value_range=(0, 255), bins=256, data_format=None, **kwargs):
        super().__init__(data_format=data_format, **kwargs)
        self.bins = whole(bins, "bins", least=2)
        self.value_range = sorted(range_of(value_range))

    def transform(self, x, drawn):
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


class ContrastLimitedAdaptiveHistogramEqualization(ImageLayer):
    """Equalizes each part of an image by the histogram of its surroundings (CLAHE), in training
    and inference alike.

    The image is cut into tiles. In a tile a value v becomes 255 (F(v) - F(0)) / (N - F(0)), where F
    counts its N pixels up to v; counts above a limit are spread over all values first (Zuiderveld,
    "Contrast limited adaptive histogram equalization", Graphics Gems IV, 1994). Each pixel is
    interpolated between what the four tiles around it say.

    Args:
        value_range: (low, high) of the images.
        clip_limit: how many times a value may be counted as often as it would be if all were
            equally frequent; 0: any number of times.
        tile_grid_size: (rows, columns) of tiles.
        data_format: "channels_last" (n, height, width, channels), or "channels_first".

    Raises:
        ValueError: an argument is out of range.

    Example:
        >>> import numpy as np
        >>> image = np.arange(100.0, 116.0, dtype="float32").reshape(4, 4, 1)
        >>> options = {"clip_limit": 0, "tile_grid_size": (1, 1)}
        >>> ContrastLimitedAdaptiveHistogramEqualization(**options)(image)[..., 0]
        array([[ 15.9375,  31.875 ,  47.8125,  63.75  ],
               [ 79.6875,  95.625 , 111.5625, 127.5   ],
               [143.4375, 159.375 , 175.3125, 191.25  ],
               [207.1875, 223.125 , 239.0625, 255.    ]], dtype=float32)
    """

    always = whole = True
    #: Values that are told apart.
    bins = 256

    def __init__(
        self,
        value_range=(0, 255),
        clip_limit=4.0,
        tile_grid_size=(8, 8),
        data_format=None,
        **kwargs,
    ):
        super().__init__(data_format=data_format, **kwargs)
        self.value_range = range_of(value_range)
        self.clip_limit = clip_limit
        self.tile_grid_size = tuple(whole(n, "tile_grid_size", least=1) for n in tile_grid_size)

    def transform(self, x, drawn):
        height, width = x.shape[1:3]
        rows, columns = self.tile_grid_size
        tile = (-(-height // rows), -(-width // columns))
        behind = [(0, tile[0] * rows - height), (0, tile[1] * columns - width)]
        x = rescaled(x, self.value_range, (0, 255))
        x = ops.pad(x, [(0, 0), *behind, (0, 0)], mode="symmetric")
        place = ops.cast(ops.floor(ops.clip(x, 0.0, 255.0)), "int32")
        y = self._looked_up(self._tables(place, *tile), place, *tile)
        return rescaled(y[:, :height, :width], (0, 255), self.value_range)

    def _tables(self, place, th, tw):
        """What each value becomes, a table for each channel of a tile: (n, tiles channels bins)."""
        (n, _, _, channels), (rows, columns) = place.shape, self.tile_grid_size
        tiles = ops.reshape(place, (n, rows, th, columns, tw, channels))
        tiles = ops.transpose(tiles, (0, 1, 3, 5, 2, 4))
        tiles = ops.reshape(tiles, (n, rows * columns * channels, th * tw))
        ones = ops.ones_like(ops.cast(tiles, "float32"))
        counts = ops.scatter_along_axis(ones, tiles, self.bins, axis=2)
        if self.clip_limit > 0:
            kept = ops.minimum(counts, self.clip_limit * th * tw / self.bins)
            counts = kept + ops.mean(counts - kept, axis=-1, keepdims=True)
        below = ops.matmul(counts, np.triu(np.ones((self.bins, self.bins), "float32")))
        first = ops.min(below, axis=-1, keepdims=True)
        rest = th * tw - first
        table = (below - first) * 255.0 / ops.where(ops.equal(rest, 0.0), 1.0, rest)
        table = ops.clip(table, 0.0, 255.0)
        return ops.reshape(table, (n, rows * columns * channels * self.bins))

    def _looked_up(self, tables, place, th, tw):
        """Each pixel between the tables of the four tiles whose centres are around it."""
        n, height, width, channels = place.shape
        rows, columns = self.tile_grid_size
        up, down, to_down = _neighbours(height, th, rows)
        left, right, to_right = _neighbours(width, tw, columns)

        def by(row, column):
            table = (row[:, None, None] * columns + column[:, None]) * channels + np.arange(
                channels
            )
            index = ops.reshape(place + (table * self.bins).astype("int32"), (n, -1))
            return ops.reshape(ops.take_along_axis(tables, index, axis=1), place.shape)

        upper = by(up, left) * (1.0 - to_right)[:, None] + by(up, right) * to_right[:, None]
        lower = by(down, left) * (1.0 - to_right)[:, None] + by(down, right) * to_right[:, None]
        return upper * (1.0 - to_down)[:, None, None] + lower * to_down[:, None, None]


def _neighbours(size, tile, tiles):
    """For each of `size` pixels the tiles before and behind it, and how far it is to the second."""
    middle = (np.arange(size) - tile / 2) / tile
    before = np.floor(middle)
    ends = [np.clip(index, 0, tiles - 1).astype(int) for index in (before, before + 1)]
    return *ends, (middle - before).astype("float32")
