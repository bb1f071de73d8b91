"""Deformable convolution layer."""

from __future__ import annotations

from math import prod

from pyconv import ops
from pyconv.layers.convolution import Conv
from pyconv.utils.arguments import whole


class DeformableConv2D(Conv):
    """Convolution whose kernel has its cells moved at each position, by offsets that another
    convolution computes from the input: y[j, i] = b[i] + sum_{m, l} x[j s + m d + o[j, m], l] w[j,
    m] K[m, l, i], x linear between pixels (Dai et al. 2017, eq. 2; with w, Zhu et al. 2019, eq. 1).

    Args:
        filters, kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias,
            initializers, regularizers, constraints, flip_kernel, bias_per: as in `Conv2D`, without
            `groups`. The convolution of the offsets has the same size, strides and so on.
        offset_groups: parts of the channels that have offsets of their own.
        modulated: whether there are weights w, the sigmoid of further channels; else they are 1.
        offset_initializer: of the offsets' kernel; "zeros" begins with the ordinary convolution
            (with w = 1/2 where modulated). Their biases begin at 0.

    Returns:
        Called on (n, height, width, channels): (n, height', width', filters).

    Raises:
        ValueError: an argument or the input's shape does not fit.

    Example:
        >>> import numpy as np
        >>> layer = DeformableConv2D(8, 3, padding="same")
        >>> layer(np.ones((2, 9, 9, 4))).shape, layer.offset_kernel.shape
        ((2, 9, 9, 8), (3, 3, 4, 18))
    """

    rank = 2

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        *,
        offset_groups=1,
        modulated=False,
        offset_initializer="zeros",
        **kwargs,
    ):
        super().__init__(filters, kernel_size, strides, padding, **kwargs)
        self.offset_groups = whole(offset_groups, "offset_groups")
        self.modulated = bool(modulated)
        self.keep_arguments("offset", offset_initializer)
        self.keep_arguments("offset_bias", "zeros")
        self.offset_bias = None

    def check_arguments(self):
        if self.groups != 1:
            raise ValueError(
                f"expected groups=1, received {self.groups}; `offset_groups` divides the channels "
                "of the offsets"
            )

    def kernel_shapes(self, shape):
        kernel = super().kernel_shapes(shape)["kernel"]
        if shape[-1] % self.offset_groups:
            raise ValueError(
                f"expected a number of input channels that is a multiple of `offset_groups`, "
                f"received {shape[-1]} channels and {self.offset_groups} groups; change one"
            )
        numbers = self.offset_groups * prod(self.kernel_size) * (self.rank + self.modulated)
        return {"kernel": kernel, "offset_kernel": (*kernel[:-1], numbers)}

    def kernel_arguments(self, name):
        return name.removesuffix("_kernel")

    def build(self, input_shape):
        super().build(input_shape)
        shape = self.offset_kernel.shape[-1:]
        self.offset_bias = self.add_argued_weight("offset_bias", shape)

    def convolve(self, x, kernel, offset_kernel):
        offsets = ops.conv(
            x, offset_kernel, bias=self.offset_bias, data_format="channels_last", **self.geometry
        )
        mask = None
        if self.modulated:
            moves = self.offset_groups * prod(self.kernel_size) * self.rank
            offsets, mask = offsets[..., :moves], ops.sigmoid(offsets[..., moves:])
        return ops.deformable_conv(
            x, offsets, kernel, mask=mask, offset_groups=self.offset_groups, **self.geometry
        )
