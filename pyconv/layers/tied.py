"""Transposed layers that reuse a convolution's kernel."""

from __future__ import annotations

from functools import partial

from pyconv import activations, ops
from pyconv.layers.convolution import Conv
from pyconv.layers.spatial import SpatialLayer, shape_to
from pyconv.ops.geometry import per_axis


class TiedConvTranspose(SpatialLayer):
    """Base of TiedConv1DTranspose, 2D and 3D, which differ in `rank` only."""

    def __init__(
        self,
        conv,
        input_size=None,
        data_format=None,
        activation=None,
        use_bias=True,
        bias_initializer="zeros",
        bias_regularizer=None,
        bias_constraint=None,
        **kwargs,
    ):
        plain = getattr(type(conv), "convolve", None) is Conv.convolve
        if not plain or conv.rank != self.rank:
            raise ValueError(
                f"expected `conv` to be a Conv{self.rank}D layer, received {conv!r}; pass the "
                "layer whose kernel is reused"
            )
        super().__init__(data_format=data_format or conv.data_format, **kwargs)
        self.input_size = input_size and per_axis(input_size, self.rank, "input_size")
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.keep_arguments("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.kernel = self.bias = None

    @property
    def conv(self) -> Conv:
        """The convolution: no part of this layer, of which only its kernel is."""
        args, kwargs = self._records.arguments
        return args[0] if args else kwargs["conv"]

    def build(self, input_shape):
        self.kernel = self.conv.kernel
        if self.kernel is None:
            raise ValueError(
                f"expected `conv`, {self.conv.name}, to be built before the layer that reuses its "
                "kernel, received one without weights; call it first"
            )
        if self.use_bias:
            channels = self.kernel.shape[-2] * self.conv.groups
            self.bias = self.add_argued_weight("bias", (channels,))

    def call(self, inputs, like=None):
        size = self.input_size
        if like is not None:
            size = shape_to(-1, self.channel_axis, like.shape)[1:-1]
        transform = partial(self.transform, size=size)
        return self.activation(self.with_channels_last(transform, inputs))

    def transform(self, x, size=None):
        size = size or self._size_at_build(tuple(x.shape[1:-1]))
        geometry = {"groups": self.conv.groups, **self.conv.geometry}
        if None not in (size or (None,)):
            geometry["input_size"] = size
        return ops.conv_transpose(
            x, self.kernel, bias=self.bias, data_format="channels_last", **geometry
        )

    def _size_at_build(self, outputs: tuple) -> tuple | None:
        """The size of the inputs that the convolution was built for, if it takes them to this."""
        conv = self.conv
        sizes = shape_to(-1, conv.channel_axis, conv.built_shape)[1:-1]
        arguments = (conv.kernel_size, conv.strides, conv.padding, conv.dilation_rate)
        fits = None not in sizes and ops.conv_output_size(sizes, *arguments) == outputs
        return sizes if fits else None

    def get_config(self):
        from pyconv.layers.registry import serialize

        config = super().get_config()
        config["conv"] = {**serialize(self.conv), "build_input_shape": self.conv.built_shape}
        return config

    @classmethod
    def from_config(cls, config):
        """The layer that `get_config` described: within a model's config tied to the convolution
        of the model, else to one of its own."""
        from pyconv.layers.registry import deserialize

        conv = config["conv"]
        if isinstance(conv, dict):
            shape = conv["build_input_shape"]
            conv = deserialize(conv)
            if shape is not None and not conv.built:
                conv.build(tuple(shape))
        return cls(**{**config, "conv": conv})


class TiedConv1DTranspose(TiedConvTranspose):
    """The transpose of a convolution layer, with its kernel: the decoder of an autoencoder with
    tied weights (Goodfellow et al., eq. 9.14). The kernel's gradient is the sum of both uses.

    Args:
        conv: the `Conv1D` layer; strides, padding and so on are its, too. Call it before this one.
        input_size: the output's size. By default that of the inputs for which `conv` was built if
            it takes them to the size at hand, else as `Conv1DTranspose`: several sizes can lead to
            one.
        data_format: that of `conv` by default.
        activation: name of an activation, a callable, or None.
        use_bias: whether a bias per output channel is added, of this layer's own.
        bias_initializer, bias_regularizer, bias_constraint: as in `Conv1D`.

    Returns:
        Called on (n, t', filters), with `like`, a tensor that has the size which the output should
        have, or without: (n, t, channels).

    Raises:
        ValueError: an argument or the input's shape does not fit; `conv` is not built.

    Example:
        >>> import numpy as np
        >>> from pyconv import layers
        >>> conv = layers.Conv1D(4, 3, strides=2)
        >>> codes = conv(np.ones((2, 10, 1)))
        >>> codes.shape, TiedConv1DTranspose(conv)(codes).shape
        ((2, 4, 4), (2, 10, 1))
    """

    rank = 1


class TiedConv2DTranspose(TiedConvTranspose):
    """The same over images, of a `Conv2D`; arguments as in `TiedConv1DTranspose`.

    Example:
        >>> import numpy as np
        >>> from pyconv import layers
        >>> conv = layers.Conv2D(4, 3, strides=2, padding="same")
        >>> decode = TiedConv2DTranspose(conv)
        >>> decode(conv(np.ones((2, 28, 27, 3)))).shape, decode.kernel is conv.kernel
        ((2, 28, 27, 3), True)
    """

    rank = 2


class TiedConv3DTranspose(TiedConvTranspose):
    """The same over volumes or films, of a `Conv3D`; arguments as in `TiedConv1DTranspose`.

    Example:
        >>> import numpy as np
        >>> from pyconv import layers
        >>> conv = layers.Conv3D(4, 2, strides=2)
        >>> TiedConv3DTranspose(conv)(conv(np.ones((2, 4, 5, 6, 3)))).shape
        (2, 4, 5, 6, 3)
    """

    rank = 3
