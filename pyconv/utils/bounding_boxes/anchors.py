"""Boxes as offsets from anchors."""

from __future__ import annotations

from pyconv import ops
from pyconv.config import epsilon
from pyconv.ops.dtypes import floats
from pyconv.utils.bounding_boxes.formats import convert_format, image_sizes


def encode_box_to_deltas(
    anchors,
    boxes,
    anchor_format,
    box_format,
    encoding_format="center_yxhw",
    variance=None,
    image_shape=None,
):
    """Boxes as offsets from anchors: (centre - anchor's centre) / anchor's size and
    log(size / anchor's size) (Ren et al. 2015, "Faster R-CNN", eq. 2).

    Args:
        anchors: (k, 4).
        boxes: (k, 4) or (n, k, 4).
        anchor_format, box_format: as in `convert_format`.
        encoding_format: "center_yxhw" or "center_xywh": the order of the offsets.
        variance: four numbers that divide the offsets, or None.
        image_shape: (height, width, channels), for relative formats.

    Returns:
        Offsets of the boxes' shape.

    Raises:
        ValueError: an argument does not fit.

    Example:
        >>> encode_box_to_deltas([[0.0, 0.0, 4.0, 4.0]], [[2.0, 0.0, 6.0, 4.0]], "xyxy", "xyxy")
        array([[0. , 0.5, 0. , 0. ]], dtype=float32)
    """
    variance = _variance(variance)
    sizes = _offset_sizes(encoding_format, image_shape)
    anchors = convert_format(anchors, anchor_format, encoding_format, *sizes)
    boxes = convert_format(boxes, box_format, encoding_format, *sizes)
    size = ops.maximum(anchors[..., 2:], epsilon())
    shift = (boxes[..., :2] - anchors[..., :2]) / size
    growth = ops.log(ops.maximum(boxes[..., 2:], epsilon()) / size)
    deltas = ops.concatenate([shift, growth], axis=-1)
    return deltas if variance is None else deltas / variance


def decode_deltas_to_boxes(
    anchors,
    boxes_delta,
    anchor_format,
    box_format,
    encoded_format="center_yxhw",
    variance=None,
    image_shape=None,
):
    """Boxes of offsets from anchors: `encode_box_to_deltas` backwards.

    Args:
        anchors: (k, 4), or a dict of such, one for each level of a pyramid.
        boxes_delta: (k, 4) or (n, k, 4), or a dict of such with the same keys.
        anchor_format, box_format: as in `convert_format`; the result has the second.
        encoded_format: "center_yxhw" or "center_xywh": the order of the offsets.
        variance: four numbers that multiply the offsets, or None.
        image_shape: (height, width, channels), for relative formats.

    Returns:
        Boxes of the offsets' shape, or a dict of such.

    Raises:
        ValueError: an argument does not fit.

    Example:
        >>> decode_deltas_to_boxes([[0.0, 0.0, 4.0, 4.0]], [[0.0, 0.5, 0.0, 0.0]], "xyxy", "xyxy")
        array([[2., 0., 6., 4.]], dtype=float32)
    """
    if isinstance(anchors, dict) and isinstance(boxes_delta, dict):
        rest = (anchor_format, box_format, encoded_format, variance, image_shape)
        return {k: decode_deltas_to_boxes(a, boxes_delta[k], *rest) for k, a in anchors.items()}
    variance = _variance(variance)
    sizes = _offset_sizes(encoded_format, image_shape)
    anchors = convert_format(anchors, anchor_format, encoded_format, *sizes)
    deltas = floats(boxes_delta)
    deltas = deltas if variance is None else deltas * variance
    centre = deltas[..., :2] * anchors[..., 2:] + anchors[..., :2]
    size = ops.exp(deltas[..., 2:]) * anchors[..., 2:]
    boxes = ops.concatenate([centre, size], axis=-1)
    return convert_format(boxes, encoded_format, box_format, *sizes)


def _variance(variance):
    if variance is None:
        return None
    variance = floats(variance)
    if variance.shape[-1] != 4:
        raise ValueError(f"expected `variance` to be four numbers, received {variance}")
    return variance


def _offset_sizes(encoded: str, image_shape) -> tuple:
    """(height, width) of the image, None where they are not known."""
    if encoded not in ("center_xywh", "center_yxhw"):
        raise ValueError(
            "expected the format of offsets to be 'center_xywh' or 'center_yxhw', received "
            f"{encoded!r}"
        )
    return image_sizes(image_shape)
