"""The state of random layers."""

from __future__ import annotations

import numpy as np

from pyconv.graph import Variable
from pyconv.utils.seed import check_seed, next_seed


class SeedGenerator:
    """A seed and a counter: the key of a layer's random numbers.

    The state is a variable of the layer, but not one of its weights.

    Args:
        seed: integer in [0, 2**32); None draws one from the global generator.

    Attributes:
        state: int32 variable of shape (2,): the seed's bits and the number of draws so far.

    Example:
        >>> SeedGenerator(seed=7).state.numpy()
        array([7, 0], dtype=int32)
    """

    def __init__(self, seed: int | None = None):
        self.seed = next_seed() if seed is None else check_seed(seed)
        key = np.array([self.seed, 0], "uint32").view("int32")
        self.state = Variable(key, dtype="int32", trainable=False, name="seed_generator_state")
