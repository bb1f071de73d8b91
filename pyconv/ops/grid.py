"""Detection on a grid: between a network's outputs for each cell and boxes in the image.

The outputs of a cell (Redmon et al. 2016, section 2): for each of B boxes its centre (x, y) within
the cell, the square roots of its width and height as parts of the image, and a confidence; then
the probability of each class, given that there is an object.
"""

from __future__ import annotations

import numpy as np

from pyconv.ops.boxes import convert_boxes
from pyconv.ops.elementwise import square
from pyconv.ops.geometry import per_axis
from pyconv.ops.index import indices_of
from pyconv.ops.shaping import broadcast_to, reshape, shape_of
from pyconv.ops.slices import concatenate, getitem
from pyconv.utils.arguments import whole

_BOX = 5  # numbers of a box: x, y, sqrt(w), sqrt(h), confidence


def decode_grid(y, boxes_per_cell: int = 2, box_format: str = "xyxy"):
    """The boxes that the outputs for a grid of cells stand for (Redmon et al. 2016, YOLO v1).

    centre = (cell + (x, y)) / grid, size = (sqrt(w), sqrt(h))^2

    Args:
        y: (n, rows, columns, 5 boxes_per_cell + classes): for each box of the cell x, y, sqrt(w),
            sqrt(h) and its confidence, then the classes' probabilities.
        boxes_per_cell: boxes of each cell.
        box_format: of the result, as in `convert_boxes`.

    Returns:
        boxes (n, k, 4) as parts of the image, k = rows columns boxes_per_cell; confidences (n, k);
        probabilities (n, k, classes). The score of a class is confidence times probability.

    Raises:
        ValueError: y has another rank, or too few channels for the boxes.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> y = ops.encode_grid([[[0.1, 0.2, 0.5, 0.4]]], [[3]], (7, 7), classes=20)
        >>> boxes, confidences, probabilities = ops.decode_grid(y)
        >>> boxes[0, ops.argmax(confidences, axis=-1)[0]].round(3)
        array([0.1, 0.2, 0.5, 0.4], dtype=float32)
    """
    shape = shape_of(y)
    whole(boxes_per_cell, "boxes_per_cell")
    if len(shape) != 4 or shape[3] < _BOX * boxes_per_cell:
        raise ValueError(
            f"decode_grid: expected shape (n, rows, columns, 5 * boxes_per_cell + classes), "
            f"received {shape} with boxes_per_cell={boxes_per_cell}"
        )
    n, rows, columns, channels = shape
    cells, classes = rows * columns, channels - _BOX * boxes_per_cell
    parts = reshape(
        getitem(y, (..., slice(0, _BOX * boxes_per_cell))), (n, cells * boxes_per_cell, _BOX)
    )
    centre = (getitem(parts, (..., slice(0, 2))) + _corners(rows, columns, boxes_per_cell)) / (
        np.float32([columns, rows])
    )
    boxes = concatenate([centre, square(getitem(parts, (..., slice(2, 4))))], axis=-1)
    probabilities = reshape(
        getitem(y, (..., slice(_BOX * boxes_per_cell, None))), (n, cells, 1, classes)
    )
    repeated = broadcast_to(probabilities, (n, cells, boxes_per_cell, classes))
    return (
        convert_boxes(boxes, "cxcywh", box_format),
        getitem(parts, (..., 4)),
        reshape(repeated, (n, cells * boxes_per_cell, classes)),
    )


def _corners(rows: int, columns: int, boxes_per_cell: int) -> np.ndarray:
    """(column, row) of the cell of each box: (rows columns boxes_per_cell, 2)."""
    row, column, _ = np.indices((rows, columns, boxes_per_cell)).reshape(3, -1)
    return np.stack([column, row], axis=-1).astype("float32")


