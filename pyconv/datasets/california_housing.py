"""California housing: 20,640 districts, 8 numbers each, and what houses cost (Pace and Barry
1997)."""

from __future__ import annotations

from pyconv.datasets.housing import shuffled_splits
from pyconv.utils.arguments import choice

SHA256 = "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f"


def load_data(version="large", path="california_housing.npz", test_split=0.2, seed=113):
    """The California housing data set from Keras' cache; downloaded to it where it is missing.

    Args:
        version: "large" for all districts, "small" for the first 600.
        path: file name in the cache.
        test_split: the part of the examples that is for testing.
        seed: of the order.

    Returns:
        (x_train, y_train), (x_test, y_test): arrays (n, 8) and (n,).

    Raises:
        ConnectionError, ImportError: the download failed, or needs pooch.
        ValueError: another version or split, or a file that holds something else.
    """
    count = 600 if choice(version, "version", ("large", "small")) == "small" else None
    return shuffled_splits("california_housing.npz", path, SHA256, test_split, seed, count)
