"""Convolutions whose inputs, kernels or outputs are weighted by something else."""

from __future__ import annotations

from math import prod

import numpy as np

from pyconv.ops.activation import relu, sigmoid
from pyconv.ops.convolution import add_bias, conv, mirrored
from pyconv.ops.convolution_shapes import check_ranks
from pyconv.ops.elementwise import cast, exp, greater, multiply, square
from pyconv.ops.geometry import Geometry, make_geometry
from pyconv.ops.linear import dense
from pyconv.ops.padding import pad
from pyconv.ops.patches import window_cells
from pyconv.ops.reduce import mean
from pyconv.ops.reduce import sum as sum_over
from pyconv.ops.selection import where
from pyconv.ops.shaping import reshape, shape_of
from pyconv.ops.window import make_window


def gated_conv(x, kernel, gate_kernel, bias=None, gate_bias=None, activation=None, **geometry):
    """A convolution times the sigmoid of another: y = f(A * x + a) sigmoid(B * x + b) (Dauphin et
    al. 2017, eq. 1; Yu et al. 2019, eq. 3).

    Args:
        x: (n, spatial..., channels).
        kernel, gate_kernel: A and B, (spatial..., channels / groups, filters).
        bias, gate_bias: a and b, (filters,) or None.
        activation: f, a function of a tensor, or None.
        geometry: `strides`, `padding` and so on, as in `conv`.

    Returns:
        (n, spatial..., filters).

    Raises:
        ValueError: shapes that do not fit.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> ops.gated_conv(np.ones((1, 3, 1)), np.ones((3, 1, 1)), np.zeros((3, 1, 1))).ravel()
        array([1.5], dtype=float32)
    """
    if not (activation is None or callable(activation)):
        raise ValueError(
            f"activation: expected a function of a tensor, such as ops.relu, or None, received "
            f"{activation!r}"
        )
    if shape_of(kernel) != shape_of(gate_kernel):
        raise ValueError(
            f"gate_kernel: expected the kernel's shape {shape_of(kernel)}, received "
            f"{shape_of(gate_kernel)}"
        )
    geometry |= {"data_format": "channels_last"}
    y = conv(x, kernel, bias=bias, **geometry)
    y = y if activation is None else activation(y)
    return y * sigmoid(conv(x, gate_kernel, bias=gate_bias, **geometry))


def partial_conv(x, mask, kernel, bias=None, **geometry):
    """Convolution of the valid elements only, scaled up for those that are missing (Liu et al.
    2018, eqs. 1 and 2).

    y = (K * (x M)) cells / sum M + b where the window has sum M > 0, else 0; zeros around the input
    count as missing.

    Args:
        x: (n, spatial..., channels), finite also where it is missing.
        mask: M, 1 where x is valid, else 0: (n, spatial..., 1 or channels).
        kernel: K, (spatial..., channels / groups, filters).
        bias: b, (filters,) or None.
        geometry: `strides`, `padding` and so on, as in `conv`.

    Returns:
        y, (n, spatial..., filters), and its mask [sum M > 0], (n, spatial..., 1).

    Raises:
        ValueError: shapes that do not fit.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> x, mask = np.float32([[1], [2], [4], [8]])[None], np.float32([[1], [1], [0], [0]])[None]
        >>> y, mask = ops.partial_conv(x, mask, np.ones((2, 1, 1)))
        >>> y.ravel(), mask.ravel()
        (array([3., 4., 0.], dtype=float32), array([1., 1., 0.], dtype=float32))
    """
    check_ranks("partial_conv", shape_of(x), shape_of(kernel))
    *sizes, _, _ = shape_of(kernel)
    seen = shape_of(mask)[-1] if shape_of(mask) else 0
    if shape_of(mask)[:-1] != shape_of(x)[:-1] or seen not in (1, shape_of(x)[-1]):
        raise ValueError(
            f"mask: expected the input's size, with 1 channel or as many, received shape "
            f"{shape_of(mask)} for an input of shape {shape_of(x)}"
        )
    plain = {key: value for key, value in geometry.items() if key not in ("groups", "flip_kernel")}
    count = conv(mask, np.ones((*sizes, seen, 1)), groups=1, data_format="channels_last", **plain)
    valid = cast(greater(count, 0.0), "float32")
    scale = prod(sizes) * seen / where(valid, count, 1.0)
    y = conv(multiply(x, mask), kernel, data_format="channels_last", **geometry) * scale
    return where(valid, add_bias(y, bias), 0.0), valid


