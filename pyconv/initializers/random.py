"""Initializers with given moments or bounds, and the draws that all random ones share."""

import numpy as np

from pyconv.initializers.initializer import RandomInitializer, rng_of

# standard deviation of a unit normal truncated at +-2
TRUNCATED_STDDEV = 0.87962566103423978


def draw_normal(seed, shape, mean, stddev, dtype):
    """Normal draws of this mean and standard deviation."""
    z = rng_of(seed).standard_normal(shape, _draw_dtype(dtype))
    return np.asarray(z * stddev + mean, dtype)


def draw_truncated_normal(seed, shape, mean, stddev, dtype):
    """Normal draws, redrawn until within two `stddev` of the mean.

    The deviation of the result is 0.8796 times `stddev`, which is that of the untruncated normal.
    """
    rng = rng_of(seed)
    z = np.atleast_1d(rng.standard_normal(shape, _draw_dtype(dtype)))
    outside = np.abs(z) > 2
    while outside.any():
        z[outside] = rng.standard_normal(np.count_nonzero(outside), z.dtype)
        outside = np.abs(z) > 2
    return np.asarray(z.reshape(shape) * stddev + mean, dtype)


def draw_uniform(seed, shape, low, high, dtype):
    """Uniform draws in [low, high)."""
    u = rng_of(seed).random(shape, _draw_dtype(dtype))
    return np.asarray(u * (high - low) + low, dtype)


def _draw_dtype(dtype):
    """The precision to draw in: NumPy draws float32 and float64 only."""
    return np.float64 if np.dtype(dtype).itemsize > 4 else np.float32


class _Normal(RandomInitializer):
    """What RandomNormal and TruncatedNormal share: their arguments."""

    def __init__(self, mean=0.0, stddev=0.05, seed=None):
        super().__init__(seed)
        self.mean = mean
        self.stddev = stddev

    def get_config(self):
        return {**super().get_config(), "mean": self.mean, "stddev": self.stddev}


class RandomNormal(_Normal):
    """Normal draws.

    Args:
        mean: mean of the draws.
        stddev: standard deviation of the draws.
        seed: int, or None for one from the global generator.

    Example:
        >>> RandomNormal(stddev=0.1, seed=0)((3, 3, 1, 8)).shape
        (3, 3, 1, 8)
    """

    def __call__(self, shape, dtype="float32"):
        return draw_normal(self.seed, shape, self.mean, self.stddev, dtype)

    def variance(self, shape):
        return self.stddev**2


class TruncatedNormal(_Normal):
    """Normal draws, those beyond two standard deviations from the mean redrawn.

    Args:
        mean: mean of the draws.
        stddev: standard deviation before the truncation.
        seed: int, or None for one from the global generator.

    Example:
        >>> bool(abs(TruncatedNormal(stddev=1.0, seed=0)((1000,))).max() <= 2)
        True
    """

    def __call__(self, shape, dtype="float32"):
        return draw_truncated_normal(self.seed, shape, self.mean, self.stddev, dtype)

    def variance(self, shape):
        return (TRUNCATED_STDDEV * self.stddev) ** 2


class RandomUniform(RandomInitializer):
    """Uniform draws in [minval, maxval).

    Args:
        minval: lower bound.
        maxval: upper bound.
        seed: int, or None for one from the global generator.

    Example:
        >>> bool(abs(RandomUniform(-1, 1, seed=0)((1000,))).max() <= 1)
        True
    """

    def __init__(self, minval=-0.05, maxval=0.05, seed=None):
        super().__init__(seed)
        self.minval = minval
        self.maxval = maxval

    def __call__(self, shape, dtype="float32"):
        return draw_uniform(self.seed, shape, self.minval, self.maxval, dtype)

    def variance(self, shape):
        return (self.maxval - self.minval) ** 2 / 12

    def get_config(self):
        return {**super().get_config(), "minval": self.minval, "maxval": self.maxval}
