"""Which positions of its inputs an op reads: the index arithmetic behind receptive fields."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import ceil, floor, prod

import numpy as np

from pyconv.graph import Node
from pyconv.ops.activation import LogSoftmax, Softmax
from pyconv.ops.convolution_ops import Conv, ConvTranspose
from pyconv.ops.dtypes import Cast
from pyconv.ops.elementwise import Binary, StopGradient, Unary
from pyconv.ops.normalization import Normalize
from pyconv.ops.padding import MODES, PadAxis, sources
from pyconv.ops.patches import Patches
from pyconv.ops.pool import AveragePool, MaxPool, MaxPoolIndex
from pyconv.ops.random import Dropout
from pyconv.ops.reduce import Moments, Reduce
from pyconv.ops.selection import Select
from pyconv.ops.shaping import BroadcastTo, Reshape, Transpose
from pyconv.ops.slices import Concatenate, Scatter, Slice
from pyconv.ops.sparse_matrix import AxisMatrix


class Taps:
    """Output position o of an axis reads the inputs (o step + offset) / rate, for each offset for
    which this is a whole number.

    Args:
        axis: the axis of the output.
        step, rate, offsets: integers.
        padded: for each place of the padded input the input that stands there, or None: nothing.
        before: the places of the padding before the input.
    """

    def __init__(self, axis, step=1, rate=1, offsets=(0,), padded=None, before=0):
        self.axis, self.step, self.rate, self.offsets = axis, step, rate, offsets
        self.padded, self.before = padded, before

    def interval(self, low: int, high: int) -> tuple[int, int]:
        """The first and the last input that the outputs low to high read, if inputs never end."""
        ends = [
            Fraction(o * self.step + f, self.rate) for o, f in product((low, high), self.offsets)
        ]
        if self.rate == 1 or low < high:
            return ceil(min(ends)), floor(max(ends))
        whole = [e for e in ends if e.denominator == 1] or [Fraction(ceil(min(ends)))]
        return int(min(whole)), int(max(whole))

    def matrix(self, outputs: int, inputs: int) -> np.ndarray:
        """(outputs, inputs), True where an output reads an input."""
        read = np.zeros((outputs, inputs), bool)
        o = np.arange(outputs)
        for offset in self.offsets:
            i, rest = np.divmod(o * self.step + offset, self.rate)
            i = i if self.padded is None else self.padded[i + self.before]
            inside = (rest == 0) & (i >= 0) & (i < inputs)
            read[o[inside], i[inside]] = True
        return read


class Rows:
    """Output o of an axis reads the inputs that row o of a table says; see `Taps`.

    Args:
        axis: the axis of the output.
        table: (outputs, inputs), True where an output reads an input.
    """

    def __init__(self, axis, table):
        self.axis, self.table = axis, table
        self.rate = max(round(table.shape[0] / table.shape[1]), 1)

    def interval(self, low: int, high: int) -> tuple[int, int]:
        first, last = np.clip((low, high), 0, len(self.table) - 1)
        read = np.flatnonzero(self.table[first : last + 1].any(0))
        return (int(read[0]), int(read[-1])) if len(read) else (0, 0)

    def matrix(self, outputs: int, inputs: int) -> np.ndarray:
        return self.table


def reads(node: Node, k: int) -> list[Taps | None]:
    """For each axis of input k behind the examples' one, how it is read; None: as a whole."""
    rule = _RULES.get(type(node.op), lambda *where: None)
    shape = node.inputs[k].shape
    return [rule(node, k, axis) for axis in range(1, len(shape))]


def _slides(axis, geometry, sizes, kernel):
    """The taps of a window that slides over spatial axis `axis`."""
    i = axis - 1
    before, after = geometry.pads(sizes, kernel)[i]
    offsets = [geometry.dilation[i] * m - before for m in range(kernel[i])]
    mode = MODES[geometry.modes[i]] if geometry.modes and geometry.modes[i] != "zeros" else None
    padded = mode and sources(mode, sizes[i], before, after)
    return Taps(axis, geometry.strides[i], 1, offsets, padded, before)


