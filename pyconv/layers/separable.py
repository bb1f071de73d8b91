"""Layers whose kernel is a product of smaller ones: three separables, three names."""

from __future__ import annotations

from pyconv import ops
from pyconv.layers.convolution import BaseConv, Conv
from pyconv.utils.arguments import whole


class SeparableConv(BaseConv):
    """Base of SeparableConv1D, 2D and 3D, which differ in `rank` only."""

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format=None,
        dilation_rate=1,
        depth_multiplier=1,
        activation=None,
        use_bias=True,
        depthwise_initializer="glorot_uniform",
        pointwise_initializer="glorot_uniform",
        bias_initializer="zeros",
        depthwise_regularizer=None,
        pointwise_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        depthwise_constraint=None,
        pointwise_constraint=None,
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
        self.filters = whole(filters, "filters")
        self.depth_multiplier = whole(depth_multiplier, "depth_multiplier")
        self.keep_arguments(
            "depthwise", depthwise_initializer, depthwise_regularizer, depthwise_constraint
        )
        self.keep_arguments(
            "pointwise", pointwise_initializer, pointwise_regularizer, pointwise_constraint
        )

    def kernel_shapes(self, shape):
        channels, ones = shape[-1], (1,) * self.rank
        return {
            "depthwise_kernel": (*self.kernel_size, channels, self.depth_multiplier),
            "pointwise_kernel": (*ones, channels * self.depth_multiplier, self.filters),
        }

    def kernel_arguments(self, name):
        return name.removesuffix("_kernel")

    def convolve(self, x, depthwise_kernel, pointwise_kernel):
        return ops.separable_conv(
            x, depthwise_kernel, pointwise_kernel, data_format="channels_last", **self.geometry
        )


class SeparableConv1D(SeparableConv):
    """Depthwise convolution, then a mixture of the channels at each position: y[t, i] = b[i] +
    sum_{l, q} P[l q, i] sum_m x[t s + m d, l] D[m, l, q] (Chollet 2017).

    Args:
        filters: number of output channels.
        kernel_size, strides, padding, data_format, dilation_rate: as in `Conv1D`.
        depth_multiplier: number of depthwise kernels per input channel.
        activation, use_bias, initializers, regularizers, constraints: as in `Conv1D`; those of
            the two kernels begin with `depthwise_` and `pointwise_`. The activation comes last.

    Returns:
        Called on (n, t, channels): (n, t', filters).

    Raises:
        ValueError: an argument or the input's shape does not fit.

    Example:
        >>> layer = SeparableConv1D(8, 3)
        >>> layer.compute_output_shape((None, 10, 4))
        (None, 8, 8)
    """

    rank = 1


class SeparableConv2D(SeparableConv):
    """The same over images; arguments as in `SeparableConv1D`, an integer or (height, width).

    Example:
        >>> import numpy as np
        >>> layer = SeparableConv2D(32, 3, padding="same")
        >>> layer(np.ones((2, 28, 28, 4))).shape, layer.count_params()
        ((2, 28, 28, 32), 196)
    """

    rank = 2


class SeparableConv3D(SeparableConv):
    """The same over volumes or films; arguments as in `SeparableConv1D`, an integer or one per
    axis.

    Example:
        >>> SeparableConv3D(8, 2, strides=2).compute_output_shape((None, 4, 6, 8, 3))
        (None, 2, 3, 4, 8)
    """

    rank = 3


SeparableConvolution1D, SeparableConvolution2D = SeparableConv1D, SeparableConv2D
SeparableConvolution3D = SeparableConv3D


class SpatiallySeparableConv(Conv):
    """Base of SpatiallySeparableConv1D, 2D and 3D, which differ in `rank` only."""

    def kernel_shapes(self, shape):
        *_, channels, filters = super().kernel_shapes(shape)["kernel"]
        shapes = {}
        for axis, size in enumerate(self.kernel_size):
            around = [1] * self.rank
            around[axis] = size
            shapes[f"kernel_{axis}"] = (*around, channels, filters)
            channels = filters // self.groups
        return shapes

    def convolve(self, x, *kernels):
        return ops.spatially_separable_conv(x, kernels, groups=self.groups, **self.geometry)


