"""Regions of images, cut out and brought to one size: crop and resize, and RoI align."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from pyconv.graph import Attributes
from pyconv.ops.boxes import convert_boxes
from pyconv.ops.elementwise import floor, less_equal, maximum, multiply
from pyconv.ops.geometry import per_axis
from pyconv.ops.index import indices_of
from pyconv.ops.reduce import mean
from pyconv.ops.sampling import grid_sample
from pyconv.ops.selection import where
from pyconv.ops.shaping import broadcast_to, expand_dims, reshape, shape_of
from pyconv.ops.slices import concatenate, getitem
from pyconv.utils.arguments import number


class Positions(Attributes):
    """Where a region is read along one axis, in pixels, and where that lies in the image.

    Attributes:
        at: (n, k, positions).
        inside: as `at`, 1 where the image is read, 0 where the fill value stands.
    """

    at: object
    inside: object


def crop_and_resize(
    x,
    boxes,
    crop_size,
    box_indices=None,
    interpolation="bilinear",
    extrapolation_value=0.0,
    box_format: str = "yxyx",
):
    """Boxes cut out of images and resized to one size; differentiable in images and boxes.

    Row i of a crop is read at y1 (height - 1) + i (y2 - y1) (height - 1) / (rows - 1), or in the
    middle of the box if there is one row; columns likewise (`tf.image.crop_and_resize`).

    Args:
        x: images (n, height, width, channels).
        boxes: (n, k, 4) as parts of the image: 0 is the centre of its first pixel, 1 that of the
            last one; or (b, 4) beside `box_indices`. A box may be mirrored or reach outside.
        crop_size: an integer, or (rows, columns).
        box_indices: (b,), int32: the image of each box; not in a symbolic batch.
        interpolation: "bilinear" or "nearest" (which has no gradient in the boxes).
        extrapolation_value: what stands where a crop lies outside the image.
        box_format: of `boxes`, as in `convert_boxes`.

    Returns:
        (n, k, rows, columns, channels), or (b, rows, columns, channels) with `box_indices`.

    Raises:
        ValueError: shapes or arguments that do not fit.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> x = np.arange(9.0).reshape(1, 3, 3, 1)
        >>> ops.crop_and_resize(x, [[[0.0, 0.5, 1.0, 1.0]]], (3, 2))[0, 0, :, :, 0]
        array([[1., 2.],
               [4., 5.],
               [7., 8.]], dtype=float32)
    """
    boxes = _boxes_of_images("crop_and_resize", x, boxes, box_indices, box_format)
    axes = [
        _resized(boxes, axis, count, shape_of(x)[1 + axis])
        for axis, count in enumerate(per_axis(crop_size, 2, "crop_size"))
    ]
    if interpolation == "nearest":  # halves up, as TensorFlow rounds them
        axes = [axis.replace(at=floor(axis.at + 0.5)) for axis in axes]
    fill = number(extrapolation_value, "extrapolation_value")
    y = _read(x, axes, interpolation, fill, box_indices)
    return y if box_indices is None else getitem(y, (slice(None), 0))


def roi_align(
    x,
    boxes,
    output_size,
    spatial_scale: float = 1.0,
    sampling_ratio: int = 2,
    aligned: bool = False,
    box_indices=None,
    box_format: str = "xyxy",
):
    """Regions of interest as small maps: each cell is the mean of samples at regular points within
    it, read bilinearly without rounding (He et al. 2017, Mask R-CNN, section 3).

    Args:
        x: maps (n, height, width, channels).
        boxes: (n, k, 4) in units of the image; or (b, 4) beside `box_indices`.
        output_size: an integer, or (rows, columns): cells of a region.
        spatial_scale: pixels of the map per unit of the boxes, such as 1/16.
        sampling_ratio: samples of a cell along each axis. (torchvision's -1, as many as the region
            has pixels, is not there: shapes do not depend on values.)
        aligned: whether a pixel's centre is half a pixel from its corner, which is right; else
            boxes are half a pixel off and at least 1 pixel wide, as in the first version.
        box_indices: (b,), int32: the image of each box; not in a symbolic batch.
        box_format: of `boxes`, as in `convert_boxes`.

    Returns:
        (n, k, rows, columns, channels), or (b, rows, columns, channels) with `box_indices`. Samples
        more than a pixel outside the map are 0. Differentiable in maps and boxes.

    Raises:
        ValueError: shapes or arguments that do not fit.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> x = np.arange(16.0).reshape(1, 4, 4, 1)
        >>> ops.roi_align(x, [[[1.0, 1.0, 3.0, 3.0]]], 2, aligned=True)[0, 0, :, :, 0]
        array([[ 5.,  6.],
               [ 9., 10.]], dtype=float32)
    """
    cells = per_axis(output_size, 2, "output_size")
    (ratio,) = per_axis(sampling_ratio, 1, "sampling_ratio")
    boxes = _boxes_of_images("roi_align", x, boxes, box_indices, box_format)
    boxes = multiply(boxes, number(spatial_scale, "spatial_scale"))
    axes = [
        _aligned(boxes, axis, count * ratio, shape_of(x)[1 + axis], aligned)
        for axis, count in enumerate(cells)
    ]
    y = _cell_means(_read(x, axes, "bilinear", 0.0, box_indices), cells, ratio)
    return y if box_indices is None else getitem(y, (slice(None), 0))


def _boxes_of_images(what: str, x, boxes, box_indices, box_format: str):
    """Boxes (n, k, 4) as "yxyx"; those with an index of their own as (b, 1, 4)."""
    shape, at = shape_of(x), shape_of(boxes)
    fit = at[:1] == shape[:1] if box_indices is None else at[:1] == shape_of(box_indices)
    if len(shape) != 4 or len(at) != (3 if box_indices is None else 2) or not fit:
        raise ValueError(
            f"{what}: expected images (n, height, width, channels) and boxes (n, k, 4), or boxes "
            f"(b, 4) and box_indices (b,), received shapes {shape} and {at}"
            + ("" if box_indices is None else f" and {shape_of(box_indices)}")
        )
    if box_indices is not None:
        indices_of(f"{what}: box_indices", box_indices, None)
    boxes = convert_boxes(boxes, box_format, "yxyx")
    return boxes if box_indices is None else expand_dims(boxes, 1)


def _ends(boxes, axis: int):
    """First and last coordinate (n, k, 1) of "yxyx" boxes along axis 0 or 1."""
    return tuple(getitem(boxes, (..., slice(i, i + 1))) for i in (axis, axis + 2))


def _resized(boxes, axis: int, count: int, size) -> Positions:
    first, last = _ends(boxes, axis)
    steps = np.linspace(0, 1, count, dtype="float32") if count > 1 else np.float32([0.5])
    end = _last(size)
    at = (first + (last - first) * steps) * end
    return Positions(at, less_equal(0.0, at) * less_equal(at, end))


def _aligned(boxes, axis: int, count: int, size, aligned: bool) -> Positions:
    first, last = _ends(boxes, axis)
    length = last - first if aligned else maximum(last - first, 1.0)
    at = first + length * (np.arange(0.5, count, dtype="float32") / count)
    at = at - 0.5 if aligned else at
    return Positions(at, less_equal(-1.0, at) * less_equal(at, _last(size) + 1.0))


def _last(size) -> float:
    """The last pixel's coordinate; any number while a model with free sizes is described."""
    return 0.0 if size is None else size - 1.0


