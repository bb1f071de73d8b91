"""Image files, Pillow's images and arrays of pixels: from one to another, as Keras has it."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np

from pyconv.config.defaults import standardize_data_format
from pyconv.utils.arguments import choice

#: Pillow's modes by Keras' `color_mode`.
MODES = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}
INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")
GREY_MODES = ("L", "I;16", "I")  # which are kept as they are


def pillow():
    """The module PIL.Image."""
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError(
            'expected Pillow for image files: pip install "pyconv[images]"'
        ) from error
    return Image


def load_img(
    path, color_mode="rgb", target_size=None, interpolation="nearest", keep_aspect_ratio=False
):
    """The image in a file, as Pillow has it.

    Args:
        path: a path, or the file's content in a BytesIO.
        color_mode: "grayscale", "rgb" or "rgba".
        target_size: (height, width) to resize it to; None leaves it.
        interpolation: "nearest", "bilinear", "bicubic", "hamming", "box" or "lanczos".
        keep_aspect_ratio: whether the largest part in the middle that has the target's aspect ratio
            is taken, rather than the whole.

    Returns:
        A `PIL.Image.Image`.

    Raises:
        TypeError: the path is neither.
        ValueError: an unknown mode or interpolation.

    Example (no doctest, it needs a file):
        img_to_array(load_img("cat.jpg", target_size=(224, 224)))
    """
    choice(color_mode, "color_mode", tuple(MODES))
    image = _opened(path)
    if image.mode != MODES[color_mode] and not (
        color_mode == "grayscale" and image.mode in GREY_MODES
    ):
        image = image.convert(MODES[color_mode])
    if target_size is None or image.size == tuple(target_size)[::-1]:
        return image
    resample = getattr(
        pillow().Resampling, choice(interpolation, "interpolation", INTERPOLATIONS).upper()
    )
    box = _middle(image.size, target_size) if keep_aspect_ratio else None
    return image.resize(tuple(target_size)[::-1], resample, box=box)


def _opened(path):
    if isinstance(path, io.BytesIO):
        return pillow().open(path)
    if not isinstance(path, (str, bytes, Path)):
        raise TypeError(f"expected `path` as a path or a BytesIO, received {type(path).__name__}")
    with open(path, "rb") as file:
        return pillow().open(io.BytesIO(file.read()))


def _middle(size, target_size):
    """(left, top, right, bottom) of the largest part in the middle with the target's ratio."""
    (width, height), (rows, columns) = size, target_size
    inner = min(width, height * columns // rows), min(height, width * rows // columns)
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    return left, top, left + inner[0], top + inner[1]


def img_to_array(img, data_format=None, dtype=None):
    """The pixels of one of Pillow's images.

    Args:
        img: the image.
        data_format: "channels_last" or "channels_first".
        dtype: of the result, by default float32.

    Returns:
        An array (height, width, channels), or with the channels first.

    Raises:
        ValueError: an array that is no image.

    Example:
        >>> img_to_array(np.zeros((4, 5))).shape
        (4, 5, 1)
    """
    data_format = standardize_data_format(data_format)
    x = np.asarray(img, dtype=dtype or "float32")
    if x.ndim not in (2, 3):
        raise ValueError(f"expected an image of 2 or 3 axes, received shape {x.shape}")
    x = x[..., None] if x.ndim == 2 else x
    return x.transpose(2, 0, 1) if data_format == "channels_first" else x


def array_to_img(x, data_format=None, scale=True, dtype=None):
    """One of Pillow's images of pixels.

    Args:
        x: array (height, width, channels) of 1, 3 or 4 channels, or with the channels first.
        data_format: "channels_last" or "channels_first".
        scale: whether the smallest value becomes 0 and the largest 255.
        dtype: what x is computed in, by default float32.

    Returns:
        A `PIL.Image.Image`.

    Raises:
        ValueError: another shape.

    Example:
        >>> array_to_img(np.zeros((4, 5, 3))).size
        (5, 4)
    """
    data_format = standardize_data_format(data_format)
    x = np.array(x, dtype=dtype or "float32")
    if x.ndim != 3:
        raise ValueError(f"expected one image (height, width, channels), received shape {x.shape}")
    x = x.transpose(1, 2, 0) if data_format == "channels_first" else x
    if x.shape[2] not in (1, 3, 4):
        raise ValueError(f"expected 1, 3 or 4 channels, received {x.shape[2]}")
    if scale:
        x = x - x.min()
        x = x / (x.max() or 1) * 255
    if x.shape[2] == 1:
        x = x[..., 0]
        return pillow().fromarray(x.astype("int32" if x.max() > 255 else "uint8"))
    return pillow().fromarray(x.astype("uint8"))


def save_img(path, x, data_format=None, file_format=None, scale=True, **kwargs):
    """Writes pixels to an image file.

    Args:
        path: a path, or an open file.
        x, data_format, scale: as in `array_to_img`.
        file_format: such as "png"; by default the path's suffix.
        **kwargs: what Pillow's `Image.save` takes.

    Example (no doctest, it writes a file):
        save_img("noise.png", np.random.rand(32, 32, 3))
    """
    if file_format is None and isinstance(path, (str, Path)):
        file_format = Path(path).suffix[1:]
    file_format = file_format and file_format.lower().replace("jpg", "jpeg")
    image = array_to_img(x, data_format=data_format, scale=scale)
    if image.mode == "RGBA" and file_format == "jpeg":
        warnings.warn("JPEG has no transparency: the image is saved as RGB", stacklevel=2)
        image = image.convert("RGB")
    image.save(path, format=file_format, **kwargs)
