"""What CIFAR-10 and CIFAR-100 share."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pyconv.config.defaults import image_data_format
from pyconv.data.cache import keras_home
from pyconv.data.downloads import get_file
from pyconv.datasets.pickles import read_pickle


def folder(name, archive, sha256) -> Path:
    """The folder of batches in Keras' cache; downloaded (some 170 MB) where it is missing."""
    cache = keras_home() / "datasets"
    target = "cifar-10-batches-py-target" if "10-b" in name else "cifar-100-python-target"
    for place in (cache / target / name, cache / name):
        if place.is_dir():
            return place
    origin = f"https://www.cs.toronto.edu/~kriz/{archive}"
    return Path(get_file(target, origin, extract=True, file_hash=sha256)) / name


def read(files, key):
    """(images, labels) of files of batches, uint8; labels as a column."""
    batches = [_read(file, key) for file in files]
    images, labels = (np.concatenate(parts) for parts in zip(*batches, strict=True))
    if image_data_format() == "channels_last":
        images = images.transpose(0, 2, 3, 1)
    return images, labels


def _read(file, key):
    with open(file, "rb") as content:
        batch = read_pickle(content)
    if not isinstance(batch, dict) or not {b"data", key} <= set(batch):
        raise ValueError(f"expected a batch of CIFAR with 'data' and {key!r} in {file}")
    images = np.asarray(batch[b"data"])
    labels = np.asarray(batch[key])
    if images.shape != (len(labels), 3072) or images.dtype != np.uint8:
        raise ValueError(
            f"expected uint8 images of 3072 numbers for {len(labels)} labels in {file}, received "
            f"{images.dtype} {images.shape}"
        )
    return images.reshape(-1, 3, 32, 32), labels[:, None]
