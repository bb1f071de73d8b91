"""Fully connected layers."""

from __future__ import annotations

import re

from pyconv import ops
from pyconv.layers.activation import Activated
from pyconv.layers.input_spec import InputSpec
from pyconv.layers.layer import Layer
from pyconv.utils.arguments import expect_none, whole


class Dense(Activated, Layer):
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

    supports_masking = True
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
        self.activation = activation
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


class EinsumDense(Activated, Layer):
    """y = f(x W + b), the product as an equation of `ops.einsum` says.

    Args:
        equation: such as "abc,cd->abd": axes of the inputs, of the kernel and of the outputs; the
            ellipsis stands for further axes at the front of inputs and outputs.
        output_shape: the outputs' sizes behind the examples: an integer, or one for each, None
            where they are the inputs'.
        activation: name of an activation f, a callable, or None.
        bias_axes: the outputs' axes along which b differs, such as "d"; None for no bias.
        kernel_initializer, bias_initializer: initializers or their names.
        kernel_regularizer, bias_regularizer: penalties, or their names.
        kernel_constraint, bias_constraint: functions from a weight to its value after an update.
        lora_rank, lora_alpha, gptq_unpacked_column_size, quantization_config: None.

    Raises:
        ValueError: the equation does not fit the shapes.

    Example:
        >>> layer = EinsumDense("abc,cde->abde", (None, 2, 3), bias_axes="de")
        >>> import numpy as np
        >>> layer(np.zeros((5, 4, 8))).shape, layer.kernel.shape, layer.bias.shape
        ((5, 4, 2, 3), (8, 2, 3), (2, 3))
    """

    config_omits = ("lora_rank", "lora_alpha", "gptq_unpacked_column_size")

    def __init__(
        self,
        equation,
        output_shape,
        activation=None,
        bias_axes=None,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        lora_rank=None,
        lora_alpha=None,
        gptq_unpacked_column_size=None,
        quantization_config=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        expect_none(lora_rank=lora_rank, quantization_config=quantization_config)
        self.equation = equation
        several = isinstance(output_shape, (list, tuple))
        self.output_shape = tuple(output_shape) if several else (output_shape,)
        self.activation = activation
        self.bias_axes = bias_axes
        self.quantization_config = None
        self.keep_arguments("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self.keep_arguments("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.kernel = self.bias = None

    def build(self, input_shape):
        inputs, kernel, outputs = self._letters()
        named = self._named_axes(input_shape)
        sizes = dict(zip(inputs, input_shape[named], strict=False))
        for letter, size in zip(reversed(outputs), reversed(self.output_shape), strict=False):
            sizes[letter] = sizes.get(letter) if size is None else size
        if any(not sizes.get(letter) for letter in kernel):
            raise ValueError(
                f"expected known sizes for all of {kernel!r} in {self.equation!r}, received inputs "
                f"of shape {tuple(input_shape)} and output_shape={self.output_shape}"
            )
        self.kernel = self.add_argued_weight("kernel", tuple(sizes[a] for a in kernel))
        if self.bias_axes:
            first = min(outputs.index(axis) for axis in self.bias_axes)
            shape = [sizes[a] if a in self.bias_axes else 1 for a in outputs[first:]]
            behind = (1,) * len(input_shape[named.stop :]) if named.stop else ()
            self.bias = self.add_argued_weight("bias", (*shape, *behind))

    def _letters(self) -> tuple[str, str, str]:
        """The axes of inputs, kernel and outputs, those of the ellipsis left out."""
        parts = re.fullmatch(r"(.+),(.+)->(.+)", self.equation.replace(" ", "").replace("...", ""))
        if parts is None or any(axis not in parts[3] for axis in self.bias_axes or ""):
            raise ValueError(
                "expected an equation such as 'ab,bc->ac' and bias axes of its outputs, received "
                f"{self.equation!r} and {self.bias_axes!r}"
            )
        return parts[1], parts[2], parts[3]

    def _named_axes(self, shape) -> slice:
        """Where the axes that have letters lie; those of the ellipsis come before or behind."""
        count = len(self._letters()[0])
        ends = "...," in self.equation.replace(" ", "")
        return slice(0, count) if ends else slice(len(shape) - count, None)

    def compute_output_shape(self, input_shape):
        """Sizes that `output_shape` leaves open are None, as in Keras; calls find them."""
        named = self._named_axes(input_shape)
        front = input_shape[: max(named.start, 1)]
        behind = input_shape[named.stop :] if named.stop else ()
        return (*front, *self.output_shape, *behind)

    def call(self, inputs):
        y = ops.einsum(self.equation, inputs, self.kernel)
        return self.activation(y if self.bias is None else y + self.bias)

    def get_config(self):
        return {**super().get_config(), "activity_regularizer": None}
