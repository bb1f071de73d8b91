"""Streams of elements with the methods of tf.data that scripts call."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import numpy as np

from pyconv.data.passes import as_count
from pyconv.graph.array import as_array
from pyconv.utils.nest import flatten, map_structure
from pyconv.utils.seed import check_seed, next_seed
from pyconv.utils.strings import as_strings, holds_strings

INFINITE, UNKNOWN = -1, -2  # cardinalities, as tf.data has them


class Dataset:
    """Elements, or batches of them, that can be gone through as often as asked.

    It is what `utils.image_dataset_from_directory` and its kin return, and `fit` takes it. Each
    method returns a new data set; `num_parallel_calls` and the like are accepted, and change
    nothing.

    Args:
        source: a function that returns an iterable of elements: arrays, or tuples or dicts of them.
        length: the number of elements; None where it is not known.

    Example:
        >>> x, y = np.arange(5.0), np.arange(5) % 2
        >>> data = Dataset.from_tensor_slices((x, y)).map(lambda x, y: (2 * x, y)).batch(2)
        >>> len(data), next(iter(data))
        (3, (array([0., 2.]), array([0, 1])))
    """

    def __init__(self, source: Callable[[], Iterable], length: float | None = None):
        self._source = source
        self._length = length

    @classmethod
    def from_tensor_slices(cls, tensors) -> Dataset:
        """The rows of an array, or of each array in a nest of them; strings are `bytes`.

        Raises:
            ValueError: arrays of different lengths.
        """
        arrays = _arrays(tensors)
        lengths = {len(array) for array in flatten(arrays)}
        if len(lengths) != 1:
            raise ValueError(f"expected arrays of one length, received lengths {sorted(lengths)}")
        length = lengths.pop()

        def row(i):
            return map_structure(lambda array: array[i, ...], arrays)

        return cls(lambda: map(row, range(length)), length)

    @classmethod
    def from_generator(cls, generator: Callable[[], Iterable], *args, **kwargs) -> Dataset:
        """What a function that makes a generator yields; signatures of outputs are not needed."""
        return cls(generator)

    @classmethod
    def range(cls, *args) -> Dataset:
        """The integers of Python's `range(*args)`."""
        return cls.from_tensor_slices(np.arange(*args))

    @classmethod
    def zip(cls, *datasets) -> Dataset:
        """Tuples of an element of each data set, as far as the shortest goes."""
        datasets = datasets[0] if len(datasets) == 1 else datasets
        lengths = [data._length for data in datasets]
        length = None if None in lengths else min(lengths)
        return cls(lambda: zip(*(d._elements() for d in datasets), strict=False), length)

    def __iter__(self) -> Iterator:
        return (map_structure(_as_user_has_it, element) for element in self._elements())

    def __len__(self) -> int:
        if self._length in (None, math.inf):
            how = "not known" if self._length is None else "infinite"
            raise TypeError(f"expected a data set of a known length, received one that is {how}")
        return self._length

    def cardinality(self) -> int:
        """The number of elements; -1 for infinitely many, -2 where it is not known."""
        return {None: UNKNOWN, math.inf: INFINITE}.get(self._length, self._length)

    def as_numpy_iterator(self) -> Iterator:
        """The elements as plain NumPy arrays."""
        return (map_structure(np.asarray, element) for element in self._elements())

    def map(self, map_func, num_parallel_calls=None, deterministic=None, **options) -> Dataset:
        """map_func(*element) in place of each element that is a tuple, else map_func(element)."""

        def mapped(element):
            element = map_structure(_as_user_has_it, element)
            return map_func(*element) if isinstance(element, tuple) else map_func(element)

        return Dataset(lambda: map(mapped, self._elements()), self._length)

    def filter(self, predicate, **options) -> Dataset:
        """The elements for which predicate(*element) is true."""

        def kept(element):
            return predicate(*element) if isinstance(element, tuple) else predicate(element)

        return Dataset(lambda: (element for element in self if kept(element)))

    def batch(
        self,
        batch_size,
        drop_remainder=False,
        num_parallel_calls=None,
        deterministic=None,
        **options,
    ) -> Dataset:
        """Elements stacked along a new first axis, so many at a time."""
        size = as_count("batch_size", batch_size)

        def batches():
            elements = iter(self._elements())
            while rows := list(islice(elements, size)):
                if len(rows) == size or not drop_remainder:
                    yield _stacked(rows)

        count = math.floor if drop_remainder else math.ceil
        length = self._length
        finite = length not in (None, math.inf)
        return Dataset(batches, count(length / size) if finite else length)

    def unbatch(self, **options) -> Dataset:
        """The rows of each element."""

        def rows():
            for batch in self._elements():
                yield from Dataset.from_tensor_slices(batch)._elements()

        return Dataset(rows)

    def shuffle(self, buffer_size, seed=None, reshuffle_each_iteration=True, **options) -> Dataset:
        """The elements in random order: each is drawn from the next `buffer_size` of them.

        Args:
            buffer_size: how many elements are kept.
            seed: an integer, for the same orders in each process.
            reshuffle_each_iteration: whether each pass has an order of its own.
        """
        size = as_count("buffer_size", buffer_size)
        seed = next_seed() if seed is None else check_seed(seed)
        generator = np.random.default_rng(seed)

        def shuffled():
            again = reshuffle_each_iteration in (True, None)
            return _drawn(
                self._elements(), size, generator if again else np.random.default_rng(seed)
            )

        return Dataset(shuffled, self._length)

    def take(self, count, **options) -> Dataset:
        """The first elements; all where count is -1."""
        if count < 0:
            return self
        length = None if self._length is None else min(self._length, count)
        return Dataset(lambda: islice(self._elements(), count), length)

    def skip(self, count, **options) -> Dataset:
        """The elements after the first ones; none where count is -1."""
        if count < 0:
            return Dataset(lambda: (), 0)
        length = None if self._length is None else max(self._length - count, 0)
        return Dataset(lambda: islice(self._elements(), count, None), length)

    def shard(self, num_shards, index, **options) -> Dataset:
        """Every `num_shards`-th element, from the one at `index` on."""
        length = self._length
        if length not in (None, math.inf):
            length = len(range(index, length, num_shards))
        return Dataset(lambda: islice(self._elements(), index, None, num_shards), length)

    def repeat(self, count=None, **options) -> Dataset:
        """The elements so many times, without end where count is None or -1."""
        endless = count is None or count < 0
        times = math.inf if endless else count

        def passes():
            done = 0
            while done < times:
                yield from self._elements()
                done += 1

        length = None if self._length is None else self._length * times if self._length else 0
        return Dataset(passes, length)

    def cache(self, filename="", **options) -> Dataset:
        """The elements, made at the first pass and kept in memory from its end on."""
        if filename:
            raise ValueError(f"expected a cache in memory, received filename={filename!r}")
        kept = []

        def elements():
            if kept:
                yield from kept[0]
                return
            made = []
            for element in self._elements():
                made.append(element)
                yield element
            kept[:] = [made]

        return Dataset(elements, self._length)

    def prefetch(self, buffer_size=None, **options) -> Dataset:
        """This data set: `fit` makes the next batch while it works on one."""
        return self

    def with_options(self, options, **further) -> Dataset:
        """This data set; there are no options."""
        return self

    def apply(self, transformation_func) -> Dataset:
        """transformation_func(self)."""
        return transformation_func(self)

    def concatenate(self, dataset, **options) -> Dataset:
        """These elements, then those of another data set."""
        lengths = self._length, dataset._length

        def both():
            yield from self._elements()
            yield from dataset._elements()

        return Dataset(both, None if None in lengths else sum(lengths))

    def enumerate(self, start=0, **options) -> Dataset:
        """Pairs (number, element)."""
        return Dataset(lambda: enumerate(self._elements(), start), self._length)

    def _elements(self) -> Iterable:
        return self._source()


def _arrays(nest):
    """The arrays of a nest; lists of numbers or strings are arrays, too."""
    if isinstance(nest, dict):
        return {key: _arrays(part) for key, part in nest.items()}
    listed = isinstance(nest, list) and any(hasattr(part, "shape") for part in nest)
    if isinstance(nest, tuple) or listed:
        return type(nest)([_arrays(part) for part in nest])
    return as_strings(nest) if holds_strings(nest) else np.asarray(nest)


def _as_user_has_it(value):
    return as_array(value) if isinstance(value, (np.ndarray, np.generic)) else value


def _stacked(rows):
    """A batch of elements of one nesting."""
    leaves = zip(*map(flatten, rows), strict=True)
    stacks = iter([np.stack([np.asarray(x) for x in column]) for column in leaves])
    return map_structure(lambda _: next(stacks), rows[0])


def _drawn(elements, size, generator):
    """The elements in random order, by way of a buffer."""
    buffer = []
    for element in elements:
        if len(buffer) < size:
            buffer.append(element)
            continue
        place = generator.integers(size)
        yield buffer[place]
        buffer[place] = element
    for place in generator.permutation(len(buffer)):
        yield buffer[place]
