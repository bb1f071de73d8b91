"""Layers that disturb training so that the network generalizes."""

from __future__ import annotations

import math

from pyconv import ops, regularizers
from pyconv.layers.input_spec import InputSpec
from pyconv.layers.layer import Layer
from pyconv.layers.spatial import layout
from pyconv.random.seed_generator import SeedGenerator
from pyconv.utils.arguments import fraction, number


class RandomLayer(Layer):
    """Base of layers that disturb training by random numbers of their own, and are the identity in
    inference. A subclass defines `disturb`."""

    def __init__(self, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed
        self.seed_generator = SeedGenerator(seed)

    @property
    def key(self):
        """The state of the random numbers (see `pyconv.ops.random_uniform`)."""
        return self.seed_generator.state

    def disturb(self, x):
        """The outputs in training."""
        raise NotImplementedError(f"{type(self).__name__} must define disturb")

    def call(self, inputs, training=False):
        return self.disturb(inputs) if training else inputs

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)


class Dropout(RandomLayer):
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

    built_at_once = supports_masking = True

    def __init__(self, rate, noise_shape=None, seed=None, **kwargs):
        super().__init__(seed, **kwargs)
        self.rate = fraction(rate, "rate")
        self.noise_shape = None if noise_shape is None else _noise_shape(noise_shape)

    def disturb(self, x):
        if self.rate == 0:
            return x
        if self.noise_shape is None:
            return ops.dropout(x, self.rate, self.key)
        ones = ops.ones_like(x[self._noise_index(x.shape)])
        return x * ops.dropout(ones, self.rate, self.key)

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


class SpatialDropout(Dropout):
    """Base of SpatialDropout1D to SpatialDropout3D, which differ in `rank` only."""

    rank: int

    def __init__(self, rate, data_format, seed, **kwargs):
        data_format, ones = layout(data_format), (1,) * self.rank
        last = data_format == "channels_last"
        super().__init__(rate, (None, *ones, None) if last else (None, None, *ones), seed, **kwargs)
        self.data_format = data_format
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def get_config(self):
        config = super().get_config()  # Keras has fewer keys, and the dtype's name
        del config["trainable"]
        return {**config, "dtype": self.dtype}


class SpatialDropout1D(SpatialDropout):
    """Dropout of whole channels of sequences (Tompson et al. 2014): a channel is zero everywhere
    with probability `rate`, else x / (1 - rate).

    Args:
        rate: fraction of the channels that are dropped, in [0, 1].
        seed: integer in [0, 2**32); None draws one from the global generator.
        data_format: "channels_last" (n, t, channels), the default, or "channels_first".

    Raises:
        ValueError: the rate is out of range.

    Example:
        >>> import numpy as np
        >>> y = SpatialDropout1D(0.5, seed=1)(np.ones((1, 2, 50)), training=True)
        >>> bool((y[:, 0] == y[:, 1]).all()), sorted(set(y.ravel().tolist()))
        (True, [0.0, 2.0])
    """

    rank = 1

    def __init__(self, rate, seed=None, name=None, dtype=None, *, data_format=None, **kwargs):
        super().__init__(rate, data_format, seed, name=name, dtype=dtype, **kwargs)


class SpatialDropout2D(SpatialDropout):
    """Dropout of whole channels of images, as `SpatialDropout1D`.

    Args:
        rate: fraction of the channels that are dropped, in [0, 1].
        data_format: "channels_last" (n, height, width, channels), or "channels_first".
        seed: integer in [0, 2**32); None draws one from the global generator.

    Raises:
        ValueError: the rate is out of range.

    Example:
        >>> import numpy as np
        >>> y = SpatialDropout2D(0.5, seed=1)(np.ones((1, 2, 2, 50)), training=True)
        >>> bool((y[:, 0, 0] == y[:, 1, 1]).all())
        True
    """

    rank = 2

    def __init__(self, rate, data_format=None, seed=None, name=None, dtype=None, **kwargs):
        super().__init__(rate, data_format, seed, name=name, dtype=dtype, **kwargs)


class SpatialDropout3D(SpatialDropout):
    """Dropout of whole channels of volumes; arguments as in `SpatialDropout2D`.

    Example:
        >>> SpatialDropout3D(0.2).compute_output_shape((None, 4, 5, 6, 2))
        (None, 4, 5, 6, 2)
    """

    rank = 3

    def __init__(self, rate, data_format=None, seed=None, name=None, dtype=None, **kwargs):
        super().__init__(rate, data_format, seed, name=name, dtype=dtype, **kwargs)


