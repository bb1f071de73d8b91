"""Convolutions with kernels that nothing was learned for."""

import numpy as np

from pyconv.layers import Conv2D


def random_kernels(shape, seed=0):
    """Random filters of mean 0 and norm 1: with pooling they find frequencies and are invariant to
    shifts without any training (Saxe et al. 2011).

    Args:
        shape: (spatial..., channels, filters).
        seed: an integer.

    Returns:
        An array of this shape, float32.

    Example:
        >>> kernel = random_kernels((3, 3, 1, 8))
        >>> np.linalg.norm(kernel, axis=(0, 1)).round(3).ravel()
        array([1., 1., 1., 1., 1., 1., 1., 1.], dtype=float32)
    """
    kernel = np.random.default_rng(seed).standard_normal(shape)
    axes = tuple(range(len(shape) - 1))
    if np.prod(shape[:-1]) > 1:
        kernel -= kernel.mean(axis=axes, keepdims=True)
    norms = np.sqrt(np.sum(kernel**2, axis=axes, keepdims=True))
    return (kernel / norms).astype("float32")


def fixed_conv(kernel, activation="relu", strides=1, padding="valid", **kwargs):
    """A convolution layer with a given kernel that training does not change.

    Args:
        kernel: (height, width, channels, filters): random, designed by hand, or found in data.
        activation, strides, padding, **kwargs: as in `Conv2D`; there is no bias by default.

    Returns:
        A `Conv2D`, not trainable.

    Raises:
        ValueError: the kernel has not four axes.

    Example:
        >>> edge = np.array([[1.0, -1.0]]).reshape(1, 2, 1, 1)
        >>> fixed_conv(edge)(np.array([[[[3.0], [1.0], [2.0]]]])).ravel()
        array([2., 0.], dtype=float32)
    """
    kernel = np.asarray(kernel, "float32")
    if kernel.ndim != 4:
        raise ValueError(
            f"expected a kernel (height, width, channels, filters), received shape {kernel.shape}"
        )
    arguments = {"use_bias": False, "trainable": False, **kwargs}
    return Conv2D(
        kernel.shape[-1], kernel.shape[:2], strides, padding,
        activation=activation, kernel_initializer=kernel, **arguments,
    )  # fmt: skip
