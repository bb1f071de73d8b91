"""Random rotations, translations, zooms and crops of images in training."""

from __future__ import annotations

import math

import numpy as np

from pyconv import ops
from pyconv.layers.augmentation import bounds
from pyconv.layers.image_layer import ImageLayer, RandomImageLayer
from pyconv.ops.sampling import INTERPOLATIONS
from pyconv.utils.arguments import choice, number, whole

FILL_MODES = ("reflect", "wrap", "constant", "nearest")  # Keras' words


class RandomWarp(RandomImageLayer):
    """Base of layers that read each image at linearly moved pixels: (row, column) = c + M (p - c) +
    t for pixel p and the image's centre c. A subclass defines `motion`."""

    def __init__(self, fill_mode, interpolation, seed, fill_value, data_format, **kwargs):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.fill_mode = choice(fill_mode, "fill_mode", FILL_MODES)
        self.interpolation = choice(interpolation, "interpolation", INTERPOLATIONS)
        self.fill_value = number(fill_value, "fill_value")

    def motion(self, x) -> tuple:
        """((M00, M01, t0), (M10, M11, t1)): numbers, or (n, 1, 1)."""
        raise NotImplementedError(f"{type(self).__name__} must define motion")

    def transform(self, x):
        return self.warp(x, self.interpolation)

    def transform_masks(self, x):
        return self.warp(x, "nearest")

    def warp(self, x, interpolation: str):
        """The images read at their moved pixels."""
        centre = [(size - 1) / 2 for size in x.shape[1:3]]
        down = np.arange(x.shape[1], dtype="float32")[:, None] - centre[0]
        right = np.arange(x.shape[2], dtype="float32") - centre[1]
        points = [
            ops.multiply(a, down) + ops.multiply(b, right) + ops.add(shift, middle)
            for (a, b, shift), middle in zip(self.motion(x), centre, strict=True)
        ]
        points = ops.stack([ops.broadcast_to(p, x.shape[:3]) for p in points], -1)
        return ops.grid_sample(x, points, interpolation, self.fill_mode, self.fill_value)


class RandomRotation(RandomWarp):
    """In training, each image is rotated about its centre by a random angle, counter-clockwise
    where it is above 0.

    Args:
        factor: bounds of the angle as a fraction of a turn, in [-1, 1]; a number means (-factor,
            factor).
        fill_mode: what lies outside a row abcd: "reflect" dcba abcd dcba, "wrap" abcd abcd abcd,
            "constant" fill_value, "nearest" aaaa abcd dddd.
        interpolation: "bilinear" or "nearest".
        seed: integer in [0, 2**32); None draws one from the global generator.
        fill_value: a number.
        data_format: "channels_last" (n, height, width, channels), or "channels_first".

    Raises:
        ValueError: an argument is out of range.

    Example:
        >>> import numpy as np
        >>> x = np.array([[1.0, 2.0], [3.0, 4.0]]).reshape(1, 2, 2, 1)
        >>> RandomRotation((0.25, 0.25))(x, training=True)[0, :, :, 0].round(3)
        array([[2., 4.],
               [1., 3.]], dtype=float32)
    """

    def __init__(
        self,
        factor,
        fill_mode="reflect",
        interpolation="bilinear",
        seed=None,
        fill_value=0.0,
        data_format=None,
        **kwargs,
    ):
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        self.factor = bounds(factor, "factor", -1.0, 1.0)

    def motion(self, x):
        angle = self.uniform(x, (1, 1), self.factor) * (2 * math.pi)
        cosine, sine = ops.cos(angle), ops.sin(angle)
        return (cosine, sine, 0.0), (-sine, cosine, 0.0)


class RandomTranslation(RandomWarp):
    """In training, each image is moved by random parts of its height and width.

    Args:
        height_factor: bounds of the part by which it moves down, in [-1, 1]; a number means
            (-factor, factor).
        width_factor: the same to the right.
        fill_mode, interpolation, seed, fill_value, data_format: as of `RandomRotation`.

    Raises:
        ValueError: an argument is out of range.

    Example:
        >>> import numpy as np
        >>> x = np.arange(4.0).reshape(1, 1, 4, 1)
        >>> layer = RandomTranslation(0, (0.25, 0.25), fill_mode="constant")
        >>> layer(x, training=True).ravel()
        array([0., 0., 1., 2.], dtype=float32)
    """

    def __init__(
        self,
        height_factor,
        width_factor,
        fill_mode="reflect",
        interpolation="bilinear",
        seed=None,
        fill_value=0.0,
        data_format=None,
        **kwargs,
    ):
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        self.height_factor, self.width_factor = height_factor, width_factor
        self._down = bounds(height_factor, "height_factor", -1.0, 1.0)
        self._right = bounds(width_factor, "width_factor", -1.0, 1.0)

    def motion(self, x):
        down = self.uniform(x, (1, 1), self._down) * -float(x.shape[1])
        right = self.uniform(x, (1, 1), self._right) * -float(x.shape[2])
        return (1.0, 0.0, down), (0.0, 1.0, right)


