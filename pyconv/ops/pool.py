"""Maximum and average pooling."""

from __future__ import annotations

from math import prod

from pyconv.graph import ZERO, Node, Op, Spec, Tensor, apply
from pyconv.ops.dtypes import floats
from pyconv.ops.elementwise import expect_float
from pyconv.ops.geometry import per_letter
from pyconv.ops.layout import in_layout
from pyconv.ops.normalization import ACTIVATIONS
from pyconv.ops.shaping import shape_of
from pyconv.ops.window import Window, make_window


class MaxPool(Op):
    """The largest of each window; cells in the padding never win.

    `results` are, in any order, "y", the largest, and "code": which cell of its window it is, the
    first of equal ones, or none where the activation `mask_of` that made x lets no gradient
    through. Codes are bytes, four of a pixel's channels in an int32, or float32 where windows have
    more than 255 cells. Fusion makes one op of both.
    """

    window: Window
    results: tuple[str, ...] = ("y",)
    mask_of: str = "linear"

    def infer(self, x: Spec) -> tuple[Spec, ...]:
        expect_float("max_pool", x)
        y = self.window.output(x.shape)
        wide = prod(self.window.size) > _CELLS_OF_A_BYTE
        code = Spec(y) if wide else Spec((*y[:-1], -(-y[-1] // 4)), "int32")
        specs = {"y": Spec(y), "code": code}
        return tuple(specs[name] for name in self.results)

    def gradient(self, node: Node, g: Tensor):
        x = node.inputs[0]
        if self.results != ("y",):
            return (ZERO,)
        return (apply(MaxPoolGradient(self.window, x.shape), max_pool_code(self.window, x), g),)

    def join(self, node: Node, other: Node):
        """One sweep for the largest and for where they are."""
        if not isinstance(other.op, MaxPool) or self.window != other.op.window:
            return None
        results = self.results + other.op.results
        if node.inputs[0] is not other.inputs[0] or sorted(results) != ["code", "y"]:
            return None
        coded = self if "code" in self.results else other.op
        return coded.replace(results=results), node.inputs

    def lower(self, lowering, node: Node) -> None:
        x = node.inputs[0]
        buffers = {"x": x, **dict(zip(self.results, node.outputs, strict=True))}
        params = self.window.params(x.shape, self.window.output(x.shape))
        lowering.emit("max_pool", buffers, **params, mask=ACTIVATIONS[self.mask_of])


_CELLS_OF_A_BYTE = 255


def max_pool_code(window: Window, x, mask_of: str = "linear"):
    """Which cell of each window is its largest, as `MaxPool` says it."""
    return apply(MaxPool(window, ("code",), mask_of), x)


class MaxPoolGradient(Op):
    """dx, of this shape: what flows into each output goes to the cell that was its maximum.

    Inputs: code (see `MaxPool`), dy.
    """

    window: Window
    shape: tuple

    def infer(self, code: Spec, dy: Spec) -> Spec:
        return Spec(self.shape)

    def gradient(self, node: Node, g: Tensor):
        return ZERO, apply(MaxPoolGather(self.window), node.inputs[0], g)

    def absorb(self, node: Node, follower: Node):
        """Takes over the gradient of the activation that made x (see plan.fuse)."""
        name = getattr(follower.op, "function", "")
        code, dy = node.inputs
        if name not in ("relu_gradient", "relu6_gradient") or code.node is None:
            return None
        x = code.node.inputs[0]
        if code.node.op.mask_of != "linear" or follower.inputs[0] is not x:
            return None
        return self, (max_pool_code(self.window, x, name.removesuffix("_gradient")), dy)

    def lower(self, lowering, node: Node) -> None:
        code, dy = node.inputs
        buffers = {"code": code, "dy": dy, "dx": node.output}
        lowering.emit("max_pool_gradient", buffers, **self.window.params(self.shape, dy.shape))


class MaxPoolGather(Op):
    """u = v at the cell of each window that was its maximum: the transpose of `MaxPoolGradient`.
    Inputs: code (see `MaxPool`), v of x's shape."""

    window: Window

    def infer(self, code: Spec, v: Spec) -> Spec:
        return Spec(self.window.output(v.shape))

    def gradient(self, node: Node, g: Tensor):
        code, v = node.inputs
        return ZERO, apply(MaxPoolGradient(self.window, v.shape), code, g)

    def lower(self, lowering, node: Node) -> None:
        code, v = node.inputs
        buffers = {"code": code, "v": v, "u": node.output}
        lowering.emit("max_pool_gather", buffers, **self.window.params(v.shape, node.output.shape))


class MaxPoolIndex(Op):
    """Where in its image, the pixels counted row by row, the first maximum of each window lies.
    Inputs: code (see `MaxPool`) of an x of this shape."""

    window: Window
    shape: tuple

    def infer(self, code: Spec) -> Spec:
        return Spec(self.window.output(self.shape), "int32")

    def lower(self, lowering, node: Node) -> None:
        buffers = {"code": node.inputs[0], "index": node.output}
        params = self.window.params(self.shape, node.output.shape)
        lowering.emit("max_pool_index", buffers, **params)


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
    index = apply(MaxPoolIndex(window, shape_of(x)), max_pool_code(window, x))
    return apply(MaxPool(window), x), index


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
