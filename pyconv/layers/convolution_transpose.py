"""Transposed convolution layers."""

from __future__ import annotations

from pyconv import ops
from pyconv.layers.convolution import BaseConv
from pyconv.ops.geometry import per_axis
from pyconv.utils.arguments import whole


class ConvTranspose(BaseConv):
    """Base of Conv1DTranspose, Conv2DTranspose and Conv3DTranspose, which differ in `rank` only."""

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        output_padding=None,
        data_format=None,
        dilation_rate=1,
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
        super().__init__(
            kernel_size=kernel_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
            **kwargs,
        )
        self.filters = whole(filters, "filters")
        self.output_padding = self._output_padding(output_padding)

    def _output_padding(self, value) -> tuple[int, ...] | None:
        if value is None:
            return None
        sizes = per_axis(value, self.rank, "output_padding", 0)
        if any(size >= stride for size, stride in zip(sizes, self.strides, strict=True)):
            raise ValueError(
                f"expected `output_padding` below the strides {self.strides}, received {value}; "
                "take it modulo the strides"
            )
        return sizes

    def kernel_shapes(self, shape):
        return {"kernel": (*self.kernel_size, self.filters, shape[-1])}

    def convolve(self, x, kernel):
        return ops.conv_transpose(
            x,
            kernel,
            output_padding=self.output_padding,
            data_format="channels_last",
            **self.geometry,
        )


class Conv1DTranspose(ConvTranspose):
    """The transpose of Conv1D: each input is spread over the outputs that a convolution would
    have read it from (Goodfellow et al., eq. 9.13).

    Args:
        filters: number of output channels.
        kernel_size: number of kernel positions k.
        strides: distance s between the outputs of neighbouring inputs.
        padding: "valid": (t - 1) s + max(k, s) outputs for t inputs; "same": t s; others of
            `Conv1D`, the smallest size that the convolution takes to t.
        output_padding: None, or how much longer the output is than the smallest that has t inputs.
        data_format: "channels_last" (n, t, channels), the default, or "channels_first".
        dilation_rate: distance between kernel positions; k then counts the gaps, too.
        activation, use_bias, initializers, regularizers, constraints, flip_kernel, padding_mode,
            bias_per: as in `Conv1D`.

    Returns:
        Called on (n, t, channels): (n, t', filters). The kernel is (k, filters, channels).

    Raises:
        ValueError: an argument or the input's shape does not fit.

    Example:
        >>> Conv1DTranspose(4, 3, strides=2, padding="same").compute_output_shape((None, 5, 2))
        (None, 10, 4)
    """

    rank = 1


class Conv2DTranspose(ConvTranspose):
    """The transpose of Conv2D; arguments as in `Conv1DTranspose`, an integer or (height, width).

    Example:
        >>> Conv2DTranspose(8, 3, strides=2).compute_output_shape((None, 7, 7, 16))
        (None, 15, 15, 8)
    """

    rank = 2


class Conv3DTranspose(ConvTranspose):
    """The transpose of Conv3D; arguments as in `Conv1DTranspose`, an integer or one per axis.

    Example:
        >>> Conv3DTranspose(8, 2, strides=2).compute_output_shape((None, 3, 4, 5, 1))
        (None, 6, 8, 10, 8)
    """

    rank = 3

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format=None,
        output_padding=None,
        dilation_rate=1,
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
        super().__init__(
            filters,
            kernel_size,
            strides,
            padding,
            output_padding,
            data_format,
            dilation_rate,
            activation,
            use_bias,
            kernel_initializer,
            bias_initializer,
            kernel_regularizer,
            bias_regularizer,
            activity_regularizer,
            kernel_constraint,
            bias_constraint,
            **kwargs,
        )


Convolution1DTranspose, Convolution2DTranspose = Conv1DTranspose, Conv2DTranspose
Convolution3DTranspose = Conv3DTranspose
