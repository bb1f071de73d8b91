"""Seeds that count their draws: the state behind random numbers."""

from __future__ import annotations

import operator

import numpy as np

from pyconv.graph import Variable, apply, as_tensor, current_trace
from pyconv.ops.random import NextKey
from pyconv.utils.naming import unique_name
from pyconv.utils.seed import check_seed, next_seed, on_seed


class SeedGenerator:
    """A seed and a counter: the key of random numbers that differ at each draw.

    The state is a variable of the layer that has it as an attribute, but not one of its weights. In
    a compiled step it is drawn from anew at each run.

    Args:
        seed: an integer; None draws one from the global generator.
        name: of the generator.

    Attributes:
        state: int64 variable of shape (2,): the seed's bits and the number of draws so far.

    Raises:
        TypeError: the seed is not an integer.

    Example:
        >>> SeedGenerator(seed=7).state.numpy()
        array([7, 0])
    """

    def __init__(self, seed: int | None = None, name: str | None = None, **kwargs):
        if kwargs:
            raise TypeError(f"SeedGenerator: expected `seed` and `name`, received {list(kwargs)}")
        self.name = name or unique_name("seed_generator")
        self.seed = next_seed() if seed is None else _whole(seed)
        self.state = Variable(
            key_of(self.seed), dtype="int64", trainable=False, name="seed_generator_state"
        )
        self.state.path = f"{self.name}/{self.state.name}"

    def next(self, ordered: bool = True):
        """The key of the next draw, int32 (seed, counter); the counter is advanced.

        Args:
            ordered: taken for Keras' sake; draws are always in order.
        """
        if current_trace() is not None:
            key = as_tensor(self.state)
            self.state.assign(apply(NextKey(), key))
            return key
        return self.next_at_once()

    def next_at_once(self) -> np.ndarray:
        """`next` as numbers, also while a step is traced."""
        key = self.state.view.copy()
        self.state.put(key + np.int32([0, 1]))
        return key

    def reset(self, seed: int) -> None:
        """Begins again with another seed."""
        self.seed = seed
        self.state.assign(key_of(seed))

    def get_config(self) -> dict:
        """The arguments that make an equal one."""
        return {"seed": self.seed, "name": self.name}

    @classmethod
    def from_config(cls, config: dict) -> SeedGenerator:
        return cls(**config)


def _whole(seed) -> int:
    """The seed as an integer; raises TypeError for what is none."""
    return operator.index(seed) if hasattr(seed, "__index__") else check_seed(seed)


def key_of(seed: int, counter: int = 0) -> np.ndarray:
    """The key of an integer's first draw."""
    return np.array([seed % 2**32, counter], "uint32").view("int32")


class _Global:
    """What is drawn from in steps where no seed is given, made at the first use."""

    generator = None


def global_generator() -> SeedGenerator:
    """The process's generator, which `set_random_seed` sets."""
    if _Global.generator is None:
        seed = on_seed(lambda seed: _Global.generator.reset(seed))
        _Global.generator = SeedGenerator(seed, name="global_seed_generator")
    return _Global.generator


class Draws:
    """The keys that one call of a random function draws with, each another one.

    Args:
        seed: an integer, which gives the same keys at each call; a `SeedGenerator`; or None for the
            global generator.

    Raises:
        ValueError: the seed is none of these.
    """

    def __init__(self, seed):
        if seed is None:
            seed = global_generator()
        if not isinstance(seed, SeedGenerator) and (
            isinstance(seed, bool) or not hasattr(seed, "__index__")
        ):
            raise ValueError(
                "expected `seed` to be an integer, a SeedGenerator or None, received "
                f"{seed!r} of type {type(seed).__name__}"
            )
        self.seed = seed
        self.count = 0

    def next(self):
        """The next key."""
        if isinstance(self.seed, SeedGenerator):
            return self.seed.next()
        self.count += 1
        return key_of(operator.index(self.seed), self.count - 1)
