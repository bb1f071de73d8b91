"""Layers for detection: regions of images and maps, and the choice among boxes."""

from __future__ import annotations

import numpy as np

from pyconv import ops
from pyconv.layers.layer import Layer
from pyconv.layers.spatial import SpatialLayer, channels_to, expect_pair
from pyconv.ops.boxes import FORMATS
from pyconv.ops.geometry import per_axis
from pyconv.utils.arguments import choice, number, whole


class Regions(SpatialLayer):
    """Base of layers that are called on [images, boxes] and cut all boxes out of their image; a
    subclass defines `cut(images, boxes)`, channels last."""

    rank = 2

    def __init__(self, box_format, data_format=None, **kwargs):
        super().__init__(data_format=data_format, **kwargs)
        self.box_format = choice(box_format, "box_format", FORMATS)

    def cut(self, images, boxes):
        """(n, k, rows, columns, channels) of images (n, height, width, channels)."""
        raise NotImplementedError(f"{type(self).__name__} must define cut")

    def build(self, input_shape):
        expect_pair(input_shape, "images", "boxes")

    def call(self, inputs):
        images, boxes = inputs
        if self.channel_axis == -1:
            return self.cut(images, boxes)
        return ops.transpose(self.cut(channels_to(-1, images), boxes), (0, 1, 4, 2, 3))


class CropAndResize(Regions):
    """Boxes cut out of their images and resized to one size (`ops.crop_and_resize`).

    Args:
        crop_size: an integer, or (rows, columns).
        interpolation: "bilinear" or "nearest".
        extrapolation_value: what stands where a crop lies outside the image.
        box_format: of the boxes, as in `ops.convert_boxes`; TensorFlow's by default.
        data_format: of images and crops: "channels_last", the default, or "channels_first".

    Returns:
        Called on [images (n, height, width, channels), boxes (n, k, 4) as parts of the image]:
        (n, k, rows, columns, channels).

    Raises:
        ValueError: an argument or an input's shape does not fit.

    Example:
        >>> CropAndResize(14).compute_output_shape([(None, 32, 48, 3), (None, 10, 4)])
        (None, 10, 14, 14, 3)
    """

    def __init__(
        self,
        crop_size,
        interpolation="bilinear",
        extrapolation_value=0.0,
        box_format="yxyx",
        data_format=None,
        **kwargs,
    ):
        super().__init__(box_format, data_format, **kwargs)
        self.crop_size = per_axis(crop_size, 2, "crop_size")
        self.interpolation = choice(interpolation, "interpolation", ("bilinear", "nearest"))
        self.extrapolation_value = number(extrapolation_value, "extrapolation_value")

    def cut(self, images, boxes):
        return ops.crop_and_resize(
            images, boxes, self.crop_size, None, self.interpolation, self.extrapolation_value,
            self.box_format,
        )  # fmt: skip


class RoIAlign(Regions):
    """Regions of interest of feature maps as small maps of one size (`ops.roi_align`).

    Args:
        output_size: an integer, or (rows, columns).
        spatial_scale: pixels of the map per unit of the boxes.
        sampling_ratio: samples of a cell along each axis.
        aligned: whether a pixel's centre is half a pixel from its corner.
        box_format: of the boxes, as in `ops.convert_boxes`; torchvision's by default.
        data_format: of maps and regions: "channels_last", the default, or "channels_first".

    Returns:
        Called on [maps (n, height, width, channels), boxes (n, k, 4)]: (n, k, rows, columns,
        channels).

    Raises:
        ValueError: an argument or an input's shape does not fit.

    Example:
        >>> RoIAlign(7, 1 / 16).compute_output_shape([(None, 32, 48, 256), (None, 10, 4)])
        (None, 10, 7, 7, 256)
    """

    def __init__(
        self,
        output_size,
        spatial_scale=1.0,
        sampling_ratio=2,
        aligned=False,
        box_format="xyxy",
        data_format=None,
        **kwargs,
    ):
        super().__init__(box_format, data_format, **kwargs)
        self.output_size = per_axis(output_size, 2, "output_size")
        self.spatial_scale = number(spatial_scale, "spatial_scale")
        (self.sampling_ratio,) = per_axis(sampling_ratio, 1, "sampling_ratio")
        self.aligned = bool(aligned)

    def cut(self, images, boxes):
        return ops.roi_align(
            images, boxes, self.output_size, self.spatial_scale, self.sampling_ratio, self.aligned,
            None, self.box_format,
        )  # fmt: skip


class NonMaximumSuppression(Layer):
    """The best boxes that do not overlap much, with their scores and classes
    (`ops.non_maximum_suppression`): the end of a detector.

    Args:
        max_output_size: how many boxes are kept at most.
        iou_threshold: overlap from above which the box of the lower score is removed.
        score_threshold: only boxes of higher scores are kept; None: all.
        per_class: whether boxes of different classes leave each other alone.
        box_format: of the boxes, as in `ops.convert_boxes`.

    Returns:
        Called on [boxes (n, k, 4), scores (n, k) or (n, k, classes)], where a box stands for its
        best class: (n, max_output_size, 6), the best first: box, score and class of each; behind
        the last one boxes of zeros with score 0 and class -1.

    Raises:
        ValueError: an argument or an input's shape does not fit.

    Example:
        >>> import numpy as np
        >>> boxes = np.array([[[0.0, 0.0, 2.0, 2.0], [0.1, 0.0, 2.1, 2.0]]])
        >>> NonMaximumSuppression(2)([boxes, np.array([[[0.1, 0.5], [0.2, 0.4]]])])
        array([[[ 0. ,  0. ,  2. ,  2. ,  0.5,  1. ],
                [ 0. ,  0. ,  0. ,  0. ,  0. , -1. ]]], dtype=float32)
    """

    def __init__(
        self,
        max_output_size,
        iou_threshold=0.5,
        score_threshold=None,
        per_class=True,
        box_format="xyxy",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.max_output_size = whole(max_output_size, "max_output_size")
        self.iou_threshold = number(iou_threshold, "iou_threshold", least=0, most=1)
        given = score_threshold is not None
        self.score_threshold = number(score_threshold, "score_threshold") if given else None
        self.per_class = per_class
        self.box_format = choice(box_format, "box_format", FORMATS)

    def build(self, input_shape):
        expect_pair(input_shape, "boxes", "scores")

    def call(self, inputs):
        boxes, scores = inputs
        if len(scores.shape) == 2:
            scores = ops.expand_dims(scores, -1)
        best, classes = ops.max(scores, axis=-1), ops.argmax(scores, axis=-1)
        indices, _ = ops.non_maximum_suppression(
            boxes, best, self.max_output_size, self.iou_threshold, self.score_threshold,
            classes if self.per_class else None, self.box_format,
        )  # fmt: skip
        columns = [boxes, *(ops.expand_dims(x, -1) for x in (best, ops.cast(classes, "float32")))]
        rows = ops.concatenate(columns, axis=-1)
        nothing = np.float32([[0, 0, 0, 0, 0, -1]])  # the last row, which the index -1 takes
        rows = ops.concatenate([rows, ops.broadcast_to(nothing, (rows.shape[0], 1, 6))], axis=1)
        return ops.take_along_axis(rows, ops.expand_dims(indices, -1), axis=1)
