"""Images of a batch mixed with one another, arrays before they come to a model."""

from __future__ import annotations

import numpy as np

from pyconv import ops
from pyconv.graph import Tensor
from pyconv.layers.augmentation import bounds
from pyconv.layers.image_layer import RandomImageLayer
from pyconv.utils.arguments import number


class Mixing(RandomImageLayer):
    """Base of layers that mix each image of a batch with another. A subclass defines `mixed`."""

    def mixed(self, x, other, rng) -> tuple:
        """(x mixed with others, the part that is of x for each image); channels last."""
        raise NotImplementedError(f"{type(self).__name__} must define mixed")

    def on_dict(self, inputs, training):
        outputs = dict(inputs)
        if training and len(inputs["images"].shape) == 4:
            rng, order = self._draw(inputs["images"])
            parts = []

            def transform(x):
                y, part = self.mixed(x, np.asarray(x)[order], rng)
                parts.append(part)
                return y

            outputs["images"] = self.on_images(transform, inputs["images"], True)
            if "labels" in inputs:
                labels = np.asarray(inputs["labels"], "float32")
                part = parts[0].reshape(-1, 1)
                outputs["labels"] = ops.add(part * labels, (1 - part) * labels[order])
        return outputs

    def transform(self, x):
        rng, order = self._draw(x)
        return self.mixed(x, np.asarray(x)[order], rng)[0]

    def _draw(self, images):
        """A generator of random numbers, and the order of the images to mix with."""
        if isinstance(images, Tensor):
            raise ValueError(
                f"layer {self.name}: expected arrays, received a symbolic tensor; images are mixed "
                "with others before they come to a model: call the layer on batches of data"
            )
        key = self.key.numpy()
        self.key.assign(key + np.array([0, 1], "int32"))
        rng = np.random.default_rng(key.view("uint32"))
        return rng, rng.permutation(len(images))


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

    def __init__(self, alpha=0.2, data_format=None, seed=None, **kwargs):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        number(alpha, "alpha", least=1e-9)
        self.alpha = alpha

    def mixed(self, x, other, rng):
        part = rng.beta(self.alpha, self.alpha, len(x)).astype("float32")
        w = part.reshape(-1, 1, 1, 1)
        return x * w + other * (1 - w), part


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

    def __init__(self, factor=1.0, seed=None, data_format=None, **kwargs):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = bounds(factor, "factor", 0, 1)

    def mixed(self, x, other, rng):
        n, *sizes, _ = x.shape
        alpha = rng.uniform(*self.factor) + 1e-6
        side = np.sqrt(1 - rng.beta(alpha, alpha, n))
        inside, area = np.ones((n, 1, 1, 1), bool), np.ones(n)
        for axis, size in enumerate(sizes):
            length = side * size
            start = rng.uniform(size=n) * (size - length)
            index = np.arange(size)
            within = (index >= start[:, None]) & (index < (start + length)[:, None])
            inside = inside & within.reshape((n, size, 1, 1) if axis == 0 else (n, 1, size, 1))
            area = area * length / size
        return ops.where(inside, other, x), (1 - area).astype("float32")
