"""Batches from arrays."""

import numpy as np

from pyconv.data.columns import Columns
from pyconv.data.convert import target_dtype
from pyconv.data.passes import Passes, as_count


class ArrayBatches(Passes):
    """Batches of rows of arrays that have one row for each example.

    Args:
        x: list of arrays; `x_dtypes` says what their batches have.
        y: list of arrays, possibly empty.
        weights: list of arrays or None, one for each of y.
        batch_size: rows of a batch; the last one may have fewer.
        shuffle: whether each epoch has an order of its own, drawn from the global seed.
        steps: batches of an epoch; None: all. With steps, the next epoch goes on where this one
            stopped; an epoch ends early, with a warning, where the rows do.

    Raises:
        ValueError: no examples, different numbers of them, or a batch_size below 1.

    Example:
        >>> batches = ArrayBatches([np.arange(3)], batch_size=2)
        >>> [x.tolist() for (x,), _, _ in batches.epoch()]
        [[0.0, 1.0], [2.0]]
        >>> batches = ArrayBatches([np.arange(3)], batch_size=1, steps=2)
        >>> next(batches.epoch())[0][0].tolist()
        [0.0]
        >>> next(batches.epoch())[0][0].tolist()
        [1.0]
    """

    def __init__(
        self, x, y=(), weights=(), batch_size=32, shuffle=False, steps=None, x_dtypes=None
    ):
        self.batch_size = as_count("batch_size", 32 if batch_size is None else batch_size)
        self.examples = _common_length(x, y, weights)
        self._order = np.arange(self.examples) if shuffle else None
        given = [a for a in weights if a is not None]
        dtypes = [*(x_dtypes or ["float32"] * len(x)), *(target_dtype("y", a) for a in y)]
        self._columns = Columns(
            [*x, *y, *given], dtypes + ["float32"] * len(given), self.batch_size, self._order
        )
        self._counts = (len(x), len(y), [a is not None for a in weights])
        self.reuses = self._columns.reuses
        self._whole = None  # a batch of batch_size rows, where it is written anew each time
        super().__init__(-(-self.examples // self.batch_size), shuffle, steps)
        self.rows = None if shuffle else min(self.steps * self.batch_size, self.examples)

    def _shuffle(self, generator):
        generator.shuffle(self._order)

    def _batch(self, number):
        start = number * self.batch_size
        count = min(self.batch_size, self.examples - start)
        if count < self.batch_size:
            return self._parts(start, count)
        if self._whole is None or not self.reuses:
            self._whole = self._parts(start, count)
        else:
            self._columns.fill(start, count)
        return self._whole

    def _parts(self, start, count):
        """(x, y, weights) of these rows."""
        rows = self._columns.rows(start, count)
        x, y, given = self._counts
        weights = iter(rows[x + y :])
        return rows[:x], rows[x : x + y], [next(weights) if there else None for there in given]


def split(arrays, fraction):
    """(first, last): lists of the arrays' first rows and of their last `fraction`.

    None stays None on both sides.

    Raises:
        ValueError: the fraction is not between 0 and 1, or leaves nothing on one side.
    """
    examples = next(len(a) for a in arrays if a is not None)
    if not 0.0 < fraction < 1.0:
        raise ValueError(
            f"expected `validation_split` between 0 and 1, received {fraction!r}; 0.1 takes the "
            "last tenth of the examples"
        )
    at = int(np.floor(examples * (1.0 - fraction)))
    if at in (0, examples):
        raise ValueError(
            f"expected examples on both sides of validation_split={fraction}, received {examples} "
            "in all; choose another fraction or more data"
        )
    return (
        [None if a is None else a[:at] for a in arrays],
        [None if a is None else a[at:] for a in arrays],
    )


def _common_length(x, y, weights):
    named = [*(("x", a) for a in x), *(("y", a) for a in y)]
    named += [("sample_weight", a) for a in weights if a is not None]
    lengths = [len(a) if a.ndim else 0 for _, a in named]
    if len(set(lengths)) > 1:
        received = ", ".join(f"{name} {a.shape}" for name, a in named)
        raise ValueError(
            f"expected as many rows in every array, received {received}; the first axis counts "
            "the examples"
        )
    if not lengths or lengths[0] == 0:
        raise ValueError("expected at least one example, received empty data; check how it is read")
    return lengths[0]
