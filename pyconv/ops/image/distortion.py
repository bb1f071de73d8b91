"""Images seen from elsewhere, and bent by random fields."""

from __future__ import annotations

import numpy as np

from pyconv.ops.dtypes import floats
from pyconv.ops.elementwise import add, multiply
from pyconv.ops.image.batch import on_batch
from pyconv.ops.image.blur import gaussian_blur
from pyconv.ops.image.warping import affine_transform
from pyconv.ops.linear import matmul
from pyconv.ops.products import cross
from pyconv.ops.reduce import sum
from pyconv.ops.sampling import grid_sample
from pyconv.ops.shaping import expand_dims, reshape, shape_of
from pyconv.ops.slices import concatenate, getitem, stack


def perspective_transform(
    images, start_points, end_points, interpolation="bilinear", fill_value=0, data_format=None
):
    """Images under the projective map that takes four points to four others.

    Args:
        images: (height, width, channels) or a batch of such.
        start_points, end_points: (4, 2) or (n, 4, 2): points (x, y) of the images, and where they
            are in the result; no three on a line.
        interpolation: "bilinear" or "nearest".
        fill_value: what lies outside the images.
        data_format: "channels_last" or "channels_first"; None is the process's setting.

    Returns:
        float32 images of the same shape.

    Raises:
        ValueError: an argument or a shape does not fit.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> corners = np.float32([[0, 0], [0, 1], [1, 0], [1, 1]])
        >>> image = np.float32([[1, 2], [3, 4]])[:, :, None]
        >>> ops.image.perspective_transform(image, corners, corners + [1, 0]).ravel()
        array([0., 1., 0., 3.], dtype=float32)
    """
    start, end = floats(start_points), floats(end_points)
    if shape_of(start)[-2:] != (4, 2) or shape_of(end)[-2:] != (4, 2):
        raise ValueError(
            "image.perspective_transform: expected points (4, 2) or (n, 4, 2), received shapes "
            f"{shape_of(start)} and {shape_of(end)}"
        )
    start, end = (expand_dims(p, 0) if len(shape_of(p)) == 2 else p for p in (start, end))
    transform = perspective_map(start, end)
    return affine_transform(images, transform, interpolation, "constant", fill_value, data_format)


def perspective_map(start, end):
    """(n, 8), as `affine_transform` takes it: by which images are read whose points (n, 4, 2) move
    from start to end."""
    matrix = matmul(_basis(start), adjugate(_basis(end)))
    flat = reshape(matrix, (shape_of(matrix)[0], 9))
    flat = flat / getitem(flat, (slice(None), slice(8, 9)))
    return getitem(flat, (slice(None), slice(0, 8)))


def _columns(points):
    """The four points (n, 4, 2) as homogeneous vectors (n, 3)."""
    one = getitem(points, (..., slice(0, 1))) * 0.0 + 1.0
    homogeneous = concatenate([points, one], axis=-1)
    return [getitem(homogeneous, (slice(None), i)) for i in range(4)]


def _basis(points):
    """(n, 3, 3): the map of the plane that takes e1, e2, e3 and their sum to the four points."""
    a, b, c, d = _columns(points)
    normals = (cross(b, c), cross(c, a), cross(a, b))
    weights = [sum(multiply(normal, d), -1, True) for normal in normals]
    return stack([multiply(p, w) for p, w in zip((a, b, c), weights, strict=True)], axis=-1)


def adjugate(matrix):
    """The inverse of (n, 3, 3) matrices up to a factor."""
    a, b, c = (getitem(matrix, (..., i)) for i in range(3))
    return stack([cross(b, c), cross(c, a), cross(a, b)], axis=1)


def elastic_transform(
    images,
    alpha=20.0,
    sigma=5.0,
    interpolation="bilinear",
    fill_mode="reflect",
    fill_value=0.0,
    seed=None,
    data_format=None,
):
    """Images whose pixels are read alpha times a smooth random field away (Simard et al. 2003).

    Args:
        images: (height, width, channels) or a batch of such.
        alpha: how far.
        sigma: standard deviation of the field before, and in pixels of the bell that smooths it.
        interpolation: "bilinear" or "nearest".
        fill_mode, fill_value: what lies outside, as in `affine_transform`.
        seed: as in `pyconv.random.normal`.
        data_format: "channels_last" or "channels_first"; None is the process's setting.

    Returns:
        float32 images of the same shape.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> ops.image.elastic_transform(np.ones((8, 8, 1)), seed=1).shape
        (8, 8, 1)
    """
    size = (6 * int(sigma) | 1,) * 2

    def bend(x):
        from pyconv.random import normal

        n, height, width, _ = shape_of(x)
        field = normal((n, height, width, 2), stddev=sigma, seed=seed)
        field = gaussian_blur(field, size, (sigma, sigma), "channels_last")
        places = np.stack(np.mgrid[:height, :width], axis=-1).astype("float32")
        points = add(multiply(field, alpha), places)
        return grid_sample(x, points, interpolation, fill_mode, fill_value)

    return on_batch("image.elastic_transform", bend, images, data_format)
