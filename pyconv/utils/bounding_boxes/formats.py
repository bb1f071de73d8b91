"""What the four numbers of a box are, in Keras' words."""

from __future__ import annotations

from pyconv import ops
from pyconv.ops.dtypes import floats

#: Keras' formats without sizes, in the words of `ops.convert_boxes`.
_PLAIN = {name: name for name in ("xyxy", "yxyx", "xywh")}
_PLAIN |= {"center_xywh": "cxcywh", "center_yxhw": "cycxhw"}
_RELATIVE = ("rel_xyxy", "rel_yxyx", "rel_xywh", "rel_center_xywh")
FORMATS = (*_PLAIN, *_RELATIVE)


def convert_format(boxes, source, target, height=None, width=None, dtype="float32"):
    """The same boxes in another format.

    Args:
        boxes: (..., 4), or a dict that has them as "boxes".
        source, target: "xyxy" (left, top, right, bottom), "yxyx", "xywh" (left, top, sizes),
            "center_xywh", "center_yxhw", in pixels; "rel_xyxy", "rel_yxyx", "rel_xywh" and
            "rel_center_xywh" are parts of the image's width and height. Case does not matter.
        height, width: of the image, for relative formats: numbers, or arrays that fit the boxes.
        dtype: of the result.

    Returns:
        (..., 4), or a dict with them.

    Raises:
        ValueError: an unknown format, a last axis that is not 4, or sizes that are missing.

    Example:
        >>> convert_format([[10.0, 20.0, 30.0, 40.0]], "xyxy", "rel_center_xywh", 80, 40)
        array([[0.5  , 0.375, 0.5  , 0.25 ]], dtype=float32)
    """
    if isinstance(boxes, dict):
        boxes_only = convert_format(boxes["boxes"], source, target, height, width, dtype)
        return {**boxes, "boxes": boxes_only}
    source, target = _known(source, "source"), _known(target, "target")
    relative = [name.startswith("rel_") for name in (source, target)]
    if any(relative) and (height is None or width is None):
        raise ValueError(
            f"expected `height` and `width` to convert {source!r} to {target!r}, received "
            f"height={height} and width={width}"
        )
    boxes = ops.cast(boxes, dtype)
    if relative == [True, False]:
        boxes = _scaled(boxes, source, lambda x, size: x * size, height, width)
    plain = (_PLAIN[name.removeprefix("rel_")] for name in (source, target))
    boxes = ops.convert_boxes(boxes, *plain)
    if relative == [False, True]:
        boxes = _scaled(boxes, target, lambda x, size: x / size, height, width)
    return boxes


def _known(name: str, argument: str) -> str:
    if name.lower() not in FORMATS:
        raise ValueError(f"expected `{argument}` to be one of {FORMATS}, received {name!r}")
    return name.lower()


def _scaled(boxes, name: str, scale, height, width):
    """Boxes with scale(number, size of its axis) for each number."""
    sizes = (height, width) if name == "rel_yxyx" else (width, height)
    numbers = zip(numbers_of(boxes), (*sizes, *sizes), strict=True)
    return ops.concatenate([scale(x, floats(size)) for x, size in numbers], axis=-1)


def numbers_of(boxes) -> list:
    """The four numbers of boxes (..., 4), each (..., 1)."""
    return [boxes[..., i : i + 1] for i in range(4)]


def image_sizes(image_shape) -> tuple:
    """(height, width) of (height, width, channels); None where nothing is known."""
    return (None, None) if image_shape is None else tuple(image_shape)[:2]
