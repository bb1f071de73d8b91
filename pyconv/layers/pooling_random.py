"""Pooling that draws at random in training."""

from __future__ import annotations

from functools import partial

from pyconv import ops
from pyconv.layers.pooling import Pooling
from pyconv.random.seed_generator import SeedGenerator
from pyconv.utils.arguments import fraction


class RandomPooling(Pooling):
    """Base of layers whose op draws with a key, in training."""

    def __init__(
        self, pool_size=2, strides=None, padding="valid", data_format=None, *, seed=None, **kwargs
    ):
        super().__init__(pool_size, strides, padding, data_format, **kwargs)
        self.seed = seed
        self.seed_generator = SeedGenerator(seed)

    def call(self, inputs, training=False):
        key = self.seed_generator.state if training else None
        return self.with_channels_last(partial(self.transform, key=key), inputs)


class StochasticPooling(RandomPooling):
    """Base of StochasticPooling1D to StochasticPooling3D, which differ in `rank` only."""

    function = staticmethod(ops.stochastic_pool)


class MaxPoolingDropout(RandomPooling):
    """Base of MaxPoolingDropout1D to MaxPoolingDropout3D, which differ in `rank` only."""

    function = staticmethod(ops.max_pool_dropout)

    def __init__(
        self, rate, pool_size=2, strides=None, padding="valid", data_format=None, **kwargs
    ):
        super().__init__(pool_size, strides, padding, data_format, **kwargs)
        self.rate = fraction(rate, "rate", below_one=True)

    @property
    def arguments(self) -> dict:
        return {**super().arguments, "rate": self.rate}


class StochasticPooling1D(StochasticPooling):
    """In training one element of each window, drawn with probability x_i / sum x; in inference what
    is to be expected of it, sum x_i^2 / sum x (Zeiler & Fergus 2013). To be used behind a ReLU:
    negative elements count as 0. A window without positive elements gives 0.

    Args:
        pool_size, strides, padding, data_format, ceil_mode, channels: as in `MaxPooling1D`.
        seed: integer in [0, 2**32); None draws one from the global generator.

    Returns:
        Called on (n, t, channels): (n, t', channels).

    Raises:
        ValueError: an argument or the input's shape does not fit.

    Example:
        >>> import numpy as np
        >>> StochasticPooling1D(2)(np.array([[[1.0], [3.0], [0.0], [2.0]]])).ravel()
        array([2.5, 2. ], dtype=float32)
    """

    rank = 1


class StochasticPooling2D(StochasticPooling):
    """The same over images; arguments as in `StochasticPooling1D`.

    Example:
        >>> StochasticPooling2D(3, strides=2).compute_output_shape((None, 27, 27, 64))
        (None, 13, 13, 64)
    """

    rank = 2


class StochasticPooling3D(StochasticPooling):
    """The same over volumes; arguments as in `StochasticPooling1D`.

    Example:
        >>> StochasticPooling3D(2).compute_output_shape((None, 4, 8, 8, 3))
        (None, 2, 4, 4, 3)
    """

    rank = 3


class MaxPoolingDropout1D(MaxPoolingDropout):
    """In training the largest element of each window that is left when each input is dropped with
    probability `rate`, 0 where none is; in inference what is to be expected of it:
    sum_i (1 - rate) rate^(n - i) x_(i) over the window in ascending order (Wu & Gu 2015).

    Args:
        rate: fraction of the inputs that are dropped, in [0, 1).
        pool_size, strides, padding, data_format, ceil_mode, channels: as in `MaxPooling1D`.
        seed: integer in [0, 2**32); None draws one from the global generator.

    Returns:
        Called on (n, t, channels): (n, t', channels).

    Raises:
        ValueError: an argument or the input's shape does not fit.

    Example:
        >>> import numpy as np
        >>> MaxPoolingDropout1D(0.5)(np.array([[[1.0], [4.0]]])).ravel()
        array([2.25], dtype=float32)
    """

    rank = 1


class MaxPoolingDropout2D(MaxPoolingDropout):
    """The same over images; arguments as in `MaxPoolingDropout1D`.

    Example:
        >>> MaxPoolingDropout2D(0.3).compute_output_shape((None, 26, 26, 32))
        (None, 13, 13, 32)
    """

    rank = 2


class MaxPoolingDropout3D(MaxPoolingDropout):
    """The same over volumes; arguments as in `MaxPoolingDropout1D`.

    Example:
        >>> MaxPoolingDropout3D(0.3).compute_output_shape((None, 4, 8, 8, 3))
        (None, 2, 4, 4, 3)
    """

    rank = 3
