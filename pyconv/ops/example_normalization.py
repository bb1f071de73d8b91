"""Normalization over the axes of each example."""

from __future__ import annotations

from pyconv.config import epsilon as config_epsilon
from pyconv.ops.dtypes import floats
from pyconv.ops.elementwise import add, multiply, rsqrt, square, subtract
from pyconv.ops.reduce import mean, moments
from pyconv.ops.shaping import axes_of, reshape, shape_of


def layer_normalization(x, gamma=None, beta=None, axis=-1, epsilon=None, **kwargs):
    """(x - mean) / sqrt(variance + epsilon) gamma + beta over axes of each example (Ba et al.
    2016).

    Args:
        x: tensor or array.
        gamma, beta: of the axes' sizes, or None.
        axis: one or several.
        epsilon: `config.epsilon()` by default.
        kwargs: `rms_scaling` leaves out the mean and beta, and divides by the root of the variance.

    Example:
        >>> from pyconv import ops
        >>> ops.layer_normalization([[1.0, 3.0]])
        array([[-1.,  1.]], dtype=float32)
    """
    x = floats(x)
    axes = axes_of("layer_normalization", shape_of(x), axis)
    epsilon = config_epsilon() if epsilon is None else epsilon
    mean, variance = moments(x, axes, keepdims=True)
    factor = rsqrt(add(variance, epsilon))
    if gamma is not None:
        factor = multiply(factor, _along(gamma, shape_of(x), axes))
    if kwargs.pop("rms_scaling", False):
        return multiply(x, factor)
    y = multiply(subtract(x, mean), factor)
    return y if beta is None else add(y, _along(beta, shape_of(x), axes))


def rms_normalization(x, scale=None, axis=-1, epsilon=None):
    """x / sqrt(mean(x^2) + epsilon) scale over axes of each example (Zhang & Sennrich 2019).

    Args:
        x: tensor or array.
        scale: of the axes' sizes, or None.
        axis: one or several.
        epsilon: `config.epsilon()` by default.

    Example:
        >>> from pyconv import ops
        >>> ops.rms_normalization([[2.0, 2.0]])
        array([[1., 1.]], dtype=float32)
    """
    x = floats(x)
    axes = axes_of("rms_normalization", shape_of(x), axis)
    epsilon = config_epsilon() if epsilon is None else epsilon
    y = multiply(x, rsqrt(add(mean(square(x), axes, True), epsilon)))
    return y if scale is None else multiply(y, _along(scale, shape_of(x), axes))


def _along(vector, shape: tuple, axes: list):
    """A vector that has only these axes, as one that broadcasts to the shape."""
    return reshape(vector, tuple(s if a in axes else 1 for a, s in enumerate(shape)))
