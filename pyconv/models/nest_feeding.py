"""From what users pass to batches for steps of their own, which take data as they are fed."""

import numpy as np

from pyconv.config import max_steps_per_epoch
from pyconv.data import (
    ArrayBatches,
    IterableBatches,
    PyDataset,
    PyDatasetBatches,
    as_array,
    as_target,
    class_weight_to_sample_weight,
    split,
    target_dtype,
)
from pyconv.data.packing import pack_x_y_sample_weight, unpack_x_y_sample_weight
from pyconv.models.feeding import is_array_data, limited
from pyconv.utils.nest import flatten, map_structure


class NestFeeding:
    """Makes batches of nests of arrays, whatever the model's inputs and outputs are.

    All arrays of a batch are in its first list; the model's steps know how they were nested. Its
    methods are those of `Feeding`.

    Args:
        model: a model with a step of its own.
        class_weight: dict from class label to the weight of its examples, or None.
    """

    def __init__(self, model, class_weight=None):
        self._steps = model.steps
        self._class_weight = class_weight

    def batches(self, x, y=None, sample_weight=None, batch_size=None, steps=None, shuffle=False):
        """The `Batches` of arrays, of a `PyDataset` or of an iterable."""
        steps = limited("steps", steps, max_steps_per_epoch())
        if is_array_data(x):
            arrays = self._arrays(self._packed(x, y, sample_weight))
            return self._array_batches(arrays, batch_size, shuffle, steps)
        if isinstance(x, PyDataset):
            return PyDatasetBatches(x, self._of_batch, steps, shuffle, _whole)
        return IterableBatches(x, self._of_batch, steps, _whole)

    def buffers(self, x, y=None, sample_weight=None):
        """One batch: its arrays, no targets and no weights. Its data are (x, y, sample_weight), as
        in Keras, also where some are None."""
        data = self._weighted(x, y, sample_weight)
        return self._of_data(data)

    def repeats(self, x, y):
        """Whether arrays that look the same are nested likewise: not known."""
        return False

    def inputs(self, x):
        """The arrays of one batch of inputs."""
        return self._of_data((_stacked(x),))[0]

    def _packed(self, x, y, sample_weight):
        return pack_x_y_sample_weight(*self._weighted(x, y, sample_weight))

    def _weighted(self, x, y, sample_weight):
        x, y, sample_weight = map(_stacked, (x, y, sample_weight))
        if self._class_weight is not None and y is not None and sample_weight is None:
            sample_weight = class_weight_to_sample_weight(as_array("y", y), self._class_weight)
        return x, y, sample_weight

    def _of_batch(self, batch):
        """What a source of batches yielded; a list, as PyTorch's loaders yield, is a tuple."""
        batch = tuple(batch) if isinstance(batch, list) else batch
        if self._class_weight is not None:
            batch = self._packed(*unpack_x_y_sample_weight(batch))
        return self._of_data(batch)

    def _of_data(self, data):
        arrays = self._arrays(data)
        return [as_target("data", a) for a in arrays], [], []

    def _arrays(self, data):
        """The arrays of a nest, which is remembered."""
        arrays = [as_array("data", leaf) for leaf in flatten(data) if leaf is not None]
        self._steps.nests[len(arrays)] = map_structure(lambda leaf: leaf is not None or None, data)
        return arrays

    def _array_batches(self, arrays, batch_size, shuffle, steps):
        dtypes = [target_dtype("data", a) for a in arrays]
        return ArrayBatches(arrays, (), (), batch_size, shuffle, steps, dtypes)


def split_nests(x, y, sample_weight, fraction):
    """(first, last): x, y and sample_weight without the last fraction of the examples, and those
    alone, where the two are fed to steps that nest their data in ways of their own.

    Raises:
        ValueError: no arrays, or no examples on one side.
    """
    if not is_array_data(x):
        raise ValueError(
            "expected arrays with `validation_split`, received an iterable; pass "
            "validation_data instead"
        )
    nest = [_stacked(part) for part in (x, y, sample_weight)]
    leaves = [None if leaf is None else as_array("data", leaf) for leaf in flatten(nest)]
    return tuple([_nested(nest, side) for side in split(leaves, fraction)])


def _nested(nest, leaves):
    rest = iter(leaves)
    return map_structure(lambda _: next(rest), nest)


def _whole(batch):
    """A batch as the one argument of what brings it into the form that plans read."""
    return (batch,)


def _stacked(part):
    """A list of numbers, or of rows of numbers, as an array; a nest of arrays as it is."""
    if isinstance(part, (list, tuple)) and not any(
        hasattr(leaf, "shape") for leaf in flatten(part)
    ):
        return np.asarray(part)
    return part
