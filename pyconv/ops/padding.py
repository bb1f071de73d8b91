"""Padding: constants around a tensor, or its own elements mirrored, repeated or wrapped."""

from __future__ import annotations

import numpy as np

from pyconv.graph import Node, Op, Spec, Tensor, apply
from pyconv.ops.dtypes import dtype_of, floats, is_integral, moved
from pyconv.ops.elementwise import cast
from pyconv.ops.shaping import shape_of, strided_copy, strides_of
from pyconv.ops.slices import Scatter, Slice, concatenate, getitem

# NumPy's names and PyTorch's
MODES = {
    "constant": "constant",
    "reflect": "reflect",
    "symmetric": "symmetric",
    "edge": "edge",
    "replicate": "edge",
    "wrap": "wrap",
    "circular": "wrap",
}


class PadAxis(Op):
    """y[..., i, ...] = x[..., source(i - before), ...] along one axis (see `sources`)."""

    axis: int
    before: int
    after: int
    mode: str

    def infer(self, x: Spec) -> Spec:
        size = x.shape[self.axis]
        if size == 0:
            raise ValueError(
                f"pad: expected elements along axis {self.axis} for mode '{self.mode}', received "
                f"shape {x.shape}; use mode='constant'"
            )
        padded = None if size is None else self.before + size + self.after
        return Spec(x.shape[: self.axis] + (padded,) + x.shape[self.axis + 1 :], x.dtype)

    def runs(self, size: int) -> list[tuple[int, int, int]]:
        return runs(sources(self.mode, size, self.before, self.after))

    def gradient(self, node: Node, g: Tensor):
        return (self.transpose(g, node.inputs[0].shape[self.axis]),)

    def transpose(self, g, size: int):
        """Each of `size` elements gathers what flows into its copies."""
        parts = self.runs(size)
        cuts = sorted({0, size, *(end for run in parts for end in _span(run))})
        segments = [
            _gathered(g, self.axis, parts, *cut) for cut in zip(cuts, cuts[1:], strict=False)
        ]
        return concatenate(segments, self.axis)

    def lower(self, lowering, node: Node) -> None:
        x, y, axis = node.inputs[0], node.output, self.axis
        x_strides, y_strides, done = strides_of(x.shape), strides_of(y.shape), 0
        for start, count, step in self.runs(x.shape[axis]):
            shape = y.shape[:axis] + (count,) + y.shape[axis + 1 :]
            moves = [s * step if a == axis else s for a, s in enumerate(x_strides)]
            strided_copy(
                lowering, x, y, shape, moves, y_strides,
                x_offset=start * x_strides[axis], y_offset=done * y_strides[axis],
            )  # fmt: skip
            done += count


def sources(mode: str, size: int, before: int, after: int) -> np.ndarray:
    """Which element of an axis stands at each place of the padded axis."""
    i = np.arange(-before, size + after)
    if mode == "edge":
        return np.clip(i, 0, size - 1)
    if mode == "wrap":
        return i % size
    if mode == "symmetric":
        i %= 2 * size
        return np.minimum(i, 2 * size - 1 - i)
    period = max(2 * (size - 1), 1)
    i %= period
    return np.minimum(i, period - i) if size > 1 else i


def runs(index: np.ndarray) -> list[tuple[int, int, int]]:
    """The indices as ranges (start, count, step), with steps -1, 0 and 1."""
    result, first = [], 0
    steps = [*np.diff(index).tolist(), None]
    while first < len(index):
        step = steps[first] if steps[first] in (-1, 0, 1) else None
        end = first + 1
        while step is not None and steps[end - 1] == step:
            end += 1
        result.append((int(index[first]), end - first, 1 if step is None else step))
        first = end
    return result


def _span(run: tuple[int, int, int]) -> tuple[int, int]:
    """The elements [low, high) that a run reads."""
    start, count, step = run
    last = start + (count - 1) * step
    return min(start, last), max(start, last) + 1


def _gathered(g: Tensor, axis: int, parts: list, low: int, high: int) -> Tensor:
    """The sum of what flows into the copies of elements [low, high), which no run divides."""
    total, done = None, 0
    for run in parts:
        start, count, step = run
        if _span(run)[0] <= low and high <= _span(run)[1]:
            flow = _taken(g, axis, done, count, step, (low - start) * step, high - low)
            total = flow if total is None else total + flow
        done += count
    return total


def _taken(g: Tensor, axis: int, done: int, count: int, step: int, at: int, size: int) -> Tensor:
    """What flows into `size` elements through one run, whose copies begin at `done`."""
    if step == 0:
        return _along(g, axis, slice(done, done + count)).sum(axis, keepdims=True)
    first = done + at
    if step == 1:
        return _along(g, axis, slice(first, first + size))
    end = first - size
    return _along(g, axis, slice(first, None if end < 0 else end, -1))


def _along(g: Tensor, axis: int, part: slice) -> Tensor:
    return getitem(g, (slice(None),) * axis + (part,))


