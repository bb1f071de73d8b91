"""Images of a batch mixed with one another, arrays before they come to a model."""

from __future__ import annotations

import numpy as np

from pyconv import ops
from pyconv.graph import Tensor
from pyconv.layers.images.augmentation import bounds
from pyconv.layers.images.image_layer import ImageLayer, images_of
from pyconv.layers.images.random_image_layer import RandomImageLayer
from pyconv.utils.arguments import number


class Mixing(RandomImageLayer):
    """Base of layers that mix each image of a batch with another. A subclass defines `weigh`."""

    def weigh(self, rng, sizes: tuple) -> dict:
        """What is drawn by a NumPy generator for n images of (n, height, width): "mix_weight" (n,)
        is the part of each image that stays."""
        raise NotImplementedError(f"{type(self).__name__} must define weigh")

    def get_random_transformation(self, data, training=True, seed=None):
        """What a call draws for all entries, or None for single images and in inference."""
        drawn = ImageLayer.get_random_transformation(self, data, training)
        if drawn is None or len(drawn["input_shape"]) == 3:
            return None
        images = images_of(data)
        if isinstance(images, Tensor):
            raise ValueError(
                f"layer {self.name}: expected arrays, received a symbolic tensor; images are mixed "
                "with others before they come to a model: call the layer on batches of data"
            )
        rng = np.random.default_rng(np.asarray(self.generator(seed).next()).view("uint32"))
        order = rng.permutation(len(images))
        sizes = (len(images), *self.sizes_of(drawn["input_shape"]))
        return {**drawn, "permutation_order": order, **self.weigh(rng, sizes)}

    def transform_labels(self, labels, transformation, training=True):
        """Labels (n, classes), mixed as the images are by area or light."""
        if transformation is None or not training:
            return labels
        part = np.reshape(transformation["mix_weight"], (-1, 1))
        labels = ops.cast(labels, "float32")
        return part * labels + (1 - part) * self.others(labels, transformation)

    @staticmethod
    def others(x, drawn):
        """What each example is mixed with."""
        return ops.take(x, np.asarray(drawn["permutation_order"]), axis=0)


class MixUp(Mixing):
    """In training, images become w x + (1 - w) other, and so do labels, with another image of the
    batch and w ~ Beta(alpha, alpha) (Zhang et al. 2018).

    Called on an array of images, or on {"images": ..., "labels": ...} with labels (n, classes).

    Args:
        alpha: of the distribution, above 0.
        data_format: "channels_last" (n, height, width, channels), or "channels_first".
        seed: integer in [0, 2**32); None draws one from the global generator.

    Raises:
        ValueError: alpha is not above 0, or the call is within a model.

    Example:
        >>> import numpy as np
        >>> x = np.arange(4.0, dtype="float32").reshape(4, 1, 1, 1)
        >>> y = MixUp(seed=1)({"images": x, "labels": np.eye(4)})
        >>> y["labels"].sum(1)
        array([1., 1., 1., 1.], dtype=float32)
        >>> bool(np.allclose(y["labels"] @ np.arange(4), y["images"].ravel(), atol=1e-6))
        True
    """

    casts = False

    def __init__(self, alpha=0.2, data_format=None, seed=None, **kwargs):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        number(alpha, "alpha", least=1e-9)
        self.alpha = alpha

    def weigh(self, rng, sizes):
        return {"mix_weight": rng.beta(self.alpha, self.alpha, sizes[0]).astype("float32")}

    def transform(self, x, drawn):
        part = np.reshape(drawn["mix_weight"], (-1, 1, 1, 1))
        return x * part + self.others(x, drawn) * (1 - part)

    def transform_segmentation_masks(self, segmentation_masks, transformation, training=True):
        """Masks, mixed as the images."""
        return self.transform_images(segmentation_masks, transformation, training=training)

    def transform_bounding_boxes(self, bounding_boxes, transformation, training=True):
        """The boxes of both images, (n, 2 k, 4), and their labels."""
        if transformation is None or not training:
            return bounding_boxes
        return {
            name: ops.concatenate([x, self.others(x, transformation)], axis=1)
            for name, x in bounding_boxes.items()
        }


class CutMix(Mixing):
    """In training, a random rectangle of each image is that of another image of the batch, and
    labels are mixed by area (Yun et al. 2019).

    Called on an array of images, or on {"images": ..., "labels": ...} with labels (n, classes).

    Args:
        factor: bounds of alpha, in [0, 1], drawn for the batch; a number means (0, factor). The
            rectangle has the part 1 - w of the image, w ~ Beta(alpha, alpha).
        seed: integer in [0, 2**32); None draws one from the global generator.
        data_format: "channels_last" (n, height, width, channels), or "channels_first".

    Raises:
        ValueError: the factor is out of range, or the call is within a model.

    Example:
        >>> import numpy as np
        >>> x = np.ones((4, 8, 8, 1), "float32") * np.arange(4).reshape(4, 1, 1, 1)
        >>> y = CutMix(seed=1)(x)
        >>> sorted(set(y.ravel().tolist()))
        [0.0, 1.0, 2.0, 3.0]
    """

    moves = True

    def __init__(self, factor=1.0, seed=None, data_format=None, **kwargs):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = bounds(factor, "factor", 0, 1)

    def weigh(self, rng, sizes):
        n, *sides = sizes
        alpha = rng.uniform(*self.factor) + 1e-6
        part = np.sqrt(1 - rng.beta(alpha, alpha, n))
        inside, area = np.ones((n, 1, 1, 1), bool), np.ones(n)
        for axis, size in enumerate(sides):
            length = part * size
            start = rng.uniform(size=n) * (size - length)
            index = np.arange(size)
            within = (index >= start[:, None]) & (index < (start + length)[:, None])
            inside = inside & within.reshape((n, size, 1, 1) if axis == 0 else (n, 1, size, 1))
            area = area * length / size
        return {"batch_masks": inside, "mix_weight": (1 - area).astype("float32")}

    def transform(self, x, drawn):
        return ops.where(drawn["batch_masks"], self.others(x, drawn), x)

    def transform_masks(self, x, drawn):
        return self.transform(x, drawn)

    def transform_bounding_boxes(self, bounding_boxes, transformation, training=True):
        """Raises NotImplementedError, as Keras does."""
        raise NotImplementedError(
            f"layer {self.name}: expected no bounding boxes, received some, of which rectangles "
            "leave parts; use masks"
        )
