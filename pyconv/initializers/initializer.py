"""The contract of initializers."""

from abc import ABC, abstractmethod
from copy import copy

import numpy as np

from pyconv.initializers.fans import compute_fans
from pyconv.utils.seed import check_seed, next_seed


class Initializer(ABC):
    """Base of all initializers: a subclass defines `__call__` and `get_config`."""

    @abstractmethod
    def __call__(self, shape, dtype="float32"):
        """A NumPy array of this shape and dtype."""

    def fans(self, shape):
        """(fan_in, fan_out) of weights of this shape; see `compute_fans`."""
        return compute_fans(shape)

    def variance(self, shape):
        """The variance of one element, drawn anew, of weights of this shape; where nothing is
        drawn, that of the elements."""
        return float(np.var(self(shape, "float64")))

    def describe(self, shape):
        """Fans and variance of weights of this shape.

        Args:
            shape: shape of the weights, (k..., ic, oc) for a kernel.

        Returns:
            {"fan_in": inputs of a unit, "fan_out": outputs of an input, "variance": of a weight}.

        Example:
            >>> from pyconv import initializers
            >>> initializers.get("he_normal").describe((3, 3, 2, 8))
            {'fan_in': 18, 'fan_out': 72, 'variance': 0.1111111111111111}
        """
        fan_in, fan_out = self.fans(shape)
        return {"fan_in": fan_in, "fan_out": fan_out, "variance": self.variance(shape)}

    def get_config(self):
        """The arguments of the constructor, ready for JSON."""
        return {}

    @classmethod
    def from_config(cls, config):
        """The initializer that `get_config` described."""
        return cls(**config)

    def clone(self):
        """An equal initializer."""
        return type(self).from_config(self.get_config())


class RandomInitializer(Initializer):
    """Base of initializers with a seed.

    Args:
        seed: int, or None for a seed from the global generator, drawn once, here; or a
            `SeedGenerator`, whose next number each call draws with.
    """

    def __init__(self, seed=None):
        if isinstance(seed, dict):
            from pyconv.saving import deserialize_keras_object

            seed = deserialize_keras_object(seed)
        self._config_seed = seed if seed is None or _is_generator(seed) else check_seed(seed)
        self.seed = next_seed() if seed is None else self._config_seed

    def get_config(self):
        if not _is_generator(self._config_seed):
            return {"seed": self._config_seed}
        from pyconv.saving import serialize_keras_object

        return {"seed": serialize_keras_object(self._config_seed)}


def rng_of(seed):
    """NumPy's generator of an int, or of the next number of a `SeedGenerator`.

    Example:
        >>> int(rng_of(3).integers(10))
        8
    """
    return np.random.default_rng(
        seed.next_at_once().view("uint32") if _is_generator(seed) else seed
    )


def _is_generator(seed):
    return hasattr(seed, "next_at_once")


def further(initializer, number: int):
    """An initializer for one more weight of a layer, so that equal shapes get other draws: its seed
    is `number` higher. What has no such seed stays as it is."""
    if number == 0 or not hasattr(getattr(initializer, "seed", None), "__index__"):
        return initializer
    other = copy(initializer)
    other.seed = (initializer.seed + number) % 2**32
    return other
