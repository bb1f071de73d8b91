"""Colours in other coordinates."""

from __future__ import annotations

import numpy as np

from pyconv.ops.elementwise import abs as absolute
from pyconv.ops.elementwise import clip, equal, floor
from pyconv.ops.image.batch import on_batch
from pyconv.ops.linear import matmul
from pyconv.ops.reduce import max as largest
from pyconv.ops.reduce import min as smallest
from pyconv.ops.selection import where
from pyconv.ops.shaping import shape_of
from pyconv.ops.slices import concatenate

#: How much red, green and blue count for the luminance of ITU-R BT.601.
LUMINANCE = np.array([[0.2989], [0.587], [0.114]], "float32")


def rgb_to_grayscale(images, data_format=None):
    """The luminance of images: 0.2989 red + 0.587 green + 0.114 blue.

    Args:
        images: (height, width, 3) or a batch of such; of one channel they are grey already.
        data_format: "channels_last" (default) or "channels_first".

    Returns:
        float32 images of one channel.

    Raises:
        ValueError: images of another number of channels.

    Example:
        >>> from pyconv import ops
        >>> ops.image.rgb_to_grayscale([[[1.0, 1.0, 0.0]]]).round(3)
        array([[[0.886]]], dtype=float32)
    """
    return on_batch("image.rgb_to_grayscale", _luminance, _of_colors(images), data_format, True)


def _luminance(x):
    if shape_of(x)[-1] == 1:
        return x
    _check("rgb_to_grayscale", x)
    return matmul(x, LUMINANCE)


def rgb_to_hsv(images, data_format=None):
    """Hue, saturation and value of images.

    With the largest M and the smallest m of red, green and blue, M is the value, (M - m) / M the
    saturation, and the hue a sixth of (g - b) / (M - m) where red is M, of 2 + (b - r) / (M - m)
    where green is, of 4 + (r - g) / (M - m) where blue is, modulo 1.

    Args:
        images: (height, width, 3) or a batch of such, of numbers in [0, 1].
        data_format: "channels_last" (default) or "channels_first".

    Returns:
        float32 images of the same shape.

    Raises:
        ValueError: images without three channels.

    Example:
        >>> from pyconv import ops
        >>> ops.image.rgb_to_hsv([[[0.0, 0.5, 0.0]]]).round(3)
        array([[[0.333, 1.   , 0.5  ]]], dtype=float32)
    """
    return on_batch("image.rgb_to_hsv", _hsv, _of_colors(images), data_format)


def _hsv(x):
    _check("rgb_to_hsv", x)
    r, g, b = x[..., 0:1], x[..., 1:2], x[..., 2:3]
    value = largest(x, axis=-1, keepdims=True)
    spread = value - smallest(x, axis=-1, keepdims=True)
    flat = equal(spread, 0.0)
    unit = where(flat, 1.0, spread)
    hue = where(
        equal(value, r),
        (g - b) / unit,
        where(equal(value, g), (b - r) / unit + 2.0, (r - g) / unit + 4.0),
    )
    hue = where(flat, 0.0, hue * (1 / 6))
    saturation = spread / where(equal(value, 0.0), 1.0, value)
    return concatenate([hue - floor(hue), saturation, value], axis=-1)


def hsv_to_rgb(images, data_format=None):
    """Red, green and blue of images of hue h, saturation s and value v, the inverse of
    `rgb_to_hsv`: v (1 - s + s d) with d = clip(|6 h - 3| - 1) for red, clip(2 - |6 h - 2|) for
    green and clip(2 - |6 h - 4|) for blue, clipped to [0, 1].

    Args:
        images: (height, width, 3) or a batch of such, of numbers in [0, 1].
        data_format: "channels_last" (default) or "channels_first".

    Returns:
        float32 images of the same shape.

    Raises:
        ValueError: images without three channels.

    Example:
        >>> from pyconv import ops
        >>> ops.image.hsv_to_rgb([[[1 / 3, 1.0, 0.5]]]).round(3)
        array([[[0. , 0.5, 0. ]]], dtype=float32)
    """
    return on_batch("image.hsv_to_rgb", _rgb, _of_colors(images), data_format)


def _rgb(x):
    _check("hsv_to_rgb", x)
    hue, saturation, value = x[..., 0:1] * 6.0, x[..., 1:2], x[..., 2:3]
    away = absolute(hue - np.array([3.0, 2.0, 4.0], "float32"))
    sign, shift = np.array([1.0, -1.0, -1.0], "float32"), np.array([-1.0, 2.0, 2.0], "float32")
    d = clip(away * sign + shift, 0.0, 1.0)
    return (saturation * d + (1.0 - saturation)) * value


def _of_colors(images):
    return images if hasattr(images, "shape") else np.asarray(images, "float32")


def _check(function: str, x) -> None:
    if shape_of(x)[-1] != 3:
        raise ValueError(
            f"image.{function}: expected images of three channels, received {shape_of(x)[-1]}"
        )
