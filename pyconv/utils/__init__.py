"""Helpers of user code: seeds and class vectors."""

from pyconv.utils.numerical import to_categorical
from pyconv.utils.seed import set_random_seed

__all__ = ["set_random_seed", "to_categorical"]
