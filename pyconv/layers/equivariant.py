"""Layers over the groups p4 and p4m of quarter turns and flips (Cohen & Welling 2016)."""

from __future__ import annotations

from pyconv import ops
from pyconv.layers.convolution import Conv
from pyconv.layers.spatial import SpatialLayer
from pyconv.ops.equivariant import ORDERS
from pyconv.utils.arguments import choice


class GroupConv(Conv):
    """Base of the convolutions with a block of output channels for each element of a group, which
    share `filters` kernels and biases."""

    rank = 2
    biases = ("channel",)
    group: str

    def check_arguments(self):
        if self.groups != 1 or len({*self.kernel_size}) > 1:
            raise ValueError(
                f"expected groups=1 and a square `kernel_size`, received {self.groups} groups and "
                f"{self.kernel_size}; a turned kernel must meet the same inputs"
            )

    def bias_shape(self, outputs):
        return (self.filters,)

    def add_bias(self, y):
        return y + ops.tile(self.bias, ORDERS[self.group])


class LiftingConv2D(GroupConv):
    """Base of P4LiftingConv2D and P4MLiftingConv2D."""

    def convolve(self, x, kernel):
        return ops.lifting_conv(x, kernel, self.group, **self.geometry)


class GroupConv2D(GroupConv):
    """Base of P4Conv2D and P4MConv2D."""

    def kernel_shapes(self, shape):
        order, channels = ORDERS[self.group], shape[-1]
        if channels % order:
            raise ValueError(
                f"expected a multiple of {order} channels, a block for each element of "
                f"{self.group}, received {channels}; lift images to the group first"
            )
        return {"kernel": (*self.kernel_size, order, channels // order, self.filters)}

    def convolve(self, x, kernel):
        return ops.group_conv(x, kernel, self.group, **self.geometry)


class P4LiftingConv2D(LiftingConv2D):
    """Convolution of an image with four turned copies of each kernel: y[j, k, g, i] = b[i] +
    sum_{m, n, l} x[j s + m d, k s + n d, l] (g K)[m, n, l, i] (Cohen & Welling 2016, eq. 10).

    A quarter turn of the image turns the maps and moves them on by one block of channels: exactly
    so where zeros are alike on both sides and the strides reach both borders. Pooling and
    activations keep this; `BatchNormalization` does behind `Reshape((h, w, 4, filters))`.

    Args:
        filters: number of kernels; there are 4 * filters output channels, filter i of g quarter
            turns on channel g * filters + i.
        kernel_size: an integer.
        strides, padding, data_format, dilation_rate, activation, use_bias, initializers,
            regularizers, constraints: as in `Conv2D`. A bias is shared by all turns.

    Returns:
        Called on (n, height, width, channels): (n, height', width', 4 * filters).

    Raises:
        ValueError: an argument or the input's shape does not fit.

    Example:
        >>> import numpy as np
        >>> layer = P4LiftingConv2D(8, 3, padding="same")
        >>> layer(np.ones((2, 28, 28, 1))).shape, layer.count_params()
        ((2, 28, 28, 32), 80)
    """

    group = "p4"


class P4Conv2D(GroupConv2D):
    """Convolution over positions and quarter turns: y[j, k, g, i] = b[i] + sum_{h, m, n, l}
    x[j s + m d, k s + n d, h, l] (g K)[m, n, g^-1 h, l, i] (Cohen & Welling 2016, eq. 11).

    Called on what `P4LiftingConv2D` or this layer returns; arguments, returns and equivariance as
    there.

    Example:
        >>> import numpy as np
        >>> layer = P4Conv2D(8, 3)
        >>> layer(np.ones((2, 28, 28, 32))).shape, layer.count_params()
        ((2, 26, 26, 32), 2312)
    """

    group = "p4"


class P4MLiftingConv2D(LiftingConv2D):
    """`P4LiftingConv2D` with the mirror images of the kernels, too: 8 * filters output channels,
    filter i of element 4 * mirrored + turns on channel element * filters + i.

    Example:
        >>> P4MLiftingConv2D(4, 3).compute_output_shape((None, 28, 28, 1))
        (None, 26, 26, 32)
    """

    group = "p4m"


class P4MConv2D(GroupConv2D):
    """`P4Conv2D` over quarter turns and flips, behind `P4MLiftingConv2D`.

    Example:
        >>> P4MConv2D(4, 3).compute_output_shape((None, 26, 26, 32))
        (None, 24, 24, 32)
    """

    group = "p4m"


class GroupPooling(SpatialLayer):
    """The largest or the mean value over the elements of a group, after which maps only turn as the
    image does (Cohen & Welling 2016, section 6.3); with global pooling, nothing is left of a turn.

    Args:
        group: "p4" behind `P4Conv2D`, "p4m" behind `P4MConv2D`.
        pool: "max" or "mean".
        data_format: "channels_last", the default, or "channels_first".

    Returns:
        Called on (n, height, width, order * channels): (n, height, width, channels).

    Raises:
        ValueError: the channels are not a multiple of the group's order.

    Example:
        >>> GroupPooling("p4m").compute_output_shape((None, 24, 24, 32))
        (None, 24, 24, 4)
    """

    rank = 2

    def __init__(self, group="p4", pool="max", data_format=None, **kwargs):
        super().__init__(data_format=data_format, **kwargs)
        self.group = choice(group, "group", tuple(ORDERS))
        self.pool = choice(pool, "pool", ("max", "mean"))

    def transform(self, x):
        return ops.group_pool(x, self.group, self.pool)
