"""Locally connected and tiled convolution layers: kernels that depend on the place."""

from __future__ import annotations

from functools import partial
from math import prod

import numpy as np

from pyconv import ops
from pyconv.initializers.initializer import further
from pyconv.layers.convolution import Conv
from pyconv.ops.geometry import per_axis


class PlacedConv(Conv):
    """Base of convolutions with a kernel for each of several places."""

    def places(self, shape) -> tuple[int, ...]:
        """How many kernels there are along each axis, for inputs of a shape, channels last."""
        raise NotImplementedError(f"{type(self).__name__} must define places")

    def kernel_shapes(self, shape):
        return {"kernel": (*self.places(shape), *super().kernel_shapes(shape)["kernel"])}

    def drawing(self, name, initializer):
        return partial(_one_by_one, initializer, self.rank) if name == "kernel" else initializer


def _one_by_one(initializer, axes: int, shape, dtype="float32"):
    """Kernels drawn apart along the leading axes, each with the variance of its own fans."""
    count = prod(shape[:axes])
    kernels = [further(initializer, k)(shape[axes:], dtype) for k in range(count)]
    return np.reshape(kernels, shape)


class LocallyConnected(PlacedConv):
    """Base of LocallyConnected1D, 2D and 3D, which differ in `rank` only."""

    biases = ("location", "channel")

    def places(self, shape):
        if None in shape[1:]:
            raise ValueError(
                f"expected inputs of a fixed size, for each place has weights of its own, received "
                f"shape {shape} (channels last); give the Input's size"
            )
        geometry = (self.kernel_size, self.strides, self.padding, self.dilation_rate)
        outputs = ops.conv_output_size(shape[1:-1], *geometry)
        if 0 in outputs:
            raise ValueError(
                f"expected inputs at least as large as the kernel {self.kernel_size}, received "
                f"shape {shape} (channels last); use padding='same' or a smaller kernel"
            )
        return outputs

    def convolve(self, x, kernel):
        return ops.locally_connected(x, kernel, groups=self.groups, **self.geometry)


class LocallyConnected1D(LocallyConnected):
    """A convolution's connections with weights of their own at each place: y[t, i] = b[t, i] +
    sum_{m, l} x[t s + m d, l] W[t, m, l, i] (Goodfellow et al., eq. 9.9), for inputs of one size.

    Args:
        filters, kernel_size, strides, padding, data_format, dilation_rate, groups, activation,
            use_bias, initializers, regularizers, constraints, flip_kernel: as in `Conv1D`. Each
            place's kernel is drawn as that of a convolution.
        bias_per: "location" or "channel".

    Returns:
        Called on (n, t, channels): (n, t', filters). The kernel is (t', kernel_size, channels /
        groups, filters).

    Raises:
        ValueError: an argument or the input's shape does not fit.

    Example:
        >>> import numpy as np
        >>> layer = LocallyConnected1D(4, 3)
        >>> layer(np.ones((2, 10, 2))).shape, layer.kernel.shape, layer.bias.shape
        ((2, 8, 4), (8, 3, 2, 4), (8, 4))
    """

    rank = 1


class LocallyConnected2D(LocallyConnected):
    """The same over images; arguments as in `LocallyConnected1D`, an integer or (height, width).

    Example:
        >>> layer = LocallyConnected2D(4, 3, strides=2)
        >>> layer.compute_output_shape((None, 9, 9, 2))
        (None, 4, 4, 4)
    """

    rank = 2


class LocallyConnected3D(LocallyConnected):
    """The same over volumes or films; arguments as in `LocallyConnected1D`, an integer or one per
    axis.

    Example:
        >>> LocallyConnected3D(4, 2).compute_output_shape((None, 3, 3, 3, 1))
        (None, 2, 2, 2, 4)
    """

    rank = 3


class TiledConv(PlacedConv):
    """Base of TiledConv1D, 2D and 3D, which differ in `rank` only."""

    biases = ("tile", "channel", "location")

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        *,
        tiling=2,
        **kwargs,
    ):
        super().__init__(filters, kernel_size, strides, padding, **kwargs)
        self.tiling = per_axis(tiling, self.rank, "tiling")

    def places(self, shape):
        return self.tiling

    def bias_shape(self, outputs):
        if self.bias_per == "tile":
            return (*self.tiling, self.filters)
        return super().bias_shape(outputs)

    def convolve(self, x, kernel):
        return ops.tiled_conv(x, kernel, groups=self.groups, bias=self.bias, **self.geometry)

    def add_bias(self, y):
        return y


class TiledConv1D(TiledConv):
    """Convolution with t kernels that take turns: y[j, i] = b[j mod t, i] + sum_{m, l} x[j s + m d,
    l] K[j mod t, m, l, i] (Goodfellow et al., eq. 9.10; Le et al. 2010). With t = 1 it is a
    convolution, with t the output's size locally connected.

    Args:
        filters, kernel_size, strides, padding, data_format, dilation_rate, groups, activation,
            use_bias, initializers, regularizers, constraints, flip_kernel: as in `Conv1D`. Each
            kernel is drawn as that of a convolution.
        tiling: t, the number of kernels that take turns, along each axis.
        bias_per: "tile", which takes turns as the kernels do, "channel" or "location".

    Returns:
        Called on (n, t, channels): (n, t', filters). The kernel is (tiling, kernel_size, channels /
        groups, filters).

    Raises:
        ValueError: an argument or the input's shape does not fit.

    Example:
        >>> import numpy as np
        >>> layer = TiledConv1D(4, 3, tiling=2)
        >>> layer(np.ones((2, 10, 1))).shape, layer.kernel.shape, layer.bias.shape
        ((2, 8, 4), (2, 3, 1, 4), (2, 4))
    """

    rank = 1


class TiledConv2D(TiledConv):
    """The same over images; arguments as in `TiledConv1D`, an integer or (height, width).

    Example:
        >>> TiledConv2D(4, 3, tiling=(2, 3)).compute_output_shape((None, 28, 28, 1))
        (None, 26, 26, 4)
    """

    rank = 2


class TiledConv3D(TiledConv):
    """The same over volumes or films; arguments as in `TiledConv1D`, an integer or one per axis.

    Example:
        >>> TiledConv3D(4, 2, strides=2).compute_output_shape((None, 4, 4, 4, 1))
        (None, 2, 2, 2, 4)
    """

    rank = 3