class RandomZoom(RandomWarp):
    """In training, each image is zoomed about its centre: out where the factor is above 0.

    Args:
        height_factor: bounds of f, in (-1, 1]: the height shows 1 + f times as much of the image; a
            number means (-factor, factor).
        width_factor: the same for the width; None zooms both alike.
        fill_mode, interpolation, seed, fill_value, data_format: as of `RandomRotation`.

    Raises:
        ValueError: an argument is out of range.

    Example:
        >>> import numpy as np
        >>> x = np.arange(5.0).reshape(1, 1, 5, 1)
        >>> RandomZoom((-0.5, -0.5))(x, training=True).ravel()
        array([1. , 1.5, 2. , 2.5, 3. ], dtype=float32)
    """

    def __init__(
        self,
        height_factor,
        width_factor=None,
        fill_mode="reflect",
        interpolation="bilinear",
        seed=None,
        fill_value=0.0,
        data_format=None,
        **kwargs,
    ):
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        above = math.nextafter(-1.0, 0.0)
        self.height_factor, self.width_factor = height_factor, width_factor
        self._heights = bounds(height_factor, "height_factor", above, 1.0)
        self._widths = None
        if width_factor is not None:
            self._widths = bounds(width_factor, "width_factor", above, 1.0)

    def motion(self, x):
        height = width = self.uniform(x, (1, 1), self._heights) + 1.0
        if self._widths is not None:
            width = self.uniform(x, (1, 1), self._widths) + 1.0
        return (height, 0.0, 0.0), (0.0, width, 0.0)


class RandomCrop(RandomImageLayer):
    """In training, a window at a random place of each image; of images that are not larger both
    ways, the window near the middle, resized (bilinear) where it does not fit. In inference images
    stay as they are, as in Keras 3.15.

    Args:
        height, width: of the window.
        seed: integer in [0, 2**32); None draws one from the global generator.
        data_format: "channels_last" (n, height, width, channels), or "channels_first".

    Returns:
        Called on (n, rows, columns, channels): (n, height, width, channels).

    Raises:
        ValueError: a size is not a positive integer.

    Example:
        >>> import numpy as np
        >>> x = np.arange(9.0).reshape(1, 3, 3, 1)
        >>> y = RandomCrop(2, 2, seed=1)(x, training=True)[0, :, :, 0]
        >>> (y - y[0, 0]).tolist()
        [[0.0, 1.0], [3.0, 4.0]]
    """

    def __init__(self, height, width, seed=None, data_format=None, name=None, **kwargs):
        super().__init__(seed=seed, data_format=data_format, name=name, **kwargs)
        self.height, self.width = whole(height, "height"), whole(width, "width")

    @property
    def sizes(self) -> tuple[int, int]:
        return self.height, self.width

    def transform_masks(self, x):
        return self.transform(x)

    def transform(self, x):
        sizes = x.shape[1:3]
        if None in sizes:
            return ops.image.resize(x, self.sizes, data_format="channels_last")
        if all(size > wanted for size, wanted in zip(sizes, self.sizes, strict=True)):
            return self._window(x, [a - b + 1 for a, b in zip(sizes, self.sizes, strict=True)])
        starts = [(size - fit) // 2 for size, fit in zip(sizes, self._fitting(*sizes), strict=True)]
        stops = [start + wanted for start, wanted in zip(starts, self.sizes, strict=True)]
        x = x[:, starts[0] : stops[0], starts[1] : stops[1]]
        return (
            x
            if x.shape[1:3] == self.sizes
            else ops.image.resize(x, self.sizes, data_format="channels_last")
        )

    def _window(self, x, room: list[int]):
        """The window at one of so many places each way."""
        first = ops.floor(self.uniform(x, (1, 1, 2)) * np.array(room, "float32"))
        window = np.stack(np.mgrid[: self.height, : self.width], -1).astype("float32")
        return ops.grid_sample(x, first + window, "nearest", "nearest")

    def _fitting(self, rows: int, columns: int) -> tuple[int, int]:
        """The largest window of the same aspect."""
        height = max(min(rows, columns * self.height // self.width), 1)
        return height, max(min(columns, rows * self.width // self.height), 1)

    def compute_output_shape(self, input_shape):
        return cropped_shape(self, input_shape)


class CenterCrop(ImageLayer):
    """The window in the middle of each image; of a smaller image, the largest window of the same
    aspect, resized (bilinear). In training and inference alike.

    Args:
        height, width: of the window.
        data_format: "channels_last" (n, height, width, channels), or "channels_first".

    Returns:
        Called on (n, rows, columns, channels): (n, height, width, channels).

    Raises:
        ValueError: a size is not a positive integer.

    Example:
        >>> import numpy as np
        >>> CenterCrop(1, 2)(np.arange(12.0).reshape(1, 3, 4, 1)).ravel()
        array([5., 6.], dtype=float32)
    """

    def __init__(self, height, width, data_format=None, **kwargs):
        super().__init__(data_format=data_format, **kwargs)
        self.height, self.width = whole(height, "height"), whole(width, "width")

    @property
    def sizes(self) -> tuple[int, int]:
        return self.height, self.width

    def on_images(self, transform, images, training):
        return super().on_images(transform, images, True)

    def compute_output_shape(self, input_shape):
        return cropped_shape(self, input_shape)

    def transform(self, x):
        spare = [_spare(a, b) for a, b in zip(x.shape[1:3], self.sizes, strict=True)]
        if min(spare) < 0:
            return ops.image.resize(
                x, self.sizes, crop_to_aspect_ratio=True, data_format="channels_last"
            )
        pairs = [(s // 2, s - s // 2) for s in spare]
        return ops.crop(x, [(0, 0), *pairs, (0, 0)])


def cropped_shape(layer, shape) -> tuple:
    """The outputs' shape of a layer of `sizes`, for one image or a batch."""
    *examples, _, _, _ = shape
    if layer.data_format == "channels_first":
        return (*examples, shape[-3], *layer.sizes)
    return (*examples, *layer.sizes, shape[-1])


def _spare(size: int | None, wanted: int) -> int:
    """How much longer an axis is than wanted; a free one, before its size is known, is shorter."""
    return -1 if size is None else size - wanted
