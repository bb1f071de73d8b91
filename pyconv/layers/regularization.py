"""Layers that disturb training so that the network generalizes."""

from __future__ import annotations

from numbers import Real

from pyconv import ops
from pyconv.layers.layer import Layer
from pyconv.layers.seed_generator import SeedGenerator


class Dropout(Layer):
    """In training, each element is zero with probability `rate` and else x / (1 - rate); the
    identity otherwise (Srivastava et al. 2014).

    Args:
        rate: fraction of the elements that are dropped, in [0, 1].
        noise_shape: None, or a shape with examples first: along axes of size 1 all elements are
            dropped together; None stands for the input's own size.
        seed: integer in [0, 2**32); None draws one from the global generator.

    Raises:
        ValueError: the rate or the noise shape does not fit.

    Example:
        >>> import numpy as np
        >>> layer = Dropout(0.5, seed=1)
        >>> layer(np.ones(4))
        array([1., 1., 1., 1.], dtype=float32)
        >>> sorted(set(layer(np.ones(100), training=True).tolist()))
        [0.0, 2.0]
    """

    def __init__(self, rate, noise_shape=None, seed=None, **kwargs):
        super().__init__(**kwargs)
        if not isinstance(rate, Real) or not 0 <= rate <= 1:
            raise ValueError(f"expected `rate` in [0, 1], received {rate!r}")
        self.rate = float(rate)
        self.noise_shape = None if noise_shape is None else tuple(noise_shape)
        self.seed = seed
        self.seed_generator = SeedGenerator(seed)

    def call(self, inputs, training=False):
        if not training or self.rate == 0:
            return inputs
        if self.noise_shape is None:
            return ops.dropout(inputs, self.rate, self.seed_generator.state)
        ones = ops.ones_like(inputs[self._noise_index(inputs.shape)])
        return inputs * ops.dropout(ones, self.rate, self.seed_generator.state)

    def _noise_index(self, shape: tuple) -> tuple[slice, ...]:
        """The part of the inputs that has the noise's shape."""
        fits = len(shape) == len(self.noise_shape) and all(
            noise in (None, 1, size) for noise, size in zip(self.noise_shape, shape, strict=True)
        )
        if not fits:
            raise ValueError(
                f"expected a noise_shape of 1, None or the input's size on each axis of {shape}, "
                f"received {self.noise_shape}"
            )
        return tuple(slice(0, 1) if noise == 1 else slice(None) for noise in self.noise_shape)

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)
