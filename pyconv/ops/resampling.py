"""Images in another size: nearest, linear, cubic and Lanczos interpolation, axis by axis."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from pyconv.graph import apply
from pyconv.ops.described import described
from pyconv.ops.dtypes import floats
from pyconv.ops.geometry import per_axis
from pyconv.ops.shaping import shape_of
from pyconv.ops.sparse_matrix import AxisMatrix, SparseMatrix

CONVENTIONS = ("keras", "torch")


def _triangle(t):
    return np.maximum(0.0, 1.0 - np.abs(t))


def _cubic(a: float):
    """Keys' cubic convolution (1981, eq. 4), with his a = -1/2 or another slope at 1."""

    def kernel(t):
        t = np.abs(t)
        near = ((a + 2) * t - (a + 3)) * t**2 + 1
        far = a * (((t - 5) * t + 8) * t - 4)
        return np.where(t <= 1, near, np.where(t < 2, far, 0.0))

    return kernel


def _lanczos(radius: int):
    """sinc(t) sinc(t / radius) within the radius."""
    return lambda t: np.where(np.abs(t) < radius, np.sinc(t) * np.sinc(t / radius), 0.0)


#: (radius, kernel) of each interpolation but nearest.
_KERNELS = {
    "bilinear": (1, _triangle),
    "bicubic": (2, _cubic(-0.5)),
    "lanczos3": (3, _lanczos(3)),
    "lanczos5": (5, _lanczos(5)),
}
_PLACES = 1024  # within a pixel, in TensorFlow's table of cubic weights
INTERPOLATIONS = ("nearest", *_KERNELS)


def _centres(i: int, o: int, align_corners: bool) -> np.ndarray:
    """Where the o outputs lie among the i inputs, in pixels."""
    k = np.arange(o)
    if align_corners:
        return k * ((i - 1) / (o - 1)) if o > 1 else np.zeros(1)
    return (k + 0.5) * (i / o) - 0.5


def _nearest_columns(i: int, o: int, align_corners: bool, convention: str) -> np.ndarray:
    """The input of each output; in float32, as the peers compute it, so that ties fall alike."""
    if align_corners:
        columns = np.floor(_centres(i, o, True) + 0.5)
    else:
        shift = np.float32(0.5 if convention == "keras" else 0.0)
        columns = np.floor((np.arange(o, dtype=np.float32) + shift) * np.float32(i / o))
    return np.minimum(columns.astype(np.int32), i - 1)


@lru_cache(maxsize=256)
def resize_matrix(
    i: int, o: int, interpolation: str, align_corners: bool, antialias: bool, convention: str
) -> SparseMatrix:
    """The matrix that takes i pixels to o: arguments as of `resize`."""
    if interpolation == "nearest":
        columns = _nearest_columns(i, o, align_corners, convention)
        return SparseMatrix(np.ones(o), columns, np.arange(o + 1), i)
    radius, kernel = _KERNELS[interpolation]
    clamped = interpolation == "bicubic" and convention == "torch" and not antialias
    if clamped:
        kernel = _cubic(-0.75)
    widening = max(1.0, i / o) if antialias else 1.0
    centres = _centres(i, o, align_corners)[:, None]
    if interpolation == "bicubic" and convention == "keras" and not (antialias or align_corners):
        centres = np.round(centres * _PLACES) / _PLACES
    first = np.floor(centres - radius * widening).astype(int) + 1
    columns = first + np.arange(int(np.ceil(2 * radius * widening)) + 1)
    weights = kernel((columns - centres) / widening)
    if not clamped:
        weights = np.where((columns < 0) | (columns >= i), 0.0, weights)
    weights /= weights.sum(axis=1, keepdims=True)
    kept = weights != 0
    starts = np.concatenate([[0], np.cumsum(kept.sum(axis=1))])
    return SparseMatrix(weights[kept], np.clip(columns, 0, i - 1)[kept], starts, i)


