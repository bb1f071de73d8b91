"""Which cells of an image each output of a pooling or of patches sees."""

from __future__ import annotations

from pyconv.graph import Attributes, extent
from pyconv.ops.geometry import Geometry, Pair, make_geometry, per_axis, per_letter
from pyconv.ops.shaping import shape_of


class Window(Attributes):
    """Windows of a size, where the geometry puts them.

    `ceil`: a last window may hang over the end, as in PyTorch, if it begins inside the image or
    in the padding before it.
    """

    size: tuple[int, ...]
    geometry: Geometry
    ceil: bool = False

    def output_size(self, sizes: tuple) -> tuple:
        """The number of windows along each axis; None stays None."""
        if not self.ceil:
            return self.geometry.output_size(sizes, self.size)
        pads = self.geometry.pads(sizes, self.size)
        reach = self.reach
        axes = zip(sizes, pads, reach, self.geometry.strides, strict=True)
        return tuple(None if i is None else _ceil_size(i, *axis) for i, *axis in axes)

    def output(self, x: tuple) -> tuple:
        """The output's shape for inputs of shape x, with as many channels."""
        return (x[0], *self.output_size(x[1:-1]), x[-1])

    @property
    def reach(self) -> tuple[int, ...]:
        """Input cells from the first of a window to the last, per axis."""
        return tuple(
            d * (k - 1) + 1 for k, d in zip(self.size, self.geometry.dilation, strict=True)
        )

    def edge_to_edge(self, sizes: tuple) -> bool:
        """Whether windows lie edge to edge from the first cell on."""
        dense = set(self.geometry.dilation) == {1} and self.geometry.strides == self.size
        return dense and not any(before for before, _ in self.pads(sizes))

    def pads(self, sizes: tuple) -> tuple[Pair, ...]:
        """Padding (before, after) each axis; a hanging window is not counted."""
        return self.geometry.pads(sizes, self.size)

    def params(self, x: tuple, y: tuple) -> dict[str, int]:
        """The op record's numbers."""
        params = {**extent(x), "c": x[-1]}
        before = tuple(p[0] for p in self.pads(x[1:-1]))
        fields = {
            "i": (x[1:-1], 1), "o": (y[1:-1], 1), "k": (self.size, 1), "p": (before, 0),
            "s": (self.geometry.strides, 1), "d": (self.geometry.dilation, 1),
        }  # fmt: skip
        for letter, (values, fill) in fields.items():
            params |= per_letter(letter, values, fill)
        return params


def _ceil_size(size: int, pads: tuple[int, int], reach: int, stride: int) -> int:
    outputs = -(-(size + sum(pads) - reach) // stride) + 1
    if (outputs - 1) * stride >= size + pads[0]:
        outputs -= 1
    return max(outputs, 0)


def make_window(
    what: str, x, size, strides=None, padding="valid", dilation_rate=1, ceil_mode=False
) -> Window:
    """The windows of an op over x; raises ValueError for what does not fit."""
    shape = shape_of(x)
    rank = len(shape) - 2
    if not 1 <= rank <= 3:
        raise ValueError(
            f"{what}: expected (n, 1 to 3 spatial axes, channels), received shape {shape}"
        )
    size = per_axis(size, rank, "pool_size")
    geometry = make_geometry(rank, size if strides is None else strides, padding, dilation_rate)
    window = Window(size, geometry, bool(ceil_mode))
    if 0 in window.output(shape)[1:-1] and 0 not in shape:
        raise ValueError(
            f"{what}: expected an input at least as large as the window {window.reach}, received "
            f"sizes {shape[1:-1]}; use padding='same' or a smaller pool_size or dilation_rate"
        )
    pads = window.pads(shape[1:-1])
    if any(max(pair) >= reach for pair, reach in zip(pads, window.reach, strict=True)):
        raise ValueError(
            f"{what}: expected padding narrower than the window {window.reach}, received {pads}"
        )
    return window
