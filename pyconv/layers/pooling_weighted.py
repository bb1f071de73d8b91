"""Pooling by norms and by weights: Lp, Gaussian, learned, and maxima that are blurred."""

from __future__ import annotations

from math import prod

from pyconv import ops
from pyconv.initializers import Constant
from pyconv.layers.pooling import Pooling
from pyconv.ops.geometry import per_axis
from pyconv.ops.window import make_window


class LpPooling(Pooling):
    """Base of LpPooling1D to LpPooling3D, which differ in `rank` only."""

    function = staticmethod(ops.lp_pool)

    def __init__(self, p=2, pool_size=2, strides=None, padding="valid", data_format=None, **kwargs):
        super().__init__(pool_size, strides, padding, data_format, **kwargs)
        self.p = p

    @property
    def arguments(self) -> dict:
        return {**super().arguments, "p": self.p}


class GaussianPooling(Pooling):
    """Base of GaussianPooling1D to GaussianPooling3D, which differ in `rank` only."""

    function = staticmethod(ops.gaussian_pool)

    def __init__(
        self, sigma=1.0, pool_size=3, strides=None, padding="valid", data_format=None, **kwargs
    ):
        super().__init__(pool_size, strides, padding, data_format, **kwargs)
        self.sigma = sigma

    @property
    def arguments(self) -> dict:
        return {**super().arguments, "sigma": self.sigma}


