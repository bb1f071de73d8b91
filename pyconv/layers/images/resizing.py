"""Images brought to one size."""

from __future__ import annotations

import numpy as np

from pyconv import ops
from pyconv.graph import Tensor
from pyconv.layers.images.image_layer import ImageLayer, ToOneSize
from pyconv.ops.dtypes import dtype_of, floats, is_integral
from pyconv.ops.resampling import INTERPOLATIONS
from pyconv.utils.arguments import choice, number, whole


class Resizing(ToOneSize, ImageLayer):
    """Images in another size, in training and inference alike; arrays of integers are
    rounded to theirs, within models results are floats.

    Args:
        height, width: the new size.
        interpolation: "bilinear", "nearest", "bicubic", "lanczos3" or "lanczos5", as in
            `ops.resize`.
        crop_to_aspect_ratio: first cut, at the middle, the largest part with the new proportions.
        pad_to_aspect_ratio: first add fill_value on both sides up to the new proportions.
        fill_mode: "constant".
        fill_value: a number.
        antialias: whether all pixels count where an image shrinks.
        data_format: "channels_last" (n, height, width, channels), or "channels_first".

    Returns:
        Called on (n, h, w, channels) of any dtype: float32 (n, height, width, channels).

    Raises:
        ValueError: an argument or the input's shape does not fit.

    Example:
        >>> Resizing(8, 6).compute_output_shape((None, 28, 28, 1))
        (None, 8, 6, 1)
    """

    moves = always = True

    def __init__(
        self,
        height,
        width,
        interpolation="bilinear",
        crop_to_aspect_ratio=False,
        pad_to_aspect_ratio=False,
        fill_mode="constant",
        fill_value=0.0,
        antialias=False,
        data_format=None,
        **kwargs,
    ):
        super().__init__(data_format=data_format, **kwargs)
        self.height = whole(height, "height")
        self.width = whole(width, "width")
        self.interpolation = choice(interpolation, "interpolation", INTERPOLATIONS)
        self.fill_mode = choice(fill_mode, "fill_mode", ("constant",))
        self.fill_value = number(fill_value, "fill_value")
        self.antialias = bool(antialias)
        self.crop_to_aspect_ratio = crop_to_aspect_ratio
        self.pad_to_aspect_ratio = pad_to_aspect_ratio
        if crop_to_aspect_ratio and pad_to_aspect_ratio:
            raise ValueError(
                "expected one of `crop_to_aspect_ratio` and `pad_to_aspect_ratio`, received both"
            )

    def transform_images(self, images, transformation=None, training=True):
        """The images in the new size; see the class."""
        return self._resized(images, self.interpolation)

    def transform_segmentation_masks(self, segmentation_masks, transformation=None, training=True):
        """The masks in the new size, whose numbers are not mixed."""
        return self._resized(segmentation_masks, "nearest")

    def _resized(self, images, interpolation):
        resized = ops.image.resize(
            floats(images),
            self.sizes,
            interpolation,
            self.antialias,
            self.crop_to_aspect_ratio,
            self.pad_to_aspect_ratio,
            self.fill_mode,
            self.fill_value,
            self.data_format,
        )
        if not is_integral(images) or isinstance(images, Tensor):
            return resized
        return ops.saturate_cast(ops.round(resized), dtype_of(images))

    def on_boxes(self, bounding_boxes, drawn):
        """The boxes, resized; what stands for none, zeros or -1, becomes zeros."""
        boxes = bounding_boxes["boxes"]
        absent = [ops.all(ops.equal(boxes, filler), axis=-1, keepdims=True) for filler in (0, -1)]
        resized = super().on_boxes(bounding_boxes, drawn)
        return {**resized, "boxes": ops.where(ops.logical_or(*absent), 0.0, resized["boxes"])}

    def transform_boxes(self, boxes, drawn):
        old, new = np.float32(self.sizes_of(drawn["input_shape"])), np.float32(self.sizes)
        scale = new / old  # height, width
        if self.pad_to_aspect_ratio:
            scale = scale.min() + 0 * scale
        elif self.crop_to_aspect_ratio:
            scale = scale.max() + 0 * scale
        spare = old * scale - new
        shift = np.where(spare > 0, -(spare // 2), -spare // 2)  # pixels are whole
        down, across = zip(scale, shift, strict=True)
        factor, moved = (np.array([x, y, x, y]) for x, y in zip(across, down, strict=True))
        return boxes * factor + moved
