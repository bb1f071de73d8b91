"""Fashion-MNIST: 70,000 grey images of clothes, 28 x 28 (Xiao, Rasul and Vollgraf 2017)."""

from __future__ import annotations

import gzip
import zlib

import numpy as np

from pyconv.data.downloads import cached

URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"


def load_data():
    """The Fashion-MNIST data set from Keras' cache; downloaded to it (30 MB) where it is missing.

    Returns:
        (x_train, y_train), (x_test, y_test): uint8 images of shapes (60000, 28, 28) and
        (10000, 28, 28), and uint8 classes: T-shirt, trouser, pullover, dress, coat, sandal, shirt,
        sneaker, bag, ankle boot.

    Raises:
        ConnectionError, ImportError: the download failed, or needs pooch.
        ValueError: a file holds something else.

    Example (no doctest, it needs the files or a network):
        (x_train, y_train), (x_test, y_test) = load_data()
    """
    return _split("train"), _split("t10k")


def _split(name):
    images, labels = _read(f"{name}-images-idx3-ubyte.gz"), _read(f"{name}-labels-idx1-ubyte.gz")
    if images.ndim != 3 or labels.shape != images.shape[:1]:
        raise ValueError(
            f"expected images and a label for each in {name}, received shapes {images.shape} and "
            f"{labels.shape}"
        )
    return images, labels


def _read(name):
    """The array of a file of the form IDX: zeros, the type (8: uint8), the rank, the sizes."""
    file = cached(name, URL + name, cache_subdir="datasets/fashion-mnist")
    try:
        with gzip.open(file) as content:
            data = content.read()
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"expected a whole gzip file at {file}: {error}") from None
    rank = data[3] if data[:3] == b"\0\0\x08" else 0
    shape = np.frombuffer(data[4 : 4 + 4 * rank], ">u4").astype(int)
    if not rank or len(data) != 4 + 4 * rank + shape.prod():
        raise ValueError(f"expected an IDX file of bytes at {file}, received something else")
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape)
