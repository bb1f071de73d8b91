"""Convolution layers."""

from __future__ import annotations

from pyconv import ops
from pyconv.graph import placeholder
from pyconv.layers.activation import Activated
from pyconv.layers.input_spec import InputSpec
from pyconv.layers.spatial import SpatialLayer, channels_to, shape_to
from pyconv.ops.geometry import make_geometry, per_axis
from pyconv.utils.arguments import choice, whole


class BaseConv(Activated, SpatialLayer):
    """Base of layers with kernels that slide over the input.

    A subclass defines `kernel_shapes` and `convolve`.
    """

    biases = ("channel", "location")  # what may have a bias each; the first is the default

    def __init__(
        self,
        *,
        kernel_size,
        strides,
        padding,
        dilation_rate,
        activation,
        use_bias,
        bias_initializer,
        bias_regularizer,
        bias_constraint,
        kernel_initializer=None,
        kernel_regularizer=None,
        kernel_constraint=None,
        flip_kernel=False,
        padding_mode="zeros",
        bias_per=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.kernel_size = per_axis(kernel_size, self.rank, "kernel_size")
        geometry = make_geometry(
            self.rank, strides, padding, dilation_rate, padding_mode=padding_mode
        )
        self.strides, self.dilation_rate = geometry.strides, geometry.dilation
        self.padding = geometry.padding
        self.flip_kernel = bool(flip_kernel)
        self.padding_mode = padding_mode
        self.bias_per = choice(bias_per or self.biases[0], "bias_per", self.biases)
        self.activation = activation
        self.use_bias = use_bias
        self.keep_arguments("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self.keep_arguments("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.kernels, self.kernel, self.bias = [], None, None
        self.built_shape: tuple | None = None

    @property
    def geometry(self) -> dict:
        """How kernels and inputs meet, as arguments of `ops.conv`."""
        return {
            "strides": self.strides,
            "padding": self.padding,
            "dilation_rate": self.dilation_rate,
            "flip_kernel": self.flip_kernel,
            "padding_mode": self.padding_mode,
        }

    def kernel_shapes(self, shape) -> dict[str, tuple[int, ...]]:
        """The kernels, names and shapes, for inputs of a shape with channels last."""
        raise NotImplementedError(f"{type(self).__name__} must define kernel_shapes")

    def kernel_arguments(self, name: str) -> str:
        """Whose initializer, regularizer and constraint a kernel has (see `keep_arguments`)."""
        return "kernel"

    def convolve(self, x, *kernels):
        """The outputs, without bias and activation, for inputs with channels last."""
        raise NotImplementedError(f"{type(self).__name__} must define convolve")

    def bias_shape(self, outputs) -> tuple[int, ...]:
        """The bias' shape, for outputs of a shape with channels last."""
        sizes = outputs[-1:] if self.bias_per == "channel" else outputs[1:]
        if None in sizes:
            raise ValueError(
                f"expected inputs of a fixed size for a bias per {self.bias_per}, received outputs "
                f"of shape {outputs}; give the Input's size, or take bias_per='channel'"
            )
        return sizes

    def add_bias(self, y):
        """Outputs with the bias."""
        return y + self.bias

    def build(self, input_shape):
        channels = self.channels(input_shape)
        shape = shape_to(-1, self.channel_axis, input_shape)
        outputs = self._outputs(shape)  # raises where they do not fit, before there are weights
        bias_shape = self.bias_shape(outputs) if self.use_bias else None
        self.kernels, used = [], []
        for name, size in self.kernel_shapes(shape).items():
            arguments = self.kernel_arguments(name)
            self.kernels.append(
                self.add_argued_weight(name, size, arguments, used.count(arguments))
            )
            setattr(self, name, self.kernels[-1])
            used.append(arguments)
        if self.use_bias:
            self.bias = self.add_argued_weight("bias", bias_shape)
        self.built_shape = tuple(input_shape)
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={self.channel_axis: channels})

    def _outputs(self, shape: tuple) -> tuple:
        """The outputs' shape for inputs of a shape, both with channels last."""
        kernels = [placeholder(size) for size in self.kernel_shapes(shape).values()]
        return self.convolve(placeholder(shape), *kernels).shape

    def transform(self, x):
        y = self.convolve(x, *self.kernels)
        return y if self.bias is None else self.add_bias(y)

    def call(self, inputs):
        return self.activation(super().call(inputs))

    def compute_output_shape(self, input_shape):
        self.channels(input_shape)
        outputs = self._outputs(shape_to(-1, self.channel_axis, input_shape))
        return shape_to(self.channel_axis, -1, outputs)


class Conv(BaseConv):
    """Base of Conv1D, Conv2D and Conv3D, which differ in `rank` only."""

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format=None,
        dilation_rate=1,
        groups=1,
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
        self.groups = whole(groups, "groups")
        self.check_arguments()

    def check_arguments(self) -> None:
        """Raises ValueError where arguments do not fit together."""
        if self.filters % self.groups:
            raise ValueError(
                f"expected `filters` to be a multiple of `groups`, received {self.filters} filters "
                f"and {self.groups} groups; change one of them"
            )

    def kernel_shapes(self, shape):
        channels = shape[-1]
        if channels % self.groups:
            raise ValueError(
                f"layer {self.name}: expected a number of input channels that is a multiple of "
                f"`groups`, received {channels} channels and {self.groups} groups; change one"
            )
        return {"kernel": (*self.kernel_size, channels // self.groups, self.filters)}

    def convolve(self, x, kernel):
        return ops.conv(x, kernel, groups=self.groups, data_format="channels_last", **self.geometry)

    def convolution_op(self, inputs, kernel):
        """The outputs without bias and activation, in the layer's own layout; a subclass may have
        another, as in Keras."""
        return self.with_channels_last(lambda x: self.convolve(x, kernel), inputs)

    def transform(self, x):
        if type(self).convolution_op is Conv.convolution_op:
            return super().transform(x)
        inputs = x if self.channel_axis == -1 else channels_to(1, x)
        y = self.convolution_op(inputs, self.kernel)
        y = y if self.channel_axis == -1 else channels_to(-1, y)
        return y if self.bias is None else self.add_bias(y)


class Conv1D(Conv):
    """Convolution over time: y[t, i] = b[i] + sum_{m, l} x[t s + m d, l] K[m, l, i]
    (Goodfellow et al., eq. 9.8; Prince, eq. 10.3), with stride s and dilation d.

    Args:
        filters: number of output channels.
        kernel_size: number of kernel positions.
        strides: step between outputs, in input positions.
        padding: "valid": none; "same": zeros on both sides so that strides of 1 keep the size;
            "causal": zeros before the input so that no output sees the future; "full": on both
            sides, so that every element that meets the kernel counts; an integer; or a list with
            one of these, or a pair (before, after), for each axis.
        data_format: "channels_last" (n, t, channels), the default, or "channels_first".
        dilation_rate: distance between kernel positions; it and `strides` may both exceed 1.
        groups: number of parts into which the channels are divided, each with filters of its own.
        activation: name of an activation, a callable, or None.
        use_bias: whether a bias per filter is added.
        kernel_initializer, bias_initializer: initializers or their names.
        kernel_regularizer, bias_regularizer, activity_regularizer: penalties on the weights and
            on the outputs, or their names.
        kernel_constraint, bias_constraint: functions from a weight to its value after an update.
        flip_kernel: K[-m] for K[m], the convolution of mathematics (Goodfellow et al., eq. 9.4).
        padding_mode: what the padding is filled with: "zeros"; "reflect", the elements mirrored at
            the edge element; "replicate", the edge element; "circular", those of the other side;
            one for all axes, or one for each.
        bias_per: "channel", or "location": a bias for each output, of inputs of a fixed size.

    Returns:
        Called on (n, t, channels): (n, t', filters).

    Raises:
        ValueError: an argument or the input's shape does not fit.

    Example:
        >>> import numpy as np
        >>> layer = Conv1D(15, 3, strides=2, activation="relu")
        >>> layer(np.ones((100, 40, 1))).shape, layer.count_params()
        ((100, 19, 15), 60)
    """

    rank = 1


class Conv2D(Conv):
    """Convolution over images: y[j, k, i] = b[i] + sum_{m, n, l} x[j s + m d, k s + n d, l]
    K[m, n, l, i] (Goodfellow et al., eq. 9.8), with strides s and dilation d.

    Args:
        filters: number of output channels.
        kernel_size, strides, dilation_rate: an integer, or (height, width); strides and dilation
            may both exceed 1.
        padding: "valid": none; "same": zeros around so that strides of 1 keep the size; and the
            others of `Conv1D`.
        data_format: "channels_last" (n, height, width, channels), the default, or
            "channels_first".
        groups, activation, use_bias, initializers, regularizers, constraints, flip_kernel,
            padding_mode, bias_per: as in `Conv1D`.

    Returns:
        Called on (n, height, width, channels): (n, height', width', filters).

    Raises:
        ValueError: an argument or the input's shape does not fit.

    Example:
        >>> import numpy as np
        >>> layer = Conv2D(32, 3, padding="same", activation="relu")
        >>> layer(np.ones((2, 28, 28, 1))).shape, layer.count_params()
        ((2, 28, 28, 32), 320)
    """

    rank = 2


class Conv3D(Conv):
    """Convolution over volumes or films, (n, depth, height, width, channels); arguments as in
    `Conv2D`, with three numbers where that takes two.

    Example:
        >>> Conv3D(4, 3, strides=2).compute_output_shape((None, 9, 9, 9, 2))
        (None, 4, 4, 4, 4)
    """

    rank = 3


Convolution1D, Convolution2D, Convolution3D = Conv1D, Conv2D, Conv3D
