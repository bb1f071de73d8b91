"""MNIST: 70,000 grey images of handwritten digits, 28 x 28 (LeCun, Cortes and Burges 1998)."""

from pathlib import Path

from pyconv.data.downloads import cached
from pyconv.datasets.npz import read_splits

URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"


def load_data(path="mnist.npz"):
    """The MNIST data set from Keras' cache; downloaded to it (11 MB) where it is missing.

    Args:
        path: file name in the cache, which is the folder `datasets` of $KERAS_HOME or of ~/.keras;
            or an absolute path, which is read and never downloaded.

    Returns:
        (x_train, y_train), (x_test, y_test): uint8 images of shapes (60000, 28, 28) and
        (10000, 28, 28) with values 0 to 255, and uint8 digits.

    Raises:
        FileNotFoundError: there is no file at the absolute path.
        ImportError: the file must be downloaded and pooch is not installed.
        ConnectionError: the download failed.
        ValueError: the file holds something else.

    Example (no doctest, it needs the file or a network):
        (x_train, y_train), (x_test, y_test) = load_data()
        x_train = x_train[..., None].astype("float32") / 255
    """
    file = path if Path(path).is_absolute() else cached(path, URL, SHA256)
    return read_splits(file, (28, 28))
