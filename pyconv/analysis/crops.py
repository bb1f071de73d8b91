"""Averages of a model's outputs over crops of an image and their mirror images."""

import numpy as np


def ten_crops(x, size, data_format="channels_last"):
    """Each image's four corners and its middle, then the mirror images of these five (Krizhevsky
    et al. 2012, section 4.1).

    Args:
        x: images (n, height, width, channels).
        size: (height, width) of the crops, at most those of the images.
        data_format: "channels_last", or "channels_first" for (n, channels, height, width).

    Returns:
        A list of ten views of x: left and right above, left and right below, middle; mirrored.

    Raises:
        ValueError: x is no array of images, or the crops do not fit in.

    Example:
        >>> x = np.arange(9.0).reshape(1, 3, 3, 1)
        >>> [crop[0, 0, 0, 0].item() for crop in ten_crops(x, (2, 2))]
        [0.0, 1.0, 3.0, 4.0, 0.0, 1.0, 2.0, 4.0, 5.0, 1.0]
    """
    x = np.asarray(x)
    first = 2 if data_format == "channels_first" else 1
    sizes = x.shape[first : first + 2]
    if (
        x.ndim != 4
        or len(size) != 2
        or any(not 0 < k <= n for k, n in zip(size, sizes, strict=True))
    ):
        raise ValueError(
            f"ten_crops: expected images of four axes, at least as large as `size`, received shape "
            f"{x.shape} and size {tuple(size)} in {data_format}; resize the images"
        )
    down, right = (n - k for k, n in zip(size, sizes, strict=True))
    corners = [(0, 0), (0, right), (down, 0), (down, right), (down // 2, right // 2)]
    before = (slice(None),) * first
    crops = [
        x[(*before, slice(top, top + size[0]), slice(left, left + size[1]))]
        for top, left in corners
    ]
    return crops + [np.flip(crop, first + 1) for crop in crops]


def predict_ten_crops(model, x, size=None, data_format="channels_last", **kwargs):
    """The mean of a model's outputs over the ten crops of each image (see `ten_crops`).

    Args:
        model: a model of images.
        x: images that are at least as large as the model's.
        size: (height, width) of the crops; those of the model's input by default.
        data_format: "channels_last", or "channels_first" for (n, channels, height, width).
        **kwargs: those of `model.predict`, such as `batch_size` and `verbose`.

    Returns:
        What `model.predict` returns for images of this size, averaged.

    Raises:
        ValueError: the size is not known, or larger than the images.

    Example:
        >>> import pyconv
        >>> model = pyconv.Sequential([pyconv.layers.Input((2, 2, 1)), pyconv.layers.Flatten()])
        >>> x = np.arange(9.0).reshape(1, 3, 3, 1)
        >>> predict_ten_crops(model, x, verbose=0).round(3)
        array([[2.1, 2.1, 5.1, 5.1]], dtype=float32)
    """
    if size is None:
        first = 2 if data_format == "channels_first" else 1
        size = tuple(model.input_shape[first : first + 2])
    if None in size:
        raise ValueError(
            f"predict_ten_crops: expected a model of one image size, received input shape "
            f"{model.input_shape}; give `size`"
        )
    crops = ten_crops(x, size, data_format)
    outputs = [model.predict(np.ascontiguousarray(crop), **kwargs) for crop in crops]
    return _mean(outputs)


def _mean(outputs: list):
    """The mean of equal nests of arrays."""
    if isinstance(outputs[0], dict):
        return {key: _mean([output[key] for output in outputs]) for key in outputs[0]}
    if isinstance(outputs[0], (list, tuple)):
        return [_mean(list(parts)) for parts in zip(*outputs, strict=True)]
    return np.mean(outputs, axis=0)
