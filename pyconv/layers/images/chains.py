"""Layers that change images, one after another or chosen at random."""

from __future__ import annotations

import random

import numpy as np

from pyconv import ops
from pyconv.graph import current_trace
from pyconv.layers.images.augmentation import RandomBrightness, RandomContrast, bounds
from pyconv.layers.images.colors import RandomColorDegeneration, RandomPosterization
from pyconv.layers.images.distorting import RandomShear
from pyconv.layers.images.histograms import AutoContrast, Equalization, Solarization
from pyconv.layers.images.random_image_layer import RandomImageLayer
from pyconv.layers.images.sharpness import RandomSharpness
from pyconv.layers.images.warping import RandomRotation, RandomTranslation
from pyconv.layers.layer import Layer
from pyconv.utils.arguments import whole

#: The most layers one after another, or side by side, that an argument can ask for.
_MOST = 100


class Pipeline(Layer):
    """Layers one after another, as one.

    Args:
        layers: the layers, in order.
        name: the name.

    Example:
        >>> import numpy as np
        >>> from pyconv.layers import RandomFlip, Rescaling
        >>> Pipeline([RandomFlip(seed=1), Rescaling(0.5)])(np.ones((1, 1, 1, 1))).ravel()
        array([0.5], dtype=float32)
    """

    def __init__(self, layers, name=None):
        super().__init__(name=name)
        self.layers = list(layers)

    def call(self, inputs, training=True):
        for layer in self.layers:
            inputs = layer(inputs, training=training)
        return inputs

    def get_config(self):
        from pyconv.saving import serialize_keras_object

        return {"layers": serialize_keras_object(self.layers), "name": self.name}

    @classmethod
    def from_config(cls, config):
        """The layer that `get_config` described, of layers of its own."""
        from pyconv.saving import deserialize_keras_object

        return cls(**{**config, "layers": [deserialize_keras_object(c) for c in config["layers"]]})


class AugmentationChain(RandomImageLayer):
    """Base of layers that change images by others, of one strength, in a random order."""

    def __init__(self, value_range, factor, interpolation, seed, data_format, colors, **kwargs):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.value_range = value_range
        self.factor = factor = bounds(factor, "factor", 0, 1)
        self.interpolation = interpolation
        moved = {"interpolation": interpolation, "seed": seed}
        seeded = {"value_range": value_range, "seed": seed}
        self.steps = [
            RandomShear(factor, factor, **moved),
            RandomTranslation(factor, factor, **moved),
            RandomRotation(factor, **moved),
            RandomPosterization(max(1, int(8 * factor[1])), **seeded),
            Solarization(factor, factor, **seeded),
            AutoContrast(value_range),
            Equalization(value_range),
        ]
        if colors:
            self.steps += [
                RandomBrightness(factor, **seeded),
                RandomColorDegeneration(factor, **seeded),
                RandomContrast(factor, **seeded),
                RandomSharpness(factor, **seeded),
            ]


class RandAugment(AugmentationChain):
    """In training, changes a batch by so many layers, each drawn of eleven that shear, translate,
    rotate and change colours (Cubuk et al. 2020).

    Args:
        value_range: (low, high) of the images.
        num_ops: how many layers one after another.
        factor: bounds of their strength, in [0, 1]; a number means (0, factor).
        interpolation: "bilinear" or "nearest".
        seed: integer in [0, 2**32); None draws one from the global generator.
        data_format: "channels_last" (n, height, width, channels), or "channels_first".

    Raises:
        ValueError: an argument is out of range.

    Example:
        >>> import numpy as np
        >>> RandAugment(seed=1)(np.ones((2, 8, 8, 3), "float32")).shape
        (2, 8, 8, 3)
    """

    moves = True

    def __init__(
        self,
        value_range=(0, 255),
        num_ops=2,
        factor=0.5,
        interpolation="bilinear",
        seed=None,
        data_format=None,
        **kwargs,
    ):
        super().__init__(value_range, factor, interpolation, seed, data_format, True, **kwargs)
        self.num_ops = whole(num_ops, "num_ops", least=0, most=_MOST)

    def draw(self, rng):
        chosen = ops.floor(rng.uniform_for_all((self.num_ops,), (0.0, float(len(self.steps)))))
        return {"layer_idxes": chosen, "transforms": [step.draw(rng) for step in self.steps]}

    def transform(self, x, drawn):
        return self._in_turn(x, drawn, lambda step: step.transform)

    def transform_masks(self, x, drawn):
        return self._in_turn(x, drawn, lambda step: step.transform_masks)

    def transform_boxes(self, boxes, drawn):
        return self._in_turn(boxes, drawn, lambda step: step.transform_boxes)

    def _in_turn(self, x, drawn, change):
        """x changed by the chosen layers, each by its function change(layer)."""
        for turn in range(self.num_ops):
            y = x
            for i, (step, numbers) in enumerate(zip(self.steps, drawn["transforms"], strict=True)):
                chosen = ops.equal(drawn["layer_idxes"][turn], float(i))
                y = ops.where(chosen, change(step)(x, numbers), y)
            x = y
        return x


