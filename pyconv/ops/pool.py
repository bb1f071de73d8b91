"""Maximum and average pooling."""

from __future__ import annotations

from pyconv.graph import Attributes, Node, Op, Spec, Tensor, apply
from pyconv.ops.geometry import Geometry, make_geometry, per_axis
from pyconv.ops.shape import shape_of


class Window(Attributes):
    """Which cells of the input each output pools, per spatial axis."""

    size: tuple[int, ...]
    geometry: Geometry

    def output(self, x: tuple) -> tuple:
        return (x[0], *self.geometry.output_size(x[1:-1], self.size), x[-1])

    def params(self, x: tuple, y: tuple) -> dict[str, int]:
        """The op record's numbers: 1-D and 2-D become 3-D with leading axes of size 1."""
        before = tuple(p[0] for p in self.geometry.pads(x[1:-1], self.size))
        params = {"batched": int(x[0] is None), "n": 1 if x[0] is None else x[0], "c": x[-1]}
        fields = {
            "i": (x[1:-1], 1), "o": (y[1:-1], 1), "k": (self.size, 1),
            "s": (self.geometry.strides, 1), "p": (before, 0),
        }  # fmt: skip
        for letter, (values, fill) in fields.items():
            values = (fill,) * (3 - len(values)) + tuple(values)
            params |= {letter + axis: v for axis, v in zip("dhw", values, strict=True)}
        return params


class MaxPool(Op):
    """y = the largest of each window; cells in the padding never win."""

    window: Window

    def infer(self, x: Spec) -> Spec:
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
        return None, None, apply(MaxPoolGather(self.window), x, y, g)

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
        return None, None, apply(MaxPoolGradient(self.window), x, y, g)

    def lower(self, lowering, node: Node) -> None:
        x, y, v = node.inputs
        buffers = {"x": x, "y": y, "v": v, "u": node.output}
        lowering.emit("max_pool_gather", buffers, **self.window.params(x.shape, y.shape))


class AveragePool(Op):
    """y = the mean of each window's cells inside the image, or of all its cells."""

    window: Window
    count_padding: bool = False

    def infer(self, x: Spec) -> Spec:
        return Spec(self.window.output(x.shape))

    def gradient(self, node: Node, g: Tensor):
        transposed = AveragePoolGradient(self.window, self.count_padding, node.inputs[0].shape)
        return (apply(transposed, g),)

    def lower(self, lowering, node: Node) -> None:
        x, y = node.inputs[0], node.output
        params = self.window.params(x.shape, y.shape)
        lowering.emit(
            "average_pool", {"x": x, "y": y}, **params, count_padding=int(self.count_padding)
        )


class AveragePoolGradient(Op):
    """dx: what flows into each output is spread over the cells that it averaged."""

    window: Window
    count_padding: bool
    shape: tuple

    def infer(self, dy: Spec) -> Spec:
        return Spec(self.shape)

    def gradient(self, node: Node, g: Tensor):
        return (apply(AveragePool(self.window, self.count_padding), g),)

    def lower(self, lowering, node: Node) -> None:
        dy, dx = node.inputs[0], node.output
        params = self.window.params(dx.shape, dy.shape)
        lowering.emit(
            "average_pool_gradient",
            {"dy": dy, "dx": dx},
            **params,
            count_padding=int(self.count_padding),
        )


def _window(x, pool_size, strides, padding) -> Window:
    shape = shape_of(x)
    rank = len(shape) - 2
    if not 1 <= rank <= 3:
        raise ValueError(
            f"pooling: expected (n, 1 to 3 spatial axes, channels), received shape {shape}"
        )
    size = per_axis(pool_size, rank, "pool_size")
    window = Window(size, make_geometry(rank, size if strides is None else strides, padding, 1))
    if 0 in window.output(shape)[1:-1] and 0 not in shape:
        raise ValueError(
            f"pooling: expected an input at least as large as the window {size}, received sizes "
            f"{shape[1:-1]}; use padding='same' or a smaller pool_size"
        )
    pads = window.geometry.pads(shape[1:-1], size)
    if any(max(pair) >= k for pair, k in zip(pads, size, strict=True)):
        raise ValueError(f"pooling: expected zeros fewer than the window {size}, received {pads}")
    return window


def max_pool(x, pool_size, strides=None, padding="valid"):
    """The largest element of each window, per channel (Goodfellow et al., section 9.3).

    Args:
        x: (n, spatial..., channels), float32; 1 to 3 spatial axes.
        pool_size: the window's size: an integer, or one per axis.
        strides: steps between windows; pool_size by default.
        padding: "valid", "same", an integer or pairs; padding never wins.

    Returns:
        (n, spatial..., channels).

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> ops.max_pool(np.array([[[1.0], [3.0], [2.0], [0.0]]]), 2).ravel()
        array([3., 2.], dtype=float32)
    """
    return apply(MaxPool(_window(x, pool_size, strides, padding)), x)


def average_pool(x, pool_size, strides=None, padding="valid"):
    """The mean of each window's elements, per channel; padding is not counted, as in Keras.

    Args and returns: as `max_pool`.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> ops.average_pool(np.array([[[1.0], [3.0], [2.0], [0.0]]]), 2).ravel()
        array([2., 1.], dtype=float32)
    """
    return apply(AveragePool(_window(x, pool_size, strides, padding)), x)
