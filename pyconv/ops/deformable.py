"""Deformable convolution: kernels whose cells move."""

from __future__ import annotations

from math import prod

import numpy as np

from pyconv.ops.convolution import mirrored
from pyconv.ops.convolution_shapes import check_ranks
from pyconv.ops.described import described
from pyconv.ops.elementwise import add, multiply
from pyconv.ops.geometry import Geometry, make_geometry, per_axis
from pyconv.ops.sampling import grid_sample
from pyconv.ops.shaping import reshape, shape_of
from pyconv.ops.slices import concatenate
from pyconv.ops.variants import over_cells


def deformable_conv(
    x, offsets, kernel, strides=1, padding="valid", dilation_rate=1, mask=None, bias=None,
    offset_groups=1, flip_kernel=False, padding_mode="zeros",
):  # fmt: skip
    """Convolution whose kernel has its cells moved at each position (Dai et al. 2017, eq. 2), and
    weighted where there is a mask (Zhu et al. 2019, eq. 1).

    Z[i, j] = sum over l, m of V[l, j s + m d + offset[j, m]] mask[j, m] K[m, l, i], V between its
    elements linear along every axis

    Args:
        x: V, (n, spatial..., channels).
        offsets: (n, outputs..., offset_groups * cells * rank), in input elements, for each cell of
            the kernel, row by row, a number for each axis, as (down, right).
        kernel: K, (spatial..., channels, filters).
        strides, padding, dilation_rate, bias, flip_kernel: as in `conv`.
        mask: (n, outputs..., offset_groups * cells) or None.
        offset_groups: parts of the channels that have offsets and masks of their own.
        padding_mode: what lies outside of V: "zeros", "reflect", "replicate" or "circular", as in
            `conv`, for all axes.

    Returns:
        (n, outputs..., filters).

    Raises:
        ValueError: shapes that do not fit.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> x, offsets = np.arange(5.0).reshape(1, 5, 1), np.full((1, 4, 2), 0.5)
        >>> ops.deformable_conv(x, offsets, np.ones((2, 1, 1))).ravel()
        array([2. , 4. , 6. , 5.5], dtype=float32)
    """
    check_ranks("deformable_conv", shape_of(x), shape_of(kernel))
    offset_groups = per_axis(offset_groups, 1, "offset_groups")[0]
    *sizes, _, _ = shape_of(kernel)
    geometry = make_geometry(len(sizes), strides, padding, dilation_rate)
    outputs = geometry.output_size(shape_of(x)[1:-1], tuple(sizes))
    _check(shape_of(x), shape_of(offsets), shape_of(kernel), outputs, mask, offset_groups)
    if None in outputs:
        return described(x, (shape_of(x)[0], *outputs, shape_of(kernel)[-1]))
    places = _places(shape_of(x)[1:-1], tuple(sizes), outputs, geometry)
    outside, seen = _outside(padding_mode), []
    for part in range(offset_groups):
        moves = _part(offsets, part, offset_groups, places.shape)
        points = add(moves, places)
        values = grid_sample(_channels(x, part, offset_groups), points, fill_mode=outside)
        if mask is not None:
            values = multiply(values, _part(mask, part, offset_groups, (*places.shape[:-1], 1)))
        seen.append(values)
    kernel = mirrored(kernel, len(sizes)) if flip_kernel else kernel
    seen = seen[0] if offset_groups == 1 else concatenate(seen, axis=-1)
    return over_cells(seen, kernel, outputs, bias)


def _outside(padding_mode) -> str:
    """The word of `grid_sample` for a padding mode."""
    words = {"zeros": "constant", "reflect": "mirror", "replicate": "nearest", "circular": "wrap"}
    if padding_mode not in words:
        raise ValueError(
            f"padding_mode: expected one of {', '.join(words)}, for all axes, received "
            f"{padding_mode!r}"
        )
    return words[padding_mode]


def _check(x: tuple, offsets: tuple, kernel: tuple, outputs: tuple, mask, groups: int) -> None:
    *sizes, channels, _ = kernel
    if x[-1] != channels or channels % groups:
        raise ValueError(
            f"kernel: expected {x[-1]} channels, as the input {x} has, in {groups} offset groups, "
            f"received shape {kernel}"
        )
    cells = groups * prod(sizes)
    named = [("offsets", offsets, cells * len(sizes))]
    named += [] if mask is None else [("mask", shape_of(mask), cells)]
    for name, shape, numbers in named:
        if shape != (x[0], *outputs, numbers):
            raise ValueError(
                f"{name}: expected shape {(x[0], *outputs, numbers)}, numbers for each output "
                f"and cell of the kernel {(*sizes,)}, received shape {shape}"
            )


def _places(sizes: tuple, kernel: tuple, outputs: tuple, geometry: Geometry) -> np.ndarray:
    """Where each output's cells lie before they move: (positions, cells, rank)."""
    axes = zip(
        outputs, kernel, geometry.strides, geometry.dilation, geometry.pads(sizes, kernel),
        strict=True,
    )  # fmt: skip
    ticks = [
        np.arange(o)[:, None] * s + np.arange(k) * d - before for o, k, s, d, (before, _) in axes
    ]
    rank = len(sizes)
    grids = [
        tick.reshape([*_on(axis, rank, tick.shape[0]), *_on(axis, rank, tick.shape[1])])
        for axis, tick in enumerate(ticks)
    ]
    places = np.stack(np.broadcast_arrays(*grids), axis=-1).astype("float32")
    return places.reshape(prod(outputs), prod(kernel), rank)


def _on(axis: int, rank: int, size: int) -> list[int]:
    return [size if a == axis else 1 for a in range(rank)]


def _part(numbers, part: int, groups: int, shape: tuple):
    """The numbers of one offset group, (n, *shape)."""
    return reshape(_channels(numbers, part, groups), (shape_of(numbers)[0], *shape))


def _channels(x, part: int, groups: int):
    """One of equal parts of the last axis."""
    size = shape_of(x)[-1] // groups
    return x if groups == 1 else x[..., part * size : (part + 1) * size]