class AugMix(AugmentationChain):
    """In training, w x + (1 - w) sum_i w_i chain_i(x): chains of layers drawn at random, w_i of a
    Dirichlet and w of a Beta distribution (Hendrycks et al. 2020). Within a model the layers are
    drawn once, when it is traced.

    Args:
        value_range: (low, high) of the images, to which the mixture is clipped.
        num_chains: number of chains.
        chain_depth: the most layers of a chain.
        factor: bounds of their strength, in [0, 1]; a number means (0, factor).
        alpha: of both distributions; within a model 1.
        all_ops: whether layers that change colours are drawn, too.
        interpolation: "bilinear" or "nearest".
        seed: integer in [0, 2**32); None draws one from the global generator.
        data_format: "channels_last" (n, height, width, channels), or "channels_first".

    Raises:
        ValueError: an argument is out of range.

    Example:
        >>> import numpy as np
        >>> AugMix(seed=1)(np.ones((2, 8, 8, 3), "float32")).shape
        (2, 8, 8, 3)
    """

    def __init__(
        self,
        value_range=(0, 255),
        num_chains=3,
        chain_depth=3,
        factor=0.3,
        alpha=1.0,
        all_ops=True,
        interpolation="bilinear",
        seed=None,
        data_format=None,
        **kwargs,
    ):
        super().__init__(value_range, factor, interpolation, seed, data_format, all_ops, **kwargs)
        self.num_chains = whole(num_chains, "num_chains", most=_MOST)
        self.chain_depth = whole(chain_depth, "chain_depth", most=_MOST)
        self.alpha = alpha
        self.all_ops = all_ops

    def draw(self, rng):
        parts = self._gammas(rng, self.num_chains)
        weights = self._gammas(rng, 2)
        chains = [
            [random.choice([*self.steps, None]) for _ in range(self.chain_depth)]
            for _ in range(self.num_chains)
        ]
        return {
            "chain_mixing_weights": parts / ops.sum(parts),
            "weight_sample": weights[0] / ops.sum(weights),
            "chain_transforms": [
                [(step, step.draw(rng)) for step in chain if step] for chain in chains
            ],
        }

    def transform(self, x, drawn):
        mixed = self._mixed(x, drawn, lambda step: step.transform)
        return ops.clip(mixed, *self.value_range)

    def transform_segmentation_masks(self, segmentation_masks, transformation, training=True):
        """Masks, mixed as the images."""
        masks = ops.cast(segmentation_masks, "float32")
        if transformation is None or not training:
            return masks
        return self.on_images(
            lambda x: self._mixed(x, transformation, lambda step: step.transform_masks), masks
        )

    def _mixed(self, x, drawn, change):
        mixture = 0.0
        for i, chain in enumerate(drawn["chain_transforms"]):
            y = x
            for step, numbers in chain:
                y = change(step)(y, numbers)
            mixture = mixture + y * drawn["chain_mixing_weights"][i]
        w = drawn["weight_sample"]
        return x * w + mixture * (1.0 - w)

    def _gammas(self, rng, count: int):
        """(count,) numbers of the Gamma distribution with shape alpha."""
        draws = rng.uniform_for_all((count,))
        if self.alpha == 1:
            return -ops.log(1.0 - draws)
        if current_trace() is not None:
            raise ValueError(f"expected `alpha` 1 within a model, received {self.alpha}")
        rng = np.random.default_rng(np.asarray(draws).view("uint32"))
        return rng.gamma(self.alpha, size=count).astype("float32")
