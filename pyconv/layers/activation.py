"""Activation functions as layers."""

from __future__ import annotations

import warnings

from pyconv import activations, ops
from pyconv.layers.input_spec import InputSpec
from pyconv.layers.layer import Layer
from pyconv.ops.shaping import axes_of
from pyconv.plan.function import forget_plans
from pyconv.utils.arguments import number


class Activated:
    """A layer whose `activation` may be set anew, by name or as a callable; None is none."""

    @property
    def activation(self):
        """The function behind the outputs."""
        return self._activation

    @activation.setter
    def activation(self, value):
        if "_activation" in vars(self):
            forget_plans()
        self._activation = activations.get(value)


class Activation(Activated, Layer):
    """An activation function as a layer.

    Args:
        activation: its name, or a callable.

    Example:
        >>> import numpy as np
        >>> Activation("relu")(np.array([-1.0, 2.0]))
        array([0., 2.], dtype=float32)
    """

    built_at_once = supports_masking = True

    def __init__(self, activation, **kwargs):
        super().__init__(**kwargs)
        self.activation = activation

    def call(self, inputs):
        return self.activation(inputs)


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

    built_at_once = supports_masking = True

    def __init__(self, max_value=None, negative_slope=0.0, threshold=0.0, **kwargs):
        super().__init__(**kwargs)
        self.max_value = None if max_value is None else number(max_value, "max_value", least=0)
        self.negative_slope = number(negative_slope, "negative_slope", least=0)
        self.threshold = number(threshold, "threshold", least=0)

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

    built_at_once = supports_masking = True
    config_omits = ("alpha",)

    def __init__(self, negative_slope=0.3, **kwargs):
        if "alpha" in kwargs:
            negative_slope = kwargs.pop("alpha")
            warnings.warn(
                "expected `negative_slope`, received `alpha`, Keras 2's name of it", stacklevel=2
            )
        super().__init__(**kwargs)
        self.negative_slope = number(negative_slope, "negative_slope", least=0)

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

    built_at_once = supports_masking = True

    def __init__(self, alpha=1.0, **kwargs):
        super().__init__(**kwargs)
        self.alpha = number(alpha, "alpha")

    def call(self, inputs):
        return activations.elu(inputs, self.alpha)


class PReLU(Layer):
    """The rectifier with learned slopes: x for x >= 0, else alpha * x (He et al. 2015).

    Args:
        alpha_initializer: initializer of the slopes, or its name.
        alpha_regularizer: penalty on the slopes, or its name.
        alpha_constraint: function from the slopes to their values after an update.
        shared_axes: axes, counted with examples first, along which a slope is shared: [1, 2] gives
            one for each channel of images.

    Raises:
        ValueError: a size is not known where slopes differ.

    Example:
        >>> import numpy as np
        >>> PReLU(alpha_initializer="ones")(np.array([[-1.0, 2.0]]))
        array([[-1.,  2.]], dtype=float32)
    """

    supports_masking = True

    def __init__(
        self,
        alpha_initializer="Zeros",
        alpha_regularizer=None,
        alpha_constraint=None,
        shared_axes=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.keep_arguments("alpha", alpha_initializer, alpha_regularizer, alpha_constraint)
        several = shared_axes is None or isinstance(shared_axes, (list, tuple))
        self.shared_axes = shared_axes if several else [shared_axes]

    def build(self, input_shape):
        ndim = len(input_shape)
        shared = axes_of("shared_axes", input_shape, self.shared_axes or [])
        sizes = {a: size for a, size in enumerate(input_shape) if a and a not in shared}
        if None in sizes.values():
            raise ValueError(
                f"layer {self.name}: expected known sizes along axes that share no slopes, "
                f"received shape {tuple(input_shape)}; name the others in `shared_axes`"
            )
        shape = tuple(sizes.get(a, 1) for a in range(1, ndim))
        self.alpha = self.add_argued_weight("alpha", shape)
        self.input_spec = InputSpec(ndim=ndim, axes=sizes)

    def call(self, inputs):
        return ops.relu(inputs) - self.alpha * ops.relu(-inputs)

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)


class GELU(Layer):
    """The Gaussian error linear unit: x P(X <= x) for X ~ N(0, 1) (Hendrycks & Gimpel 2016).

    Args:
        approximate: whether to use the hyperbolic tangent's approximation.

    Example:
        >>> import numpy as np
        >>> GELU()(np.array([0.0]))
        array([0.], dtype=float32)
    """

    supports_masking = True

    def __init__(self, approximate=False, **kwargs):
        super().__init__(**kwargs)
        self.approximate = approximate

    def call(self, inputs):
        return ops.gelu(inputs, self.approximate)

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)


class SiLU(Layer):
    """The sigmoid linear unit, or swish: x / (1 + exp(-x)) (Elfwing et al. 2017).

    Example:
        >>> import numpy as np
        >>> SiLU()(np.array([0.0]))
        array([0.], dtype=float32)
    """

    supports_masking = True

    def call(self, inputs):
        return ops.silu(inputs)

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)


class Softmax(Layer):
    """Probabilities from logits: exp(x_i) / sum_j exp(x_j).

    Args:
        axis: the axis, or axes, along which the outputs sum to 1.

    A call takes `mask`, too, of the inputs' shape: where it is False, outputs are 0.

    Example:
        >>> import numpy as np
        >>> Softmax()(np.zeros((1, 4)))
        array([[0.25, 0.25, 0.25, 0.25]], dtype=float32)
    """

    built_at_once = supports_masking = True

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.axis = axis

    def call(self, inputs, mask=None):
        if mask is None:
            return activations.softmax(inputs, axis=self.axis)
        mask = ops.cast(mask, "float32")
        return activations.softmax(ops.where(mask, inputs, -3e38), axis=self.axis) * mask