def pixel_adaptive_conv(
    x, guide, kernel, strides=1, padding="valid", dilation_rate=1, bias=None, flip_kernel=False,
    padding_mode="zeros",
):  # fmt: skip
    """Convolution whose kernel fades where the guide differs from its value at the centre (Su et
    al. 2019, eq. 3).

    Z[i, j] = sum over l, m of V[l, j s + m d] K[m, l, i] exp(-|f_m - f_c|^2 / 2), f_m the guide's
    features at j s + m d and f_c those at the kernel's centre.

    Args:
        x: V, (n, spatial..., channels).
        guide: f, (n, spatial..., features).
        kernel: K, (spatial..., channels, filters), of odd sizes.
        strides, padding, dilation_rate, bias, flip_kernel, padding_mode: as in `conv`.

    Returns:
        (n, spatial..., filters).

    Raises:
        ValueError: a kernel of even size, shapes that do not fit.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> x, guide = np.ones((1, 4, 1)), np.float32([[0], [0], [0], [9]])[None]
        >>> ops.pixel_adaptive_conv(x, guide, np.ones((3, 1, 1))).ravel()
        array([3., 2.], dtype=float32)
    """
    check_ranks("pixel_adaptive_conv", shape_of(x), shape_of(kernel))
    *sizes, _, _ = shape_of(kernel)
    if any(size % 2 == 0 for size in sizes):
        raise ValueError(f"kernel: expected odd sizes, which have a centre, received {(*sizes,)}")
    if shape_of(kernel)[-2] != shape_of(x)[-1]:
        raise ValueError(
            f"kernel: expected {shape_of(x)[-1]} channels, as the input, received shape "
            f"{shape_of(kernel)}"
        )
    if shape_of(guide)[:-1] != shape_of(x)[:-1] or 0 in shape_of(guide)[1:]:
        raise ValueError(
            f"guide: expected the input's size, received shape {shape_of(guide)} for an input of "
            f"shape {shape_of(x)}; resize it"
        )
    geometry = make_geometry(len(sizes), strides, padding, dilation_rate, padding_mode=padding_mode)
    outputs = geometry.output_size(shape_of(x)[1:-1], tuple(sizes))
    features, seen = cells(guide, tuple(sizes), geometry), cells(x, tuple(sizes), geometry)
    middle = prod(sizes) // 2
    distance = square(features - features[:, :, middle : middle + 1])
    near = exp(-0.5 * sum_over(distance, -1, keepdims=True))
    kernel = mirrored(kernel, len(sizes)) if flip_kernel else kernel
    return over_cells(seen * near, kernel, outputs, bias)


def cells(x, kernel_size: tuple, geometry: Geometry):
    """What each cell of a kernel sees at each position: (n, positions, cells, channels)."""
    pads = geometry.pads(shape_of(x)[1:-1], kernel_size)
    x = padded(x, pads, geometry.modes or ("zeros",) * len(pads))
    window = make_window(
        "kernel", x, kernel_size, geometry.strides, dilation_rate=geometry.dilation
    )
    return window_cells(x, window, 0.0)


def padded(x, pads: tuple, modes: tuple):
    """x with its own elements or zeros around, as `padding_mode` of `conv` says."""
    if not any(map(sum, pads)):
        return x
    names = tuple("constant" if mode == "zeros" else mode for mode in modes)
    return pad(x, ((0, 0), *pads, (0, 0)), mode=("constant", *names, "constant"))


def over_cells(seen, kernel, outputs: tuple, bias=None):
    """The sum over cells and channels of (n, positions, cells, channels) times a kernel, as (n,
    outputs..., filters)."""
    n, positions, *_ = shape_of(seen)
    *sizes, channels, filters = shape_of(kernel)
    inputs = prod(sizes) * channels
    flat = reshape(kernel, (inputs, filters))
    y = dense(reshape(seen, (n, positions, inputs)), flat)
    return add_bias(reshape(y, (n, *outputs, filters)), bias)


def squeeze_excite(x, kernel_0, kernel_1, bias_0=None, bias_1=None):
    """Channels weighted by what the whole map shows: y = x sigmoid(W2 relu(W1 mean(x) + b1) + b2)
    (Hu et al. 2018, eqs. 2 to 4).

    Args:
        x: (n, spatial..., channels).
        kernel_0, kernel_1: W1, (channels, hidden), and W2, (hidden, channels).
        bias_0, bias_1: b1, (hidden,), and b2, (channels,), or None.

    Returns:
        (n, spatial..., channels).

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> ops.squeeze_excite(np.ones((1, 2, 4)), np.ones((4, 1)), np.zeros((1, 4)))[0, 0]
        array([0.5, 0.5, 0.5, 0.5], dtype=float32)
    """
    channels, first, second = shape_of(x)[-1], shape_of(kernel_0), shape_of(kernel_1)
    if len(first) != 2 or second != (first[1], channels):
        raise ValueError(
            f"squeeze_excite: expected kernel_0 ({channels}, hidden) and kernel_1 (hidden, "
            f"{channels}) for {channels} channels, received {first} and {second}"
        )
    spatial = tuple(range(1, len(shape_of(x)) - 1))
    squeezed = mean(x, spatial, keepdims=True)
    hidden = relu(dense(squeezed, kernel_0, bias_0))
    return multiply(x, sigmoid(dense(hidden, kernel_1, bias_1)))
