"""Parts of images, at a random place in training or in the middle."""

from __future__ import annotations

import numpy as np

from pyconv import ops
from pyconv.layers.images.image_layer import ImageLayer, ToOneSize
from pyconv.layers.images.random_image_layer import RandomImageLayer
from pyconv.utils.arguments import whole


class RandomCrop(ToOneSize, RandomImageLayer):
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

    moves = True
    casts = False

    def __init__(self, height, width, seed=None, data_format=None, name=None, **kwargs):
        super().__init__(seed=seed, data_format=data_format, name=name, **kwargs)
        self.height, self.width = whole(height, "height"), whole(width, "width")

    def draw(self, rng):
        room = [
            _spare(n, wanted) for n, wanted in zip((rng.height, rng.width), self.sizes, strict=True)
        ]
        if min(room) <= 0:
            return {}
        return {"first": ops.floor(rng.uniform((2,)) * (np.array(room, "float32") + 1.0))}

    def transform(self, x, drawn):
        if "first" in drawn:
            window = np.stack(np.mgrid[: self.height, : self.width], -1).astype("float32")
            first = ops.expand_dims(drawn["first"], (1, 2))
            return ops.grid_sample(x, first + window, "nearest", "nearest")
        if None not in x.shape[1:3]:
            rows, columns = self._middle(x.shape[1:3])
            x = x[:, slice(*rows), slice(*columns)]
        if x.shape[1:3] == self.sizes:
            return x
        return ops.image.resize(x, self.sizes, data_format="channels_last")

    def transform_masks(self, x, drawn):
        return self.transform(x, drawn)

    def transform_boxes(self, boxes, drawn):
        if "first" in drawn:
            row, column = (drawn["first"][:, None, i : i + 1] for i in (0, 1))
            return boxes - ops.concatenate([column, row, column, row], axis=-1)
        return in_window(boxes, self._middle(self.sizes_of(drawn["input_shape"])), self.sizes)

    def _middle(self, sizes: tuple) -> list:
        """((first row, end), (first column, end)) where there is no choice."""
        fitting = largest_window(*sizes, *self.sizes)
        firsts = [(size - fit) // 2 for size, fit in zip(sizes, fitting, strict=True)]
        return [(a, min(a + n, size)) for a, n, size in zip(firsts, self.sizes, sizes, strict=True)]


class CenterCrop(ToOneSize, ImageLayer):
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

    moves = always = True

    def __init__(self, height, width, data_format=None, **kwargs):
        super().__init__(data_format=data_format, **kwargs)
        self.height, self.width = whole(height, "height"), whole(width, "width")

    def transform(self, x, drawn):
        spare = [_spare(a, b) for a, b in zip(x.shape[1:3], self.sizes, strict=True)]
        if min(spare) < 0:
            return ops.image.resize(
                x, self.sizes, crop_to_aspect_ratio=True, data_format="channels_last"
            )
        pairs = [(s // 2, s - s // 2) for s in spare]
        return ops.crop(x, [(0, 0), *pairs, (0, 0)])

    def transform_masks(self, x, drawn):
        return self.transform(x, drawn)

    def transform_boxes(self, boxes, drawn):
        sizes = self.sizes_of(drawn["input_shape"])
        smaller = any(size < wanted for size, wanted in zip(sizes, self.sizes, strict=True))
        fitting = largest_window(*sizes, *self.sizes) if smaller else self.sizes
        firsts = [(size - fit) // 2 for size, fit in zip(sizes, fitting, strict=True)]
        window = [(first, first + fit) for first, fit in zip(firsts, fitting, strict=True)]
        return in_window(boxes, window, self.sizes)


def largest_window(rows: int, columns: int, height: int, width: int) -> tuple[int, int]:
    """(rows, columns) of the largest window of an image that has the aspect height : width."""
    fitting = max(min(rows, columns * height // width), 1)
    return fitting, max(min(columns, rows * width // height), 1)


def in_window(boxes, window: list, sizes: tuple):
    """Boxes (n, k, 4) "xyxy" as they are in a window ((first row, end), (first column, end)) of
    their image that is then resized to (height, width)."""
    (top, bottom), (left, right) = window
    scales = [sizes[1] / (right - left), sizes[0] / (bottom - top)]
    shift = np.array([left, top, left, top], "float32")
    return (boxes - shift) * np.array([*scales, *scales], "float32")


def _spare(size: int | None, wanted: int) -> int:
    """How much longer an axis is than wanted; a free one, before its size is known, is shorter."""
    return -1 if size is None else size - wanted
