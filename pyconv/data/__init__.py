"""Batches for training: from arrays, and from anything that yields them."""

from pyconv.data.arrays import ArrayBatches, split
from pyconv.data.class_weight import class_weight_to_sample_weight
from pyconv.data.convert import (
    as_array,
    as_column,
    as_target,
    check_int32,
    stacked,
    target_dtype,
)
from pyconv.data.iterables import IterableBatches, unpack
from pyconv.data.passes import as_count
from pyconv.data.py_dataset import PyDataset, PyDatasetBatches
from pyconv.data.sizes import SizedBatches

__all__ = [
    "ArrayBatches",
    "IterableBatches",
    "PyDataset",
    "PyDatasetBatches",
    "SizedBatches",
    "as_array",
    "as_column",
    "as_count",
    "as_target",
    "check_int32",
    "class_weight_to_sample_weight",
    "split",
    "stacked",
    "target_dtype",
    "unpack",
]
