"""Images brought to one size."""

from __future__ import annotations

from pyconv import ops
from pyconv.layers.image_layer import ImageLayer
from pyconv.ops.dtypes import dtype_of, floats, is_integral
from pyconv.ops.resampling import INTERPOLATIONS
from pyconv.utils.arguments import choice, number, whole


class Resizing(ImageLayer):
    """Images in another size, in training and inference alike; integers are rounded to theirs.

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

    def _as_input(self, value):
        """Arrays keep their dtype, to which the results are rounded."""
        return value

    def on_images(self, transform, images, training):
        resized = ops.image.resize(
            floats(images),
            (self.height, self.width),
            self.interpolation,
            self.antialias,
            self.crop_to_aspect_ratio,
            self.pad_to_aspect_ratio,
            self.fill_mode,
            self.fill_value,
            self.data_format,
        )
        if not is_integral(images):
            return resized
        return ops.saturate_cast(ops.round(resized), dtype_of(images))

    def compute_output_shape(self, input_shape):
        *examples, _, _, _ = input_shape
        sizes, first = (self.height, self.width), self.data_format == "channels_first"
        return (*examples, *((input_shape[-3], *sizes) if first else (*sizes, input_shape[-1])))
