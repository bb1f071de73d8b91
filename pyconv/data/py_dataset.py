"""Data sets that make a batch from its number."""

from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from functools import partial
from itertools import count, islice

import numpy as np

from pyconv.data.ahead import ahead, overlapped, threads
from pyconv.data.iterables import unpack
from pyconv.data.passes import Batches, as_count
from pyconv.utils.seed import next_seed, random_state, set_random_state


class PyDataset:
    """Base of data sets that make a batch from its number, for `fit`, `evaluate` and `predict`.

    A subclass defines `__getitem__(index)`, which returns a batch (x,), (x, y) or
    (x, y, sample_weight), and `__len__` or `num_batches`. `fit` takes the batches in an order of
    its own, unless `shuffle=False`. Several workers call `__getitem__` at once; what they return
    comes in order, and they never work beyond the end of an epoch.

    Args:
        workers: threads, or processes, that make batches while the model works.
        use_multiprocessing: whether they are processes, which get the data set anew each epoch.
        max_queue_size: the most batches that several workers are ahead of the model; one is ahead
            by one batch.

    Example:
        >>> class Squares(PyDataset):
        ...     def __len__(self):
        ...         return 3
        ...     def __getitem__(self, index):
        ...         return np.full((2, 1), index), np.full((2, 1), index**2)
        >>> Squares(workers=2).num_batches
        3
    """

    # for subclasses whose __init__ does not call this one
    workers, use_multiprocessing, max_queue_size = 1, False, 10

    def __init__(self, workers=1, use_multiprocessing=False, max_queue_size=10):
        self.workers = as_count("workers", workers)
        self.use_multiprocessing = bool(use_multiprocessing)
        self.max_queue_size = as_count("max_queue_size", max_queue_size)

    @property
    def num_batches(self):
        """Batches of a pass, `len(self)`; None where there is no end."""
        return len(self)

    def __getitem__(self, index):
        raise NotImplementedError(f"expected {type(self).__name__} to define __getitem__(index)")

    def __len__(self):
        raise NotImplementedError(
            f"expected {type(self).__name__} to define __len__, or the property num_batches"
        )

    def on_epoch_begin(self):
        """Called before each epoch."""

    def on_epoch_end(self):
        """Called after each epoch."""


#: The older name.
Sequence = PyDataset


class PyDatasetBatches(Batches):
    """Epochs over a `PyDataset`.

    Args:
        source: the data set.
        standardize: (x, y, sample_weight) -> three lists of arrays; see `ArrayBatches.epoch`.
        steps: batches of an epoch; None: all. With steps, the next epoch goes on where this one
            stopped.
        shuffle: whether each pass has an order of its own, drawn from the global seed.
        parts: (batch) -> the arguments of `standardize`.

    Raises:
        ValueError: neither steps nor the data set say how long an epoch is.
    """

    def __init__(self, source, standardize, steps=None, shuffle=False, parts=None):
        self.source = source
        self._standardize = standardize
        self._parts = parts or unpack
        self._wanted = None if steps is None else as_count("steps", steps)
        self._generator = np.random.default_rng(next_seed()) if shuffle else None
        if self.steps is None:
            raise ValueError(
                f"expected a number of steps, since {type(source).__name__}.num_batches is None; "
                "pass `steps_per_epoch`, or `steps` to evaluate and predict"
            )
        self._at_first = None  # the state of random numbers before all epochs, once asked for
        self._epochs = 0  # that began
        self._shuffler = None  # the generator's state before the pass
        self._begin_pass()

    @property
    def steps(self):
        """Batches of an epoch."""
        return self._wanted or self.source.num_batches

    def restart(self):
        """The next epoch begins a pass; as in Keras, the data set hears of an epoch's end."""
        self.source.on_epoch_end()
        self._begin_pass()

    def _begin_pass(self):
        self._size, self._taken = self.source.num_batches, 0
        order = count() if self._size is None else np.arange(self._size)
        if self._generator is not None:
            self._shuffler = self._generator.bit_generator.state
            if self._size is not None:
                self._generator.shuffle(order)
        self._numbers = map(int, order)

    def get_state(self):
        """The numbers that were taken since a pass began with this state of the shuffler, and what
        the data set heard."""
        self._at_first = self._at_first or random_state()
        return {
            "taken": self._taken,
            "shuffler": self._shuffler,
            "epochs": self._epochs,
            "random": self._at_first,
        }

    def set_state(self, state):
        """Calls the data set's `on_epoch_begin` and `on_epoch_end` as they were called before."""
        now = random_state()
        set_random_state(state["random"])
        for _ in range(state["epochs"]):
            self.source.on_epoch_begin()
            self.source.on_epoch_end()
        set_random_state(now)
        self._epochs, self._at_first = state["epochs"], state["random"]
        if self._generator is not None:
            self._generator.bit_generator.state = state["shuffler"]
        self._begin_pass()
        self._taken = len(list(islice(self._numbers, state["taken"])))

    def epoch(self, skip=0):
        """Yields (x, y, weights), lists of arrays, but the first `skip` of them."""
        if self._wanted is None or self._taken == self._size:
            self._begin_pass()
        numbers = list(islice(self._numbers, self.steps))
        self._taken += len(numbers)
        self.source.on_epoch_begin()
        self._epochs += 1
        with closing(self._made(numbers[skip:])) as batches:
            yield from batches
        if self._wanted is not None and len(numbers) < self._wanted:
            self._warn_of_the_end(len(numbers))
        self.source.on_epoch_end()

    def _made(self, numbers):
        source = self.source
        if source.use_multiprocessing:
            return self._made_elsewhere(numbers)
        calls = (partial(self._batch, number) for number in numbers)
        if source.workers > 1:
            return ahead(threads(source.workers), calls, source.max_queue_size)
        return overlapped(calls)

    def _batch(self, number):
        return self._standardize(*self._parts(self.source[number]))

    def _made_elsewhere(self, numbers):
        source = self.source
        pool = ProcessPoolExecutor(source.workers, initializer=_adopt, initargs=(source,))
        calls = (partial(_item, number) for number in numbers)
        with closing(ahead(pool, calls, source.max_queue_size)) as batches:
            for batch in batches:
                yield self._standardize(*self._parts(batch))


def _adopt(source):
    """Keeps a data set in a worker process."""
    _item.source = source


def _item(number):
    return _item.source[number]
