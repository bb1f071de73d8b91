"""YOLO, the first (Redmon, Divvala, Girshick and Farhadi 2016): the network, its loss, and boxes of
its outputs."""

from __future__ import annotations

import numpy as np

from pyconv import layers, ops
from pyconv.applications.frame import image_input, image_model
from pyconv.losses import Loss
from pyconv.utils.arguments import number, whole

BOX = 5  # numbers of a box: x, y, sqrt(w), sqrt(h), confidence

#: Convolutions (filters, kernel, stride) in order; None is max pooling of size 2.
LAYERS = (
    *((64, 7, 2), None, (192, 3, 1), None),
    *((128, 1, 1), (256, 3, 1), (256, 1, 1), (512, 3, 1), None),
    *((256, 1, 1), (512, 3, 1)) * 4,
    *((512, 1, 1), (1024, 3, 1), None),
    *((512, 1, 1), (1024, 3, 1)) * 2,
    *((1024, 3, 1), (1024, 3, 2), (1024, 3, 1), (1024, 3, 1)),
)


def YOLOv1(  # noqa: N802 (a network's name, as Keras writes it)
    weights=None,
    input_tensor=None,
    input_shape=None,
    classes=20,
    boxes_per_cell=2,
    width=1.0,
    name="yolo_v1",
):
    """YOLO v1: 24 convolutions and two dense layers, from an image to boxes of a grid of cells.

    Redmon et al., "You only look once: unified, real-time object detection", 2016. For each cell,
    64 pixels wide: x, y, sqrt(w), sqrt(h) and confidence of each box, then the classes.
    `YOLOv1Loss` trains it, `detect` reads it, and `ops.encode_grid` makes its targets.

    Args:
        weights, input_tensor, name: as in all of `pyconv.applications`.
        input_shape: (height, width, channels), multiples of 64; by default (448, 448, 3).
        classes: number of classes.
        boxes_per_cell: boxes of each cell.
        width: what the numbers of channels are multiplied by.

    Returns:
        A `Model` from images to (rows, columns, 5 boxes_per_cell + classes), with 271,703,550
        parameters.

    Raises:
        ValueError: an argument that does not fit.

    Example:
        >>> YOLOv1(input_shape=(128, 192, 3), width=1 / 64).output_shape
        (None, 2, 3, 30)
    """
    number(width, "width", least=0)
    x = inputs = image_input(True, weights, input_tensor, input_shape, None, size=448, least=64)
    if any(size % 64 for size in inputs.shape[1:3]):
        raise ValueError(
            f"input_shape: expected a height and a width that 64 divides, received {inputs.shape}"
        )
    convolutions = pools = 0
    for layer in LAYERS:
        if layer is None:
            pools += 1
            x = layers.MaxPooling2D(2, name=f"pool{pools}")(x)
        else:
            convolutions += 1
            x = _conv(x, *layer, width, f"conv{convolutions}")
    rows, columns = x.shape[1:3]
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(_channels(4096, width), name="fc1")(x)
    x = layers.Dropout(0.5, name="drop")(layers.LeakyReLU(0.1, name="fc1_relu")(x))
    outputs = BOX * whole(boxes_per_cell, "boxes_per_cell") + classes
    x = layers.Dense(rows * columns * outputs, name="fc2")(x)
    x = layers.Reshape((rows, columns, outputs), name="predictions")(x)
    return image_model(inputs, x, name, weights)


def _conv(x, filters, kernel, stride, width, name):
    """A convolution and ReLU with the slope 0.1 below zero."""
    conv = layers.Conv2D(
        _channels(filters, width),
        kernel,
        strides=stride,
        padding="same",
        kernel_initializer="he_normal",
        name=name,
    )
    return layers.LeakyReLU(0.1, name=f"{name}_relu")(conv(x))


def _channels(count, width):
    return max(1, round(count * width))


