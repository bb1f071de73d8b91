"""Maximum and average pooling."""

from __future__ import annotations

from pyconv.graph import ZERO, Node, Op, Spec, Tensor, apply
from pyconv.ops.dtypes import floats
from pyconv.ops.elementwise import expect_float
from pyconv.ops.geometry import per_letter
from pyconv.ops.layout import in_layout
from pyconv.ops.window import Window, make_window


class MaxPool(Op):
    """y = the largest of each window; cells in the padding never win."""

    window: Window

    def infer(self, x: Spec) -> Spec:
        expect_float("max_pool", x)
        return Spec(self.window.output(x.shape))

    def gradient(self, node: Node, g: Tensor):
        return (apply(MaxPoolGradient(self.window), node.inputs[0], node.output, g),)

    def lower(self, lowering, node: Node) -> None:
        x, y = node.inputs[0], node.output
        lowering.emit("max_pool", {"x": x, "y": y}, **self.window.params(x.shape, y.shape))


class MaxPoolGradient(Op):
    """dx: what flows into each output goes to the first cell that was its maximum.

    Inputs: x, y = max_pool(x), dy. `positive` is set by fusion: x = relu(z), and dz is computed.
    """

    window: Window
    positive: bool = False

    def infer(self, x: Spec, y: Spec, dy: Spec) -> Spec:
        return x

    def gradient(self, node: Node, g: Tensor):
        x, y, _ = node.inputs
        return ZERO, None, apply(MaxPoolGather(self.window), x, y, g)

    def absorb(self, node: Node, follower: Node):
        """Takes over the gradient of the ReLU that made x (see plan.fuse)."""
        behind_relu = getattr(follower.op, "function", None) == "relu_gradient"
        if behind_relu and follower.inputs == (node.inputs[0], node.output):
            return self.replace(positive=True), node.inputs
        return None

    def lower(self, lowering, node: Node) -> None:
        x, y, dy = node.inputs
        buffers = {"x": x, "y": y, "dy": dy, "dx": node.output}
        params = self.window.params(x.shape, y.shape)
        lowering.emit("max_pool_gradient", buffers, **params, positive=int(self.positive))


class MaxPoolGather(Op):
    """u = v at the first cell of each window that was its maximum: the transpose of
    `MaxPoolGradient`. Inputs: x, y = max_pool(x), v of x's shape."""

    window: Window

    def infer(self, x: Spec, y: Spec, v: Spec) -> Spec:
        return y

    def gradient(self, node: Node, g: Tensor):
        x, y, _ = node.inputs
        return ZERO, None, apply(MaxPoolGradient(self.window), x, y, g)

    def lower(self, lowering, node: Node) -> None:
        x, y, v = node.inputs
        buffers = {"x": x, "y": y, "v": v, "u": node.output}
        lowering.emit("max_pool_gather", buffers, **self.window.params(x.shape, y.shape))


class MaxPoolIndex(Op):
    """Where in its image, the pixels counted row by row, the first maximum of each window lies.
    Inputs: x, y = max_pool(x)."""

    window: Window

    def infer(self, x: Spec, y: Spec) -> Spec:
        return Spec(y.shape, "int32")

    def lower(self, lowering, node: Node) -> None:
        x, y = node.inputs
        buffers = {"x": x, "y": y, "index": node.output}
        lowering.emit("max_pool_index", buffers, **self.window.params(x.shape, y.shape))


#: What the sum over a window is divided by, in the order of the C core's numbers: its cells inside
#: the image, those inside the image or its padding, or 1.
_DIVISORS = ("inside", "padded", "one")


class AveragePool(Op):
    """y = the sum of each window's cells inside the image over a divisor."""

    window: Window
    divisor: str = "inside"

    def infer(self, x: Spec) -> Spec:
        expect_float("average_pool", x)
        return Spec(self.window.output(x.shape))

    def gradient(self, node: Node, g: Tensor):
        return (apply(AveragePoolGradient(self.window, self.divisor, node.inputs[0].shape), g),)

    def lower(self, lowering, node: Node) -> None:
        x, y = node.inputs[0], node.output
        params = _average_params(self.window, self.divisor, x.shape, y.shape)
        lowering.emit("average_pool", {"x": x, "y": y}, **params)


