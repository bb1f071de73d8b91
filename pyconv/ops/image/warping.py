"""Images read along transformed coordinates."""

from __future__ import annotations

import numpy as np

from pyconv.ops.creation import ones_like
from pyconv.ops.described import described
from pyconv.ops.elementwise import abs, add, floor, greater_equal, multiply, sign, subtract
from pyconv.ops.image.batch import on_batch
from pyconv.ops.linear import matmul
from pyconv.ops.sampling import grid_sample
from pyconv.ops.shaping import reshape, shape_of, transpose
from pyconv.ops.slices import concatenate, stack


def affine_transform(
    images,
    transform,
    interpolation="bilinear",
    fill_mode="constant",
    fill_value=0,
    data_format=None,
):
    """Images under a projective map of the plane: a spatial transformer (Jaderberg et al. 2015).

    The pixel (x, y) of the result is read at ((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k) with
    k = c0 x + c1 y + 1; x counts columns, y rows. Differentiable in the images and the transform.

    Args:
        images: (height, width, channels) or a batch of such.
        transform: (8,) for all images, or (n, 8): [a0, a1, a2, b0, b1, b2, c0, c1].
        interpolation: "bilinear" or "nearest".
        fill_mode: outside of a row abcd: "constant" fill_value, "nearest" aaaa, "reflect" dcba,
            "wrap" abcd. Between the last pixel and the first of "wrap" both count, as in Keras'
            `map_coordinates`; TensorFlow takes one of the two there.
        fill_value: a number.
        data_format: "channels_last" (default) or "channels_first".

    Returns:
        float32 images of the same shape.

    Raises:
        ValueError: an argument or a shape does not fit.

    Example:
        >>> from pyconv import ops
        >>> ops.image.affine_transform([[[1.0], [2.0], [3.0]]], [1, 0, 1, 0, 1, 0, 0, 0]).ravel()
        array([2., 3., 0.], dtype=float32)
    """
    shape = shape_of(transform)
    if len(shape) not in (1, 2) or shape[-1] != 8:
        raise ValueError(
            f"image.affine_transform: expected a transform (8,) or (n, 8), received shape {shape}"
        )
    rows = reshape(transform, (1, 8) if len(shape) == 1 else shape)

    def warp(x):
        if None in shape_of(x)[1:]:
            return described(x, shape_of(x))
        points = _transformed(rows, *shape_of(x)[1:3])
        points = _whole(points) if interpolation == "nearest" else points
        return grid_sample(x, points, interpolation, fill_mode, fill_value)

    return on_batch("image.affine_transform", warp, images, data_format, same_dtype=True)


def _whole(points):
    """Points on pixels, halves away from 0 as in TensorFlow; `grid_sample` takes even ones."""
    size = abs(points)
    down = floor(size)
    return multiply(sign(points), add(down, greater_equal(subtract(size, down), 0.5)))


def _transformed(transform, height: int, width: int):
    """(n, height, width, 2): the point (row, column) that each pixel is read at."""
    y, x = np.mgrid[:height, :width].reshape(2, -1)
    n = shape_of(transform)[0]
    matrix = concatenate([transform, ones_like(transform[:, :1])], axis=1)
    grid = np.stack([x, y, np.ones_like(x)]).astype("float32")
    moved = matmul(reshape(matrix, (n, 3, 3)), grid)
    points = stack([moved[:, 1] / moved[:, 2], moved[:, 0] / moved[:, 2]], axis=-1)
    return reshape(points, (n, height, width, 2))


def map_coordinates(inputs, coordinates, order, fill_mode="constant", fill_value=0):
    """An array read at coordinates between its elements.

    Args:
        inputs: an array of 1 to 3 axes.
        coordinates: (axes, ...): for each axis the coordinates of the points.
        order: 0 takes the nearest element, 1 is linear along each axis.
        fill_mode, fill_value: as in `pyconv.ops.grid_sample`; SciPy's "grid-constant", "nearest",
            "reflect", "mirror" and "grid-wrap".

    Returns:
        An array of the shape that coordinates has behind its first axis.

    Raises:
        ValueError: an argument or a shape does not fit.

    Example:
        >>> from pyconv import ops
        >>> ops.image.map_coordinates([[1.0, 2.0], [3.0, 4.0]], [[0.5], [1.0]], order=1)
        array([3.], dtype=float32)
    """
    shape, at = shape_of(inputs), shape_of(coordinates)
    if not 1 <= len(shape) <= 3 or len(at) < 2 or at[0] != len(shape) or None in shape + at:
        raise ValueError(
            "image.map_coordinates: expected an array of 1 to 3 known axes and as many coordinates "
            f"(axes, ...), received shapes {shape} and {at}"
        )
    if order not in (0, 1):
        raise ValueError(f"image.map_coordinates: expected `order` 0 or 1, received {order!r}")
    points = reshape(transpose(reshape(coordinates, (at[0], -1))), (1, -1, at[0]))
    interpolation = ("nearest", "bilinear")[order]
    y = grid_sample(reshape(inputs, (1, *shape, 1)), points, interpolation, fill_mode, fill_value)
    return reshape(y, at[1:])