class YOLOv1Loss(Loss):
    """Squared errors of boxes, confidences and classes (Redmon et al. 2016, equation 3).

    sum over cells with an object: coordinates * |box - true box|^2 + (confidence - overlap)^2 of
    the box that overlaps the true one most, and |classes - true classes|^2; and everywhere
    no_object * confidence^2 of the other boxes.

    Args:
        boxes_per_cell: boxes of each cell.
        coordinates: weight of the boxes' errors.
        no_object: weight of confidences where there is nothing.
        name, reduction, dtype: as of all losses; a value for each image is reduced.

    Returns:
        Called on targets as `ops.encode_grid` makes them and outputs of the same shape: the loss.

    Raises:
        ValueError: an argument that does not fit.

    Example:
        >>> y = ops.encode_grid([[[0.1, 0.2, 0.5, 0.4]]], [[3]], (7, 7), classes=20)
        >>> float(YOLOv1Loss()(y, np.zeros_like(y))) > 1  # something is missed
        True
    """

    def __init__(
        self,
        boxes_per_cell=2,
        coordinates=5.0,
        no_object=0.5,
        name="yolo_v1_loss",
        reduction="sum_over_batch_size",
        dtype=None,
    ):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.boxes_per_cell = whole(boxes_per_cell, "boxes_per_cell")
        self.coordinates = number(coordinates, "coordinates", least=0)
        self.no_object = number(no_object, "no_object", least=0)

    def call(self, y_true, y_pred):
        """The loss of each image, (n,)."""
        count = BOX * self.boxes_per_cell
        true, pred = (self._boxes(y[..., :count]) for y in (y_true, y_pred))
        overlap = ops.stop_gradient(self._overlap(true, pred))
        some = true[..., 4]  # 1 where there is an object
        mine = some * ops.one_hot(ops.argmax(overlap, axis=-1), self.boxes_per_cell)
        box = ops.sum(ops.square(true[..., :4] - pred[..., :4]), axis=-1)
        confidence = pred[..., 4]
        found = mine * (self.coordinates * box + ops.square(confidence - overlap))
        absent = self.no_object * (1.0 - mine) * ops.square(confidence)
        kind = ops.sum(ops.square(y_true[..., count:] - y_pred[..., count:]), axis=-1)
        cells = ops.sum(found + absent, axis=-1) + some[..., 0] * kind
        return ops.sum(cells, axis=(1, 2))

    def _boxes(self, y):
        """(n, rows, columns, boxes, 5)."""
        return ops.reshape(y, (-1, *y.shape[1:3], self.boxes_per_cell, BOX))

    @staticmethod
    def _overlap(true, pred):
        """Intersection over union of each box with the true one of its cell."""
        rows, columns = true.shape[1:3]
        grid = np.float32([columns, rows])
        one = [
            ops.concatenate([y[..., :2] / grid, ops.square(y[..., 2:4])], axis=-1)[..., None, :]
            for y in (true, pred)
        ]
        return ops.box_iou(*one, box_format="cxcywh")[..., 0, 0]

    def get_config(self):
        """The constructor's arguments."""
        names = ("boxes_per_cell", "coordinates", "no_object")
        return super().get_config() | {name: getattr(self, name) for name in names}


def detect(
    y, boxes_per_cell=2, score_threshold=0.2, iou_threshold=0.5, max_boxes=50, box_format="xyxy"
):
    """What YOLO's outputs have found: boxes of enough confidence that do not overlap much.

    Args:
        y: outputs (n, rows, columns, 5 boxes_per_cell + classes).
        boxes_per_cell: boxes of each cell.
        score_threshold: least confidence times probability of the most probable class.
        iou_threshold: overlap above which the worse of two boxes of a class is dropped.
        max_boxes: the most boxes of an image.
        box_format: of the result, as in `ops.convert_boxes`; parts of the image.

    Returns:
        For each image (boxes (k, 4), labels (k,), scores (k,)), the best first.

    Raises:
        ValueError: an argument that does not fit.

    Example:
        >>> y = ops.encode_grid([[[0.1, 0.2, 0.5, 0.4]]], [[3]], (7, 7), classes=20)
        >>> [(boxes, labels, scores)] = detect(y)
        >>> boxes.round(3), labels.tolist(), scores.tolist()
        (array([[0.1, 0.2, 0.5, 0.4]], dtype=float32), [3], [1.0])
    """
    boxes, confidences, probabilities = map(np.asarray, ops.decode_grid(y, boxes_per_cell, "xyxy"))
    scores = confidences * probabilities.max(axis=-1)
    labels = probabilities.argmax(axis=-1).astype("int32")
    kept, counts = ops.non_maximum_suppression(
        boxes, scores, max_boxes, iou_threshold, score_threshold, labels
    )
    results = []
    for i, (rows, count) in enumerate(zip(np.asarray(kept), np.asarray(counts), strict=True)):
        best = rows[:count]
        found = ops.convert_boxes(boxes[i, best], "xyxy", box_format)
        results.append((np.asarray(found), labels[i, best], scores[i, best]))
    return results
