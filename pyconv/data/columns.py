"""Rows of arrays, brought into buffers that plans read."""

import numpy as np

from pyconv import core
from pyconv.graph.tensor import DTYPES


class Columns:
    """Arrays with a row for each example, and the buffers into which batches of rows are brought.

    Nothing is copied whole: arrays may be memory maps, views with any strides, of any numbers; the
    core converts the rows of a batch on their way. Rows in order that are what plans read are not
    copied at all.

    Args:
        arrays: list of arrays (examples, ...) of numbers.
        dtypes: what the batches of each have; "float32" and "int32" are brought there by the core.
        batch_size: the most rows of a batch.
        order: array of numbers of rows, int64, read anew for each batch; None: rows as they lie.

    Example:
        >>> order = np.array([3, 2, 1, 0])
        >>> columns = Columns([np.arange(4), np.eye(4)], ["int32", "float32"], 2, order)
        >>> [batch.tolist() for batch in columns.rows(1, 2)]
        [[2, 1], [[0.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 0.0]]]
    """

    def __init__(self, arrays, dtypes, batch_size, order=None):
        self._arrays = arrays
        self._order = order
        self._batches = [
            None if order is None and _is_plain(a, dtype) else _batch(a, dtype, batch_size)
            for a, dtype in zip(arrays, dtypes, strict=True)
        ]
        pairs = [p for p in zip(arrays, self._batches, strict=True) if p[1] is not None]
        self._others = [p for p in pairs if not _is_gathered(*p)]
        native = [p for p in pairs if _is_gathered(*p)]
        self._gather = core.Gather(native, self._order) if native else None

    @property
    def reuses(self):
        """Whether every batch is in a buffer."""
        return all(batch is not None for batch in self._batches)

    def fill(self, start, count):
        """Brings the rows order[start : start + count] into the buffers."""
        if self._gather is not None:
            self._gather.take(start, count)
        for array, batch in self._others:
            rows = slice(start, start + count)
            rows = rows if self._order is None else self._order[rows]
            np.copyto(batch[:count], array[rows], casting="unsafe")

    def rows(self, start, count):
        """A list of batches, valid until the next call: the rows order[start : start + count]."""
        self.fill(start, count)
        return [
            array[start : start + count] if batch is None else batch[:count]
            for array, batch in zip(self._arrays, self._batches, strict=True)
        ]


def _batch(array, dtype, batch_size):
    return np.empty((min(batch_size, len(array)), *array.shape[1:]), dtype)


def _is_plain(array, dtype):
    """Whether plans can read the rows where they lie."""
    return array.dtype == dtype and array.flags.c_contiguous and _is_native(array)


def _is_gathered(array, batch):
    """Whether the core brings the rows there; NumPy does where it does not."""
    return batch.dtype in DTYPES and _is_native(array)


def _is_native(array):
    """Whether the core reads such numbers; not big-endian ones, for instance."""
    small = array.dtype.itemsize <= 8
    plain = array.dtype.isnative and array.dtype.kind != "O" and array.flags.aligned
    return plain and small and array.ndim <= 32
