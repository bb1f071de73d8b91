"""How kernel positions and input positions meet: strides, dilation, padding, groups, tiles."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from operator import index

from pyconv.graph import Attributes

Pair = tuple[int, int]

PADDINGS = ("valid", "same", "full", "causal")
MODES = ("zeros", "reflect", "replicate", "circular")
LIMIT = 2**31  # sizes, steps and padding lie below, so that their products fit the C core


class Geometry(Attributes):
    """How kernel positions and input positions meet, per spatial axis.

    Attributes:
        strides, dilation: steps between outputs, and between kernel elements, in input elements.
        padding: a word of `PADDINGS` or zeros (before, after), for each axis or one word for all.
        groups: into how many parts the channels are divided.
        modes: of `MODES`, what the padding of each axis is filled with; () for zeros.
        tiling: how many kernels take turns along each axis; () for one kernel without axes for it.
        each: whether every example has a kernel of its own.
    """

    strides: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: str | tuple[str | Pair, ...]
    groups: int = 1
    modes: tuple[str, ...] = ()
    tiling: tuple[int, ...] = ()
    each: bool = False

    @property
    def rank(self) -> int:
        """The number of spatial axes."""
        return len(self.strides)

    @property
    def paddings(self) -> tuple[str | Pair, ...]:
        """The padding of each axis: a word, or (before, after)."""
        return (self.padding,) * self.rank if isinstance(self.padding, str) else self.padding

    def pads(self, sizes: tuple, kernel: tuple) -> tuple[Pair, ...]:
        """Zeros (before, after) each axis for an input of these sizes."""
        axes = zip(self.paddings, sizes, kernel, self.strides, self.dilation, strict=True)
        return tuple(axis_pads(*axis) for axis in axes)

    def with_zeros(self, sizes: tuple, kernel: tuple, pairs: tuple | None) -> Geometry | None:
        """The same for an input around which there are further zeros, as many as `pairs` say for
        (examples, spatial axes..., channels); None where they cannot be this geometry's, or where
        nothing lies between them."""
        if pairs is None or self.modes or (pairs[0], pairs[-1]) != ((0, 0), (0, 0)):
            return None
        if any(size == sum(pair) for size, pair in zip(sizes, pairs[1:-1], strict=True)):
            return None
        own = self.pads(sizes, kernel)
        padding = ((a + c, b + d) for (a, b), (c, d) in zip(own, pairs[1:-1], strict=True))
        return self.replace(padding=tuple(padding))

    def kernel_size(self, kernel: tuple) -> tuple[int, ...]:
        """The spatial sizes of a kernel ([n,] [tiling...,] sizes..., ic / groups, oc)."""
        return kernel[-2 - self.rank : -2]

    def products(self, kernel: tuple) -> int:
        """Products that make one element of the output."""
        return prod(kernel[-2 - self.rank : -1])

    def kernel_axes(self, n: int | None) -> tuple:
        """The kernel's axes before the spatial ones, for n examples."""
        return ((n,) if self.each else ()) + self.tiling

    def check_modes(self, sizes: tuple, kernel: tuple) -> None:
        """Raises ValueError where a mode cannot fill the padding of an input of these sizes."""
        axes = zip(self.modes, sizes, self.pads(sizes, kernel), strict=False)
        for axis, (mode, size, pads) in enumerate(axes):
            most = {"reflect": "below", "circular": "of at most"}.get(mode)
            if size is not None and most and max(pads) > size - (mode == "reflect"):
                raise ValueError(
                    f"padding_mode {mode!r}: expected a padding {most} the size {size} of spatial "
                    f"axis {axis}, received {pads}; use 'replicate' or 'zeros', or larger inputs"
                )

    def output_size(self, sizes: tuple, kernel: tuple) -> tuple:
        """Spatial output sizes: floor((i + pads - (d (k - 1) + 1)) / s) + 1; None stays None."""
        return tuple(
            None if i is None else max((i + sum(p) - (d * (k - 1) + 1)) // s + 1, 0)
            for i, k, s, d, p in zip(
                sizes, kernel, self.strides, self.dilation, self.pads(sizes, kernel), strict=True
            )
        )

    def input_sizes(self, outputs: tuple, kernel: tuple) -> tuple[range, ...]:
        """For each axis all input sizes that have this output size."""
        axes = zip(self.paddings, outputs, kernel, self.strides, self.dilation, strict=True)
        return tuple(_input_sizes(*axis) for axis in axes)


def axis_pads(padding: str | Pair, size: int | None, k: int, s: int, d: int) -> Pair:
    """Zeros of one axis. "same" is TensorFlow's rule: ceil(i / s) outputs, the smaller half of the
    zeros before."""
    if not isinstance(padding, str):
        return padding
    reach = d * (k - 1)
    if padding == "full":
        return (reach, reach)
    if padding == "causal":
        return (reach, 0)
    if padding == "valid" or size is None:
        return (0, 0)
    total = max((-(-size // s) - 1) * s + reach + 1 - size, 0)
    return (total // 2, total - total // 2)


def _input_sizes(padding: str | Pair, o: int, k: int, s: int, d: int) -> range:
    """Sizes of one axis: all i with floor((i + pads - (d (k - 1) + 1)) / s) + 1 = o."""
    if padding == "same":
        largest = o * s
    else:
        largest = o * s + d * (k - 1) - sum(axis_pads(padding, None, k, s, d))
    return range(max(largest - s + 1, 1), largest + 1)


def per_axis(value, rank: int, name: str, least: int = 1) -> tuple[int, ...]:
    """A number for all axes, or one for each, as a tuple."""
    try:
        values = tuple(index(v) for v in (value if isinstance(value, Iterable) else [value] * rank))
    except TypeError:
        values = ()
    if len(values) != rank or any(not least <= v < LIMIT for v in values):
        several = f", or {rank} of them" if rank > 1 else ""
        raise ValueError(
            f"{name}: expected an integer of at least {least} and below 2^31{several}, received "
            f"{value!r}"
        )
    return values


def _padding(padding, rank: int) -> str | tuple[str | Pair, ...]:
    """A word, or a word or pair for each axis, from words, integers and pairs."""
    if isinstance(padding, str) and padding.lower() in PADDINGS:
        return padding.lower()
    try:
        values = [padding] * rank if _is_integer(padding) else list(padding)
        entries = tuple(_entry(value) for value in values)
    except (TypeError, ValueError):
        entries = ()
    if isinstance(padding, str) or len(entries) != rank:
        words = ", ".join(repr(word) for word in PADDINGS)
        raise ValueError(
            f"padding: expected {words}, an integer from 0 and below 2^31, or one of "
            f"these or a pair (before, after) for each of {rank} axes, received {padding!r}"
        )
    return entries


def _entry(value) -> str | Pair:
    """One axis: a word, or (before, after)."""
    if isinstance(value, str) and value.lower() in PADDINGS:
        return value.lower()
    before, after = (value, value) if _is_integer(value) else value
    if not 0 <= min(before, after) <= max(before, after) < LIMIT:
        raise ValueError
    return (index(before), index(after))


def _is_integer(value) -> bool:
    return hasattr(value, "__index__")


def _modes(mode, rank: int) -> tuple[str, ...]:
    """A mode for each axis; () where all are zeros."""
    several = isinstance(mode, Iterable) and not isinstance(mode, str)
    modes = tuple(mode) if several else (mode,) * rank
    if len(modes) != rank or any(name not in MODES for name in modes):
        raise ValueError(
            f"padding_mode: expected {', '.join(map(repr, MODES))}, or {rank} of them, received "
            f"{mode!r}"
        )
    return modes if set(modes) != {"zeros"} else ()


def per_letter(letter: str, values: tuple, fill: int) -> dict[str, int]:
    """The numbers of up to three axes as an op record has them, such as kd, kh and kw; 1-D and 2-D
    become 3-D, with `fill` for the leading axes."""
    values = (fill,) * (3 - len(values)) + tuple(values)
    return {letter + axis: value for axis, value in zip("dhw", values, strict=True)}


def make_geometry(
    rank: int, strides, padding, dilation_rate, groups: int = 1, padding_mode="zeros"
) -> Geometry:
    """The geometry that public arguments ask for."""
    return Geometry(
        per_axis(strides, rank, "strides"),
        per_axis(dilation_rate, rank, "dilation_rate"),
        _padding(padding, rank),
        per_axis(groups, 1, "groups")[0],
        _modes(padding_mode, rank),
    )
