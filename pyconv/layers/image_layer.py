"""What layers that prepare and change images share."""

from __future__ import annotations

import numpy as np

from pyconv import ops
from pyconv.graph import as_tensor, current_trace
from pyconv.layers.input_spec import InputSpec
from pyconv.layers.regularization import RandomLayer
from pyconv.layers.spatial import SpatialLayer


class ImageLayer(SpatialLayer):
    """Base of layers that change images in training, one image or a batch, numbers of any dtype;
    in inference they are the identity. Where nobody says so, a call trains, as in Keras.

    Called on a dict, it changes "images", and "segmentation_masks" likewise where they move;
    "labels" stay. A subclass defines `transform` for a batch with channels last.
    """

    rank = 2

    def __init__(self, data_format=None, **kwargs):
        super().__init__(data_format=data_format, **kwargs)
        self.input_spec = None

    def call(self, inputs, training=True):
        if not isinstance(inputs, dict):
            return self.on_images(self.transform, inputs, training)
        unknown = set(inputs) - {"images", "labels", "segmentation_masks"}
        if unknown or "images" not in inputs:
            raise ValueError(
                "expected a dict with 'images' and perhaps 'labels' and 'segmentation_masks', "
                f"received {sorted(inputs)}"
            )
        return self.on_dict(inputs, training)

    def on_images(self, transform, images, training: bool):
        """A function of a batch with channels last, of images in the layer's own layout."""
        images = ops.cast(images, "float32")
        InputSpec(min_ndim=3, max_ndim=4).check(self.name, tuple(images.shape))
        if not training:
            return images
        if len(images.shape) == 4:
            return self.with_channels_last(transform, images)
        return ops.squeeze(self.with_channels_last(transform, ops.expand_dims(images, 0)), 0)

    def on_dict(self, inputs: dict, training: bool) -> dict:
        """The dict with images, and masks, changed."""
        return {**inputs, "images": self.on_images(self.transform, inputs["images"], training)}

    def compute_output_shape(self, input_shape):
        return input_shape


class RandomImageLayer(ImageLayer, RandomLayer):
    """Base of layers that change each image by random numbers of its own."""

    def __init__(self, seed=None, data_format=None, **kwargs):
        super().__init__(seed=seed, data_format=data_format, **kwargs)

    def on_dict(self, inputs, training):
        start = self.key.numpy() if current_trace() is None else as_tensor(self.key)
        outputs = super().on_dict(inputs, training)
        masks = inputs.get("segmentation_masks")
        if masks is not None:
            end = self.key.numpy() if current_trace() is None else as_tensor(self.key)
            self.key.assign(start)  # the same draws
            outputs["segmentation_masks"] = self.on_images(self.transform_masks, masks, training)
            self.key.assign(end)
        return outputs

    def transform_masks(self, x):
        """The masks of the images, with channels last; what moves pixels overrides it."""
        return x

    def uniform(self, x, shape: tuple, bounds: tuple[float, float] = (0.0, 1.0)):
        """(n, *shape) random numbers within the bounds."""
        return ops.random_uniform(x, self.key, shape, *bounds)

    def uniform_for_all(self, shape: tuple, bounds: tuple[float, float] = (0.0, 1.0)):
        """(1, *shape) random numbers within the bounds, which all images share."""
        return ops.random_uniform(np.zeros((1, 1), "float32"), self.key, shape, *bounds)

    def chosen(self, x, factor: tuple[float, float]):
        """(n, 1, 1, 1): 1 with a probability that is itself uniform within bounds, else 0."""
        probability = self.uniform(x, (1, 1, 1), factor)
        return ops.less(self.uniform(x, (1, 1, 1)), probability)


def rescaled(x, old, new):
    """Values of one range in another."""
    if tuple(old) == tuple(new):
        return x
    scale = (new[1] - new[0]) / (old[1] - old[0])
    return (x - old[0]) * scale + new[0]
