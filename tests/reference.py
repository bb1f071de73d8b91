"""The textbook's equations as literal loops in float64: the oracle of the tests.

Arrays are channels last, (n, spatial..., channels), with any number of spatial axes. Sizes and
zeros are worked out here from Keras' definitions, without a line of pyconv.
"""

from itertools import product

import numpy as np


def per_axis(value, rank):
    """A number for all axes, or one for each, as a tuple."""
    return (value,) * rank if isinstance(value, int) else tuple(value)


def zeros_around(padding, size, k, s, d=1):
    """(before, after) of one axis: "same" has ceil(size / s) outputs, the smaller half before."""
    if not isinstance(padding, str):
        return tuple(padding)
    reach = d * (k - 1) + 1
    if padding == "causal":
        return (reach - 1, 0)
    if padding == "valid":
        return (0, 0)
    total = max((-(-size // s) - 1) * s + reach - size, 0)
    return (total // 2, total - total // 2)


def surrounded(x, padding, kernel_size, strides, dilation, fill=0.0):
    """x with `fill` around it, so that a valid window walk gives what `padding` asks for."""
    pairs = [
        zeros_around(padding if isinstance(padding, str) else padding[a], x.shape[1 + a], *axis)
        for a, axis in enumerate(zip(kernel_size, strides, dilation, strict=True))
    ]
    return np.pad(x, [(0, 0), *pairs, (0, 0)], constant_values=fill)


def positions(outputs, strides, cells, dilation):
    """The input position o s + m d of each axis, for output position o and kernel cell m."""
    axes = zip(outputs, strides, cells, dilation, strict=True)
    return tuple(o * s + m * d for o, s, m, d in axes)


def windows(x, kernel_size, strides, dilation):
    """All (output position, the window's cells as an array (n, cells, channels))."""
    sizes = [
        (i - (d * (k - 1) + 1)) // s + 1
        for i, k, s, d in zip(x.shape[1:-1], kernel_size, strides, dilation, strict=True)
    ]
    for position in product(*map(range, sizes)):
        cells = [
            x[(slice(None), *positions(position, strides, cell, dilation))]
            for cell in product(*map(range, kernel_size))
        ]
        yield position, np.stack(cells, axis=1)


def output_of(parts, n, channels):
    """An array (n, spatial..., channels) from pairs (position, values (n, channels))."""
    parts = list(parts)
    sizes = [max(axis) + 1 for axis in zip(*(position for position, _ in parts), strict=True)]
    y = np.zeros((n, *sizes, channels))
    for position, values in parts:
        y[(slice(None), *position)] = values
    return y


def conv(x, kernel, strides=1, padding="valid", dilation_rate=1, groups=1, bias=0.0):
    """Z[i, j] = sum_{l, m} V[l, j s + m d] K[m, l, i] (Goodfellow et al., eq. 9.8)."""
    x, kernel = np.float64(x), np.float64(kernel)
    *kernel_size, ic, oc = kernel.shape
    rank = len(kernel_size)
    strides, dilation = per_axis(strides, rank), per_axis(dilation_rate, rank)
    x = surrounded(x, padding, kernel_size, strides, dilation)
    taps = kernel.reshape(-1, ic, groups, oc // groups)

    def pixel(cells):
        cells = cells.reshape(len(x), -1, groups, ic)
        return np.einsum("nmgl,mlgi->ngi", cells, taps).reshape(len(x), oc)

    walk = windows(x, kernel_size, strides, dilation)
    return output_of(((at, pixel(cells)) for at, cells in walk), len(x), oc) + bias


def depthwise_conv(x, kernel, strides=1, padding="valid", dilation_rate=1, bias=0.0):
    """Channel l with its kernels K[m, l, j] gives the output channels l * multiplier + j."""
    *_, channels, multiplier = kernel.shape
    outputs = [
        conv(x[..., c : c + 1], kernel[..., c : c + 1, :], strides, padding, dilation_rate)
        for c in range(channels)
    ]
    return np.concatenate(outputs, axis=-1) + bias


def conv_transpose(
    x, kernel, strides=1, padding="valid", output_padding=None, dilation_rate=1, bias=0.0
):
    """Each input is spread over the outputs: Y[l s + m d] += x[l] K[m] (eq. 9.13), then the
    result is cut, or filled up with zeros, to Keras' size. kernel: (spatial..., filters, ic)."""
    x, kernel = np.float64(x), np.float64(kernel)
    *kernel_size, filters, _ = kernel.shape
    rank = len(kernel_size)
    strides, dilation = per_axis(strides, rank), per_axis(dilation_rate, rank)
    reach = [d * (k - 1) + 1 for k, d in zip(kernel_size, dilation, strict=True)]
    full = [(i - 1) * s + r for i, s, r in zip(x.shape[1:-1], strides, reach, strict=True)]
    y = np.zeros((len(x), *full, filters))
    for at in product(*map(range, x.shape[1:-1])):
        for cell in product(*map(range, kernel_size)):
            to = positions(at, strides, cell, dilation)
            y[(slice(None), *to)] += x[(slice(None), *at)] @ kernel[cell].T
    extra = [None] * rank if output_padding is None else per_axis(output_padding, rank)
    for axis in range(rank):
        size, cut = _transpose_size(
            padding, x.shape[1 + axis], reach[axis], strides[axis], extra[axis]
        )
        pairs = [(0, 0)] * y.ndim
        pairs[axis + 1] = (0, max(cut + size - y.shape[axis + 1], 0))
        y = np.pad(y, pairs)
        y = np.take(y, range(cut, cut + size), axis=axis + 1)
    return y + bias


def _transpose_size(padding, i, reach, s, extra):
    """(output size, elements cut off before) of one axis: as TensorFlow's, whose transpose is
    that of a convolution with the same padding word."""
    if padding == "valid":
        return (i - 1) * s + (max(reach, s) if extra is None else reach + extra), 0
    size = i * s if extra is None else (i - 1) * s + reach % 2 + extra
    return size, max((i - 1) * s + reach - size, 0) // 2


def max_pool(x, pool_size, strides=None, padding="valid", dilation_rate=1):
    """The largest cell of each window; cells outside the input never win."""
    return pooled(np.max, -np.inf, x, pool_size, strides, padding, dilation_rate)


def average_pool(x, pool_size, strides=None, padding="valid"):
    """The mean of the cells of each window that lie inside the input."""
    return pooled(np.nanmean, np.nan, x, pool_size, strides, padding)


def pooled(function, outside, x, pool_size, strides=None, padding="valid", dilation_rate=1):
    """The function of each window's cells (n, cells, channels); `outside` is what the padding
    holds."""
    rank = x.ndim - 2
    pool_size, dilation = per_axis(pool_size, rank), per_axis(dilation_rate, rank)
    strides = pool_size if strides is None else per_axis(strides, rank)
    if isinstance(padding, int):
        padding = ((padding, padding),) * rank
    x = surrounded(np.float64(x), padding, pool_size, strides, dilation, fill=outside)
    walk = windows(x, pool_size, strides, dilation)
    parts = ((at, function(cells, axis=1)) for at, cells in walk)
    return output_of(parts, len(x), x.shape[-1])


def batch_norm(x, gamma=1.0, beta=0.0, epsilon=1e-3, axis=-1):
    """(y, mean, biased variance): y = gamma (x - mean) / sqrt(variance + epsilon) + beta."""
    x = np.moveaxis(np.float64(x), axis, -1)
    others = tuple(range(x.ndim - 1))
    mean, variance = x.mean(others), x.var(others)
    y = gamma * (x - mean) / np.sqrt(variance + epsilon) + beta
    return np.moveaxis(y, -1, axis), mean, variance
