"""CIFAR-100: 60,000 colour images of a hundred kinds of things, 32 x 32 (Krizhevsky 2009)."""

from __future__ import annotations

from pyconv.datasets.cifar import folder, read
from pyconv.utils.arguments import choice

SHA256 = "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7"


def load_data(label_mode="fine"):
    """The CIFAR-100 data set from Keras' cache; downloaded to it where it is missing.

    Args:
        label_mode: "fine" for 100 classes, "coarse" for the 20 groups that they form.

    Returns:
        (x_train, y_train), (x_test, y_test): uint8 images of shapes (50000, 32, 32, 3) and
        (10000, 32, 32, 3), and columns of int64 classes.

    Raises:
        ConnectionError, ImportError: the download failed, or needs pooch.
        ValueError: another mode, or a file that holds something else.

    Example (no doctest, it needs the files or a network):
        (x_train, y_train), (x_test, y_test) = load_data()
    """
    key = f"{choice(label_mode, 'label_mode', ('fine', 'coarse'))}_labels".encode()
    place = folder("cifar-100-python", "cifar-100-python.tar.gz", SHA256)
    return read([place / "train"], key), read([place / "test"], key)