class AveragePoolGradient(Op):
    """dx: what flows into each output is spread over the cells that it averaged."""

    window: Window
    divisor: str
    shape: tuple

    def infer(self, dy: Spec) -> Spec:
        return Spec(self.shape)

    def gradient(self, node: Node, g: Tensor):
        return (apply(AveragePool(self.window, self.divisor), g),)

    def lower(self, lowering, node: Node) -> None:
        dy, dx = node.inputs[0], node.output
        params = _average_params(self.window, self.divisor, dx.shape, dy.shape)
        lowering.emit("average_pool_gradient", {"dy": dy, "dx": dx}, **params)


def _average_params(window: Window, divisor: str, x: tuple, y: tuple) -> dict[str, int]:
    after = tuple(p[1] for p in window.pads(x[1:-1]))
    params = window.params(x, y) | per_letter("a", after, 0)
    return params | {"divisor": _DIVISORS.index(divisor)}


def max_pool(
    inputs,
    pool_size,
    strides=None,
    padding="valid",
    data_format=None,
    dilation_rate=1,
    ceil_mode: bool = False,
):
    """The largest element of each window, per channel (Goodfellow et al., section 9.3).

    Args:
        inputs: (n, spatial..., channels), 1 to 3 spatial axes.
        pool_size: the window's size: an integer, or one per axis.
        strides: steps between windows; pool_size by default.
        padding: "valid", "same", an integer or pairs; padding never wins.
        data_format: "channels_last" or "channels_first"; None is the process's setting.
        dilation_rate: steps between a window's cells.
        ceil_mode: whether a last window may hang over the end, if it begins inside the input or
            the padding before it, as in PyTorch (fig 9.10).

    Returns:
        (n, spatial..., channels).

    Raises:
        ValueError: shapes that do not fit.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> ops.max_pool(np.array([[[1.0], [3.0], [2.0], [0.0]]]), 2).ravel()
        array([3., 2.], dtype=float32)
    """

    def pooled(x):
        window = make_window("max_pool", x, pool_size, strides, padding, dilation_rate, ceil_mode)
        return apply(MaxPool(window), floats(x))

    return in_layout(pooled, inputs, data_format)


def max_pool_with_indices(
    x, pool_size, strides=None, padding="valid", dilation_rate=1, ceil_mode: bool = False
):
    """The largest element of each window, and where it lies.

    Args: as `max_pool`, channels last.

    Returns:
        (y, indices): as `max_pool`, and int32 of the same shape: the pixels of an image are
        counted row by row, as in PyTorch; of equal elements the first counts.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> y, indices = ops.max_pool_with_indices(np.array([[[1.0], [3.0], [2.0], [0.0]]]), 2)
        >>> indices.ravel()
        array([1, 2], dtype=int32)
    """
    window = make_window(
        "max_pool_with_indices", x, pool_size, strides, padding, dilation_rate, ceil_mode
    )
    y = apply(MaxPool(window), x)
    return y, apply(MaxPoolIndex(window), x, y)


def average_pool(
    inputs,
    pool_size,
    strides=None,
    padding="valid",
    data_format=None,
    ceil_mode: bool = False,
    count_padding: bool = False,
):
    """The mean of each window's elements, per channel.

    Args:
        inputs, pool_size, strides, padding, data_format, ceil_mode: as `max_pool`.
        count_padding: whether the padding's zeros are elements too, PyTorch's count_include_pad;
            where a window hangs over the padding's end is not counted. As in Keras, they are not.

    Returns:
        (n, spatial..., channels).

    Raises:
        ValueError: shapes that do not fit.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> ops.average_pool(np.array([[[1.0], [3.0], [2.0], [0.0]]]), 2).ravel()
        array([2., 1.], dtype=float32)
    """
    divisor = "padded" if count_padding else "inside"

    def pooled(x):
        window = make_window("average_pool", x, pool_size, strides, padding, 1, ceil_mode)
        return apply(AveragePool(window, divisor), floats(x))

    return in_layout(pooled, inputs, data_format)


def sum_pool(x, window: Window):
    """The sum of each window's elements."""
    return apply(AveragePool(window, "one"), x)
