"""Normalization within each example: by layer, by group of channels, by neighbouring channels."""

from __future__ import annotations

import numpy as np

from pyconv import ops
from pyconv.layers.input_spec import InputSpec
from pyconv.layers.layer import Layer
from pyconv.layers.normalization import AffineNormalization, known_size
from pyconv.ops.shaping import axes_of, on_last_axis
from pyconv.utils.arguments import number, whole


class LayerNormalization(AffineNormalization):
    """y = gamma (x - m) / sqrt(v + epsilon) + beta, with the mean m and the (biased) variance v of
    each example over the given axes (Ba et al. 2016).

    Args:
        axis: an axis or several, over which is normalized; gamma and beta have their sizes.
        epsilon: added to the variance.
        center, scale: whether there is a beta, a gamma.
        beta_initializer, gamma_initializer: initializers or their names.
        beta_regularizer, gamma_regularizer: penalties, or their names.
        beta_constraint, gamma_constraint: functions from a weight to its value after an update.
        rms_scaling: Keras' deprecated gamma x / sqrt(v + epsilon); see `RMSNormalization`.

    Returns:
        A tensor of the input's shape.

    Raises:
        ValueError: an axis does not fit the input's shape.

    Example:
        >>> import numpy as np
        >>> LayerNormalization(epsilon=0.0)(np.array([[1.0, 3.0]]))
        array([[-1.,  1.]], dtype=float32)
    """

    supports_masking = True

    def __init__(
        self,
        axis=-1,
        epsilon=0.001,
        center=True,
        scale=True,
        beta_initializer="zeros",
        gamma_initializer="ones",
        beta_regularizer=None,
        gamma_regularizer=None,
        beta_constraint=None,
        gamma_constraint=None,
        rms_scaling=False,
        **kwargs,
    ):
        super().__init__(
            epsilon,
            center,
            scale,
            beta_initializer,
            gamma_initializer,
            beta_regularizer,
            gamma_regularizer,
            beta_constraint,
            gamma_constraint,
            **kwargs,
        )
        self.axis = list(axis) if isinstance(axis, tuple) else axis
        self.rms_scaling = rms_scaling

    def build(self, input_shape):
        axes = _axes(self, input_shape)
        self.axis = sorted(listed(self.axis))
        shape = tuple(known_size(self, input_shape, a) for a in self.axis)
        if self.rms_scaling:  # has gamma alone, whatever `center` and `scale` are
            self.gamma = self.add_argued_weight("gamma", shape)
        else:
            self.add_affine(shape)
        self.input_spec = InputSpec(ndim=len(input_shape), axes={a: input_shape[a] for a in axes})

    def call(self, inputs):
        axes = _axes(self, inputs.shape)
        mean, variance = ops.moments(inputs, axes, keepdims=True)
        y = (inputs if self.rms_scaling else inputs - mean) * ops.rsqrt(variance + self.epsilon)
        if self.gamma is not None:
            y = y * _spread(self.gamma, axes, inputs)
        return y if self.beta is None else y + _spread(self.beta, axes, inputs)


