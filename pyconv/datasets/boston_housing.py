"""Boston housing: 506 districts, 13 numbers each, and what houses cost (Harrison and Rubinfeld
1978). The numbers have ethical problems; `california_housing` is a better choice."""

from __future__ import annotations

from pyconv.datasets.housing import shuffled_splits

SHA256 = "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5"


def load_data(path="boston_housing.npz", test_split=0.2, seed=113):
    """The Boston housing data set from Keras' cache; downloaded to it where it is missing.

    Args:
        path: file name in the cache.
        test_split: the part of the examples that is for testing.
        seed: of the order.

    Returns:
        (x_train, y_train), (x_test, y_test): float64 arrays (n, 13) and (n,).

    Raises:
        ConnectionError, ImportError: the download failed, or needs pooch.
        ValueError: another split, or a file that holds something else.
    """
    return shuffled_splits("boston_housing.npz", path, SHA256, test_split, seed)
