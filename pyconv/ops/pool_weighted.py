"""Pooling by norms and by weights: Lp, Gaussian, learned, and maxima that are blurred."""

from __future__ import annotations

from math import comb, inf
from numbers import Real

import numpy as np

from pyconv.graph import apply
from pyconv.ops.described import described
from pyconv.ops.elementwise import Unary, abs, greater, multiply
from pyconv.ops.geometry import per_axis
from pyconv.ops.pool import max_pool, sum_pool
from pyconv.ops.selection import where
from pyconv.ops.separable import depthwise_conv
from pyconv.ops.shaping import broadcast_to, expand_dims, shape_of
from pyconv.ops.sparse_matrix import along_axes
from pyconv.ops.window import Window, make_window

_WIDEST_BLUR = 64


def lp_pool(x, p: float, pool_size, strides=None, padding="valid", ceil_mode: bool = False):
    """y = (sum of |x|^p over the window)^(1/p), per channel (Sermanet et al. 2012).

    Args:
        x, pool_size, strides, padding, ceil_mode: as `max_pool`; padding counts as 0.
        p: the norm, from 1; 1 sums absolute values, and the larger it is the nearer is the maximum.
            |x|^p has to stay within float32's range.

    Returns:
        (n, spatial..., channels). The gradient where a window is all 0 is 0.

    Raises:
        ValueError: p below 1, or shapes that do not fit.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> ops.lp_pool(np.array([[[3.0], [-4.0], [0.0], [0.0]]]), 2, 2).ravel()
        array([5., 0.], dtype=float32)
    """
    if not isinstance(p, Real) or not 1 <= p < inf:
        raise ValueError(
            f"lp_pool: expected `p` to be a finite number from 1, received {p!r}; the limit of "
            "large ones is max_pool(abs(x))"
        )
    window = make_window("lp_pool", x, pool_size, strides, padding, 1, ceil_mode)
    total = sum_pool(_power(abs(x), float(p)), window)
    positive = greater(total, 0.0)
    return multiply(_power(where(positive, total, 1.0), 1.0 / p), positive)


def _power(x, exponent: float):
    if exponent == 1.0:
        return x
    if exponent in (2.0, 0.5):
        return apply(Unary("square" if exponent == 2.0 else "sqrt"), x)
    return apply(Unary("pow_alpha", exponent), x)


def gaussian_pool(
    x, sigma: float, pool_size, strides=None, padding="valid", ceil_mode: bool = False
):
    """The mean of each window weighted by exp(-r^2 / (2 sigma^2)), r being the distance from the
    window's centre (Goodfellow et al., section 9.3: a weighted average).

    Args:
        x, pool_size, strides, padding, ceil_mode: as `max_pool`.
        sigma: in cells, above 0.

    Returns:
        (n, spatial..., channels); weights sum to 1 over a window's cells inside the image.

    Raises:
        ValueError: sigma is not above 0, or shapes that do not fit.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> ops.gaussian_pool(np.array([[[1.0], [4.0], [1.0]]]), 0.5, 3).round(2).ravel()
        array([3.36], dtype=float32)
    """
    if not isinstance(sigma, Real) or not sigma > 0:
        raise ValueError(f"gaussian_pool: expected `sigma` to be above 0, received {sigma!r}")
    window = make_window("gaussian_pool", x, pool_size, strides, padding, 1, ceil_mode)
    sizes = shape_of(x)[1:-1]
    outputs, pads = window.output_size(sizes), window.pads(sizes)

    def matrix(axis: int, size: int) -> np.ndarray:
        k = window.size[axis]
        squares = (np.arange(k) - (k - 1) / 2) ** 2
        m = np.zeros((outputs[axis], size))
        for o, row in enumerate(m):
            start = o * window.geometry.strides[axis] - pads[axis][0]
            first, last = max(start, 0), min(start + k, size)
            r2 = squares[first - start : last - start]
            row[first:last] = np.exp((r2.min() - r2) / 2 / sigma / sigma)  # the nearest has 1
        return m / m.sum(1, keepdims=True)

    return along_axes(x, matrix, outputs)


