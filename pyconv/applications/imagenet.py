"""Pixels and classes of ImageNet, as Keras' applications take and give them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from pyconv import ops
from pyconv.config.defaults import standardize_data_format
from pyconv.data.downloads import cached
from pyconv.graph import Tensor

MEANS = (0.485, 0.456, 0.406)  # of red, green and blue, for pixels from 0 to 1
DEVIATIONS = (0.229, 0.224, 0.225)
BGR_MEANS = (103.939, 116.779, 123.68)  # of blue, green and red, for pixels from 0 to 255
MODES = ("caffe", "tf", "torch")
#: Name, URL and MD5 of the classes' names.
CLASS_INDEX = (
    "imagenet_class_index.json",
    "https://storage.googleapis.com/download.tensorflow.org/data/imagenet_class_index.json",
    "c2c37ea517e94d9795004a39431a14cb",
)


def preprocess_input(x, data_format=None, mode="caffe"):
    """Pixels from 0 to 255, red first, as a network was trained on them.

    Args:
        x: images of shape (..., height, width, 3), an array of any numbers, which is not changed;
            or a symbolic tensor, so that it becomes part of a model.
        data_format: "channels_last" (default) or "channels_first".
        mode: "caffe" (blue first, the mean of each channel subtracted), "tf" (from -1 to 1) or
            "torch" (from 0 to 1, then the means subtracted and divided by the deviations).

    Returns:
        A float32 array of x's shape; float64 stays so. A symbolic tensor for one.

    Raises:
        ValueError: an unknown mode or layout, or no three channels where the mode needs them.

    Example:
        >>> preprocess_input([[[0, 127.5, 255]]], mode="tf").ravel()
        array([-1.,  0.,  1.])
    """
    if mode not in MODES:
        raise ValueError(f"mode: expected one of {', '.join(MODES)}, received {mode!r}")
    if isinstance(x, Tensor):
        return _symbolic(x, data_format, mode)
    x = np.asarray(x)
    x = x if np.issubdtype(x.dtype, np.floating) else x.astype(np.float32)
    if mode == "tf":
        return x / 127.5 - 1
    axis = _channel_axis(x.shape, data_format)
    means, deviations = (BGR_MEANS, (1, 1, 1)) if mode == "caffe" else (MEANS, DEVIATIONS)
    x = np.flip(x, axis) if mode == "caffe" else x / 255
    shape = np.ones(x.ndim, int)
    shape[axis] = 3
    means, deviations = (np.reshape(np.array(v, x.dtype), shape) for v in (means, deviations))
    return (x - means) / deviations


def _symbolic(x, data_format, mode):
    """The same with ops."""
    if mode == "tf":
        return x / 127.5 - 1.0
    axis = _channel_axis(x.shape, data_format)
    shape = (3,) if axis == -1 else (3, 1, 1)
    if mode == "caffe":
        index = [(slice(None),) * (x.ndim + axis) + (channel,) for channel in (2, 1, 0)]
        x = ops.stack([x[i] for i in index], axis=axis)
        return x + np.reshape(np.float32(BGR_MEANS), shape) * -1
    means, deviations = (np.reshape(np.float32(v), shape) for v in (MEANS, DEVIATIONS))
    return (x / 255.0 + means * -1) / deviations


def _channel_axis(shape, data_format) -> int:
    data_format = standardize_data_format(data_format)
    axis = -1 if data_format == "channels_last" else -3
    if len(shape) < 3 or shape[axis] != 3:
        raise ValueError(
            f"x: expected images with 3 channels, {data_format}, received an array of shape "
            f"{tuple(shape)}"
        )
    return axis


_PIXELS = {
    "caffe": "blue first, without their means; see `imagenet`",
    "tf": "from -1 to 1; see `imagenet`",
    "torch": "from 0 to 1, then standardised; see `imagenet`",
    None: "from 0 to 255, as they are: it scales them itself",
}


def preprocessing(network: str, mode: str | None = None):
    """The `preprocess_input` of one family of networks.

    Args:
        network: what the docstring calls it.
        mode: of `preprocess_input`; None: the network does it itself.

    Example:
        >>> preprocessing("Xception", "tf")([[[0, 127.5, 255]]]).ravel()
        array([-1.,  0.,  1.])
    """

    def of_network(x, data_format=None):
        return x if mode is None else preprocess_input(x, data_format, mode)

    of_network.__name__ = of_network.__qualname__ = "preprocess_input"
    of_network.__doc__ = f"Pixels as {network} takes them, {_PIXELS[mode]}."
    return of_network


def decode_predictions(preds, top=5, class_index=None):
    """The names of the most probable of ImageNet's classes.

    Args:
        preds: probabilities of shape (n, 1000).
        top: how many classes of each example, the most probable first.
        class_index: the path of Keras' `imagenet_class_index.json`, by default in Keras' cache
            (the folder `models` of $KERAS_HOME or of ~/.keras), downloaded where it is missing; or
            its content, a dict from the class number as a string to (identifier, name).

    Returns:
        For each example a list of (identifier, name, probability).

    Raises:
        ValueError: preds has another shape.
        FileNotFoundError: there is no such file.
        ConnectionError, ImportError: the download failed, or needs pooch.

    Example:
        >>> names = {str(i): (f"n{i}", f"class {i}") for i in range(1000)}
        >>> decode_predictions(np.eye(1000)[[7]], top=1, class_index=names)
        [[('n7', 'class 7', 1.0)]]
    """
    preds = np.asarray(preds)
    if preds.ndim != 2 or preds.shape[1] != 1000:
        raise ValueError(f"preds: expected the shape (n, 1000), received {preds.shape}")
    names = class_index if isinstance(class_index, dict) else _read(class_index)
    best = np.argsort(-preds, axis=1, kind="stable")[:, :top]
    return [
        [(*names[str(i)], row[i].item()) for i in order]
        for row, order in zip(preds, best, strict=True)
    ]


def _read(path) -> dict:
    path = Path(cached(*CLASS_INDEX, "models") if path is None else path)
    if not path.exists():
        raise FileNotFoundError(
            f"class_index: expected the classes' names in {path}, found no such file; pass the "
            "path of Keras' imagenet_class_index.json"
        )
    return json.loads(path.read_text())
