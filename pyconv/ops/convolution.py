"""Convolution over 1 to 3 spatial axes, and its kernel gradient."""

from __future__ import annotations

from math import prod

from pyconv.graph import apply
from pyconv.ops.convolution_ops import Conv, ConvKernelGradient
from pyconv.ops.convolution_shapes import check_ranks, spatial_rank
from pyconv.ops.dtypes import floats
from pyconv.ops.elementwise import add
from pyconv.ops.geometry import make_geometry, per_axis
from pyconv.ops.layout import in_layout
from pyconv.ops.shaping import reshape, shape_of
from pyconv.ops.slices import flip


def conv(
    inputs,
    kernel,
    strides=1,
    padding="valid",
    data_format=None,
    dilation_rate=1,
    groups=None,
    bias=None,
    flip_kernel=False,
    padding_mode="zeros",
):
    """Convolution over 1 to 3 spatial axes (Goodfellow et al., eq. 9.8; Prince, eq. 10.3).

    Z[i, j, k] = sum over l, m, n of V[j s + m d, k s + n d, l] K[m, n, l, i]

    Args:
        inputs: (n, spatial..., channels), or (n, channels, spatial...) with "channels_first".
        kernel: (spatial..., channels / groups, filters), or with a leading axis n: a kernel for
            each example.
        strides, dilation_rate: integers, or one per axis; both may exceed 1.
        padding: "valid"; "same" (TensorFlow's rule); "full", d (k - 1) zeros a side; "causal", as
            many before; an integer; or for each axis one of these or a pair (before, after).
        data_format: "channels_last" or "channels_first"; None is the process's setting.
        groups: parts of the channels that are convolved apart; by default what the shapes say.
        bias: (filters,), or of any shape that broadcasts to the output's; or None.
        flip_kernel: the convolution of mathematics (eq. 9.4), which commutes: K[-m, -n] for
            K[m, n].
        padding_mode: what the padding is filled with: "zeros"; "reflect", the elements mirrored at
            the edge element; "replicate", the edge element; "circular", those of the other side;
            one for all axes, or one for each.

    Returns:
        (n, spatial..., filters), or (n, filters, spatial...).

    Raises:
        ValueError: shapes that do not fit.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> x = np.arange(4.0).reshape(1, 4, 1)
        >>> ops.conv(x, np.ones((2, 1, 1))).ravel()
        array([1., 3., 5.], dtype=float32)
        >>> ops.conv(x, np.float32([1, 2]).reshape(2, 1, 1), padding="full").ravel()
        array([0., 2., 5., 8., 3.], dtype=float32)
    """
    k_shape = shape_of(kernel)

    def convolved(x):
        x_shape = shape_of(x)
        each, rank = len(k_shape) == len(x_shape) + 1, len(x_shape) - 2
        check_ranks("conv", x_shape, k_shape[each:])
        parts = max(x_shape[-1] // max(k_shape[-2], 1), 1) if groups is None else groups
        geometry = make_geometry(rank, strides, padding, dilation_rate, parts, padding_mode)
        oriented = mirrored(kernel, rank) if flip_kernel else kernel
        return add_bias(apply(Conv(geometry.replace(each=each)), x, oriented), bias)

    return in_layout(convolved, floats(inputs), data_format)


def add_bias(y, bias):
    """y plus a bias, if there is one, whose shape broadcasts to that of y."""
    if bias is None:
        return y
    shape, sizes = shape_of(bias), shape_of(y)
    pairs = zip(reversed(shape), reversed(sizes), strict=False)
    if len(shape) > len(sizes) or any(b not in (1, size) and size is not None for b, size in pairs):
        raise ValueError(
            f"bias: expected a shape that broadcasts to the output's, {sizes}, received {shape}; "
            f"give {sizes[-1:]}, a number for each filter"
        )
    return add(y, bias)


def conv_kernel_gradient(
    x,
    g,
    kernel_size,
    strides=1,
    padding="valid",
    dilation_rate=1,
    groups=1,
    flip_kernel=False,
    padding_mode="zeros",
):
    """The gradient of `conv` with respect to its kernel: the textbook's g (eq. 9.11).

    dK[m, n, l, i] = sum over examples and j, k of V[j s + m d, k s + n d, l] G[j, k, i]

    Args:
        x: V, the convolution's input, (n, spatial..., channels).
        g: G, what flows into its output, (n, spatial..., filters).
        kernel_size: an integer, or one per axis; several sizes can give one output size.
        strides, padding, dilation_rate, groups, flip_kernel, padding_mode: the convolution's.

    Returns:
        (kernel_size..., channels / groups, filters).

    Raises:
        ValueError: shapes that do not fit.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> ops.conv_kernel_gradient(np.ones((1, 5, 1)), np.ones((1, 3, 1)), 3).ravel()
        array([3., 3., 3.], dtype=float32)
    """
    rank = spatial_rank("conv_kernel_gradient", x)
    geometry = make_geometry(rank, strides, padding, dilation_rate, groups, padding_mode)
    size = per_axis(kernel_size, rank, "kernel_size")
    dk = apply(ConvKernelGradient(geometry, size), x, g)
    return mirrored(dk, rank) if flip_kernel else dk


def mirrored(kernel, rank: int):
    """The kernel backwards along its spatial axes."""
    shape = shape_of(kernel)
    if len(shape) == rank + 2:
        return flip(kernel, tuple(range(rank)))
    first, *lead = shape[: -2 - rank]
    size, channels = shape[-2 - rank : -2], shape[-2:]
    merged = reshape(kernel, (first, prod(lead), *size, prod(channels)))
    return reshape(flip(merged, tuple(range(2, 2 + rank))), shape)
