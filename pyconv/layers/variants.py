"""Convolution layers whose inputs or kernels are weighted, or come from elsewhere."""

from __future__ import annotations

from pyconv import ops
from pyconv.layers.convolution import Conv
from pyconv.layers.input_spec import InputSpec
from pyconv.layers.layer import Layer
from pyconv.layers.spatial import SpatialLayer, channels_to, expect_pair, layout
from pyconv.utils.arguments import whole


class GatedConv(Conv):
    """Base of GatedConv1D, 2D and 3D, which differ in `rank` only."""

    gate_bias = None

    def kernel_shapes(self, shape):
        kernel = super().kernel_shapes(shape)["kernel"]
        return {"kernel": kernel, "gate_kernel": kernel}

    def build(self, input_shape):
        super().build(input_shape)
        if self.use_bias:
            self.gate_bias = self.add_argued_weight("gate_bias", self.bias.shape, "bias", 1)

    def convolve(self, x, kernel, gate_kernel):
        biases = (self.bias, self.gate_bias)
        geometry = {"groups": self.groups, **self.geometry}
        return ops.gated_conv(x, kernel, gate_kernel, *biases, self.activation, **geometry)

    def transform(self, x):
        return self.convolve(x, *self.kernels)

    def call(self, inputs):
        return SpatialLayer.call(self, inputs)


class GatedConv1D(GatedConv):
    """A convolution times the sigmoid of another: y = f(A * x + a) sigmoid(B * x + b), whose gates
    learn what counts (Dauphin et al. 2017, eq. 1; Yu et al. 2019, eq. 3).

    Arguments as in `Conv1D`; `activation` is f, and both kernels and biases have the arguments of
    kernel and bias.

    Example:
        >>> GatedConv1D(8, 3).compute_output_shape((None, 10, 4))
        (None, 8, 8)
    """

    rank = 1


class GatedConv2D(GatedConv):
    """The same over images; arguments as in `Conv2D`.

    Example:
        >>> import numpy as np
        >>> layer = GatedConv2D(8, 3, padding="same", activation="elu")
        >>> layer(np.ones((2, 28, 28, 4))).shape, layer.count_params()
        ((2, 28, 28, 8), 592)
    """

    rank = 2


class GatedConv3D(GatedConv):
    """The same over volumes or films; arguments as in `Conv3D`.

    Example:
        >>> GatedConv3D(4, 3, strides=2).compute_output_shape((None, 9, 9, 9, 2))
        (None, 4, 4, 4, 4)
    """

    rank = 3


class PairConv(Conv):
    """Base of convolutions that are called on a list [x, another tensor of x's size]."""

    second: str

    def build(self, input_shape):
        expect_pair(input_shape, "x", self.second)
        super().build(input_shape[0])
        self.input_spec = [self.input_spec, InputSpec(ndim=self.rank + 2)]

    def compute_output_shape(self, input_shape):
        return Layer.compute_output_shape(self, input_shape)


class PartialConv(PairConv):
    """Base of PartialConv1D, 2D and 3D, which differ in `rank` only."""

    second = "mask"

    def transform(self, inputs):
        geometry = {"groups": self.groups, **self.geometry}
        return list(ops.partial_conv(*inputs, self.kernel, self.bias, **geometry))

    def call(self, inputs):
        y, mask = SpatialLayer.call(self, inputs)
        return [self.activation(y), mask]


class PartialConv1D(PartialConv):
    """Convolution of the valid elements only, scaled up for those that are missing: y = (K * (x M))
    cells / sum M + b where the window has sum M > 0, else 0 (Liu et al. 2018, eqs. 1 and 2).

    Arguments as in `Conv1D`. Zeros of the padding count as missing.

    Returns:
        Called on [x, mask], (n, t, channels) and (n, t, 1 or channels), 1 where x is valid, else 0:
        [y, mask], (n, t', filters) and (n, t', 1), for the next such layer.

    Example:
        >>> PartialConv1D(8, 3).compute_output_shape([(None, 10, 4), (None, 10, 1)])
        [(None, 8, 8), (None, 8, 1)]
    """

    rank = 1