def _kernel_size(node):
    return node.op.geometry.kernel_size(node.inputs[1].shape)


def _conv(node, k, axis):
    x = node.inputs[0]
    if k != 0 or axis == x.ndim - 1:
        return None
    return _slides(axis, node.op.geometry, x.shape[1:-1], _kernel_size(node))


def _conv_transpose(node, k, axis):
    g = node.inputs[0]
    if k != 0 or axis == g.ndim - 1:
        return None
    taps = _slides(axis, node.op.geometry, node.op.input_size, _kernel_size(node))
    return Taps(axis, 1, taps.step, [-offset for offset in taps.offsets])


def _window(node, k, axis):
    x, window = node.inputs[0], node.op.window
    if axis == x.ndim - 1:
        return Taps(axis)
    return _slides(axis, window.geometry, x.shape[1:-1], window.size)


def _max_pool(node, k, axis):
    """A code counts for several channels."""
    coded = axis == node.inputs[0].ndim - 1 and "code" in node.op.results
    return None if coded else _window(node, k, axis)


def _max_pool_index(node, k, axis):
    return None if axis == node.inputs[0].ndim - 1 else Taps(axis)


def _reduce(node, k, axis):
    first, last = node.op.first, node.op.last
    if first <= axis < last:
        return None
    return Taps(axis if axis < first else axis - (last - first))


def _reshape(node, k, axis):
    """An axis stays one where as much lies before it as before."""
    old, new = node.inputs[0].shape, node.output.shape
    before = prod(old[1:axis])
    for j in range(1, len(new)):
        if new[j] == old[axis] and prod(new[1:j]) == before:
            return Taps(j)
    return None


def _concatenate(node, k, axis):
    start = sum(x.shape[axis] for x in node.inputs[:k]) if axis == node.op.axis else 0
    return Taps(axis, offsets=(-start,))


def _pad_axis(node, k, axis):
    op, size = node.op, node.inputs[0].shape[axis]
    if axis != op.axis:
        return Taps(axis)
    padded = sources(op.mode, size, op.before, op.after)
    return Taps(axis, offsets=(-op.before,), padded=padded, before=op.before)


def _softmax(node, k, axis):
    return None if axis == node.inputs[0].ndim - 1 else Taps(axis)


def _aligned(node, k, axis):
    """Elementwise, with broadcasting: axes are aligned from the right."""
    x, y = node.inputs[k], node.output
    at = axis + y.ndim - x.ndim
    same = at >= 1 and x.shape[axis] == y.shape[at]
    return Taps(at) if same else None


def _axis_matrix(node, k, axis):
    if axis != node.op.axis:
        return Taps(axis)
    matrix = node.op.matrix
    table = np.zeros(matrix.shape, bool)
    table[np.repeat(np.arange(len(table)), np.diff(matrix.starts)), matrix.columns] = True
    return Rows(axis, table)


_RULES = {
    AxisMatrix: _axis_matrix,
    AveragePool: _window,
    Binary: _aligned,
    Normalize: _aligned,
    BroadcastTo: _aligned,
    Cast: _aligned,
    Concatenate: _concatenate,
    Conv: _conv,
    ConvTranspose: _conv_transpose,
    LogSoftmax: _softmax,
    Dropout: _aligned,
    MaxPool: _max_pool,
    MaxPoolIndex: _max_pool_index,
    Moments: _reduce,
    PadAxis: _pad_axis,
    Patches: _window,
    Reduce: _reduce,
    Reshape: _reshape,
    Select: _aligned,
    Scatter: lambda node, k, axis: Taps(
        axis, 1, node.op.steps[axis], (-node.op.starts[axis],)
    ),
    Slice: lambda node, k, axis: Taps(axis, node.op.steps[axis], 1, (node.op.starts[axis],)),
    Softmax: _softmax,
    StopGradient: _aligned,
    Transpose: lambda node, k, axis: Taps(node.op.axes.index(axis)),
    Unary: _aligned,
}  # fmt: skip
