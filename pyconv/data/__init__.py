"""Batches for training: from arrays, and from anything that yields them."""

from pyconv.data.arrays import ArrayBatches, as_count, split
from pyconv.data.class_weight import class_weight_to_sample_weight
from pyconv.data.convert import as_array, check_int32, target_dtype
from pyconv.data.iterables import IterableBatches, unpack

__all__ = [
    "ArrayBatches",
    "IterableBatches",
    "as_array",
    "as_count",
    "check_int32",
    "class_weight_to_sample_weight",
    "split",
    "target_dtype",
    "unpack",
]
