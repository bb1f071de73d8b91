"""Fully connected layers."""

from __future__ import annotations

from pyconv import activations, initializers, ops, regularizers
from pyconv.layers.input_spec import InputSpec
from pyconv.layers.layer import Layer
from pyconv.layers.spatial import positive
from pyconv.layers.weights import checked_constraint


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
        **kwargs,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.units = positive(units, "units")
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = checked_constraint(kernel_constraint)
        self.bias_constraint = checked_constraint(bias_constraint)
        self.kernel = self.bias = None
        self.input_spec = InputSpec(min_ndim=2)

    def build(self, input_shape):
        inputs = input_shape[-1]
        if not inputs:
            raise ValueError(
                f"layer {self.name}: expected a known size of the last axis, from 1, received "
                f"shape {tuple(input_shape)}; fix it in the Input, or pool globally before Dense"
            )
        self.kernel = self.add_weight(
            (inputs, self.units),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            name="kernel",
        )
        if self.use_bias:
            self.bias = self.add_weight(
                (self.units,),
                self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                name="bias",
            )
        self.input_spec = InputSpec(min_ndim=2, axes={-1: inputs})

    def call(self, inputs):
        return self.activation(ops.dense(inputs, self.kernel, self.bias))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)
