"""Axes sampled anew at scaled and shifted places."""

from __future__ import annotations

import numpy as np

from pyconv.ops.dtypes import floats
from pyconv.ops.elementwise import (
    abs,
    add,
    divide,
    equal,
    less,
    less_equal,
    maximum,
    multiply,
    sin,
    subtract,
)
from pyconv.ops.functions import logical_and
from pyconv.ops.products import tensordot
from pyconv.ops.rearranging import moveaxis
from pyconv.ops.reduce import sum
from pyconv.ops.selection import where
from pyconv.ops.shaping import shape_of
from pyconv.ops.slices import getitem


def _triangle(x):
    return maximum(subtract(1.0, x), 0.0)


def _cubic(x):
    """Keys' kernel (1981), a = -1/2."""
    near = add(multiply(multiply(subtract(multiply(x, 1.5), 2.5), x), x), 1.0)
    far = add(multiply(add(multiply(add(multiply(x, -0.5), 2.5), x), -4.0), x), 2.0)
    return where(less_equal(x, 1.0), near, where(less(x, 2.0), far, 0.0))


def _lanczos(radius: float):
    def kernel(x):
        safe = where(equal(x, 0.0), 1.0, x)
        angle = multiply(safe, np.pi)
        y = divide(multiply(sin(angle), multiply(sin(divide(angle, radius)), radius)),
                   multiply(angle, angle))  # fmt: skip
        return where(equal(x, 0.0), 1.0, where(less(x, radius), y, 0.0))

    return kernel


_KERNELS = dict.fromkeys(("linear", "bilinear", "trilinear", "triangle"), _triangle)
_KERNELS |= dict.fromkeys(("cubic", "bicubic", "tricubic"), _cubic)
_KERNELS |= {"lanczos3": _lanczos(3.0), "lanczos5": _lanczos(5.0)}


def scale_and_translate(
    images, output_shape, scale, translation, spatial_dims, method, antialias=True
):
    """Images scaled, then moved: x goes to x scale + translation, pixels having their centres at
    halves; 0 where no pixel of the input is.

    Args:
        images: tensor or array.
        output_shape: the result's.
        scale, translation: a number for each of the spatial axes, arrays or tensors.
        spatial_dims: these axes.
        method: "linear", "cubic", "lanczos3" or "lanczos5".
        antialias: whether all pixels count where an axis shrinks.

    Raises:
        ValueError: an unknown method.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> x = np.float32([[0, 1], [2, 3]])
        >>> ops.image.scale_and_translate(x, (2, 3), [1.0, 1.0], [0.0, 1.0], (0, 1), "linear")
        array([[0., 0., 1.],
               [0., 2., 3.]], dtype=float32)
    """
    if method not in _KERNELS:
        raise ValueError(
            f"image.scale_and_translate: expected `method` of {', '.join(_KERNELS)}, received "
            f"{method!r}"
        )
    y, scale, translation = floats(images), floats(scale), floats(translation)
    for i, axis in enumerate(spatial_dims):
        weights = _weights(
            shape_of(y)[axis], output_shape[axis], getitem(scale, i), getitem(translation, i),
            _KERNELS[method], antialias,
        )  # fmt: skip
        y = moveaxis(tensordot(y, weights, ([axis], [0])), -1, axis)
    return y


def _weights(size: int, outputs: int, scale, translation, kernel, antialias: bool):
    """(size, outputs): how much each element counts for each output."""
    step = divide(1.0, scale)
    reach = maximum(step, 1.0) if antialias else 1.0
    centres = np.arange(outputs, dtype="float32") + 0.5
    places = subtract(multiply(subtract(centres, translation), step), 0.5)
    distance = abs(subtract(places, np.arange(size, dtype="float32")[:, None]))
    weights = kernel(divide(distance, reach))
    total = sum(weights, 0, True)
    enough = less(1000 * np.finfo("float32").eps, abs(total))
    weights = where(enough, divide(weights, where(enough, total, 1.0)), 0.0)
    inside = logical_and(less_equal(-0.5, places), less_equal(places, size - 0.5))
    return where(inside, weights, 0.0)
