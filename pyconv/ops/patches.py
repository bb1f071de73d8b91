"""The cells of windows side by side, and the transpose."""

from __future__ import annotations

from math import prod

from pyconv.graph import Node, Op, Spec, Tensor, apply
from pyconv.ops.elementwise import expect_float
from pyconv.ops.shaping import reshape, shape_of
from pyconv.ops.window import Window, make_window


class Patches(Op):
    """y[n, o..., (k..., c)] = x at cell k of window o, `value` outside the image."""

    window: Window
    value: float = 0.0

    def infer(self, x: Spec) -> Spec:
        expect_float("extract_patches", x)
        *lead, channels = self.window.output(x.shape)
        cells = prod(self.window.size)
        return Spec((*lead, None if channels is None else cells * channels))

    def gradient(self, node: Node, g: Tensor):
        return (apply(Fold(self.window, node.inputs[0].shape), g),)

    def lower(self, lowering, node: Node) -> None:
        x, y = node.inputs[0], node.output
        params = self.window.params(x.shape, y.shape)
        lowering.emit("windows", {"x": x, "y": y}, {"value": self.value}, **params)


class Fold(Op):
    """The transpose of `Patches` of inputs of `shape`: each cell is added where it came from."""

    window: Window
    shape: tuple

    def infer(self, dy: Spec) -> Spec:
        return Spec(self.shape)

    def gradient(self, node: Node, g: Tensor):
        return (apply(Patches(self.window), g),)

    def lower(self, lowering, node: Node) -> None:
        dy, dx = node.inputs[0], node.output
        params = self.window.params(dx.shape, dy.shape)
        lowering.emit("fold", {"dy": dy, "dx": dx}, **params)


def extract_patches(
    x, size, strides=None, dilation_rate=1, padding="valid", constant_values: float = 0.0
):
    """The cells of each window, side by side in the last axis.

    y[n, i, j, (k, l, c)] = x[n, i s + k d, j s + l d, c]

    Args:
        x: (n, spatial..., channels), float32; 1 to 3 spatial axes.
        size: the window's size: an integer, or one per axis.
        strides: steps between windows; size by default.
        dilation_rate: steps between a window's cells; both may exceed 1.
        padding: "valid", "same", an integer, or pairs (before, after) per axis.
        constant_values: what cells in the padding hold.

    Returns:
        (n, spatial..., cells * channels), cells row by row.

    Raises:
        ValueError: shapes that do not fit.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> ops.extract_patches(np.arange(4.0).reshape(1, 4, 1), 2, strides=1)[0]
        array([[0., 1.],
               [1., 2.],
               [2., 3.]], dtype=float32)
    """
    window = make_window("extract_patches", x, size, strides, padding, dilation_rate)
    return apply(Patches(window, float(constant_values)), x)


def window_cells(x, window: Window, value: float):
    """The cells of each window as (n, windows, cells, channels), `value` outside the image."""
    shape = shape_of(x)
    outputs = window.output_size(shape[1:-1])
    count = None if None in outputs else prod(outputs)
    cells = apply(Patches(window, value), x)
    return reshape(cells, (shape[0], count, prod(window.size), shape[-1]))
