"""As many bounding boxes for each image."""

from __future__ import annotations

from pyconv import ops
from pyconv.layers.images.image_layer import ImageLayer
from pyconv.utils.arguments import whole


class MaxNumBoundingBoxes(ImageLayer):
    """Leaves the first boxes of each image, or adds boxes that stand for none, so that there are
    `max_number`; images, labels and masks stay. In training and inference alike.

    Called on {"images": ..., "bounding_boxes": {"boxes": (n, k, 4), "labels": (n, k)}}, or on one
    image and its boxes.

    Args:
        max_number: how many.
        fill_value: what the numbers of an added box, and its label, are.
        bounding_box_format: of the boxes; any.

    Raises:
        ValueError: the number is not a positive integer.

    Example:
        >>> import numpy as np
        >>> layer = MaxNumBoundingBoxes(2, bounding_box_format="xyxy")
        >>> boxes = {"boxes": np.ones((1, 1, 4)), "labels": np.array([[5]])}
        >>> y = layer({"images": np.zeros((1, 8, 8, 3)), "bounding_boxes": boxes})
        >>> y["bounding_boxes"]["labels"].tolist()
        [[5, -1]]
    """

    def __init__(self, max_number, fill_value=-1, **kwargs):
        super().__init__(**kwargs)
        self.max_number = whole(int(max_number), "max_number")
        self.fill_value = int(fill_value)

    def transform_images(self, images, transformation=None, training=True):
        """The images as they are."""
        return images

    def transform_bounding_boxes(self, bounding_boxes, transformation=None, training=True):
        """The boxes, cut or filled."""
        data = super().transform_bounding_boxes(bounding_boxes, None)
        axis = len(data["boxes"].shape) - 2
        return {**data, **{name: self._as_many(data[name], axis) for name in ("boxes", "labels")}}

    def _as_many(self, x, axis: int):
        """x with max_number parts along an axis."""
        further = [(0, self.max_number if i == axis else 0) for i in range(len(x.shape))]
        filled = ops.pad(x, further, constant_values=self.fill_value)
        kept = filled[(slice(None),) * axis + (slice(self.max_number),)]
        return ops.reshape(kept, (*x.shape[:axis], self.max_number, *x.shape[axis + 1 :]))

    def get_config(self):
        config = {**super().get_config(), "data_format": self.data_format}
        if self.fill_value == -1:  # Keras forgets it
            del config["fill_value"]
        return config
