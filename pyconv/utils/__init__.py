"""Helpers of user code: seeds, class vectors, separable kernels."""

from pyconv.utils.lazy import exports

__all__, __getattr__, __dir__ = exports(
    __name__,
    {
        "numerical": "to_categorical",
        "separate": "is_separable separate_kernel",
        "seed": "set_random_seed",
    },
)