class GroupNormalization(AffineNormalization):
    """y = gamma (x - m) / sqrt(v + epsilon) + beta per channel, with the mean m and the (biased)
    variance v of each example over its group of channels and all positions (Wu & He 2018).

    Args:
        groups: number of groups of channels; -1 for one a channel (instance normalization).
        axis: the channels' axis.
        epsilon: added to the variance.
        center, scale: whether there is a beta, a gamma.
        beta_initializer, gamma_initializer: initializers or their names.
        beta_regularizer, gamma_regularizer: penalties, or their names.
        beta_constraint, gamma_constraint: functions from a weight to its value after an update.

    Returns:
        A tensor of the input's shape.

    Raises:
        ValueError: the groups do not divide the channels.

    Example:
        >>> import numpy as np
        >>> x = np.array([[[1.0, 3.0, 5.0, 5.0]]])
        >>> GroupNormalization(groups=2, epsilon=1e-9)(x).ravel()
        array([-1.,  1.,  0.,  0.], dtype=float32)
    """

    supports_masking = True

    def __init__(
        self,
        groups=32,
        axis=-1,
        epsilon=0.001,
        center=True,
        scale=True,
        beta_initializer="zeros",
        gamma_initializer="ones",
        beta_regularizer=None,
        gamma_regularizer=None,
        beta_constraint=None,
        gamma_constraint=None,
        **kwargs,
    ):
        super().__init__(
            epsilon,
            center,
            scale,
            beta_initializer,
            gamma_initializer,
            beta_regularizer,
            gamma_regularizer,
            beta_constraint,
            gamma_constraint,
            **kwargs,
        )
        self.groups = groups if groups == -1 else whole(groups, "groups")
        self.axis = axis

    def build(self, input_shape):
        channels = known_size(self, input_shape, self.axis)
        self.groups = channels if self.groups == -1 else self.groups
        if channels % self.groups:
            raise ValueError(
                f"layer {self.name}: expected `groups` to divide the {channels} channels, received "
                f"{self.groups}; use a divisor, or -1 for one channel a group"
            )
        self.add_affine((channels,))
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: channels})

    def call(self, inputs):
        shape, axis = inputs.shape, self.axis % len(inputs.shape)
        split = (self.groups, shape[axis] // self.groups)
        x = ops.reshape(inputs, (*shape[:axis], *split, *shape[axis + 1 :]))
        others = tuple(a for a in range(1, len(shape) + 1) if a != axis)
        mean, variance = ops.moments(x, others, keepdims=True)
        factor = ops.rsqrt(variance + self.epsilon)
        y = ops.reshape((x - mean) * factor, shape)
        if self.gamma is not None:
            y = y * _spread(self.gamma, (axis,), inputs)
        return y if self.beta is None else y + _spread(self.beta, (axis,), inputs)


class RMSNormalization(Layer):
    """y = scale x / sqrt(mean(x^2) + epsilon), the mean over the given axes (Zhang &
    Sennrich 2019).

    Args:
        axis: an axis or several; the weight `scale` has their sizes.
        epsilon: added to the mean.

    Returns:
        A tensor of the input's shape.

    Example:
        >>> import numpy as np
        >>> RMSNormalization()(np.array([[1.0, 7.0]]))
        array([[0.2, 1.4]], dtype=float32)
    """

    def __init__(self, axis=-1, epsilon=1e-6, **kwargs):
        super().__init__(**kwargs)
        self.axis = axis
        self.epsilon = number(epsilon, "epsilon", least=0)

    def build(self, input_shape):
        axes = _axes(self, input_shape)
        self.axis = sorted(listed(self.axis))
        sizes = tuple(known_size(self, input_shape, a) for a in axes)
        self.scale = self.add_weight(sizes, "ones", name="scale")

    def call(self, inputs):
        axes = _axes(self, inputs.shape)
        mean = ops.mean(ops.square(inputs), axes, keepdims=True)
        return inputs * ops.rsqrt(mean + self.epsilon) * _spread(self.scale, axes, inputs)

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)


class UnitNormalization(Layer):
    """y = x / |x|, of Euclidean length 1 along the given axes; 0 stays 0.

    Args:
        axis: an axis or several.

    Returns:
        A tensor of the input's shape.

    Example:
        >>> import numpy as np
        >>> UnitNormalization()(np.array([[3.0, 4.0]]))
        array([[0.6, 0.8]], dtype=float32)
    """

    built_at_once = supports_masking = True

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.axis = axis

    def call(self, inputs):
        total = ops.sum(ops.square(inputs), _axes(self, inputs.shape), keepdims=True)
        return inputs * ops.rsqrt(ops.maximum(total, 1e-24))

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)


class LocalResponseNormalization(Layer):
    """y_i = x_i / (k + alpha / size sum_j x_j^2)^beta, j over the `size` channels around channel i
    (Krizhevsky et al. 2012, section 3.3, whose alpha is this one / size; as PyTorch).

    Args:
        size: number of neighbouring channels, i - size // 2 the first; those outside count as 0.
        alpha, beta, k: numbers.
        axis: the channels' axis.

    Returns:
        A tensor of the input's shape.

    Raises:
        ValueError: the size is not a positive integer.

    Example:
        >>> import numpy as np
        >>> LocalResponseNormalization(1, alpha=3.0, beta=0.5)(np.array([[1.0]]))
        array([[0.5]], dtype=float32)
    """

    def __init__(self, size, alpha=1e-4, beta=0.75, k=1.0, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.size = whole(size, "size")
        self.alpha = number(alpha, "alpha")
        self.beta = number(beta, "beta")
        self.k = number(k, "k")
        self.axis = axis

    def call(self, inputs):
        return on_last_axis(self._normalize, inputs, list(_axes(self, inputs.shape)))

    def _normalize(self, x):
        """The sum over channels is a product with a matrix of ones around the diagonal."""
        i = np.arange(x.shape[-1])
        apart = i[:, None] - i + self.size // 2
        near = ((apart >= 0) & (apart < self.size)).astype("float32")
        base = ops.matmul(ops.square(x), near) * (self.alpha / self.size) + self.k
        return x * ops.exp(ops.log(base) * -self.beta)

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)


def listed(axis) -> list[int]:
    """The axis in a list, or the axes."""
    return list(axis) if isinstance(axis, (list, tuple)) else [axis]


def _axes(layer: Layer, shape) -> tuple[int, ...]:
    """The layer's axes as sorted numbers from 1: examples do not meet."""
    axes = axes_of(f"layer {layer.name}: axis", shape, layer.axis)
    if layer.axis is None or not axes or axes[0] == 0:
        raise ValueError(
            f"layer {layer.name}: expected `axis` without 0, the axis of examples, received "
            f"{layer.axis!r}"
        )
    return tuple(axes)


def _spread(weight, axes: tuple, x):
    """The weight with axes of size 1 where x has others, to be broadcast against x."""
    return ops.reshape(weight, tuple(x.shape[a] if a in axes else 1 for a in range(len(x.shape))))
