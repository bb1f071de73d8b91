"""Problem strings: `conv n32 ic64 ih56 oc64 kh3 s1 p1` names one op and its sizes.

    kinds   conv, dense, max_pool, average_pool
    n       examples; ic, oc: channels of the input and the output; g: groups
    i       sizes of the input: id, ih, iw, or iw alone for one spatial axis, ih and iw for two
    k s p d sizes of the kernel, strides, zeros before and after, dilation: kh, kw, sh, ...

An axis that is not given has the letter's own value (s1: all strides), else that of the axis before
it (kw is kh), else the default: no zeros, stride and dilation 1, a pool's stride its window.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import prod

KINDS = ("conv", "dense", "max_pool", "average_pool")
_PER_AXIS = ("i", "k", "s", "p", "d")
_KEYS = {"n", "ic", "oc", "g"} | {letter + axis for letter in _PER_AXIS for axis in ("", *"dhw")}
_NEEDED = {"conv": ("n", "ic", "oc"), "dense": ("n", "ic", "oc")}


@dataclass(frozen=True)
class Problem:
    """One op and its sizes; a tuple has an element per spatial axis.

    Example:
        >>> Problem.parse("conv n2 ic8 ih5 oc16 kh3 p1").output_size
        (5, 5)
    """

    kind: str
    n: int
    ic: int
    oc: int
    groups: int
    input_size: tuple[int, ...]
    kernel_size: tuple[int, ...]
    strides: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]

    @classmethod
    def parse(cls, text: str) -> Problem:
        """Reads a problem string; raises ValueError for what it cannot mean."""
        kind, *words = text.split()
        if kind not in KINDS:
            raise ValueError(f"expected a problem that starts with one of {KINDS}, received {kind}")
        sizes = dict(_read(word) for word in words)
        for key in _NEEDED.get(kind, ("n", "ic")):
            if key not in sizes:
                raise ValueError(f"{kind}: expected a value for {key}; add, for example, {key}8")
        if kind == "dense":
            sizes |= {"iw": 1, "kw": 1}
        axes = _axes(sizes)
        kernel = _per_axis(sizes, "k", axes, None)
        pools = kind.endswith("_pool")
        strides = _per_axis(sizes, "s", axes, 1) if not pools or _has(sizes, "s") else kernel
        problem = cls(
            kind=kind,
            n=sizes["n"],
            ic=sizes["ic"],
            oc=sizes.get("oc", sizes["ic"]),
            groups=sizes.get("g", 1),
            input_size=_per_axis(sizes, "i", axes, None),
            kernel_size=kernel,
            strides=strides,
            padding=_per_axis(sizes, "p", axes, 0),
            dilation=_per_axis(sizes, "d", axes, 1),
        )
        problem._check()
        return problem

    def _check(self) -> None:
        positive = (self.ic, self.oc, self.groups, *self.input_size, *self.kernel_size)
        if min(*positive, *self.strides, *self.dilation) < 1:
            raise ValueError(f"expected sizes of at least 1, received {self}")
        if self.ic % self.groups or self.oc % self.groups:
            raise ValueError(
                f"expected ic and oc to be multiples of g, received ic{self.ic} oc{self.oc} "
                f"g{self.groups}"
            )
        if min(self.output_size) < 1:
            raise ValueError(f"expected an input at least as large as the kernel, received {self}")

    @property
    def output_size(self) -> tuple[int, ...]:
        """floor((i + 2 p - (d (k - 1) + 1)) / s) + 1 per axis."""
        axes = zip(
            self.input_size,
            self.kernel_size,
            self.strides,
            self.padding,
            self.dilation,
            strict=True,
        )
        return tuple((i + 2 * p - d * (k - 1) - 1) // s + 1 for i, k, s, p, d in axes)

    @property
    def x_shape(self) -> tuple[int, ...]:
        return (self.n, *self.input_size, self.ic)

    @property
    def kernel_shape(self) -> tuple[int, ...]:
        return (*self.kernel_size, self.ic // self.groups, self.oc)

    @property
    def y_shape(self) -> tuple[int, ...]:
        return (self.n, *self.output_size, self.oc)

    @property
    def flops(self) -> int:
        """Multiplications and additions of one pass of a convolution or dense layer, those with
        zeros of the padding included, which kernels may skip: rates of small maps can pass the
        peak."""
        return 2 * prod(self.y_shape) * prod(self.kernel_shape[:-1])

    def __str__(self) -> str:
        """The string with every axis written out; `parse` reads it back."""
        words = [self.kind, f"n{self.n}", f"ic{self.ic}"]
        if self.kind == "dense":
            return " ".join([*words, f"oc{self.oc}"])
        axes = "dhw"[-len(self.input_size) :]
        fields = {"i": self.input_size, "k": self.kernel_size, "s": self.strides}
        fields |= {"p": self.padding, "d": self.dilation}
        words += [f"oc{self.oc}", f"g{self.groups}"] if self.kind == "conv" else []
        for letter, values in fields.items():
            words += [f"{letter}{axis}{v}" for axis, v in zip(axes, values, strict=True)]
        return " ".join(words)


def _read(word: str) -> tuple[str, int]:
    match = re.fullmatch(r"([a-z]+)(\d+)", word)
    if not match or match[1] not in _KEYS:
        raise ValueError(
            f"expected words such as n4, ic128, ih56, kh3, s1, p1, g1, received {word!r}"
        )
    return match[1], int(match[2])


def _axes(sizes: dict[str, int]) -> str:
    """The spatial axes that the input sizes imply: "w", "hw" or "dhw"."""
    for axes in ("dhw", "hw", "w"):
        if "i" + axes[0] in sizes:
            return axes
    if "i" in sizes:
        return "hw"
    raise ValueError("expected the input's size; add, for example, ih56 (or iw40 for one axis)")


def _has(sizes: dict[str, int], letter: str) -> bool:
    return any(letter + axis in sizes for axis in ("", *"dhw"))


def _per_axis(sizes: dict[str, int], letter: str, axes: str, default: int | None) -> tuple:
    values: list[int] = []
    for axis in axes:
        before = values[-1] if values else default
        value = sizes.get(letter + axis, sizes.get(letter, before))
        if value is None:
            raise ValueError(f"expected a value for {letter}{axis}; add, for example, {letter}3")
        values.append(value)
    return tuple(values)
