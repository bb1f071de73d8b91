"""Convolution layer whose channels are connected by a table."""

from __future__ import annotations

from functools import partial

from pyconv import ops
from pyconv.layers.convolution import Conv
from pyconv.ops.connection_table import connections


class ConnectionTableConv2D(Conv):
    """Convolution in which filter i sees channel l only where a table has a 1, as in LeNet-5's
    layer C3 (LeCun et al. 1998, table I). Missing weights are neither stored nor updated.

    Args:
        table: (channels, filters), zeros and ones, as nested lists or an array.
        kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias,
            initializers, regularizers, constraints, flip_kernel, bias_per: as in `Conv2D`, without
            `groups`. The kernel, (height, width, number of ones), is drawn as a full one of which
            the missing weights are left out.

    Returns:
        Called on (n, height, width, channels): (n, height', width', filters).

    Raises:
        ValueError: an argument or the input's shape does not fit.

    Example:
        >>> import numpy as np
        >>> layer = ConnectionTableConv2D([[1, 0, 1], [0, 1, 1]], 5)
        >>> layer(np.ones((2, 14, 14, 2))).shape, layer.kernel.shape
        ((2, 10, 10, 3), (5, 5, 4))
    """

    rank = 2

    def __init__(self, table, kernel_size, strides=1, padding="valid", **kwargs):
        self.table = connections(table)
        super().__init__(self.table.shape[1], kernel_size, strides, padding, **kwargs)

    def check_arguments(self):
        if self.groups != 1:
            raise ValueError(f"expected groups=1, received {self.groups}; the table says it all")

    def kernel_shapes(self, shape):
        if shape[-1] != len(self.table):
            raise ValueError(
                f"expected {len(self.table)} input channels, as `table` has rows, received "
                f"{shape[-1]}"
            )
        return {"kernel": (*self.kernel_size, int(self.table.sum()))}

    def drawing(self, name, initializer):
        return partial(_chosen, initializer, self.table) if name == "kernel" else initializer

    def convolve(self, x, kernel):
        return ops.connection_table_conv(x, kernel, self.table, **self.geometry)

    def get_config(self):
        return {**super().get_config(), "table": self.table.astype(int).tolist()}


def _chosen(initializer, table, shape, dtype="float32"):
    """The weights of a full kernel where the table has a 1."""
    return initializer((*shape[:-1], *table.shape), dtype)[..., table]