class SpatiallySeparableConv1D(SpatiallySeparableConv):
    """One 1-D convolution along each spatial axis, here the only one: `Conv1D`.

    Args:
        filters: number of output channels, of each of the 1-D convolutions.
        kernel_size, strides, padding, data_format, dilation_rate, groups: as in `Conv1D`.
        activation, use_bias, initializers, regularizers, constraints: as in `Conv1D`. Bias and
            activation follow the last axis.

    Returns:
        Called on (n, t, channels): (n, t', filters).

    Raises:
        ValueError: an argument or the input's shape does not fit.

    Example:
        >>> SpatiallySeparableConv1D(8, 3).compute_output_shape((None, 10, 4))
        (None, 8, 8)
    """

    rank = 1


class SpatiallySeparableConv2D(SpatiallySeparableConv):
    """A vertical, then a horizontal convolution: y[j, k, i] = b[i] + sum_{n, q} V[n, q, i]
    sum_{m, l} x[j + m, k + n, l] U[m, l, q]; 2 w weights per pair of channels for w^2 (Goodfellow
    et al., section 9.8). With as many groups as channels and filters each kernel is v h^T.

    Arguments as in `SpatiallySeparableConv1D`, an integer or (height, width). The kernels are
    `kernel_0`, (height, 1, channels / groups, filters), and `kernel_1`, (1, width, filters /
    groups, filters).

    Example:
        >>> import numpy as np
        >>> layer = SpatiallySeparableConv2D(8, 7, use_bias=False)
        >>> layer(np.ones((2, 28, 28, 8))).shape, layer.count_params()
        ((2, 22, 22, 8), 896)
    """

    rank = 2


class SpatiallySeparableConv3D(SpatiallySeparableConv):
    """The same over volumes or films, 3 w weights per pair of channels for w^3; arguments as in
    `SpatiallySeparableConv1D`, an integer or one per axis.

    Example:
        >>> SpatiallySeparableConv3D(4, 3, strides=2).compute_output_shape((None, 9, 9, 9, 2))
        (None, 4, 4, 4, 4)
    """

    rank = 3


class OuterProductConv2D(Conv):
    """2-D convolution whose kernels are outer products: K[m, n, l, i] = a[l, i] v[m, i] h[n, i], so
    that each filter has channels + height + width numbers (Jin et al. 2014).

    Arguments as in `Conv2D`. Under the default initializer, of variance 1 / (number of rows) for
    each factor, the products have LeCun's variance, 1 / (channels * height * width).

    Attributes:
        channel_kernel: a, (channels / groups, filters).
        vertical_kernel, horizontal_kernel: v, (height, filters), and h, (width, filters).

    Example:
        >>> import numpy as np
        >>> layer = OuterProductConv2D(10, 5, use_bias=False)
        >>> layer(np.ones((2, 28, 28, 3))).shape, layer.count_params()
        ((2, 24, 24, 10), 130)
    """

    rank = 2

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        *,
        kernel_initializer="lecun_uniform",
        **kwargs,
    ):
        super().__init__(
            filters,
            kernel_size,
            strides,
            padding,
            kernel_initializer=kernel_initializer,
            **kwargs,
        )

    def kernel_shapes(self, shape):
        height, width, channels, filters = super().kernel_shapes(shape)["kernel"]
        return {
            "channel_kernel": (channels, filters),
            "vertical_kernel": (height, filters),
            "horizontal_kernel": (width, filters),
        }

    def convolve(self, x, channel, vertical, horizontal):
        return ops.outer_product_conv(x, channel, vertical, horizontal, **self.geometry)
