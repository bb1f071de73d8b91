"""Layers that change images by random numbers, and where these come from."""

from __future__ import annotations

import numpy as np

from pyconv import ops
from pyconv.graph import Tensor
from pyconv.layers.images.image_layer import ImageLayer, images_of
from pyconv.layers.regularization import RandomLayer
from pyconv.random.seed_generator import SeedGenerator


class RandomImageLayer(ImageLayer, RandomLayer):
    """Base of layers that change each image by random numbers of its own, which `draw` draws."""

    def __init__(self, seed=None, data_format=None, **kwargs):
        super().__init__(seed=seed, data_format=data_format, **kwargs)

    def get_random_transformation(self, data, training=True, seed=None):
        """What a call draws for all entries: a dict, or None where nothing is changed.

        Args:
            data: images, or a dict with them.
            training: whether they are changed.
            seed: an integer or a `SeedGenerator` instead of the layer's own.
        """
        drawn = super().get_random_transformation(data, training)
        if drawn is None:
            return None
        last = self.data_format == "channels_last"
        channels = drawn["input_shape"][-1 if last else -3]
        sizes = (*self.sizes_of(drawn["input_shape"]), channels)
        return {**drawn, **self.draw(ImageNumbers(images_of(data), sizes, self.generator(seed)))}

    def generator(self, seed) -> SeedGenerator:
        """The layer's own generator for None, else the one that is given, or of a seed."""
        if seed is None:
            return self.seed_generator
        return seed if isinstance(seed, SeedGenerator) else SeedGenerator(seed)


class ImageNumbers:
    """Random numbers for the images of a call.

    Args:
        images: one or a batch, of which only the number is used.
        sizes: (height, width, channels) of each.
        generator: the `SeedGenerator` to draw from.
    """

    def __init__(self, images, sizes: tuple, generator: SeedGenerator):
        self.height, self.width, self.channels = sizes
        single = len(images.shape) == 3
        symbolic = isinstance(images, Tensor) and not single
        self.counted = (
            images if symbolic else np.zeros((1 if single else len(images), 1), "float32")
        )
        self.key = generator.state

    def uniform(self, shape: tuple, bounds: tuple[float, float] = (0.0, 1.0)):
        """(n, *shape) random numbers within the bounds."""
        return ops.random_uniform(self.counted, self.key, shape, *bounds)

    def normal(self, shape: tuple, stddev: float = 1.0):
        """(n, *shape) normal random numbers."""
        return ops.random_normal(self.counted, self.key, shape, stddev=stddev)

    def uniform_for_all(self, shape: tuple, bounds: tuple[float, float] = (0.0, 1.0)):
        """(*shape) random numbers within the bounds, which all images share."""
        return ops.random_uniform(np.zeros((1, 1), "float32"), self.key, shape, *bounds)[0]

    def chosen(self, factor: tuple[float, float]):
        """(n, 1, 1, 1): 1 with a probability that is itself uniform within bounds, else 0."""
        probability = self.uniform((1, 1, 1), factor)
        return ops.less(self.uniform((1, 1, 1)), probability)