def resize(
    x,
    size,
    interpolation="bilinear",
    align_corners: bool = False,
    antialias: bool = False,
    convention="keras",
):
    """Images in another size: y[p] = sum_q w(s(p) - q) x[q], one axis after another, where the
    weights w of the interpolation sum to 1.

    s(p) = (p + 1/2) i / o - 1/2 for i inputs and o outputs: pixels are cells whose centres are
    mapped; with align_corners s(p) = p (i - 1) / (o - 1): the first and last centres stay.

    Args:
        x: (n, spatial..., channels), float32; any number of spatial axes.
        size: the new sizes: an integer for all axes, or one for each.
        interpolation: "nearest", "bilinear" (linear along each axis), "bicubic" (Keys 1981),
            "lanczos3" or "lanczos5".
        align_corners: which of the two corner conventions.
        antialias: widens w by i / o where the image shrinks, so that all inputs count.
        convention: what Keras ("keras") or PyTorch's interpolate ("torch") does where they differ.
            Bicubic: Keys' a = -1/2, without pixels outside, and s(p) rounded to 1/1024 (without
            antialias and align_corners), as TensorFlow has a table of the weights; or a = -3/4,
            which repeats the edge (without antialias). Nearest: the pixel at
            floor((p + 1/2) i / o), PyTorch's "nearest-exact"; or at floor(p i / o), its "nearest".

    Returns:
        (n, *size, channels).

    Raises:
        ValueError: an argument or the shape does not fit.

    Example:
        >>> from pyconv import ops
        >>> ops.resize([[[1.0], [3.0]]], 4).ravel()
        array([1. , 1.5, 2.5, 3. ], dtype=float32)
        >>> ops.resize([[[1.0], [4.0]]], 4, align_corners=True).ravel()
        array([1., 2., 3., 4.], dtype=float32)
    """
    shape = shape_of(x)
    _check("resize", shape, interpolation, align_corners, antialias, convention)
    sizes = per_axis(size, len(shape) - 2, "size")
    return _resized(x, sizes, interpolation, align_corners, antialias, convention)


def upsample(x, size, interpolation="nearest", align_corners: bool = False, convention="keras"):
    """x enlarged by whole factors: `resize` to sizes * size.

    Args:
        x: (n, spatial..., channels), float32.
        size: the factor: an integer for all axes, or one for each.
        interpolation, align_corners, convention: as in `resize`.

    Returns:
        (n, spatial * size..., channels).

    Raises:
        ValueError: an argument or the shape does not fit.

    Example:
        >>> from pyconv import ops
        >>> ops.upsample([[[1.0], [3.0]]], 2).ravel()
        array([1., 1., 3., 3.], dtype=float32)
    """
    shape = shape_of(x)
    _check("upsample", shape, interpolation, align_corners, False, convention)
    factors = per_axis(size, len(shape) - 2, "size")
    sizes = tuple(None if i is None else i * f for i, f in zip(shape[1:-1], factors, strict=True))
    return _resized(x, sizes, interpolation, align_corners, False, convention)


def _resized(x, sizes: tuple, *interpolation):
    """x in other sizes, shrinking axes first; the rest as the arguments of `resize_matrix`."""
    x, shape = floats(x), shape_of(x)
    if None in shape[1:-1]:
        return described(x, (shape[0], *sizes, shape[-1]))
    axes = range(1, len(shape) - 1)
    for axis in sorted(axes, key=lambda a: (sizes[a - 1] / shape[a], -a)):
        i, o = shape[axis], sizes[axis - 1]
        if i != o:
            x = apply(AxisMatrix(resize_matrix(i, o, *interpolation), axis), x)
    return x


def _check(function: str, shape, interpolation, align_corners, antialias, convention) -> None:
    """Raises ValueError unless images of this shape can be resized so."""
    if len(shape) < 3 or 0 in shape[1:-1]:
        raise ValueError(
            f"{function}: expected (n, spatial axes, channels) with pixels, received shape {shape}"
        )
    for name, value, choices in (
        ("interpolation", interpolation, INTERPOLATIONS),
        ("convention", convention, CONVENTIONS),
    ):
        if value not in choices:
            raise ValueError(f"{function}: expected `{name}` of {choices}, received {value!r}")
    if antialias and align_corners:
        raise ValueError(
            f"{function}: expected `antialias` without `align_corners`, received both; leave one "
            "out"
        )
