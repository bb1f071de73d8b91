"""Convolution layers whose kernels are inputs."""

from __future__ import annotations

from functools import partial

from pyconv import activations, ops
from pyconv.layers.layer import Layer
from pyconv.layers.spatial import SpatialLayer, expect_pair
from pyconv.ops.geometry import make_geometry
from pyconv.utils.arguments import whole


class DynamicConv(SpatialLayer):
    """Base of DynamicConv1D, 2D and 3D, which differ in `rank` only."""

    def __init__(
        self,
        strides=1,
        padding="valid",
        data_format=None,
        dilation_rate=1,
        groups=1,
        activation=None,
        use_bias=True,
        bias_initializer="zeros",
        bias_regularizer=None,
        bias_constraint=None,
        flip_kernel=False,
        padding_mode="zeros",
        **kwargs,
    ):
        super().__init__(data_format=data_format, **kwargs)
        geometry = make_geometry(
            self.rank, strides, padding, dilation_rate, whole(groups, "groups"), padding_mode
        )
        self.geometry = {
            "strides": geometry.strides,
            "padding": geometry.padding,
            "dilation_rate": geometry.dilation,
            "groups": geometry.groups,
            "flip_kernel": bool(flip_kernel),
            "padding_mode": padding_mode,
        }
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.keep_arguments("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.bias = None

    def build(self, input_shape):
        expect_pair(input_shape, "x", "kernels")
        if len(input_shape[1]) != self.rank + 3:
            raise ValueError(
                f"expected kernels (n, {self.rank} spatial axes, channels, filters), received "
                f"shape {tuple(input_shape[1])}; use Reshape behind the layer that makes them"
            )
        if self.use_bias:
            self.bias = self.add_argued_weight("bias", input_shape[1][-1:])

    def call(self, inputs):
        x, kernels = inputs
        convolve = partial(ops.conv, kernel=kernels, bias=self.bias, **self.geometry)
        return self.activation(self.with_channels_last(convolve, x))

    def compute_output_shape(self, input_shape):
        return Layer.compute_output_shape(self, input_shape)


class DynamicConv1D(DynamicConv):
    """Convolution whose kernels are an input, one for each example, made by another part of the
    network: y[n, t, i] = b[i] + sum_{m, l} x[n, t s + m d, l] K[n, m, l, i] (Jia et al. 2016).

    Args:
        strides, padding, data_format, dilation_rate, groups, activation, use_bias,
            bias_initializer, bias_regularizer, bias_constraint, flip_kernel, padding_mode: as in
            `Conv1D`. The bias is the layer's own.

    Returns:
        Called on [x, kernels], (n, t, channels) and (n, size, channels / groups, filters), whatever
        the data format: (n, t', filters).

    Raises:
        ValueError: an argument or the inputs' shapes do not fit.

    Example:
        >>> DynamicConv1D().compute_output_shape([(None, 10, 2), (None, 3, 2, 4)])
        (None, 8, 4)
    """

    rank = 1


class DynamicConv2D(DynamicConv):
    """The same over images; arguments as in `DynamicConv1D`, an integer or (height, width).

    Example:
        >>> from pyconv import layers
        >>> image, code = layers.Input((28, 28, 1)), layers.Input((10,))
        >>> kernels = layers.Reshape((3, 3, 1, 8))(layers.Dense(72)(code))
        >>> layers.DynamicConv2D(padding="same")([image, kernels]).shape
        (None, 28, 28, 8)
    """

    rank = 2


class DynamicConv3D(DynamicConv):
    """The same over volumes or films; arguments as in `DynamicConv1D`, an integer or one per axis.

    Example:
        >>> shapes = [(None, 4, 4, 4, 1), (None, 2, 2, 2, 1, 3)]
        >>> DynamicConv3D(strides=2).compute_output_shape(shapes)
        (None, 2, 2, 2, 3)
    """

    rank = 3