def weighted_pool(x, weights, strides=None, padding="valid", ceil_mode: bool = False):
    """The weighted sum of each window's cells, the weights being learned, say.

    y[n, i, j, c] = sum over k, l of x[n, i s + k, j s + l, c] w[k, l, c]

    Args:
        x: (n, spatial..., channels), float32; 1 to 3 spatial axes.
        weights: of the window's size, (spatial...) for all channels or (spatial..., channels).
        strides: steps between windows; the window's size by default.
        padding, ceil_mode: as `max_pool`; padding, and what lies behind the end, counts as 0.

    Returns:
        (n, spatial..., channels).

    Raises:
        ValueError: shapes that do not fit.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> ops.weighted_pool(np.array([[[1.0], [2.0]]]), np.array([0.25, 0.75])).ravel()
        array([1.75], dtype=float32)
    """
    shape, given = shape_of(x), shape_of(weights)
    rank, channels = len(shape) - 2, shape[-1]
    if len(given) not in (rank, rank + 1) or given[rank:] not in ((), (channels,)):
        raise ValueError(
            f"weighted_pool: expected weights of {rank} spatial axes, or those and {channels} "
            f"channels, for an input of shape {shape}, received shape {given}"
        )
    size = given[:rank]
    kernel = weights if len(given) > rank else expand_dims(weights, -1)
    kernel = expand_dims(broadcast_to(kernel, (*size, channels)), -1)
    window = make_window("weighted_pool", x, size, strides, padding, 1, ceil_mode)
    if None in shape[1:-1]:
        return described(x, window.output(shape))
    return depthwise_conv(
        x, kernel, window.geometry.strides, _whole_pads(window, shape[1:-1]), "channels_last"
    )


def _whole_pads(window: Window, sizes: tuple) -> list:
    """(before, after) each axis, so that a hanging window is whole."""
    strides, counts, pads = window.geometry.strides, window.output_size(sizes), window.pads(sizes)
    axes = zip(sizes, window.size, strides, counts, pads, strict=True)
    return [(p[0], max((o - 1) * s + k - i - p[0], 0)) for i, k, s, o, p in axes]


def max_blur_pool(x, pool_size=2, strides=2, padding="valid", blur_size=3):
    """The largest element of each window, at every place, then blurred and only then subsampled,
    so that small shifts of the input change little (Zhang 2019).

    Args:
        x: (n, spatial..., channels), float32; 1 to 3 spatial axes.
        pool_size, padding: of the maximum, whose windows are 1 apart.
        strides: of the blur.
        blur_size: the blur weighs with binomial coefficients, 1 2 1 or 1 3 3 1; at the border the
            image is reflected.

    Returns:
        (n, spatial..., channels): sizes ceil(i / strides), i being the maximum's.

    Raises:
        ValueError: shapes that do not fit.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> x = np.array([0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0]).reshape(1, 8, 1)
        >>> ops.max_blur_pool(x).ravel()
            array([0.5, 1. , 0.5, 1. ], dtype=float32)
    """
    y = max_pool(x, pool_size, 1, padding, "channels_last")
    sizes = shape_of(y)[1:-1]
    steps = per_axis(strides, len(sizes), "strides")
    blurs = per_axis(blur_size, len(sizes), "blur_size")
    if max(blurs) > _WIDEST_BLUR:
        raise ValueError(f"blur_size: expected at most {_WIDEST_BLUR}, received {blur_size}")
    outputs = tuple(None if i is None else -(-i // s) for i, s in zip(sizes, steps, strict=True))

    def matrix(axis: int, size: int) -> np.ndarray:
        k = blurs[axis]
        weights = np.array([comb(k - 1, j) for j in range(k)]) / 2 ** (k - 1)
        reflected = np.pad(np.arange(size), ((k - 1) // 2, k // 2), mode="reflect")
        m = np.zeros((outputs[axis], size))
        for o, row in enumerate(m):
            start = o * steps[axis]
            np.add.at(row, reflected[start : start + k], weights)
        return m

    return along_axes(y, matrix, outputs)
