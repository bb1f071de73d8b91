"""Boxes cut, shifted and moved by maps of the plane."""

from __future__ import annotations

import math

from pyconv import ops
from pyconv.ops.dtypes import floats
from pyconv.utils.bounding_boxes.formats import numbers_of


def clip_to_image_size(bounding_boxes, height=None, width=None, bounding_box_format="xyxy"):
    """Boxes cut to what lies in the image; where nothing does, the label is -1.

    Args:
        bounding_boxes: a dict of "boxes" (..., k, 4) and perhaps "labels" (..., k).
        height, width: of the image, for "xyxy".
        bounding_box_format: "xyxy" or "rel_xyxy".

    Returns:
        A dict of the same.

    Raises:
        NotImplementedError: another format.
        ValueError: sizes that are missing.

    Example:
        >>> import numpy as np
        >>> boxes = np.array([[-10, -20, 150, 160], [130, 40, 170, 80]])
        >>> clipped = clip_to_image_size({"boxes": boxes, "labels": np.array([0, 1])}, 100, 120)
        >>> clipped["boxes"].tolist(), clipped["labels"].tolist()
        ([[0, 0, 120, 100], [120, 40, 120, 80]], [0, -1])
    """
    _expect_format(bounding_box_format, "xyxy", "rel_xyxy")
    if bounding_box_format == "rel_xyxy":
        height = width = 1
    if height is None or width is None:
        raise ValueError(
            f"expected `height` and `width` for boxes 'xyxy', received {height} and {width}"
        )
    x1, y1, x2, y2 = _within(
        numbers_of(ops.convert_to_tensor(bounding_boxes["boxes"])), height, width
    )
    clipped = {**bounding_boxes, "boxes": ops.concatenate([x1, y1, x2, y2], axis=-1)}
    labels = bounding_boxes.get("labels")
    if labels is not None:
        labels, area = ops.convert_to_tensor(labels), (x2 - x1) * (y2 - y1)
        area = area if len(labels.shape) == len(area.shape) else ops.squeeze(area, -1)
        clipped["labels"] = ops.where(ops.greater(area, 0), labels, -1)
    return clipped


def _within(corners: list, height, width) -> list:
    sizes = (width, height, width, height)
    return [ops.clip(x, 0, size) for x, size in zip(corners, sizes, strict=True)]


def _expect_format(name: str, *known: str) -> None:
    if name not in known:
        raise NotImplementedError(
            f"expected `bounding_box_format` {' or '.join(map(repr, known))}, received {name!r}; "
            "convert the boxes with convert_format first"
        )


def crop(boxes, top, left, height, width, bounding_box_format="xyxy"):
    """Boxes in the window at (top, left) of an image, cut to it.

    Args:
        boxes: (..., 4) "xyxy".
        top, left, height, width: the window.
        bounding_box_format: "xyxy".

    Raises:
        NotImplementedError: another format.

    Example:
        >>> crop([[10, 20, 50, 60]], top=10, left=20, height=40, width=30).tolist()
        [[0, 10, 30, 40]]
    """
    _expect_format(bounding_box_format, "xyxy")
    corners = numbers_of(pad(boxes, -top, -left))
    return ops.concatenate(_within(corners, height, width), axis=-1)


def pad(boxes, top, left, height=None, width=None, bounding_box_format="xyxy"):
    """Boxes in an image with so many more rows at the top and columns at the left.

    Args:
        boxes: (..., 4) "xyxy".
        top, left: rows and columns.
        height, width: taken for Keras' sake; they change nothing.
        bounding_box_format: "xyxy".

    Raises:
        NotImplementedError: another format.

    Example:
        >>> pad([[10, 20, 50, 60]], top=1, left=2).tolist()
        [[12, 21, 52, 61]]
    """
    _expect_format(bounding_box_format, "xyxy")
    corners = zip(numbers_of(ops.convert_to_tensor(boxes)), (left, top, left, top), strict=True)
    return ops.concatenate([x + shift for x, shift in corners], axis=-1)


def affine_transform(
    boxes,
    angle,
    translate_x,
    translate_y,
    scale,
    shear_x,
    shear_y,
    height,
    width,
    center_x=None,
    center_y=None,
    bounding_box_format="xyxy",
):
    """Boxes around the corners of boxes that were turned, sheared, scaled and shifted.

    Args:
        boxes: (n, k, 4) "xyxy".
        angle, shear_x, shear_y: (n,) degrees.
        translate_x, translate_y: (n,) parts of width - 1 and height - 1.
        scale: (n,) factors.
        height, width: of the images.
        center_x, center_y: what stays, as parts of width - 1 and height - 1; 0.5 by default.
        bounding_box_format: "xyxy".

    Returns:
        (n, k, 4), not cut to the image.

    Raises:
        NotImplementedError: another format.

    Example:
        >>> import numpy as np
        >>> zero, one = np.zeros(1, "float32"), np.ones(1, "float32")
        >>> boxes = np.float32([[[0, 0, 2, 4]]])
        >>> moved = affine_transform(boxes, 90 * one, zero, zero, one, zero, zero, 6, 6)
        >>> moved.round(3).astype(int).tolist()
        [[[0, 3, 4, 5]]]
    """
    _expect_format(bounding_box_format, "xyxy")
    angle, sx, sy = (floats(x) * (-math.pi / 180) for x in (angle, shear_x, shear_y))
    cx = (0.5 if center_x is None else floats(center_x)) * (width - 1.0)
    cy = (0.5 if center_y is None else floats(center_y)) * (height - 1.0)
    x = cx - floats(translate_x) * (width - 1.0)
    y = cy - floats(translate_y) * (height - 1.0)
    turn, tilt = angle - sy, ops.tan(sx)
    a, c = ops.cos(turn) / ops.cos(sy), -ops.sin(turn) / ops.cos(sy)
    b, d = a * tilt + ops.sin(angle), ops.cos(angle) - c * tilt
    a, b, c, d = (entry * floats(scale) for entry in (d, -b, -c, a))
    zero = a * 0.0
    rows = [a, b, cx - a * x - b * y, c, d, cy - c * x - d * y, zero, zero, zero + 1.0]
    return moved_boxes(floats(boxes), ops.reshape(ops.stack(rows, axis=-1), (-1, 3, 3)))


def moved_boxes(boxes, matrix):
    """Boxes around the corners of boxes (n, k, 4) "xyxy" that projective maps of the plane moved,
    one, (1, 3, 3), or one for each image.

    Example:
        >>> moved_boxes([[[0.0, 0.0, 1.0, 2.0]]], [[[2, 0, 5], [0, 1, 0], [0, 0, 1]]])
        array([[[5., 0., 7., 2.]]], dtype=float32)
    """
    left, top, right, bottom = numbers_of(floats(boxes))
    x = ops.concatenate([left, right, left, right], axis=-1)
    y = ops.concatenate([top, top, bottom, bottom], axis=-1)
    matrix = floats(matrix)
    rows = ([matrix[:, i : i + 1, j : j + 1] for j in range(3)] for i in range(3))
    u, v, w = (a * x + b * y + c for a, b, c in rows)
    w = ops.where(ops.less(ops.abs(w), 1e-7), 1e-7, w)  # on the horizon: far away, but a number
    ends = [end(p / w, axis=-1, keepdims=True) for end in (ops.min, ops.max) for p in (u, v)]
    return ops.concatenate(ends, axis=-1)
