"""Boxes around objects: their formats and overlaps."""

from __future__ import annotations

from pyconv.ops.elementwise import clip, less_equal, maximum, minimum
from pyconv.ops.selection import where
from pyconv.ops.shaping import expand_dims, shape_of
from pyconv.ops.slices import concatenate, getitem

#: What the four numbers of a box are: corners (x right, y down), or a corner or centre and sizes.
FORMATS = ("xyxy", "yxyx", "xywh", "cxcywh", "cycxhw")


def convert_boxes(boxes, source: str, target: str):
    """The same boxes in another format.

    Args:
        boxes: (..., 4), in any unit.
        source, target: "xyxy" (left, top, right, bottom), "yxyx" (top, left, bottom, right),
            "xywh" (left, top, width, height), "cxcywh" (centre, width, height) or "cycxhw".

    Returns:
        (..., 4).

    Raises:
        ValueError: an unknown format, or a last axis that is not 4.

    Example:
        >>> from pyconv import ops
        >>> ops.convert_boxes([[1.0, 2.0, 5.0, 4.0]], "xyxy", "cxcywh")
        array([[3., 3., 4., 2.]], dtype=float32)
    """
    _check(boxes, source, target)
    if source == target:
        return boxes
    return concatenate(_from_corners(_corners(boxes, source), target), axis=-1)


def box_iou(boxes1, boxes2, box_format: str = "xyxy"):
    """The overlap of every box of one set with every box of another: intersection / union.

    Args:
        boxes1: (..., m, 4).
        boxes2: (..., k, 4), leading axes as those of boxes1.
        box_format: as in `convert_boxes`, of both.

    Returns:
        (..., m, k), from 0 to 1. A box without area overlaps nothing. Differentiable in both.

    Raises:
        ValueError: shapes that do not fit, or an unknown format.

    Example:
        >>> from pyconv import ops
        >>> ops.box_iou([[0.0, 0.0, 2.0, 2.0]], [[1.0, 0.0, 3.0, 2.0], [5.0, 5.0, 6.0, 6.0]])
        array([[0.33333334, 0.        ]], dtype=float32)
    """
    _check(boxes1, box_format, axes=2)
    _check(boxes2, box_format, axes=2)
    a = [expand_dims(corner, -2) for corner in _corners(boxes1, box_format)]  # (..., m, 1, 1)
    b = [expand_dims(corner, -3) for corner in _corners(boxes2, box_format)]  # (..., 1, k, 1)
    left, top = maximum(a[0], b[0]), maximum(a[1], b[1])
    right, bottom = minimum(a[2], b[2]), minimum(a[3], b[3])
    shared = _area(left, top, right, bottom)
    union = _area(*a) + _area(*b) - shared  # 0 only where what is shared is 0
    return getitem(shared / where(less_equal(union, 0.0), 1.0, union), (..., 0))


def _area(left, top, right, bottom):
    return _length(right - left) * _length(bottom - top)


def _length(x):
    return clip(x, 0.0, float("inf"))


def _corners(boxes, source: str) -> list:
    """(left, top, right, bottom), each (..., 1)."""
    a, b, c, d = (getitem(boxes, (..., slice(i, i + 1))) for i in range(4))
    if source in ("yxyx", "cycxhw"):
        a, b, c, d = b, a, d, c
    if source in ("xyxy", "yxyx"):
        return [a, b, c, d]
    if source == "xywh":
        return [a, b, a + c, b + d]
    return [a - c * 0.5, b - d * 0.5, a + c * 0.5, b + d * 0.5]


def _from_corners(corners: list, target: str) -> list:
    left, top, right, bottom = corners
    if target == "xyxy":
        return corners
    if target == "yxyx":
        return [top, left, bottom, right]
    width, height = right - left, bottom - top
    if target == "xywh":
        return [left, top, width, height]
    x, y = left + width * 0.5, top + height * 0.5
    return [x, y, width, height] if target == "cxcywh" else [y, x, height, width]


def _check(boxes, *formats: str, axes: int = 1) -> None:
    shape = shape_of(boxes)
    if len(shape) < axes or shape[-1] != 4:
        wanted = "(..., boxes, 4)" if axes == 2 else "(..., 4)"
        raise ValueError(
            f"boxes: expected shape {wanted}, received {shape}; one box has four numbers"
        )
    for name in formats:
        if name not in FORMATS:
            raise ValueError(f"boxes: expected `box_format` of {FORMATS}, received {name!r}")
