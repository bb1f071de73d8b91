"""Helpers of user code: seeds and class vectors."""

from pyconv.utils.lazy import exports

__all__, __getattr__, __dir__ = exports(
    __name__,
    {
        "numerical": "to_categorical",
        "seed": "set_random_seed",
    },
)
