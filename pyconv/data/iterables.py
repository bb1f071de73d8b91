"""Batches from iterables, generators, callables and indexed data sets."""

import warnings

import numpy as np

from pyconv.data.passes import as_count


class IterableBatches:
    """Batches that something else makes: (x,), (x, y) or (x, y, sample_weight) at a time.

    Args:
        source: an iterable, a generator, a function that returns one, or an object with
            `__len__` and `__getitem__` whose items are batches.
        standardize: (x, y, sample_weight) -> three lists of arrays; see `ArrayBatches.epoch`.
        steps: batches of an epoch; None: until the source ends. With steps, the next epoch goes on
            where this one stopped, and starts the source again when it has ended.

    Example:
        >>> batches = IterableBatches([(1, 2), (3, 4)], lambda x, y, w: (x, y, w), steps=1)
        >>> [list(batches.epoch()) for _ in range(3)]
        [[(1, 2, None)], [(3, 4, None)], [(1, 2, None)]]
    """

    def __init__(self, source, standardize, steps=None):
        self.source = source
        self._standardize = standardize
        self._wanted = None if steps is None else as_count("steps", steps)
        self.steps = self._wanted
        if steps is None and hasattr(source, "__len__"):
            self.steps = len(source)
        self._iterator = None

    def restart(self):
        """The next epoch starts the source again; a generator goes on."""
        self._iterator = None

    def epoch(self):
        """Yields (x, y, weights), lists of arrays."""
        if self._wanted is None or self._iterator is None:
            self._iterator = self._start()
        taken, restarted = 0, False
        while self._wanted is None or taken < self._wanted:
            batch = next(self._iterator, None)
            if batch is not None:
                taken, restarted = taken + 1, False
                yield self._standardize(*unpack(batch))
                continue
            if self._wanted is None or restarted:
                break
            self._iterator, restarted = self._start(), True
        if taken == 0 or (self._wanted is not None and taken < self._wanted):
            warnings.warn(
                f"expected {self._wanted or 'at least 1'} batches an epoch, received {taken}: the "
                "data ran out; a generator can be used once: pass a function that makes one, or "
                "set steps_per_epoch so that it lasts for all epochs",
                RuntimeWarning,
                stacklevel=3,
            )
        if self._wanted is None:
            self.steps = taken
            if hasattr(self.source, "on_epoch_end"):
                self.source.on_epoch_end()

    def joined(self, parts):
        """The rows of what was computed for each batch of an epoch: an array, or where they have
        different sizes a list."""
        if len({part.shape[1:] for part in parts}) > 1:
            return [row for part in parts for row in part]
        return np.concatenate(parts) if len(parts) > 1 else parts[0]

    def _start(self):
        source = self.source() if callable(self.source) else self.source
        if hasattr(source, "__len__") and hasattr(source, "__getitem__"):
            return (source[i] for i in range(len(source)))
        if not hasattr(source, "__iter__"):
            raise TypeError(
                f"expected arrays, an iterable of batches or a function that returns one, received"
                f" {source!r} of type {type(source).__name__}"
            )
        return iter(source)


def unpack(batch):
    """(x, y, sample_weight) of a batch, None where it has none.

    Raises:
        ValueError: more than three parts.

    Example:
        >>> unpack(([1.0], [2.0]))
        ([1.0], [2.0], None)
    """
    if not isinstance(batch, (tuple, list)):
        return batch, None, None
    if not 1 <= len(batch) <= 3:
        raise ValueError(
            f"expected batches (x,), (x, y) or (x, y, sample_weight), received {len(batch)} parts;"
            " group several inputs in a tuple of their own: ((a, b), y)"
        )
    return (*batch, *[None] * (3 - len(batch)))
