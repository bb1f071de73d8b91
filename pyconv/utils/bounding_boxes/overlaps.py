"""How much boxes overlap."""

from __future__ import annotations

import math

from pyconv import ops
from pyconv.config import epsilon
from pyconv.utils.bounding_boxes.formats import convert_format, image_sizes, numbers_of


def compute_iou(
    boxes1, boxes2, bounding_box_format, use_masking=False, mask_val=-1, image_shape=None
):
    """The overlap of every box of one set with every box of another: intersection / union.

    Args:
        boxes1: (m, 4) or (n, m, 4).
        boxes2: (k, 4) or (n, k, 4).
        bounding_box_format: of both, as in `convert_format`.
        use_masking: whether pairs with a box whose numbers are all below 0 get `mask_val`.
        mask_val: a number.
        image_shape: (height, width, channels), for relative formats.

    Returns:
        (m, k), or (n, m, k).

    Raises:
        ValueError: shapes or formats that do not fit.

    Example:
        >>> compute_iou([[0.0, 0.0, 2.0, 2.0]], [[1.0, 0.0, 3.0, 2.0], [5, 5, 6, 6]], "xyxy")
        array([[0.33333334, 0.        ]], dtype=float32)
    """
    boxes1, boxes2 = (ops.convert_to_tensor(boxes) for boxes in (boxes1, boxes2))
    if not {len(boxes1.shape), len(boxes2.shape)} <= {2, 3}:
        raise ValueError(
            "expected boxes of shape (k, 4) or (n, k, 4), received shapes "
            f"{tuple(boxes1.shape)} and {tuple(boxes2.shape)}"
        )
    sizes = image_sizes(image_shape)
    boxes1, boxes2 = (
        convert_format(b, bounding_box_format, "xyxy", *sizes) for b in (boxes1, boxes2)
    )
    first = numbers_of(boxes1)  # each (..., m, 1)
    second = [ops.swapaxes(x, -1, -2) for x in numbers_of(boxes2)]  # each (..., 1, k)
    shared = _shared(first, second)
    iou = shared / (_area(*first) + _area(*second) - shared + epsilon())
    if not use_masking:
        return iou
    first, second = (ops.less(ops.max(b, axis=-1, keepdims=True), 0.0) for b in (boxes1, boxes2))
    absent = ops.logical_or(first, ops.swapaxes(second, -1, -2))
    return ops.where(absent, float(mask_val), iou)


def _area(left, top, right, bottom):
    return (right - left) * (bottom - top)


def _shared(a: list, b: list):
    """The area of the intersection."""
    sides = [
        ops.maximum(ops.minimum(a[i + 2], b[i + 2]) - ops.maximum(a[i], b[i]), 0.0) for i in (0, 1)
    ]
    return sides[0] * sides[1]


def compute_ciou(boxes1, boxes2, bounding_box_format, image_shape=None):
    """The complete overlap of boxes: iou - d^2 / c^2 - v^2 / (1 - iou + v), d between the centres,
    c the diagonal around both, v = 4 / pi^2 (difference of atan(width / height))^2 (Zheng et al.
    2020, "Distance-IoU loss").

    Args:
        boxes1, boxes2: (..., 4), one with one.
        bounding_box_format: of both, as in `convert_format`, in pixels.
        image_shape: taken for Keras' sake: relative formats are refused.

    Returns:
        (...,), at most 1.

    Raises:
        ValueError: a relative format.

    Example:
        >>> compute_ciou([[0.0, 0.0, 2.0, 2.0]], [[0.0, 0.0, 2.0, 2.0]], "xyxy").round(3)
        array([1.], dtype=float32)
    """
    if "rel" in bounding_box_format:
        raise ValueError(
            f"expected a format in pixels, received {bounding_box_format!r}; convert the boxes "
            "with convert_format first"
        )
    a, b = (numbers_of(convert_format(x, bounding_box_format, "xyxy")) for x in (boxes1, boxes2))
    tiny = epsilon()
    (w1, h1), (w2, h2) = ((x[2] - x[0], x[3] - x[1] + tiny) for x in (a, b))
    shared = _shared(a, b)
    iou = shared / (w1 * h1 + w2 * h2 - shared + 2 * tiny)
    around = [ops.maximum(a[i + 2], b[i + 2]) - ops.minimum(a[i], b[i]) for i in (0, 1)]
    apart = [(a[i] + a[i + 2] - b[i] - b[i + 2]) * 0.5 for i in (0, 1)]
    distance = _squares(apart) / (_squares(around) + tiny)
    v = ops.square(ops.arctan(w2 / h2) - ops.arctan(w1 / h1)) * (4 / math.pi**2)
    return ops.squeeze(iou - distance - v * v / (v - iou + (1 + tiny)), -1)


def _squares(pair: list):
    return ops.square(pair[0]) + ops.square(pair[1])
