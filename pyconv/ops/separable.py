"""Depthwise and separable convolution, and subsampling."""

from __future__ import annotations

import numpy as np

from pyconv.graph import Tensor, apply
from pyconv.ops.convolution import conv
from pyconv.ops.convolution_shapes import spatial_rank
from pyconv.ops.factored import spatially_separable_conv
from pyconv.ops.geometry import per_axis
from pyconv.ops.layout import in_layout
from pyconv.ops.shaping import reshape, shape_of
from pyconv.ops.slices import Slice
from pyconv.utils.separate import separate_kernel

#: From so many taps along each axis on, separate convolutions are faster than one.
TAPS_LEAST = 5


def depthwise_conv(
    inputs,
    kernel,
    strides=1,
    padding="valid",
    data_format=None,
    dilation_rate=1,
    bias=None,
    flip_kernel=False,
    padding_mode="zeros",
):
    """Each channel convolved with kernels of its own (Chollet 2017).

    Args:
        inputs: (n, spatial..., channels), 1 to 3 spatial axes.
        kernel: (spatial..., channels, multiplier), or with a leading axis n: for each example.
        strides, padding, data_format, dilation_rate, bias, flip_kernel, padding_mode: as `conv`.

    Returns:
        (n, spatial..., channels * multiplier), channel * multiplier + m holding kernel m.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> ops.depthwise_conv(np.ones((1, 3, 2)), np.ones((3, 2, 1))).shape
        (1, 1, 2)
    """
    options = {"strides": strides, "padding": padding, "dilation_rate": dilation_rate}
    options |= {"bias": bias, "flip_kernel": flip_kernel, "padding_mode": padding_mode}

    def by_channel(x):
        return _depthwise(x, kernel, **options)

    return in_layout(by_channel, inputs, data_format)


def _depthwise(x, kernel, **options):
    x_shape, k_shape = shape_of(x), shape_of(kernel)
    fits = 2 <= len(x_shape) <= len(k_shape) <= len(x_shape) + 1
    if not fits or k_shape[-2] != x_shape[-1] or not all(k_shape[-2:]):
        raise ValueError(
            f"depthwise_conv: expected an input (n, spatial..., channels) and a kernel of as many "
            f"axes (spatial..., channels, multiplier), received shapes {x_shape} and {k_shape}"
        )
    *sizes, channels, multiplier = k_shape
    if (factors := _known_factors(x, kernel, sizes, multiplier)) is not None:
        return spatially_separable_conv(x, factors, groups=channels, **options)
    kernel = reshape(kernel, (*sizes, 1, channels * multiplier))
    return conv(x, kernel, groups=channels, data_format="channels_last", **options)


def _known_factors(x, kernel, sizes: list[int], multiplier: int) -> list | None:
    """The kernels along each axis whose outer product a constant kernel is, in a graph that is
    computed many times; None where there are none, or one convolution is as fast: below 5 taps."""
    constant = isinstance(x, Tensor) and isinstance(kernel, np.ndarray)
    if not constant or kernel.ndim != len(x.shape) or multiplier != 1 or min(sizes) < TAPS_LEAST:
        return None
    finite = np.isfinite(kernel).all()  # what is not has no singular values
    factors = separate_kernel(kernel) if len(sizes) > 1 and finite else None
    return factors and [
        factor.reshape(_along(axis, len(sizes), factor.shape))
        for axis, factor in enumerate(factors)
    ]


def _along(axis: int, rank: int, shape: tuple) -> tuple:
    """(spatial..., 1, channels) of a factor (size, channels, 1)."""
    return (*(shape[0] if a == axis else 1 for a in range(rank)), 1, shape[1])


def separable_conv(
    inputs,
    depthwise_kernel,
    pointwise_kernel,
    strides=1,
    padding="valid",
    data_format=None,
    dilation_rate=1,
    bias=None,
    flip_kernel=False,
    padding_mode="zeros",
):
    """A depthwise convolution, then one of size 1 that mixes the channels (Chollet 2017).

    Args:
        inputs: (n, spatial..., channels), 1 to 3 spatial axes.
        depthwise_kernel: (spatial..., channels, multiplier).
        pointwise_kernel: (1..., channels * multiplier, filters).
        strides, padding, data_format, dilation_rate, flip_kernel, padding_mode: of the depthwise
            convolution, as `conv`.
        bias: as `conv`, added at the end.

    Returns:
        (n, spatial..., filters).

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> ops.separable_conv(np.ones((1, 3, 2)), np.ones((3, 2, 1)), np.ones((1, 2, 4))).shape
        (1, 1, 4)
    """
    lead = shape_of(pointwise_kernel)[:-2]
    if lead != (1,) * spatial_rank("separable_conv", inputs):
        raise ValueError(
            f"pointwise_kernel: expected a size of 1 along each spatial axis of an input of shape "
            f"{shape_of(inputs)}, received shape {shape_of(pointwise_kernel)}"
        )
    options = {"strides": strides, "padding": padding, "dilation_rate": dilation_rate}
    options |= {"flip_kernel": flip_kernel, "padding_mode": padding_mode}

    def separated(x):
        y = depthwise_conv(x, depthwise_kernel, data_format="channels_last", **options)
        return conv(y, pointwise_kernel, groups=1, bias=bias, data_format="channels_last")

    return in_layout(separated, inputs, data_format)


def subsample(x, strides):
    """Every s-th element along each spatial axis, the first one first, so that a convolution with
    stride s is the subsampled convolution of stride 1 (Goodfellow et al., fig. 9.12).

    Args:
        x: (n, spatial..., channels).
        strides: an integer, or one per axis.

    Returns:
        (n, ceil(size / s)..., channels).

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> ops.subsample(np.arange(5.0).reshape(1, 5, 1), 2).ravel()
        array([0., 2., 4.], dtype=float32)
    """
    shape = shape_of(x)
    steps = (1, *per_axis(strides, spatial_rank("subsample", x), "strides"), 1)
    sizes = tuple(
        size if size is None else -(-size // step) for size, step in zip(shape, steps, strict=True)
    )
    return apply(Slice((0,) * len(shape), sizes, steps), x)