def encode_grid(boxes, labels, grid_size, classes: int, boxes_per_cell: int = 2,
                box_format: str = "xyxy"):  # fmt: skip
    """Targets for the outputs of `decode_grid`, made of the true boxes of each image.

    The cell in which a box has its centre is responsible for it: all its boxes get the true one
    with confidence 1, which a loss may replace by the overlap (`box_iou`) that the prediction has.
    A cell knows one object: the first of the list. Data preparation: NumPy, not differentiable.

    Args:
        boxes: for each image an array (objects, 4), as parts of the image, 0 to 1.
        labels: for each image the classes of its objects, integers from 0.
        grid_size: (rows, columns).
        classes: number of classes; 0 for boxes alone.
        boxes_per_cell: boxes of each cell.
        box_format: of `boxes`, as in `convert_boxes`.

    Returns:
        (n, rows, columns, 5 boxes_per_cell + classes), float32; zeros where there is no object.

    Raises:
        ValueError: lists of different lengths, a label that is no class, or a centre outside.

    Example:
        >>> from pyconv import ops
        >>> y = ops.encode_grid([[[0.0, 0.0, 1.0, 1.0]]], [[0]], (2, 2), 1, boxes_per_cell=1)
        >>> y.shape, y[0, 1, 1].tolist()
        ((1, 2, 2, 6), [0.0, 0.0, 1.0, 1.0, 1.0, 1.0])
    """
    rows, columns = per_axis(grid_size, 2, "grid_size")
    whole(classes, "classes", least=0)
    whole(boxes_per_cell, "boxes_per_cell")
    for name, value in (("boxes", boxes), ("labels", labels)):
        if not hasattr(value, "__len__"):
            raise ValueError(f"encode_grid: expected `{name}` to be a list, received {value!r}")
    if len(boxes) != len(labels):
        raise ValueError(
            f"encode_grid: expected as many lists of labels as of boxes, received {len(labels)} "
            f"and {len(boxes)}"
        )
    y = np.zeros((len(boxes), rows, columns, _BOX * boxes_per_cell + classes), np.float32)
    for i, (some_boxes, some_labels) in enumerate(zip(boxes, labels, strict=True)):
        _encode_image(y[i], some_boxes, some_labels, classes, boxes_per_cell, box_format)
    return y


def _encode_image(y, boxes, labels, classes: int, boxes_per_cell: int, box_format: str) -> None:
    """Writes the objects of one image into y (rows, columns, channels)."""
    boxes, labels = np.float32(boxes), indices_of("encode_grid: labels", labels, None).ravel()
    boxes = convert_boxes(boxes if boxes.size else boxes.reshape(0, 4), box_format, "cxcywh")
    _check_objects(boxes, labels, classes)
    grid = np.array([y.shape[1], y.shape[0]])
    cells = np.minimum((boxes[:, :2] * grid).astype(int), grid - 1)
    for box, cell, label in zip(boxes, cells, labels, strict=True):
        target = y[cell[1], cell[0]]
        if target[_BOX - 1] == 0:
            one = np.concatenate([box[:2] * grid - cell, np.sqrt(box[2:]), [1.0]])
            target[: _BOX * boxes_per_cell] = np.tile(one, boxes_per_cell)
            target[_BOX * boxes_per_cell :] = np.arange(classes) == label


def _check_objects(boxes, labels, classes: int) -> None:
    """Raises ValueError for boxes (centre, width, height) or labels that no target can hold."""
    if len(boxes) != len(labels):
        raise ValueError(
            f"encode_grid: expected a label for each of {len(boxes)} boxes, received {len(labels)}"
        )
    inside = (boxes >= 0).all(axis=1) & (boxes[:, :2] <= 1).all(axis=1)
    if not inside.all():
        raise ValueError(
            f"encode_grid: expected boxes whose centre lies in the image, 0 to 1, with sizes from "
            f"0, received (x, y, width, height) {boxes[~inside][0].tolist()}; divide by the "
            "image's size"
        )
    wrong = labels[(labels < 0) | (labels >= classes)] if classes else labels[:0]
    if len(wrong):
        raise ValueError(
            f"encode_grid: expected labels from 0 to {classes - 1}, received {wrong[0]}"
        )