def pad(x, pad_width, mode="constant", constant_values=None):
    """x with more elements before and after along each axis, as NumPy's `pad`.

    Of [1 2 3] with (2, 2): "constant" [0 0 1 2 3 0 0], "reflect" [3 2 1 2 3 2 1], "symmetric"
    [2 1 1 2 3 3 2], "edge" (or "replicate") [1 1 1 2 3 3 3], "wrap" (or "circular")
    [2 3 1 2 3 1 2]. A pad wider than the axis goes on in the same way.

    Args:
        x: tensor or array.
        pad_width: a pair (before, after) for each axis, one for all, or a number for both; (0, 0)
            for the axis of examples.
        mode: one of these names for all axes, or one for each axis.
        constant_values: the number that "constant" pads with, 0 by default.

    Returns:
        A tensor, or an array for an array.

    Raises:
        ValueError: a mode is unknown, the pairs do not fit the shape, or the axis is empty where
            the mode repeats its elements.

    Example:
        >>> from pyconv import ops
        >>> ops.pad([1.0, 2.0], [(1, 0)])
        array([0., 1., 2.], dtype=float32)
        >>> ops.pad([1.0, 2.0, 3.0], [(0, 2)], mode="circular")
        array([1., 2., 3., 1., 2.], dtype=float32)
    """
    shape = shape_of(x)
    if constant_values is not None and mode != "constant" and isinstance(mode, str):
        raise ValueError(
            f"pad: expected `constant_values` with mode 'constant' only, received mode {mode!r}"
        )
    pad_width = _every_axis(pad_width, len(shape))
    pairs, modes = _pairs("pad", "pad_width", pad_width, shape), _modes(mode, len(shape))
    for axis, (pair, name) in enumerate(zip(pairs, modes, strict=True)):
        if name != "constant" and pair != (0, 0):
            x = moved(PadAxis(axis, *pair, name), x)
    constant = [
        pair if name == "constant" else (0, 0) for pair, name in zip(pairs, modes, strict=True)
    ]
    if "constant" in modes:
        x = _pad_with(x, constant, constant_values or 0.0)
    return x


def unpad(g, pad_width, mode):
    """The transpose of `pad`: what flows into the padding is added to the elements that it was
    made of. Pairs and modes are given for each axis; axes of a pair (0, 0) stay as they are."""
    for axis, (pair, name) in enumerate(zip(pad_width, mode, strict=True)):
        if pair != (0, 0):
            op = PadAxis(axis, *pair, MODES[name])
            g = op.transpose(g, shape_of(g)[axis] - sum(pair))
    return g


def crop(x, crop_width):
    """x without its first and last elements along each axis: the transpose of `pad` with zeros.

    Args:
        x: tensor or array.
        crop_width: a pair (before, after) for each axis; (0, 0) for the axis of examples.

    Returns:
        A tensor, or an array for an array.

    Raises:
        ValueError: the pairs do not fit the shape, or leave nothing of an axis.

    Example:
        >>> from pyconv import ops
        >>> ops.crop([1.0, 2.0, 3.0], [(1, 0)])
        array([2., 3.], dtype=float32)
    """
    shape = shape_of(x)
    pairs = _pairs("crop", "crop_width", crop_width, shape)
    sizes = tuple(
        size if size is None else size - sum(pair) for size, pair in zip(shape, pairs, strict=True)
    )
    if any(
        pair != (0, 0) and new is not None and new < 1
        for new, pair in zip(sizes, pairs, strict=True)
    ):
        raise ValueError(
            f"crop: expected `crop_width` to leave something of shape {shape}, received {pairs}; "
            "crop less"
        )
    return moved(Slice(tuple(before for before, _ in pairs), sizes, (1,) * len(shape)), x)


def _every_axis(widths, ndim: int):
    """Pairs for each axis, of a number or one pair for all."""
    widths = np.asarray(widths).tolist() if isinstance(widths, np.ndarray) else widths
    if hasattr(widths, "__index__"):
        return [(widths, widths)] * ndim
    if len(widths) == 2 and all(hasattr(w, "__index__") for w in widths):
        return [tuple(widths)] * ndim
    if len(widths) == 1 and ndim > 1:
        return [tuple(np.broadcast_to(widths[0], 2).tolist())] * ndim
    return widths


def _pad_with(x, pairs: list, value: float):
    new = tuple(
        size if size is None else size + before + after
        for size, (before, after) in zip(shape_of(x), pairs, strict=True)
    )
    starts = tuple(before for before, _ in pairs)
    if value and is_integral(x):
        y = apply(Scatter(new, starts, (1,) * len(new), float(value)), floats(x))
        return cast(y, dtype_of(x))
    return moved(Scatter(new, starts, (1,) * len(new), float(value)), x)


def _pairs(function: str, name: str, widths, shape: tuple) -> list[tuple[int, int]]:
    pairs = [tuple(pair) for pair in widths]
    if len(pairs) != len(shape) or any(len(pair) != 2 or min(pair) < 0 for pair in pairs):
        raise ValueError(
            f"{function}: expected {len(shape)} pairs of sizes from 0 as `{name}`, received "
            f"{widths}; give (before, after) for each axis"
        )
    if shape and shape[0] is None and pairs[0] != (0, 0):
        raise ValueError(
            f"{function}: expected (0, 0) for the axis of examples, received {pairs[0]} as the "
            f"first pair of `{name}`"
        )
    return pairs


def _modes(mode, ndim: int) -> list[str]:
    names = [mode] * ndim if isinstance(mode, str) else list(mode)
    if len(names) != ndim or any(name not in MODES for name in names):
        raise ValueError(
            f"pad: expected `mode` to be one of {', '.join(MODES)}, or one for each of {ndim} "
            f"axes, received {mode!r}"
        )
    return [MODES[name] for name in names]
