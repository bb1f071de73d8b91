"""What the data sets of houses share."""

from __future__ import annotations

import numpy as np

from pyconv.data.downloads import cached
from pyconv.datasets.pickles import read_npz

URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"


def shuffled_splits(name, path, sha256, test_split, seed, count=None):
    """(x_train, y_train), (x_test, y_test) of a file in Keras' cache, in Keras' order."""
    if not 0 <= test_split < 1:
        raise ValueError(f"expected `test_split` in [0, 1), received {test_split}")
    arrays = read_npz(cached(path, URL + name, sha256), ("x", "y"))
    x, y = arrays["x"][:count], arrays["y"][:count]
    order = np.arange(len(x))
    np.random.RandomState(seed).shuffle(order)
    end = int(len(x) * (1 - test_split))
    train, test = order[:end], order[end:]
    return (x[train], y[train]), (x[test], y[test])
