"""CIFAR-10: 60,000 colour images of ten kinds of things, 32 x 32 (Krizhevsky 2009)."""

from __future__ import annotations

from pyconv.datasets.cifar import folder, read

SHA256 = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"


def load_data():
    """The CIFAR-10 data set from Keras' cache; downloaded to it where it is missing.

    Returns:
        (x_train, y_train), (x_test, y_test): uint8 images of shapes (50000, 32, 32, 3) and
        (10000, 32, 32, 3), and columns of uint8 classes 0 to 9.

    Raises:
        ConnectionError, ImportError: the download failed, or needs pooch.
        ValueError: a file holds something else.

    Example (no doctest, it needs the files or a network):
        (x_train, y_train), (x_test, y_test) = load_data()
    """
    place = folder("cifar-10-batches-py", "cifar-10-python.tar.gz", SHA256)
    x_train, y_train = read([place / f"data_batch_{i}" for i in range(1, 6)], b"labels")
    x_test, y_test = read([place / "test_batch"], b"labels")
    return (x_train, y_train.astype("uint8")), (x_test, y_test.astype("uint8"))
