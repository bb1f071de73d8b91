"""Images in another frame: resized, cropped, padded."""

from __future__ import annotations

from pyconv.ops.conversion import saturate_cast
from pyconv.ops.described import described
from pyconv.ops.dtypes import dtype_of, is_integral
from pyconv.ops.elementwise import round
from pyconv.ops.image.batch import on_batch
from pyconv.ops.padding import crop, pad
from pyconv.ops.resampling import resize as resize_axes
from pyconv.ops.shaping import shape_of


def resize(
    images,
    size,
    interpolation="bilinear",
    antialias=False,
    crop_to_aspect_ratio=False,
    pad_to_aspect_ratio=False,
    fill_mode="constant",
    fill_value=0.0,
    data_format=None,
):
    """Images in another size; `pyconv.ops.resize` with Keras' conventions and arguments.

    Args:
        images: (height, width, channels) or a batch of such.
        size: (height, width) of the results.
        interpolation: "nearest", "bilinear", "bicubic", "lanczos3" or "lanczos5".
        antialias: whether all pixels count where an image shrinks.
        crop_to_aspect_ratio: first cut, at the middle, the largest part with size's proportions.
        pad_to_aspect_ratio: first add fill_value on both sides up to size's proportions.
        fill_mode: "constant".
        fill_value: a number.
        data_format: "channels_last" (default) or "channels_first".

    Returns:
        images of this size; integers are rounded to theirs.

    Raises:
        ValueError: an argument or the shape does not fit.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> ops.image.resize(np.ones((4, 6, 3)), (8, 3)).shape
        (8, 3, 3)
    """
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ValueError(
            "image.resize: expected one of `crop_to_aspect_ratio` and `pad_to_aspect_ratio`, "
            "received both"
        )
    if fill_mode != "constant":
        raise ValueError(f"image.resize: expected `fill_mode` 'constant', received {fill_mode!r}")
    height, width = size

    def transform(x):
        if crop_to_aspect_ratio:
            x = _cut_to_ratio(x, height, width)
        elif pad_to_aspect_ratio:
            x = _pad_to_ratio(x, height, width, fill_value)
        return resize_axes(x, (height, width), interpolation, antialias=antialias)

    resized = on_batch("image.resize", transform, images, data_format)
    return saturate_cast(round(resized), dtype_of(images)) if is_integral(images) else resized


def _cut_to_ratio(x, height: int, width: int):
    _, h, w, _ = shape_of(x)
    if h is None or w is None:
        return x
    new_h = max(min(h, int(w * height / width)), 1)
    new_w = max(min(w, int(h * width / height)), 1)
    top, left = (h - new_h) // 2, (w - new_w) // 2
    rows, columns = (top, h - new_h - top), (left, w - new_w - left)
    return crop(x, [(0, 0), rows, columns, (0, 0)])


def _pad_to_ratio(x, height: int, width: int, value: float):
    _, h, w, _ = shape_of(x)
    if h is None or w is None:
        return x
    rows = (max(h, int(w * height / width)) - h) // 2
    columns = (max(w, int(h * width / height)) - w) // 2
    pairs = [(0, 0), (rows, rows), (columns, columns), (0, 0)]
    return pad(x, pairs, constant_values=value)


def crop_images(
    images,
    top_cropping=None,
    left_cropping=None,
    bottom_cropping=None,
    right_cropping=None,
    target_height=None,
    target_width=None,
    data_format=None,
):
    """Images without some rows and columns at their edges.

    Args:
        images: (height, width, channels) or a batch of such.
        top_cropping, bottom_cropping, target_height: two of the three: rows that go, that stay.
        left_cropping, right_cropping, target_width: two of the three, of columns.
        data_format: "channels_last" (default) or "channels_first".

    Returns:
        images.

    Raises:
        ValueError: not two of three, or sizes that the images do not have.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> ops.image.crop_images(np.ones((5, 6, 3)), 1, 2, target_height=2, right_cropping=0).shape
        (2, 4, 3)
    """
    rows = (top_cropping, bottom_cropping, target_height)
    columns = (left_cropping, right_cropping, target_width)
    return _framed("crop_images", images, rows, columns, -1, data_format)


def pad_images(
    images,
    top_padding=None,
    left_padding=None,
    bottom_padding=None,
    right_padding=None,
    target_height=None,
    target_width=None,
    data_format=None,
):
    """Images with zeros around them.

    Args:
        images: (height, width, channels) or a batch of such.
        top_padding, bottom_padding, target_height: two of the three: new rows, and all rows.
        left_padding, right_padding, target_width: two of the three, of columns.
        data_format: "channels_last" (default) or "channels_first".

    Returns:
        images.

    Raises:
        ValueError: not two of three, or a target smaller than the images.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> ops.image.pad_images(np.ones((5, 6, 3)), 2, 3, target_height=8, target_width=9).shape
        (8, 9, 3)
    """
    rows = (top_padding, bottom_padding, target_height)
    columns = (left_padding, right_padding, target_width)
    return _framed("pad_images", images, rows, columns, 1, data_format)


def _framed(function: str, images, rows: tuple, columns: tuple, sign: int, data_format):
    """sign: 1 adds elements at the edges, -1 takes them away."""

    def transform(x):
        n, *sizes, channels = shape_of(x)
        pairs = [
            _edges(function, name, size, values, sign)
            for name, size, values in zip(("rows", "columns"), sizes, (rows, columns), strict=True)
        ]
        if None in sizes:
            targets = (values[2] for values in (rows, columns))
            new = (
                target if size is None else size + sign * sum(pair)
                for size, target, pair in zip(sizes, targets, pairs, strict=True)
            )
            return described(x, (n, *new, channels))
        return (pad if sign == 1 else crop)(x, [(0, 0), *pairs, (0, 0)])

    return on_batch(f"image.{function}", transform, images, data_format, same_dtype=True)


def _edges(function: str, name: str, size, values: tuple, sign: int) -> tuple[int, int]:
    """(before, after) of one axis, from two of (before, after, target)."""
    values = tuple(v if v is None else int(v) for v in values)
    before, after, target = values
    if values.count(None) != 1 or any(v is not None and v < 0 for v in values):
        raise ValueError(
            f"image.{function}: expected two of three numbers from 0 for the {name}, received "
            f"(before, after, target) = {values}"
        )
    if size is None:
        return (0, 0)
    change = None if target is None else sign * (target - size)
    before = change - after if before is None else before
    after = change - before if after is None else after
    if before < 0 or after < 0 or size + sign * (before + after) < 0:
        raise ValueError(
            f"image.{function}: expected {name} that fit an image with {size}, received (before, "
            f"after, target) = {values}"
        )
    return (before, after)
