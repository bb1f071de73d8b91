"""Batches from lists of arrays of different sizes."""

import numpy as np

from pyconv.data.convert import target_dtype
from pyconv.data.passes import Passes, as_count


class SizedBatches(Passes):
    """Batches of examples of one size, from lists of arrays whose sizes differ.

    Each column is an array with a row, or a list with an array, for each example. Batches have
    examples of equal shapes; in a pass without shuffling the sizes come in the order of their
    first examples. With it, the examples of a size and then the batches get a new order.

    Args:
        x: list of columns; `x_dtypes` says what their batches have.
        y: list of columns, possibly empty.
        weights: list of columns or None, one for each of y.
        batch_size, shuffle, steps: see `ArrayBatches`.

    Attributes:
        shapes: for each group of equal shapes, those of one example, a tuple for each of x.

    Raises:
        ValueError: different numbers of examples, or a batch_size below 1.

    Example:
        >>> batches = SizedBatches([[np.ones((2, 2)), np.ones((3, 1)), np.ones((2, 2))]])
        >>> batches.shapes, [x.shape for (x,), _, _ in batches.epoch()]
        ([((2, 2),), ((3, 1),)], [(2, 2, 2), (1, 3, 1)])
        >>> [row.shape for row in batches.joined([np.ones((2, 2, 2)), np.ones((1, 3, 1))])]
        [(2, 2), (3, 1), (2, 2)]
    """

    def __init__(
        self, x, y=(), weights=(), batch_size=32, shuffle=False, steps=None, x_dtypes=None
    ):
        self.batch_size = as_count("batch_size", 32 if batch_size is None else batch_size)
        self._x = list(zip(x, x_dtypes or ["float32"] * len(x), strict=True))
        self._y = [(column, _dtype(column)) for column in y]
        self._weights = [(column, "float32") for column in weights]
        groups = _groups([*x, *y, *(column for column in weights if column is not None)])
        self.examples = sum(map(len, groups))
        self.shapes = list({tuple(np.shape(column[g[0]]) for column in x): None for g in groups})
        self._groups = [np.array(group) for group in groups]
        self._cut()
        super().__init__(len(self._rows), shuffle, steps)

    def _cut(self):
        """The rows of each batch."""
        size = self.batch_size
        self._rows = [g[i : i + size] for g in self._groups for i in range(0, len(g), size)]

    def _shuffle(self, generator):
        for group in self._groups:
            generator.shuffle(group)
        self._cut()
        generator.shuffle(self._rows)

    def _batch(self, number):
        rows = self._rows[number]
        columns = (self._x, self._y, self._weights)
        return tuple([_stacked(c, rows, dtype) for c, dtype in part] for part in columns)

    def joined(self, parts):
        """What was computed for each batch of an epoch, in the order of the examples: an array
        where all rows have one shape, else a list."""
        examples = np.argsort(np.concatenate(self._rows[: len(parts)]))
        rows = [row for part in parts for row in part]
        rows = [rows[i] for i in examples]
        return np.stack(rows) if len({row.shape for row in rows}) == 1 else rows


def _groups(columns):
    """Lists of the examples whose arrays have equal shapes."""
    lengths = {len(column) for column in columns}
    if len(lengths) > 1:
        raise ValueError(
            f"expected as many examples in every array and list, received {sorted(lengths)}; give "
            "each its target"
        )
    groups = {}
    for i in range(lengths.pop()):
        groups.setdefault(tuple(np.shape(column[i]) for column in columns), []).append(i)
    return list(groups.values())


def _dtype(column):
    """The dtype for targets, one for all sizes."""
    if not isinstance(column, list):
        return target_dtype("y", column)
    return "int32" if {target_dtype("y", row) for row in column} == {"int32"} else "float32"


def _stacked(column, rows, dtype):
    """The rows as one array, C-contiguous; None for no column."""
    if column is None:
        return None
    chosen = column[rows] if hasattr(column, "shape") else np.stack([column[i] for i in rows])
    return np.ascontiguousarray(chosen, dtype)