class MaxBlurPooling(Pooling):
    """Base of MaxBlurPooling1D to MaxBlurPooling3D, which differ in `rank` only."""

    function = staticmethod(ops.max_blur_pool)

    def __init__(
        self, pool_size=2, strides=2, padding="valid", blur_size=3, data_format=None, *,
        channels=None, **kwargs,
    ):  # fmt: skip
        super().__init__(pool_size, strides, padding, data_format, channels=channels, **kwargs)
        self.blur_size = per_axis(blur_size, self.rank, "blur_size")

    @property
    def arguments(self) -> dict:
        names = ("pool_size", "strides", "padding", "blur_size")
        return {name: getattr(self, name) for name in names}

    def window(self, x):
        """Maxima are 1 apart, so "same" does not depend on the strides."""
        words = [self.padding] * self.rank if isinstance(self.padding, str) else self.padding
        pads = [
            ((k - 1) // 2, k // 2) if word == "same" else word
            for k, word in zip(self.pool_size, words, strict=True)
        ]
        return make_window("pooling", x, self.pool_size, self.strides, pads)


class WeightedPooling(Pooling):
    """Base of WeightedPooling1D to WeightedPooling3D, which differ in `rank` only."""

    function = staticmethod(ops.weighted_pool)

    def __init__(
        self,
        pool_size=2,
        strides=None,
        padding="valid",
        data_format=None,
        *,
        per_channel=True,
        kernel_initializer=None,
        kernel_regularizer=None,
        kernel_constraint=None,
        **kwargs,
    ):
        super().__init__(pool_size, strides, padding, data_format, **kwargs)
        self.per_channel = bool(per_channel)
        mean = Constant(1 / prod(self.pool_size))
        initializer = mean if kernel_initializer is None else kernel_initializer
        self.keep_arguments("kernel", initializer, kernel_regularizer, kernel_constraint)

    @property
    def arguments(self) -> dict:
        given = {**super().arguments, "weights": self.kernel}
        del given["pool_size"]
        return given

    def build(self, input_shape):
        count = self.channels(input_shape) if self.pooled is None else len(set(self.pooled))
        shape = (*self.pool_size, *((count,) if self.per_channel else ()))
        self.kernel = self.add_argued_weight("kernel", shape)


class LpPooling1D(LpPooling):
    """(sum of |x|^p)^(1/p) over each window, per channel (Sermanet et al. 2012).

    Args:
        p: the norm, from 1; 2 is the square root of the sum of squares.
        pool_size, strides, padding, data_format, ceil_mode, channels: as in `MaxPooling1D`.

    Returns:
        Called on (n, t, channels): (n, t', channels).

    Raises:
        ValueError: an argument or the input's shape does not fit.

    Example:
        >>> import numpy as np
        >>> LpPooling1D(2)(np.array([[[3.0], [-4.0], [0.0], [0.0]]])).ravel()
        array([5., 0.], dtype=float32)
    """

    rank = 1


class LpPooling2D(LpPooling):
    """The same over images; arguments as in `LpPooling1D`.

    Example:
        >>> LpPooling2D(4).compute_output_shape((None, 26, 26, 32))
        (None, 13, 13, 32)
    """

    rank = 2


class LpPooling3D(LpPooling):
    """The same over volumes; arguments as in `LpPooling1D`.

    Example:
        >>> LpPooling3D(2, (1, 2, 2)).compute_output_shape((None, 5, 8, 8, 3))
        (None, 5, 4, 4, 3)
    """

    rank = 3


class GaussianPooling1D(GaussianPooling):
    """The mean of each window weighted by exp(-r^2 / (2 sigma^2)), r being the distance from its
    centre (Goodfellow et al., section 9.3).

    Args:
        sigma: in cells, above 0.
        pool_size, strides, padding, data_format, ceil_mode, channels: as in `MaxPooling1D`.
            Weights sum to 1 over the cells of a window that lie inside the input.

    Returns:
        Called on (n, t, channels): (n, t', channels).

    Raises:
        ValueError: an argument or the input's shape does not fit.

    Example:
        >>> import numpy as np
        >>> GaussianPooling1D(0.5, 3)(np.array([[[1.0], [4.0], [1.0]]])).round(2).ravel()
        array([3.36], dtype=float32)
    """

    rank = 1


class GaussianPooling2D(GaussianPooling):
    """The same over images; arguments as in `GaussianPooling1D`.

    Example:
        >>> GaussianPooling2D(1.0, 5, strides=2).compute_output_shape((None, 28, 28, 8))
        (None, 12, 12, 8)
    """

    rank = 2


class GaussianPooling3D(GaussianPooling):
    """The same over volumes; arguments as in `GaussianPooling1D`.

    Example:
        >>> GaussianPooling3D(1.0, 2).compute_output_shape((None, 4, 8, 8, 3))
        (None, 2, 4, 4, 3)
    """

    rank = 3


class MaxBlurPooling1D(MaxBlurPooling):
    """The largest element of each window, at every place, then blurred and only then subsampled, so
    that small shifts of the input change little (Zhang 2019).

    Args:
        pool_size, padding: of the maximum, as in `MaxPooling1D`; its windows are 1 apart.
        strides: of the blur.
        blur_size: the blur weighs with binomial coefficients; at the border it sees a reflection.
        data_format, channels: as in `MaxPooling1D`. A `ceil_mode` changes nothing, since windows
            1 apart end where the input ends.

    Returns:
        Called on (n, t, channels): (n, ceil(t' / strides), channels), t' being the maximum's.

    Raises:
        ValueError: an argument or the input's shape does not fit.

    Example:
        >>> import numpy as np
        >>> x = np.array([0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0]).reshape(1, 8, 1)
        >>> MaxBlurPooling1D()(x).ravel()
        array([0.5, 1. , 0.5, 1. ], dtype=float32)
    """

    rank = 1


class MaxBlurPooling2D(MaxBlurPooling):
    """The same over images; arguments as in `MaxBlurPooling1D`.

    Example:
        >>> MaxBlurPooling2D(padding="same").compute_output_shape((None, 28, 28, 8))
        (None, 14, 14, 8)
    """

    rank = 2


class MaxBlurPooling3D(MaxBlurPooling):
    """The same over volumes; arguments as in `MaxBlurPooling1D`.

    Example:
        >>> MaxBlurPooling3D(padding="same").compute_output_shape((None, 4, 8, 8, 3))
        (None, 2, 4, 4, 3)
    """

    rank = 3


class WeightedPooling1D(WeightedPooling):
    """The sum of each window's elements with trained weights, one for each cell (Lee, Gallagher &
    Tu 2016); at first they give the mean.

    Args:
        pool_size, strides, data_format, channels: as in `MaxPooling1D`.
        padding, ceil_mode: as there; padding, and what lies behind the end, counts as 0.
        per_channel: whether each channel has weights of its own.
        kernel_initializer, kernel_regularizer, kernel_constraint: of the weights; by default they
            begin as 1 / cells.

    Returns:
        Called on (n, t, channels): (n, t', channels).

    Raises:
        ValueError: an argument or the input's shape does not fit.

    Example:
        >>> import numpy as np
        >>> WeightedPooling1D()(np.array([[[1.0], [3.0], [2.0], [0.0]]])).ravel()
        array([2., 1.], dtype=float32)
    """

    rank = 1


class WeightedPooling2D(WeightedPooling):
    """The same over images; arguments as in `WeightedPooling1D`.

    Example:
        >>> layer = WeightedPooling2D(3, per_channel=False)
        >>> layer.build((None, 28, 28, 8))
        >>> layer.kernel.shape
        (3, 3)
    """

    rank = 2


class WeightedPooling3D(WeightedPooling):
    """The same over volumes; arguments as in `WeightedPooling1D`.

    Example:
        >>> WeightedPooling3D().compute_output_shape((None, 4, 8, 8, 3))
        (None, 2, 4, 4, 3)
    """

    rank = 3
