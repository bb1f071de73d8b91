"""Random shapes, strides, paddings and groups."""

from math import prod

import numpy as np

from pyconv import layers
from tests.peers.differential import VECTOR_WIDTHS, choose, integers

WORK = 300_000  # multiply-adds of a case
LARGEST = {1: 41, 2: 14, 3: 7}


def padding_pairs(padding, sizes, reaches, strides):
    """(before, after) of each axis, by the definitions of the words."""
    words = padding if isinstance(padding, tuple) else (padding,) * len(sizes)
    return [pair(*axis) for axis in zip(words, sizes, reaches, strides, strict=True)]


def pair(padding, size, reach, stride):
    if padding == "same":
        total = max((-(-size // stride) - 1) * stride + reach - size, 0)
        return total // 2, total - total // 2
    words = {"valid": (0, 0), "full": (reach - 1, reach - 1), "causal": (reach - 1, 0)}
    if padding in words:
        return words[padding]
    return (padding, padding) if isinstance(padding, int) else padding


class Window:
    """A random window over random sizes that fits into them and their padding."""

    def __init__(self, rng, rank, paddings=("valid", "same", "full", "causal", "number", "pairs")):
        while True:
            self.rank = rank
            self.sizes = integers(rng, 1, LARGEST[rank], rank)
            self.kernel = integers(rng, 1, 5 if rank < 3 else 3, rank)
            self.strides = integers(rng, 1, choose(rng, (1, 2, 4)), rank)
            self.dilation = integers(rng, 1, choose(rng, (1, 1, 3)), rank)
            self.reaches = tuple(
                d * (k - 1) + 1 for d, k in zip(self.dilation, self.kernel, strict=True)
            )
            self.padding = self._padding(rng, paddings)
            self.pads = padding_pairs(self.padding, self.sizes, self.reaches, self.strides)
            if min(self.outputs) > 0:
                return

    def _padding(self, rng, paddings):
        word = choose(rng, paddings)
        if word == "number":
            return int(rng.integers(0, 4))
        if word == "pairs":
            return tuple(integers(rng, 0, 3, 2) for _ in range(self.rank))
        return word

    @property
    def outputs(self):
        axes = zip(self.sizes, self.pads, self.reaches, self.strides, strict=True)
        return tuple((i + sum(p) - r) // s + 1 for i, p, r, s in axes)

    def modes(self, rng):
        """A padding mode for each axis, such that it has the elements that it pads with."""
        axes = zip(self.sizes, self.pads, strict=True)
        return tuple(choose(rng, _possible_modes(*axis)) for axis in axes)

    def mode(self, rng):
        """One padding mode for all axes."""
        axes = zip(self.sizes, self.pads, strict=True)
        return choose(rng, sorted(set.intersection(*(set(_possible_modes(*a)) for a in axes))))


def _possible_modes(size, pads) -> list:
    room = {"zeros": max(pads), "replicate": max(pads), "reflect": size - 1, "circular": size}
    return [mode for mode, most in room.items() if max(pads) <= most]


def draw_channels(rng, positions, taps):
    """(examples, channels in, channels out, groups) within the work of a case."""
    while True:
        groups = choose(rng, (1, 1, 1, 2, 3, 4, 8, 32))
        ic, oc = (choose(rng, VECTOR_WIDTHS) * g for g in (groups, groups))
        n = int(rng.integers(1, 6))
        if n * positions * taps * ic * oc // groups <= WORK or rng.random() < 0.002:
            return n, ic, oc, groups


def draw_conv(rng, rank=None, **kwargs):
    """(window, examples, channels in, channels out, groups)."""
    window = Window(rng, rank or int(rng.integers(1, 4)), **kwargs)
    return window, *draw_channels(rng, prod(window.outputs), prod(window.kernel))


def layer_of(name: str, rank: int):
    return getattr(layers, name.replace("*", f"{rank}D"))


def in_data_format(layer, x, theirs):
    """x in the layer's data format, and a function of channels-last x in that format, too."""
    if layer.data_format == "channels_last":
        return x, theirs
    converted = lambda x, *weights: theirs(x.movedim(1, -1), *weights).movedim(-1, 1)  # noqa: E731
    return np.moveaxis(x, -1, 1), converted
