"""Batches from iterables, generators, callables and indexed data sets."""

import warnings
from contextlib import closing
from inspect import isgenerator
from itertools import chain, islice, repeat
from operator import length_hint

from pyconv.data.ahead import overlapped
from pyconv.data.passes import Batches, as_count
from pyconv.utils.seed import random_state, set_random_state

#: What a source gives that has no more batches.
END = object()


class IterableBatches(Batches):
    """Batches that something else makes: (x,), (x, y) or (x, y, sample_weight) at a time.

    While the model works on a batch, a thread takes the next one from the source and brings it into
    the form that plans read, where both take long enough. So a source may be one batch ahead of the
    model, but never beyond the end of an epoch; lists and tuples are read when needed.

    Args:
        source: an iterable, a generator, a function that returns one, or an object with
            `__len__` and `__getitem__` whose items are batches.
        standardize: (x, y, sample_weight) -> three lists of arrays; see `ArrayBatches.epoch`.
        steps: batches of an epoch; None: until the source ends. With steps, the next epoch goes on
            where this one stopped; an epoch ends early, with a warning, where the source ends, and
            the next one starts it again. As in Keras, a generator that is started again gives its
            first two batches once more and goes on.
        parts: (batch) -> the arguments of `standardize`.

    Example:
        >>> batches = IterableBatches([(1, 2), (3, 4)], lambda x, y, w: (x, y, w), steps=1)
        >>> [list(batches.epoch()) for _ in range(3)]
        [[(1, 2, None)], [(3, 4, None)], [(1, 2, None)]]
    """

    def __init__(self, source, standardize, steps=None, parts=None):
        self.source = source
        self._standardize = standardize
        self._parts = parts or unpack
        self._wanted = None if steps is None else as_count("steps", steps)
        self.steps = self._wanted
        if steps is None and length_hint(source, -1) >= 0:
            self.steps = length_hint(source)
        self._iterator = None
        self._first = []  # batches of a generator
        self._taken = 0  # batches of complete epochs since the source was started
        self._is_first = True  # whether the next batch is an epoch's first
        self._at_start = None  # the state of random numbers then, where it was asked for

    def restart(self):
        """The next epoch starts the source again."""
        self._iterator = None

    def get_state(self):
        """How many batches come before the next epoch's first, and the state of random numbers from
        which on they are to be made again."""
        if self._starts:
            self._at_start = random_state()
        return {"taken": 0 if self._starts else self._taken, "random": self._at_start}

    def set_state(self, state):
        """Makes the batches before the next epoch again; what they draw is drawn again, too."""
        set_random_state(state["random"])
        self._at_start = state["random"]
        if state["taken"]:
            self._iterator, self._taken = self._start(), state["taken"]
            for _ in range(self._taken):
                self._is_first = True
                self._next()

    @property
    def _starts(self):
        """Whether the next epoch starts the source."""
        return self._wanted is None or self._iterator is None

    def epoch(self, skip=0):
        """Yields (x, y, weights), lists of arrays, but the first `skip` of them."""
        if self._starts:
            self._iterator, self._taken = self._start(), 0
        self._is_first = True
        for _ in range(skip):
            self._next()
        taken = skip
        with closing(self._read(skip)) as batches:
            for batch in batches:
                if batch is END:
                    break
                taken += 1
                yield batch
        self._taken += taken
        if taken < (self.steps or 1):
            self._warn_of_the_end(taken)
            self._iterator = None
        if self._wanted is None:
            self.steps = taken
            if hasattr(self.source, "on_epoch_end"):
                self.source.on_epoch_end()

    def _read(self, skipped):
        """The other batches of an epoch, then END unless there are as many as wanted."""
        left = () if self._wanted is None else (self._wanted - skipped,)
        calls = repeat(self._batch, *left)
        if isinstance(self.source, (list, tuple)):
            return (call() for call in calls)
        return overlapped(calls)

    def _batch(self):
        batch = self._next()
        return END if batch is END else self._standardize(*self._parts(batch))

    def _next(self):
        """What the source gives next; for an epoch's first batch also from its start."""
        batch = next(self._iterator, END)
        again = self._wanted is not None and not isgenerator(self.source)
        if batch is END and self._is_first and again:
            self._iterator = self._start()
            batch = next(self._iterator, END)
        self._is_first = False
        return batch

    def _warn_of_the_end(self, taken):
        warnings.warn(
            f"expected {self.steps or 'at least 1'} batches an epoch, received {taken}: the "
            "data ran out; a generator can be used once: pass a function that makes one, or "
            "set steps_per_epoch so that it lasts for all epochs",
            RuntimeWarning,
            stacklevel=4,
        )

    def _start(self):
        if isgenerator(self.source):
            self._first = self._first or list(islice(self.source, 2))
            return chain(self._first, self.source)
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