class GaussianNoise(RandomLayer):
    """In training, adds normal noise of mean 0.

    Args:
        stddev: the noise's standard deviation, at least 0.
        seed: integer in [0, 2**32); None draws one from the global generator.

    Raises:
        ValueError: the deviation is negative.

    Example:
        >>> import numpy as np
        >>> y = GaussianNoise(0.1, seed=1)(np.zeros(1000), training=True)
        >>> bool(0.09 < y.std() < 0.11)
        True
    """

    built_at_once = supports_masking = True

    def __init__(self, stddev, seed=None, **kwargs):
        super().__init__(seed, **kwargs)
        self.stddev = number(stddev, "stddev", least=0)

    def disturb(self, x):
        return x + ops.random_normal(x, self.key, stddev=self.stddev)


class GaussianDropout(RandomLayer):
    """In training, multiplies by normal noise of mean 1 and deviation sqrt(rate / (1 - rate)),
    which is dropout's (Srivastava et al. 2014, section 10).

    Args:
        rate: as of `Dropout`, in [0, 1).
        seed: integer in [0, 2**32); None draws one from the global generator.

    Raises:
        ValueError: the rate is out of range.

    Example:
        >>> import numpy as np
        >>> y = GaussianDropout(0.5, seed=1)(np.ones(1000), training=True)
        >>> bool(0.9 < y.std() < 1.1)
        True
    """

    built_at_once = supports_masking = True

    def __init__(self, rate, seed=None, **kwargs):
        super().__init__(seed, **kwargs)
        self.rate = fraction(rate, "rate", below_one=True)

    def disturb(self, x):
        stddev = math.sqrt(self.rate / (1 - self.rate))
        return x * ops.random_normal(x, self.key, mean=1.0, stddev=stddev)


class AlphaDropout(Dropout):
    """Dropout that keeps mean 0 and variance 1 behind `selu` (Klambauer et al. 2017): dropped
    elements become a0 = -1.7581, and all then a x + b with a = ((1 - rate) (1 + rate a0^2))^-1/2,
    b = -a a0 rate.

    Args:
        rate: fraction of the elements that are dropped, in [0, 1).
        noise_shape: None, or a shape with examples first: along axes of size 1 all elements are
            dropped together; None stands for the input's own size.
        seed: integer in [0, 2**32); None draws one from the global generator.

    Raises:
        ValueError: the rate or the noise shape does not fit.

    Example:
        >>> import numpy as np
        >>> y = AlphaDropout(0.5, seed=1)(np.zeros(100), training=True)
        >>> np.unique(y.round(4))
        array([-0.7792,  0.7792], dtype=float32)
    """

    def __init__(self, rate, noise_shape=None, seed=None, **kwargs):
        super().__init__(fraction(rate, "rate", below_one=True), noise_shape, seed, **kwargs)

    def disturb(self, x):
        low = -1.7580993408473766
        a = ((1 - self.rate) * (1 + self.rate * low**2)) ** -0.5
        noise = x if self.noise_shape is None else x[self._noise_index(x.shape)]
        kept = ops.greater_equal(ops.random_uniform(noise, self.key), self.rate)
        return (x * kept + (1.0 - kept) * low) * a - a * low * self.rate


class ActivityRegularization(Layer):
    """The inputs as they are, with a penalty on them: l1 sum |x| + l2 sum x^2 per example.

    Args:
        l1: factor of the absolute values, at least 0.
        l2: factor of the squares, at least 0.

    Example:
        >>> import numpy as np
        >>> layer = ActivityRegularization(l1=0.5)
        >>> y = layer(np.ones((4, 3)))
        >>> float(layer.losses[0])
        1.5
    """

    built_at_once = supports_masking = True

    def __init__(self, l1=0.0, l2=0.0, **kwargs):
        super().__init__(activity_regularizer=regularizers.L1L2(l1=l1, l2=l2), **kwargs)
        self.l1 = l1
        self.l2 = l2

    def call(self, inputs):
        return inputs

    def get_config(self):
        config = super().get_config()  # Keras has the two factors only
        del config["activity_regularizer"]
        return config


def _noise_shape(value) -> tuple:
    if not isinstance(value, (list, tuple)):
        raise ValueError(f"expected `noise_shape` to be a list of sizes, received {value!r}")
    return tuple(value)
