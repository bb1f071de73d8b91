"""Data sets as Keras gives them: `load_data()` returns (x_train, y_train), (x_test, y_test)."""

from pyconv.datasets import mnist, mnist1d
from pyconv.datasets.permutation import permute_pixels

__all__ = ["mnist", "mnist1d", "permute_pixels"]
