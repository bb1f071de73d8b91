"""What all sources of batches share, and epochs over a known number of batches."""

import operator
import warnings

import numpy as np

from pyconv.utils.seed import next_seed


class Batches:
    """Base of the sources of batches.

    Attributes:
        steps: batches of an epoch; None: not known.
        rows: examples of an epoch, where they come in order; None: not known.
        reuses: whether batches of the same lists have the same arrays, written anew.
    """

    steps = rows = None
    reuses = False

    def restart(self):
        """The next epoch begins at the first batch."""

    def get_state(self):
        """Where the next epoch begins, as dicts, lists, numbers and arrays."""
        return {}

    def set_state(self, state):
        """The next epoch begins where `get_state` said, with sources as they were at first."""

    def joined(self, parts):
        """The rows of what was computed for each batch of an epoch, in the order of the examples:
        an array, or where they have different sizes a list.

        Args:
            parts: list of arrays, one for each batch.
        """
        if len({part.shape[1:] for part in parts}) > 1:
            return [row for part in parts for row in part]
        return np.concatenate(parts) if len(parts) > 1 else parts[0]

    def _warn_of_the_end(self, taken):
        warnings.warn(
            f"expected {self._wanted} batches an epoch, received {taken}: the data ran out; use "
            "fewer steps, or a number of them that divides that of the batches",
            RuntimeWarning,
            stacklevel=4,
        )


class Passes(Batches):
    """Passes over a number of batches, which a subclass makes, in epochs of some of them.

    A subclass defines `_batch(number)` -> (x, y, weights) and `_shuffle(generator)`, which orders
    the examples anew.

    Args:
        batches: the number of batches of all examples.
        shuffle: whether each pass has an order of its own, drawn from the global seed.
        steps: batches of an epoch; None: all. With steps, the next epoch goes on where this one
            stopped; an epoch ends early, with a warning, where the batches do.
    """

    def __init__(self, batches, shuffle, steps):
        self._seed = next_seed() if shuffle else None
        self._generator = np.random.default_rng(self._seed) if shuffle else None
        self._wanted = None if steps is None else as_count("steps", steps)
        self._batches = batches
        self.steps = self._wanted or batches
        self._next = self._shuffles = 0

    def restart(self):
        self._next = 0

    def get_state(self):
        return {"seed": self._seed, "shuffles": self._shuffles, "next": self._next}

    def set_state(self, state):
        self._seed, self._next = state["seed"], state["next"]
        self._generator = None if self._seed is None else np.random.default_rng(self._seed)
        for _ in range(state["shuffles"]):
            self._shuffle(self._generator)
        self._shuffles = state["shuffles"]

    def epoch(self, skip=0):
        """Yields (x, y, weights), lists of arrays that are valid until the next batch, but the
        first `skip` of them, so that an epoch that broke off can be gone on with."""
        if self._wanted is None or self._next == self._batches:
            self.restart()
        for taken in range(self.steps):
            if self._next == self._batches:
                self._warn_of_the_end(taken)
                break
            if self._next == 0 and self._generator is not None:
                self._shuffle(self._generator)
                self._shuffles += 1
            self._next += 1
            if taken >= skip:
                yield self._batch(self._next - 1)


def as_count(name, value, least=1):
    """The value as an int; raises ValueError unless it is an integer from `least`."""
    if isinstance(value, bool) or not hasattr(value, "__index__") or value < least:
        raise ValueError(
            f"expected `{name}` to be an integer of at least {least}, received {value!r}"
        )
    return operator.index(value)
