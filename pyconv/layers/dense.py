"""Fully connected layers."""

from __future__ import annotations

from pyconv import activations, ops
from pyconv.layers.input_spec import InputSpec
from pyconv.layers.layer import Layer
from pyconv.utils.arguments import expect_none, whole


class Dense(Layer):
    """Every output from every input: y = f(x W + b) over the last axis.

    Args:
        units: number of outputs.
        activation: name of an activation f, a callable, or None.
        use_bias: whether b is added.
        kernel_initializer, bias_initializer: initializers or their names.
        kernel_regularizer, bias_regularizer, activity_regularizer: penalties on the weights and
            on the outputs, or their names.
        kernel_constraint, bias_constraint: functions from a weight to its value after an update.
        lora_rank, lora_alpha, quantization_config: None.

    Returns:
        Called on (n, ..., inputs): (n, ..., units). The kernel W is (inputs, units).

    Raises:
        ValueError: an argument or the input's shape does not fit.

    Example:
        >>> import numpy as np
        >>> layer = Dense(10, activation="softmax")
        >>> layer(np.ones((2, 60))).shape, layer.count_params()
        ((2, 10), 610)
    """

    config_omits = ("activity_regularizer", "lora_rank", "lora_alpha")

    def __init__(
        self,
        units,
        activation=None,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        lora_rank=None,
        lora_alpha=None,
        quantization_config=None,
        **kwargs,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        expect_none(lora_rank=lora_rank, quantization_config=quantization_config)
        self.quantization_config = None
        self.units = whole(units, "units")
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.keep_arguments("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self.keep_arguments("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.kernel = self.bias = None
        self.input_spec = InputSpec(min_ndim=2)

    def build(self, input_shape):
        inputs = input_shape[-1]
        if not inputs:
            raise ValueError(
                f"layer {self.name}: expected a known size of the last axis, from 1, received "
                f"shape {tuple(input_shape)}; fix it in the Input, or pool globally before Dense"
            )
        self.kernel = self.add_argued_weight("kernel", (inputs, self.units))
        if self.use_bias:
            self.bias = self.add_argued_weight("bias", (self.units,))
        self.input_spec = InputSpec(min_ndim=2, axes={-1: inputs})

    def call(self, inputs):
        return self.activation(ops.dense(inputs, self.kernel, self.bias))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)
