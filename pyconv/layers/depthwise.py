"""Depthwise convolution layers."""

from __future__ import annotations

from pyconv import ops
from pyconv.layers.convolution import BaseConv
from pyconv.utils.arguments import whole


class DepthwiseConv(BaseConv):
    """Base of DepthwiseConv1D, 2D and 3D, which differ in `rank` only."""

    def __init__(
        self,
        kernel_size,
        strides=1,
        padding="valid",
        depth_multiplier=1,
        data_format=None,
        dilation_rate=1,
        activation=None,
        use_bias=True,
        depthwise_initializer="glorot_uniform",
        bias_initializer="zeros",
        depthwise_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        depthwise_constraint=None,
        bias_constraint=None,
        **kwargs,
    ):
        super().__init__(
            kernel_size=kernel_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
            activation=activation,
            use_bias=use_bias,
            bias_initializer=bias_initializer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            bias_constraint=bias_constraint,
            **kwargs,
        )
        self.depth_multiplier = whole(depth_multiplier, "depth_multiplier")
        self.keep_arguments(
            "depthwise", depthwise_initializer, depthwise_regularizer, depthwise_constraint
        )

    def kernel_shapes(self, shape):
        return {"kernel": (*self.kernel_size, shape[-1], self.depth_multiplier)}

    def kernel_arguments(self, name):
        return "depthwise"

    def convolve(self, x, kernel):
        return ops.depthwise_conv(x, kernel, data_format="channels_last", **self.geometry)


class DepthwiseConv1D(DepthwiseConv):
    """Convolution of each channel on its own: y[t, l q + j] = b[l q + j] + sum_m x[t s + m d, l]
    K[m, l, j] with depth multiplier q (Chollet 2017).

    Args:
        kernel_size, strides, padding, data_format, dilation_rate: as in `Conv1D`.
        depth_multiplier: number of kernels per input channel.
        activation, use_bias, initializers, regularizers, constraints: as in `Conv1D`.

    Returns:
        Called on (n, t, channels): (n, t', channels * depth_multiplier).

    Raises:
        ValueError: an argument or the input's shape does not fit.

    Example:
        >>> DepthwiseConv1D(3, depth_multiplier=2).compute_output_shape((None, 10, 4))
        (None, 8, 8)
    """

    rank = 1


class DepthwiseConv2D(DepthwiseConv):
    """The same over images; arguments as in `DepthwiseConv1D`, an integer or (height, width).

    Example:
        >>> DepthwiseConv2D(3, padding="same").compute_output_shape((None, 28, 28, 4))
        (None, 28, 28, 4)
    """

    rank = 2


class DepthwiseConv3D(DepthwiseConv):
    """The same over volumes or films; arguments as in `DepthwiseConv1D`, an integer or one per
    axis.

    Example:
        >>> DepthwiseConv3D(2, strides=2).compute_output_shape((None, 4, 6, 8, 3))
        (None, 2, 3, 4, 3)
    """

    rank = 3
