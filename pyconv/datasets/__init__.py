"""Data sets as Keras gives them: `load_data()` returns (x_train, y_train), (x_test, y_test)."""

from pyconv.utils.lazy import exports

__all__, __getattr__, __dir__ = exports(
    __name__,
    {"permutation": "permute_pixels"},
    packages="boston_housing california_housing cifar10 cifar100 fashion_mnist imdb mnist mnist1d"
    " reuters",
)
