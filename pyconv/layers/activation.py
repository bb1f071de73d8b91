"""Activation functions as layers."""

from __future__ import annotations

from pyconv import activations
from pyconv.layers.layer import Layer


class Activation(Layer):
    """An activation function as a layer.

    Args:
        activation: its name, or a callable.

    Example:
        >>> import numpy as np
        >>> Activation("relu")(np.array([-1.0, 2.0]))
        array([0., 2.], dtype=float32)
    """

    def __init__(self, activation, **kwargs):
        super().__init__(**kwargs)
        self.activation = activations.get(activation)

    def call(self, inputs):
        return self.activation(inputs)

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)


class ReLU(Layer):
    """The rectifier: x for x >= threshold, else negative_slope * (x - threshold), at most
    max_value.

    Args:
        max_value: the largest output, or None for no bound.
        negative_slope: slope below the threshold.
        threshold: where the slope of 1 starts. All three are at least 0.

    Raises:
        ValueError: an argument is negative.

    Example:
        >>> import numpy as np
        >>> ReLU(max_value=6.0)(np.array([-1.0, 2.0, 9.0]))
        array([0., 2., 6.], dtype=float32)
    """

    def __init__(self, max_value=None, negative_slope=0.0, threshold=0.0, **kwargs):
        super().__init__(**kwargs)
        self.max_value = None if max_value is None else _nonnegative(max_value, "max_value")
        self.negative_slope = _nonnegative(negative_slope, "negative_slope")
        self.threshold = _nonnegative(threshold, "threshold")

    def call(self, inputs):
        return activations.relu(inputs, self.negative_slope, self.max_value, self.threshold)


class LeakyReLU(Layer):
    """The rectifier with a slope: x for x >= 0, else negative_slope * x.

    Args:
        negative_slope: slope below zero, at least 0.
        alpha: Keras 2's name of it.

    Raises:
        ValueError: the slope is negative.

    Example:
        >>> import numpy as np
        >>> LeakyReLU(0.5)(np.array([-1.0, 2.0]))
        array([-0.5,  2. ], dtype=float32)
    """

    def __init__(self, negative_slope=0.3, **kwargs):
        slope = kwargs.pop("alpha", negative_slope)
        super().__init__(**kwargs)
        self.negative_slope = _nonnegative(slope, "negative_slope")

    def call(self, inputs):
        return activations.leaky_relu(inputs, self.negative_slope)


class ELU(Layer):
    """The exponential linear unit: x for x >= 0, else alpha * (exp(x) - 1) (Clevert et al. 2015).

    Args:
        alpha: minus the limit for small x.

    Example:
        >>> import numpy as np
        >>> ELU()(np.array([0.0, 2.0]))
        array([0., 2.], dtype=float32)
    """

    def __init__(self, alpha=1.0, **kwargs):
        super().__init__(**kwargs)
        self.alpha = alpha

    def call(self, inputs):
        return activations.elu(inputs, self.alpha)


class Softmax(Layer):
    """Probabilities from logits: exp(x_i) / sum_j exp(x_j).

    Args:
        axis: the axis along which the outputs sum to 1.

    Example:
        >>> import numpy as np
        >>> Softmax()(np.zeros((1, 4)))
        array([[0.25, 0.25, 0.25, 0.25]], dtype=float32)
    """

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.axis = axis

    def call(self, inputs):
        return activations.softmax(inputs, axis=self.axis)


def _nonnegative(value, name: str) -> float:
    if value is None or value < 0:
        raise ValueError(f"expected `{name}` to be a number of at least 0, received {value!r}")
    return float(value)
