"""Fourier transforms of real numbers, and of complex ones as pairs of real tensors."""

from __future__ import annotations

import math

import numpy as np

from pyconv.ops.creation import zeros_like
from pyconv.ops.dtypes import floats
from pyconv.ops.elementwise import add, multiply, negative, subtract
from pyconv.ops.linear import dense
from pyconv.ops.padding import pad
from pyconv.ops.rearranging import swapaxes
from pyconv.ops.shaping import reshape, shape_of
from pyconv.ops.slices import concatenate, flip, getitem

#: Up to so many numbers a transform is one matrix product.
_DIRECT = 64


def fft(x):
    """The discrete Fourier transform along the last axis:
    Y[k] = sum_j x[j] exp(-2 pi i j k / size).

    Args:
        x: (real, imaginary), two tensors or arrays of one shape.

    Returns:
        (real, imaginary), of that shape.

    Example:
        >>> from pyconv import ops
        >>> real, imaginary = ops.fft(([1.0, 1.0], [0.0, 0.0]))
        >>> real
        array([2., 0.], dtype=float32)
    """
    return _transform(*_pair("fft", x), sign=-1)


def fft2(x):
    """The transform along the last two axes; arguments and result as `fft`.

    Example:
        >>> from pyconv import ops
        >>> ops.fft2((ops.ones((2, 1)), ops.zeros((2, 1))))[0].round(4)
        array([[2.],
               [0.]], dtype=float32)
    """
    return _both_axes(*_pair("fft2", x), sign=-1)


def ifft2(x):
    """The inverse of `fft2`.

    Example:
        >>> from pyconv import ops
        >>> ops.ifft2((ops.ones((2, 1)), ops.zeros((2, 1))))[0].round(4)
        array([[1.],
               [0.]], dtype=float32)
    """
    real, imaginary = _both_axes(*_pair("ifft2", x), sign=1)
    factor = 1 / math.prod(shape_of(real)[-2:])
    return multiply(real, factor), multiply(imaginary, factor)


def rfft(x, fft_length=None):
    """The first half of the transform of real numbers along the last axis.

    Args:
        x: tensor or array.
        fft_length: how many numbers are transformed: x is cut, or filled up with zeros.

    Returns:
        (real, imaginary), each (..., fft_length // 2 + 1).

    Example:
        >>> from pyconv import ops
        >>> ops.rfft([1.0, 1.0])[0]
        array([2., 0.], dtype=float32)
    """
    x = _sized(floats(x), shape_of(x)[-1] if fft_length is None else int(fft_length))
    half = (..., slice(0, shape_of(x)[-1] // 2 + 1))
    return tuple(getitem(part, half) for part in _transform(x, zeros_like(x), sign=-1))


def irfft(x, fft_length=None):
    """The inverse of `rfft`.

    Args:
        x: (real, imaginary), each (..., fft_length // 2 + 1).
        fft_length: how many numbers result; by default 2 (bins - 1).

    Example:
        >>> from pyconv import ops
        >>> ops.irfft(([4.0, 0.0, 0.0], [0.0, 0.0, 0.0]))
        array([1., 1., 1., 1.], dtype=float32)
    """
    real, imaginary = _pair("irfft", x)
    size = 2 * (shape_of(real)[-1] - 1) if fft_length is None else int(fft_length)
    real, imaginary = (_sized(part, size // 2 + 1) for part in (real, imaginary))
    mirrored = (..., slice(1, (size + 1) // 2))
    real = concatenate([real, flip(getitem(real, mirrored), -1)], -1)
    conjugate = negative(flip(getitem(imaginary, mirrored), -1))
    imaginary = concatenate([imaginary, conjugate], -1)
    return multiply(_transform(real, imaginary, sign=1)[0], 1 / size)


def _pair(what: str, x) -> tuple:
    if not isinstance(x, (tuple, list)) or len(x) != 2 or shape_of(x[0]) != shape_of(x[1]):
        raise ValueError(
            f"{what}: expected `x` to be (real, imaginary) of one shape, received "
            f"{type(x).__name__}"
        )
    return floats(x[0]), floats(x[1])


def _sized(x, size: int):
    """x cut or filled up with zeros along the last axis."""
    own = shape_of(x)[-1]
    if own >= size:
        return x if own == size else getitem(x, (..., slice(0, size)))
    return pad(x, [(0, 0)] * (len(shape_of(x)) - 1) + [(0, size - own)])


def _both_axes(real, imaginary, sign: int):
    for _ in range(2):
        parts = _transform(real, imaginary, sign)
        real, imaginary = (swapaxes(part, -1, -2) for part in parts)
    return real, imaginary


def _transform(real, imaginary, sign: int):
    """Along the last axis; a size N = A B goes by transforms of A and of B numbers (Cooley & Tukey
    1965): with j = B a + b and k = c + A d the sum over a is followed by turns exp(b c / N)."""
    *lead, size = shape_of(real)
    outer = _divisor(size)
    if outer == 1:
        return _product(real, imaginary, sign)
    inner = size // outer
    shape = (*lead, outer, inner) if lead else (1, outer, inner)
    real, imaginary = (swapaxes(reshape(x, shape), -1, -2) for x in (real, imaginary))
    parts = _product(real, imaginary, sign)
    real, imaginary = (swapaxes(x, -1, -2) for x in parts)  # (..., c, b)
    angle = sign * 2 * np.pi * np.outer(np.arange(outer), np.arange(inner)) / size
    cos, sin = np.cos(angle).astype("float32"), np.sin(angle).astype("float32")
    turned = (
        subtract(multiply(real, cos), multiply(imaginary, sin)),
        add(multiply(real, sin), multiply(imaginary, cos)),
    )
    parts = _transform(*turned, sign)  # (..., c, d)
    return tuple(reshape(swapaxes(x, -1, -2), (*lead, size)) for x in parts)


def _divisor(size: int) -> int:
    """The largest divisor that a matrix product transforms at once; 1 where the size itself is, or
    is a prime number."""
    if size <= _DIRECT:
        return 1
    return next(d for d in range(_DIRECT, 0, -1) if size % d == 0)


def _product(real, imaginary, sign: int):
    """The transform as a product with the matrix [[C, S], [-S, C]] of cosines and sines."""
    size = shape_of(real)[-1]
    angle = sign * 2 * np.pi * (np.outer(np.arange(size), np.arange(size)) % size) / size
    cos, sin = np.cos(angle), np.sin(angle)
    matrix = np.block([[cos, sin], [-sin, cos]]).astype("float32")
    joined = concatenate([real, imaginary], -1)
    lead = shape_of(joined)[:-1]
    y = dense(joined if lead else reshape(joined, (1, -1)), matrix)
    y = y if lead else reshape(y, (2 * size,))
    return getitem(y, (..., slice(0, size))), getitem(y, (..., slice(size, None)))
