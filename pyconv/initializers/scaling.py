"""Initializers whose variance follows from the shape of the weights: Glorot (Xavier), He, LeCun."""

import math

from pyconv.initializers.fans import compute_fans
from pyconv.initializers.initializer import RandomInitializer
from pyconv.initializers.random import (
    TRUNCATED_STDDEV,
    draw_normal,
    draw_truncated_normal,
    draw_uniform,
)

MODES = ("fan_in", "fan_out", "fan_avg")
DISTRIBUTIONS = ("truncated_normal", "untruncated_normal", "uniform")


class VarianceScaling(RandomInitializer):
    """Draws of mean 0 and variance scale / n, n the fan that `mode` names.

    Args:
        scale: factor of the variance, above 0.
        mode: "fan_in", "fan_out" or "fan_avg", the mean of the two.
        distribution: "truncated_normal" (at two standard deviations, with the variance after the
            truncation), "untruncated_normal", or "uniform" in +-sqrt(3 * scale / n).
        seed: int, or None for one from the global generator.
        input_axes: see `compute_fans`.
        output_axes: see `compute_fans`.

    Raises:
        ValueError: an argument is out of range.

    Example:
        >>> kernel = VarianceScaling(scale=2.0, seed=0)((3, 3, 64, 64))
        >>> round(float(kernel.var() * 9 * 64), 1)
        2.0
    """

    def __init__(
        self,
        scale=1.0,
        mode="fan_in",
        distribution="truncated_normal",
        seed=None,
        input_axes=None,
        output_axes=None,
    ):
        super().__init__(seed)
        distribution = {"normal": "truncated_normal"}.get(
            distribution.lower(), distribution.lower()
        )
        if not scale > 0:
            raise ValueError(f"expected `scale` above 0, received {scale!r}")
        if mode not in MODES:
            raise ValueError(f"expected `mode` to be one of {MODES}, received {mode!r}")
        if distribution not in DISTRIBUTIONS:
            raise ValueError(
                f"expected `distribution` to be one of {DISTRIBUTIONS}, received {distribution!r}"
            )
        self.scale = scale
        self.mode = mode
        self.distribution = distribution
        self.input_axes = input_axes
        self.output_axes = output_axes

    def __call__(self, shape, dtype="float32"):
        variance = self.variance(shape)
        if self.distribution == "uniform":
            limit = math.sqrt(3 * variance)
            return draw_uniform(self.seed, shape, -limit, limit, dtype)
        stddev = math.sqrt(variance)
        if self.distribution == "untruncated_normal":
            return draw_normal(self.seed, shape, 0.0, stddev, dtype)
        return draw_truncated_normal(self.seed, shape, 0.0, stddev / TRUNCATED_STDDEV, dtype)

    def fans(self, shape):
        return compute_fans(shape, self.input_axes, self.output_axes)

    def variance(self, shape):
        fan_in, fan_out = self.fans(shape)
        fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        return self.scale / max(1.0, fan)

    def get_config(self):
        return {
            **super().get_config(),
            "scale": self.scale,
            "mode": self.mode,
            "distribution": self.distribution,
            "input_axes": self.input_axes,
            "output_axes": self.output_axes,
        }


class _Named(VarianceScaling):
    """VarianceScaling with the scale, mode and distribution of a paper, set by the subclass."""

    rule = {}

    def __init__(self, seed=None, input_axes=None, output_axes=None):
        super().__init__(**self.rule, seed=seed, input_axes=input_axes, output_axes=output_axes)

    def get_config(self):
        config = super().get_config()
        return {key: config[key] for key in ("seed", "input_axes", "output_axes")}


class GlorotNormal(_Named):
    """Truncated normal of variance 2 / (fan_in + fan_out), also called Xavier normal.

    Glorot and Bengio 2010, eq. 12. Arguments as of `VarianceScaling`.

    Example:
        >>> GlorotNormal(seed=0)((100, 50)).shape
        (100, 50)
    """

    rule = {"scale": 1.0, "mode": "fan_avg", "distribution": "truncated_normal"}


class GlorotUniform(_Named):
    """Uniform in +-sqrt(6 / (fan_in + fan_out)), also called Xavier uniform: the default of layers.

    Glorot and Bengio 2010, eq. 16. Arguments as of `VarianceScaling`.

    Example:
        >>> bool(abs(GlorotUniform(seed=0)((100, 50))).max() <= 0.2)
        True
    """

    rule = {"scale": 1.0, "mode": "fan_avg", "distribution": "uniform"}


class HeNormal(_Named):
    """Truncated normal of variance 2 / fan_in, which keeps the variance through ReLU layers.

    He et al. 2015, eq. 10. Arguments as of `VarianceScaling`.

    Example:
        >>> HeNormal(seed=0).variance((3, 3, 2, 8)) == 2 / (9 * 2)
        True
    """

    rule = {"scale": 2.0, "mode": "fan_in", "distribution": "truncated_normal"}


class HeUniform(_Named):
    """Uniform in +-sqrt(6 / fan_in), of the variance of `HeNormal`.

    He et al. 2015, eq. 10. Arguments as of `VarianceScaling`.

    Example:
        >>> bool(abs(HeUniform(seed=0)((6, 50))).max() <= 1)
        True
    """

    rule = {"scale": 2.0, "mode": "fan_in", "distribution": "uniform"}


class LecunNormal(_Named):
    """Truncated normal of variance 1 / fan_in.

    LeCun et al. 1998, section 4.6. Arguments as of `VarianceScaling`.

    Example:
        >>> LecunNormal(seed=0).variance((4, 2))
        0.25
    """

    rule = {"scale": 1.0, "mode": "fan_in", "distribution": "truncated_normal"}


class LecunUniform(_Named):
    """Uniform in +-sqrt(3 / fan_in), of the variance of `LecunNormal`.

    LeCun et al. 1998, section 4.6. Arguments as of `VarianceScaling`.

    Example:
        >>> bool(abs(LecunUniform(seed=0)((3, 50))).max() <= 1)
        True
    """

    rule = {"scale": 1.0, "mode": "fan_in", "distribution": "uniform"}