class PartialConv2D(PartialConv):
    """The same over images; arguments as in `Conv2D`.

    Example:
        >>> import numpy as np
        >>> x, mask = np.ones((1, 4, 4, 3)), np.zeros((1, 4, 4, 1))
        >>> y, mask = PartialConv2D(8, 3)([x, mask])
        >>> y.shape, float(np.abs(y).max())
        ((1, 2, 2, 8), 0.0)
    """

    rank = 2


class PartialConv3D(PartialConv):
    """The same over volumes or films; arguments as in `Conv3D`.

    Example:
        >>> PartialConv3D(4, 2).compute_output_shape([(None, 3, 3, 3, 2), (None, 3, 3, 3, 2)])
        [(None, 2, 2, 2, 4), (None, 2, 2, 2, 1)]
    """

    rank = 3


class PixelAdaptiveConv2D(PairConv):
    """Convolution whose kernel fades where a guide differs from its value at the centre: y[j, i] =
    b[i] + sum_{m, l} x[j s + m d, l] K[m, l, i] exp(-|f_m - f_c|^2 / 2) (Su et al. 2019, eq. 3).

    Arguments as in `Conv2D`, with an odd `kernel_size` and without `groups`.

    Returns:
        Called on [x, guide], (n, height, width, channels) and (n, height, width, features): (n,
        height', width', filters). The scale of the features says how far two pixels may differ.

    Raises:
        ValueError: an argument or the inputs' shapes do not fit.

    Example:
        >>> import numpy as np
        >>> layer = PixelAdaptiveConv2D(8, 3, padding="same")
        >>> layer([np.ones((2, 9, 9, 4)), np.ones((2, 9, 9, 3))]).shape
        (2, 9, 9, 8)
    """

    rank = 2
    second = "guide"

    def check_arguments(self):
        if self.groups != 1 or any(size % 2 == 0 for size in self.kernel_size):
            raise ValueError(
                f"expected groups=1 and an odd `kernel_size`, which has a centre, received "
                f"{self.groups} groups and {self.kernel_size}"
            )

    def transform(self, inputs):
        return ops.pixel_adaptive_conv(*inputs, self.kernel, bias=self.bias, **self.geometry)


class SqueezeExcite(Layer):
    """Channels weighted by what the whole map shows: y = x sigmoid(W2 relu(W1 mean(x) + b1) + b2),
    the mean over all positions (Hu et al. 2018, eqs. 2 to 4).

    Args:
        ratio: the hidden layer has channels / ratio units, at least 1.
        data_format: "channels_last", the default, or "channels_first"; any number of spatial axes.
        use_bias: whether there are b1 and b2.
        kernel_initializer, bias_initializer: initializers or their names.

    Returns:
        Called on (n, spatial..., channels): the same shape.

    Raises:
        ValueError: an argument or the input's shape does not fit.

    Example:
        >>> import numpy as np
        >>> layer = SqueezeExcite(ratio=4)
        >>> layer(np.ones((2, 9, 9, 8))).shape, layer.count_params()
        ((2, 9, 9, 8), 42)
    """

    def __init__(
        self,
        ratio=16,
        data_format=None,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.ratio = whole(ratio, "ratio")
        self.data_format = layout(data_format)
        self.use_bias = use_bias
        self.keep_arguments("kernel", kernel_initializer)
        self.keep_arguments("bias", bias_initializer)
        self.input_spec = InputSpec(min_ndim=3)

    def build(self, input_shape):
        axis = -1 if self.data_format == "channels_last" else 1
        channels = input_shape[axis]
        if not channels:
            raise ValueError(
                f"expected a known number of channels, from 1, on axis {axis}, received shape "
                f"{tuple(input_shape)}; give it in the Input"
            )
        hidden = max(channels // self.ratio, 1)
        self.kernels, self.biases = [], [None, None]
        for number, shape in enumerate([(channels, hidden), (hidden, channels)]):
            kernel = self.add_argued_weight(f"kernel_{number}", shape, "kernel", number)
            self.kernels.append(kernel)
            if self.use_bias:
                bias = self.add_argued_weight(f"bias_{number}", shape[-1:], "bias", number)
                self.biases[number] = bias
        self.input_spec = InputSpec(min_ndim=3, axes={axis: channels})

    def call(self, inputs):
        weights = (*self.kernels, *self.biases)
        if self.data_format == "channels_last":
            return ops.squeeze_excite(inputs, *weights)
        return channels_to(1, ops.squeeze_excite(channels_to(-1, inputs), *weights))
