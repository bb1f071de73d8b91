"""Pooling over neighbouring channels."""

from __future__ import annotations

from pyconv import ops
from pyconv.layers.layer import Layer
from pyconv.utils.arguments import whole


class Maxout(Layer):
    """The largest of each pool_size neighbouring channels (Goodfellow et al. 2013): behind a layer
    with pool_size times as many filters, an activation function that is learned.

    Args:
        pool_size: how many channels make one, a divisor of their number.
        axis: of the channels.

    Returns:
        Called on (n, ..., channels): (n, ..., channels / pool_size).

    Raises:
        ValueError: pool_size does not divide the channels.

    Example:
        >>> import numpy as np
        >>> Maxout(2)(np.array([[1.0, 3.0, 2.0, 0.0]]))
        array([[3., 2.]], dtype=float32)
    """

    def __init__(self, pool_size=2, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.pool_size = whole(pool_size, "pool_size")
        self.axis = axis

    def call(self, inputs):
        return ops.maxout(inputs, self.pool_size, self.axis)


class ChannelPooling(Layer):
    """Base of layers that sum up windows of channels; a subclass sets `function`, an op."""

    function = None

    def __init__(self, pool_size=2, strides=None, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.pool_size = whole(pool_size, "pool_size")
        self.strides = whole(self.pool_size if strides is None else strides, "strides")
        self.axis = axis

    def call(self, inputs):
        return type(self).function(inputs, self.pool_size, self.strides, self.axis)


class ChannelMaxPooling(ChannelPooling):
    """The largest of neighbouring channels, at each position.

    Args:
        pool_size: the window's size, in channels.
        strides: step between windows; `pool_size` by default.
        axis: of the channels.

    Returns:
        Called on (n, ..., channels): as many channels as there are windows among them.

    Raises:
        ValueError: fewer channels than pool_size.

    Example:
        >>> import numpy as np
        >>> ChannelMaxPooling(2, strides=1)(np.array([[1.0, 3.0, 2.0, 0.0]]))
        array([[3., 3., 2.]], dtype=float32)
    """

    function = staticmethod(ops.channel_max_pool)


class ChannelAveragePooling(ChannelPooling):
    """The mean of neighbouring channels, at each position; arguments as in `ChannelMaxPooling`.

    Example:
        >>> import numpy as np
        >>> ChannelAveragePooling(2)(np.array([[1.0, 3.0, 2.0, 0.0]]))
        array([[2., 1.]], dtype=float32)
    """

    function = staticmethod(ops.channel_average_pool)
