"""Normalization by the statistics of a batch, and what all normalization layers share."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from pyconv import initializers, ops
from pyconv.config import epsilon
from pyconv.layers.input_spec import InputSpec
from pyconv.layers.layer import Layer
from pyconv.ops.shaping import on_last_axis
from pyconv.utils.arguments import number


class AffineNormalization(Layer):
    """Base of layers that end in gamma x + beta, with their arguments of that part."""

    def __init__(
        self,
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
    ):
        super().__init__(**kwargs)
        self.epsilon = number(epsilon, "epsilon", least=0)
        self.center = center
        self.scale = scale
        self.keep_arguments("beta", beta_initializer, beta_regularizer, beta_constraint)
        self.keep_arguments("gamma", gamma_initializer, gamma_regularizer, gamma_constraint)
        self.gamma = self.beta = None

    def add_affine(self, shape: tuple) -> None:
        """Makes gamma and beta, those of the two that there are."""
        if self.scale:
            self.gamma = self.add_argued_weight("gamma", shape)
        if self.center:
            self.beta = self.add_argued_weight("beta", shape)

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)


class BatchNormalization(AffineNormalization):
    """Per channel, y = gamma (x - m) / sqrt(v + epsilon) + beta (Ioffe & Szegedy 2015).

    In training, m and v are the mean and the (biased) variance of the batch over all other axes,
    and the moving averages are updated: moving = momentum * moving + (1 - momentum) * batch. In
    inference, and where `trainable` is False, they are the moving averages.

    Args:
        axis: the channels' axis.
        momentum: weight of the old moving averages, in [0, 1].
        epsilon: added to the variance.
        center, scale: whether there is a beta, a gamma.
        beta_initializer, gamma_initializer, moving_mean_initializer, moving_variance_initializer:
            initializers or their names.
        beta_regularizer, gamma_regularizer: penalties, or their names.
        beta_constraint, gamma_constraint: functions from a weight to its value after an update.
        renorm: whether training normalizes by moving averages, too, with a momentum of their own,
            up to limits: batch renormalization.
        renorm_clipping: a dict of these limits: "rmin" and "rmax" of the ratio of deviations,
            "dmax" of the difference of means.
        renorm_momentum: the momentum of these averages.
        synchronized: accepted, without effect: there is one device.

    Returns:
        A tensor of the input's shape. Called with `mask`, of one axis less, the mean and the
        variance are those of what it leaves over.

    Raises:
        ValueError: an argument or the input's shape does not fit.

    Example:
        >>> import numpy as np
        >>> layer = BatchNormalization(epsilon=0.0)
        >>> layer(np.array([[1.0], [3.0]]), training=True).ravel()
        array([-1., 1.], dtype=float32)
        >>> [v.name for v in layer.weights]
        ['gamma', 'beta', 'moving_mean', 'moving_variance']
    """

    supports_masking = True

    def __init__(
        self,
        axis=-1,
        momentum=0.99,
        epsilon=0.001,
        center=True,
        scale=True,
        beta_initializer="zeros",
        gamma_initializer="ones",
        moving_mean_initializer="zeros",
        moving_variance_initializer="ones",
        beta_regularizer=None,
        gamma_regularizer=None,
        beta_constraint=None,
        gamma_constraint=None,
        renorm=False,
        renorm_clipping=None,
        renorm_momentum=0.99,
        synchronized=False,
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
        self.axis = axis
        self.synchronized = synchronized
        self.renorm = renorm
        self.renorm_clipping = _clipping(renorm_clipping or {}) if renorm else renorm_clipping
        self.renorm_momentum = renorm_momentum
        self.momentum = number(momentum, "momentum", least=0, most=1)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)
        self.moving_mean = self.moving_variance = None

    def build(self, input_shape):
        channels = known_size(self, input_shape, self.axis)
        self.add_affine((channels,))
        for name in ("moving_mean", "moving_variance", *(_RENORM if self.renorm else ())):
            weight = self.add_weight((channels,), self._initial(name), trainable=False, name=name)
            setattr(self, name, weight)
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: channels})

    def _initial(self, name: str):
        """The initializer of an average: a deviation begins as the root of the variance."""
        mean, variance = self.moving_mean_initializer, self.moving_variance_initializer
        if name.endswith("stddev"):
            return lambda shape, dtype: np.sqrt(variance(shape, dtype))
        return mean if name.endswith("mean") else variance

    def call(self, inputs, training=None, mask=None):
        if mask is not None and len(mask.shape) != len(inputs.shape) - 1:
            raise ValueError(
                "expected `mask` to have one axis less than the inputs, received shapes "
                f"{tuple(mask.shape)} and {tuple(inputs.shape)}"
            )
        normalize = partial(self._normalize, training=training, mask=mask)
        return on_last_axis(normalize, inputs, [self.axis % len(inputs.shape)])

    def _normalize(self, x, training: bool, mask):
        """The outputs for channels on the last axis."""
        mean, variance = self.moving_mean, self.moving_variance
        offset, scale = self.beta, self.gamma
        if training and self.trainable:
            mean, variance = _moments(x, mask)
            if self.renorm:
                offset, scale = self._renormalized(mean, variance)
            else:
                _move(self.moving_variance, variance, self.momentum)
            _move(self.moving_mean, mean, self.momentum)
        return ops.batch_normalization(x, mean, variance, -1, offset, scale, self.epsilon)

    def _renormalized(self, mean, variance):
        """(offset, scale) that lead from the batch's moments to the moving ones (Ioffe 2017): r
        gamma and d gamma + beta. The moving ones follow the batch."""
        stddev = ops.sqrt(variance + self.epsilon)
        moving = ops.maximum(self.renorm_stddev, math.sqrt(self.epsilon))
        limits = {"rmin": 0.0, "rmax": math.inf, "dmax": math.inf, **self.renorm_clipping}
        r = ops.clip(stddev / moving, limits["rmin"], limits["rmax"])
        d = ops.clip((mean - self.renorm_mean) / moving, -limits["dmax"], limits["dmax"])
        _move(self.renorm_mean, mean, self.renorm_momentum)
        _move(self.renorm_stddev, stddev, self.renorm_momentum)
        average = _move(self.moving_stddev, stddev, self.momentum)
        self.moving_variance.assign(ops.relu(ops.square(average) - self.epsilon))
        r, d = ops.stop_gradient(r), ops.stop_gradient(d)
        offset, scale = (d, r) if self.gamma is None else (d * self.gamma, r * self.gamma)
        return (offset if self.beta is None else offset + self.beta), scale


_RENORM = ("moving_stddev", "renorm_mean", "renorm_stddev")


def _clipping(limits: dict) -> dict:
    """The limits of batch renormalization, or ValueError."""
    known = ("rmax", "rmin", "dmax")
    given = {key: value for key, value in limits.items() if value is not None}
    if not {*limits} <= {*known} or given.get("rmin", 0) > given.get("rmax", math.inf):
        raise ValueError(
            f"expected `renorm_clipping` with keys of {known} and rmin <= rmax, received {limits}"
        )
    number(given.get("dmax", 0), "dmax", least=0)
    return given


def _moments(x, mask) -> tuple:
    """Mean and variance over all axes but the last, of what a mask (n, ...) leaves over."""
    axes = tuple(range(len(x.shape) - 1))
    if mask is None:
        return ops.moments(x, axes)
    kept = ops.cast(ops.expand_dims(mask, -1), "float32") * ops.ones_like(x)
    count = ops.sum(kept, axes) + epsilon()
    mean = ops.sum(ops.where(kept, x, 0.0), axes) / count
    return mean, ops.sum(ops.square(ops.where(kept, x - mean, 0.0)), axes) / count


def _move(average, value, momentum: float):
    """Moves an average towards a value; returns it."""
    moved = average * momentum + value * (1 - momentum)
    average.assign(moved)
    return moved


def known_size(layer: Layer, input_shape, axis: int) -> int:
    """The size of an axis, which must be known and not 0."""
    ndim = len(input_shape)
    inside = hasattr(axis, "__index__") and -ndim <= axis < ndim
    size = input_shape[axis] if inside else None
    if not size:
        raise ValueError(
            f"layer {layer.name}: expected a known size from 1 on axis {axis!r}, received shape "
            f"{tuple(input_shape)}; give it in the Input"
        )
    return size
