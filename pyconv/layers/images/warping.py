"""Random rotations, translations and zooms of images in training."""

from __future__ import annotations

import math

from pyconv import ops
from pyconv.layers.images.augmentation import bounds
from pyconv.layers.images.random_image_layer import RandomImageLayer
from pyconv.ops.image.distortion import adjugate
from pyconv.ops.sampling import INTERPOLATIONS
from pyconv.utils.arguments import choice, number
from pyconv.utils.bounding_boxes.moves import moved_boxes

FILL_MODES = ("reflect", "wrap", "constant", "nearest")  # Keras' words


class RandomWarp(RandomImageLayer):
    """Base of layers that read each image under a projective map of the plane. A subclass defines
    `map`."""

    moves = True

    def __init__(self, fill_mode, interpolation, seed, fill_value, data_format, **kwargs):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.fill_mode = choice(fill_mode, "fill_mode", FILL_MODES)
        self.interpolation = choice(interpolation, "interpolation", INTERPOLATIONS)
        self.fill_value = number(fill_value, "fill_value")

    def map(self, drawn: dict):
        """(n, 8): where the pixels of the results are read, as in `ops.image.affine_transform`."""
        raise NotImplementedError(f"{type(self).__name__} must define map")

    def transform(self, x, drawn):
        return self._read(x, drawn, self.interpolation)

    def transform_masks(self, x, drawn):
        return self._read(x, drawn, "nearest")

    def _read(self, x, drawn, interpolation: str):
        fill = (self.fill_mode, self.fill_value)
        places = self.map(drawn)
        return ops.image.affine_transform(x, places, interpolation, *fill, "channels_last")

    def transform_boxes(self, boxes, drawn):
        rows = self.map(drawn)
        matrix = ops.concatenate([rows, ops.ones_like(rows[:, :1])], axis=1)
        return moved_boxes(boxes, adjugate(ops.reshape(matrix, (-1, 3, 3))))


def affine_map(a, b, c, d, e, f):
    """(n, 8) of a projective map that is affine: x to a x + b y + c, y to d x + e y + f, each
    number (n, 1) or for all."""
    some = next(p for p in (a, b, c, d, e, f) if hasattr(p, "shape"))
    zero = some * 0.0
    return ops.concatenate([zero + p for p in (a, b, c, d, e, f, 0.0, 0.0)], axis=1)


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

    def draw(self, rng):
        angle = rng.uniform((1,), [part * 360 for part in self.factor])
        cosine, sine = ops.cos(angle * (math.pi / 180)), ops.sin(angle * (math.pi / 180))
        x, y = (rng.width - 1) / 2, (rng.height - 1) / 2
        across, down = x - x * cosine + y * sine, y - x * sine - y * cosine
        matrix = affine_map(cosine, -sine, across, sine, cosine, down)
        return {"angle": angle, "rotation_matrix": matrix}

    def map(self, drawn):
        return drawn["rotation_matrix"]


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

    def draw(self, rng):
        down = rng.uniform((1,), self._down) * float(rng.height)
        right = rng.uniform((1,), self._right) * float(rng.width)
        return {"translations": ops.concatenate([right, down], axis=1)}

    def transform_boxes(self, boxes, drawn):
        shift = drawn["translations"][:, None]
        return boxes + ops.concatenate([shift, shift], axis=-1)

    def map(self, drawn):
        shift = -drawn["translations"]
        return affine_map(1.0, 0.0, shift[:, 0:1], 0.0, 1.0, shift[:, 1:2])


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

    def draw(self, rng):
        height = width = rng.uniform((1,), self._heights) + 1.0
        if self._widths is not None:
            width = rng.uniform((1,), self._widths) + 1.0
        return {"height_zoom": height, "width_zoom": width}

    def map(self, drawn):
        height, width = self.sizes_of(drawn["input_shape"])
        down, across = drawn["height_zoom"], drawn["width_zoom"]
        x, y = (1.0 - across) * ((width - 1) / 2), (1.0 - down) * ((height - 1) / 2)
        return affine_map(across, 0.0, x, 0.0, down, y)

    def transform_boxes(self, boxes, drawn):
        rows = self.map(drawn)[:, None]
        first, zoom = (ops.take(rows, [i, j, i, j], axis=-1) for i, j in ((2, 5), (0, 4)))
        return (boxes - first) / zoom
