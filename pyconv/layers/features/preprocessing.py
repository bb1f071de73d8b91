"""Layers that prepare raw inputs."""

from __future__ import annotations

import math

import numpy as np

from pyconv import ops
from pyconv.layers.features.data_layer import DataLayer
from pyconv.layers.input_spec import InputSpec
from pyconv.ops.shaping import axes_of
from pyconv.utils.arguments import numbers


class Rescaling(DataLayer):
    """y = x * scale + offset, in training and inference alike.

    Args:
        scale: a number, or one for each channel on the last axis.
        offset: the same.

    Returns:
        Called on numbers of any dtype: float32 of the same shape.

    Example:
        >>> import numpy as np
        >>> Rescaling(1 / 255)(np.array([0, 255], "uint8"))
        array([0., 1.], dtype=float32)
    """

    supports_masking = True

    def __init__(self, scale, offset=0.0, **kwargs):
        super().__init__(**kwargs)
        for name, value in (("scale", scale), ("offset", offset)):
            numbers(value, name)  # raises for what is no number
        self.scale, self.offset = scale, offset

    def call(self, inputs):
        scaled = ops.multiply(ops.cast(inputs, "float32"), numbers(self.scale, "scale"))
        return ops.add(scaled, numbers(self.offset, "offset"))

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)


class Normalization(DataLayer):
    """y = (x - mean) / sqrt(variance), in training and inference alike.

    Args:
        axis: axes, counted with examples first, along which means and variances differ; None for
            one mean and variance of all.
        mean, variance: numbers that fit these axes; None: `adapt` finds them.
        invert: whether y = x sqrt(variance) + mean.

    Raises:
        ValueError: one of mean and variance without the other, or shapes that do not fit.

    Example:
        >>> import numpy as np
        >>> layer = Normalization()
        >>> layer.adapt(np.array([[1.0, 10.0], [3.0, 30.0]]))
        >>> layer(np.array([[1.0, 30.0]]))
        array([[-1.,  1.]], dtype=float32)
    """

    supports_masking = True
    config_omits = ("mean", "variance")

    def __init__(self, axis=-1, mean=None, variance=None, invert=False, **kwargs):
        super().__init__(**kwargs)
        axes = () if axis is None else axis
        self.axis = tuple(axes) if isinstance(axes, (list, tuple)) else (axes,)
        self.invert = invert
        self.input_mean, self.input_variance = mean, variance
        self.adapt_mean = self.adapt_variance = None
        if np.shape(mean) != np.shape(variance) or (mean is None) != (variance is None):
            raise ValueError(
                "expected `mean` and `variance` of one shape, or neither, received "
                f"mean={mean!r} and variance={variance!r}"
            )

    def build(self, input_shape):
        self._kept = tuple(axes_of("axis", input_shape, list(self.axis)))
        sizes = self._sizes = tuple(input_shape[axis] for axis in self._kept)
        if None in sizes:
            raise ValueError(
                f"layer {self.name}: expected known sizes on the axes {self.axis}, received shape "
                f"{tuple(input_shape)}"
            )
        self._shape = tuple(
            size if axis in self._kept else 1 for axis, size in enumerate(input_shape)
        )
        if self.input_mean is None:
            self.adapt_mean = self.add_weight(sizes, "zeros", trainable=False, name="mean")
            self.adapt_variance = self.add_weight(sizes, "ones", trainable=False, name="variance")
            self.count = self.add_weight((), "zeros", "int64", trainable=False, name="count")

    @property
    def mean(self):
        """The means, with axes of size 1 where they do not differ."""
        return self._spread(self.input_mean, self.adapt_mean)

    @property
    def variance(self):
        """The variances, likewise."""
        return self._spread(self.input_variance, self.adapt_variance)

    def _spread(self, given, adapted):
        if not self.built:
            return None
        if given is None:
            return ops.reshape(adapted, self._shape)
        values = numbers(given, "mean and variance")
        shape = self._sizes if values.ndim <= len(self._sizes) else self._shape
        pairs = zip(values.shape[::-1], shape[::-1], strict=False)
        if values.ndim > len(shape) or any(a not in (1, b) for a, b in pairs):
            raise ValueError(
                f"layer {self.name}: expected `mean` and `variance` of shape {self._sizes}, "
                f"received {values.shape}; choose the `axis` along which they differ"
            )
        return np.broadcast_to(values, shape).reshape(self._shape)

    def adapt(self, data) -> None:
        """Finds means and variances of data.

        Args:
            data: an array, or an iterable of batches of them; of tuples the first part counts.

        Raises:
            TypeError: a batch is no array.
            ValueError: no data, another shape, or a layer with `mean` and `variance`.
        """
        if self.input_mean is not None:
            raise ValueError(
                f"layer {self.name}: expected no `adapt` of a layer with `mean` and `variance`; "
                "leave them out, or do not adapt"
            )
        count, mean, variance = 0, 0.0, 0.0
        for batch in [data] if hasattr(data, "shape") else data:
            x = self._checked(batch[0] if isinstance(batch, (list, tuple)) else batch)
            others = tuple(axis for axis in range(x.ndim) if axis not in self._kept)
            n = math.prod(x.shape[axis] for axis in others)
            count, share = count + n, n / (count + n)
            apart = x.mean(others) - mean
            variance += share * (x.var(others) - variance + (1 - share) * apart**2)
            mean += share * apart
        if not count:
            raise ValueError(f"layer {self.name}: expected data to adapt to, received none")
        self.adapt_mean.assign(mean)
        self.adapt_variance.assign(variance)

    def _checked(self, batch) -> np.ndarray:
        """An array that fits the shape that the layer is built for, if need be for it."""
        if not hasattr(batch, "shape"):
            raise TypeError(
                f"layer {self.name}: expected an array or batches that are arrays, received a "
                f"batch of type {type(batch).__name__}; pass np.array(data)"
            )
        if not self.built:
            self.build(tuple(batch.shape))
        sizes = {axis: self._shape[axis] for axis in self._kept}
        InputSpec(ndim=len(self._shape), axes=sizes).check(self.name, tuple(batch.shape))
        return np.asarray(batch, "float64")

    def call(self, inputs):
        x = ops.cast(inputs, "float32")
        deviation = ops.maximum(ops.sqrt(self.variance), 1e-7)
        return x * deviation + self.mean if self.invert else (x - self.mean) / deviation

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)

    def get_config(self):
        given = {"mean": self.input_mean, "variance": self.input_variance}
        plain = {k: v if v is None else np.asarray(v).tolist() for k, v in given.items()}
        return {**super().get_config(), **plain}