def _read(x, axes: list[Positions], interpolation: str, fill: float, box_indices):
    """Values at all pairs of positions: (n, k, rows, columns, channels). Within the image's last
    pixel but beyond its centre, the border goes on."""
    rows, columns = axes
    shape = (*shape_of(rows.at), shape_of(columns.at)[-1])
    points = [
        broadcast_to(expand_dims(expand_dims(axis.at, other), -1), (*shape, 1))
        for axis, other in ((rows, -1), (columns, -2))
    ]
    y = grid_sample(
        x, concatenate(points, axis=-1), interpolation, "nearest", index=box_indices
    )  # fmt: skip
    inside = expand_dims(rows.inside, -1) * expand_dims(columns.inside, -2)
    return where(expand_dims(inside, -1), y, fill)


def _cell_means(y, cells: Iterable[int], ratio: int):
    """Means of ratio x ratio samples: (n, k, rows ratio, columns ratio, c) to (n, k, *cells, c)."""
    rows, columns = cells
    n, k, *_, c = shape_of(y)
    y = mean(reshape(y, (n, k * rows, ratio, columns * ratio * c)), axis=2)
    y = mean(reshape(y, (n, k * rows * columns, ratio, c)), axis=2)
    return reshape(y, (n, k, rows, columns, c))
