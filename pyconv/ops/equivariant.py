"""Convolution over the groups p4 and p4m of quarter turns and flips (Cohen & Welling 2016).

An element g = (turns, mirrored) first mirrors an image left to right, then turns it by so many
quarters counterclockwise; its number is 4 mirrored + turns. Feature maps over a group hold a block
of channels for each element, in this order: (n, height, width, order * channels).
"""

from __future__ import annotations

from pyconv.ops.convolution import conv
from pyconv.ops.reduce import max as maximum_over
from pyconv.ops.reduce import mean
from pyconv.ops.shaping import reshape, shape_of, transpose
from pyconv.ops.shuffle import tile
from pyconv.ops.slices import concatenate, flip

ORDERS = {"p4": 4, "p4m": 8}


def lifting_conv(
    x, kernel, group="p4", strides=1, padding="valid", dilation_rate=1, bias=None, **options
):
    """Convolution of an image with all turned copies of each kernel (Cohen & Welling 2016, eq. 10).

    Z[g, j, k, i] = sum over l, m, n of V[j s + m d, k s + n d, l] (g K)[m, n, l, i]

    Turning the image turns each output map and moves the maps to other elements of the group:
    exactly so where zeros are alike on both sides and the strides reach both borders.

    Args:
        x: (n, height, width, channels).
        kernel: (size, size, channels, filters).
        group: "p4", quarter turns, or "p4m", quarter turns and flips.
        strides, padding, dilation_rate: as in `conv`.
        bias: (filters,), for all elements of the group, or None.
        options: `flip_kernel` and `padding_mode`, as in `conv`.

    Returns:
        (n, height, width, order * filters), order 4 for p4 and 8 for p4m.

    Raises:
        ValueError: another group, a kernel that is not square, shapes that do not fit.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> ops.lifting_conv(np.ones((1, 5, 5, 3)), np.ones((3, 3, 3, 2))).shape
        (1, 3, 3, 8)
    """
    elements = _elements(group)
    _check_square(kernel, 4)
    kernels = concatenate([_transformed(kernel, g) for g in elements], axis=-1)
    options |= {"dilation_rate": dilation_rate, "bias": _repeated(bias, group)}
    return conv(x, kernels, strides, padding, "channels_last", groups=1, **options)


def group_conv(
    x, kernel, group="p4", strides=1, padding="valid", dilation_rate=1, bias=None, **options
):
    """Convolution of a feature map over a group (Cohen & Welling 2016, eq. 11).

    Z[g, j, k, i] = sum over h, l, m, n of V[h, j s + m d, k s + n d, l] (g K)[m, n, g^-1 h, l, i]

    Args:
        x: (n, height, width, order * channels), as `lifting_conv` and this function return it.
        kernel: (size, size, order, channels, filters).
        group, strides, padding, dilation_rate, bias, options: as in `lifting_conv`.

    Returns:
        (n, height, width, order * filters).

    Raises:
        ValueError: another group, a kernel that is not square, shapes that do not fit.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> ops.group_conv(np.ones((1, 5, 5, 12)), np.ones((3, 3, 4, 3, 2))).shape
        (1, 3, 3, 8)
    """
    elements = _elements(group)
    _check_square(kernel, 5)
    size, _, order, channels, filters = shape_of(kernel)
    if order != len(elements):
        raise ValueError(
            f"kernel: expected {len(elements)} elements of {group} on axis 2, received shape "
            f"{shape_of(kernel)}"
        )
    slices = [kernel[:, :, h : h + 1] for h in range(order)]
    kernels = []
    for g in elements:
        seen = concatenate([slices[_difference(g, h)] for h in elements], axis=2)
        kernels.append(reshape(_transformed(seen, g), (size, size, order * channels, filters)))
    options |= {"dilation_rate": dilation_rate, "bias": _repeated(bias, group)}
    return conv(
        x, concatenate(kernels, axis=-1), strides, padding, "channels_last", groups=1, **options
    )


def group_pool(x, group="p4", pool="max"):
    """The largest or the mean value over the elements of a group: maps that only turn as the image
    does (Cohen & Welling 2016, section 6.3).

    Args:
        x: (n, height, width, order * channels).
        group: "p4" or "p4m".
        pool: "max" or "mean".

    Returns:
        (n, height, width, channels).

    Raises:
        ValueError: another group, or channels that are not a multiple of its order.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> ops.group_pool(np.arange(8.0).reshape(1, 1, 1, 8)).ravel()
        array([6., 7.], dtype=float32)
    """
    order = len(_elements(group))
    *lead, channels = shape_of(x) or (0,)
    if len(lead) != 3 or channels % order:
        raise ValueError(
            f"x: expected (n, height, width, a multiple of {order} channels), received shape "
            f"{shape_of(x)}"
        )
    if pool not in ("max", "mean"):
        raise ValueError(f"pool: expected 'max' or 'mean', received {pool!r}")
    blocks = reshape(x, (*lead, order, channels // order))
    return (maximum_over if pool == "max" else mean)(blocks, axis=-2)


def _elements(group: str) -> list[tuple[int, int]]:
    """(turns, mirrored) of each element."""
    if group not in tuple(ORDERS):
        raise ValueError(f"group: expected 'p4' or 'p4m', received {group!r}")
    return [(number % 4, number // 4) for number in range(ORDERS[group])]


def _difference(g: tuple[int, int], h: tuple[int, int]) -> int:
    """The number of g^-1 h: a mirror reverses the turns behind it."""
    turns = (h[0] - g[0]) * (-1 if g[1] else 1)
    return 4 * ((g[1] + h[1]) % 2) + turns % 4


def _transformed(kernel, g: tuple[int, int]):
    """The kernel, its first two axes height and width, mirrored and turned."""
    turns, mirrored = g
    kernel = flip(kernel, 1) if mirrored else kernel
    if turns % 2:
        kernel = transpose(kernel, (1, 0, *range(2, len(shape_of(kernel)))))
    flipped = {0: (), 1: (0,), 2: (0, 1), 3: (1,)}[turns]
    return flip(kernel, flipped) if flipped else kernel


def _repeated(bias, group: str):
    """The bias of each filter for all elements of the group."""
    if bias is not None and len(shape_of(bias)) != 1:
        raise ValueError(
            f"bias: expected a number for each filter, shape (filters,), received {shape_of(bias)}"
        )
    return None if bias is None else tile(bias, ORDERS[group])


def _check_square(kernel, axes: int) -> None:
    shape = shape_of(kernel)
    if len(shape) != axes or shape[0] != shape[1]:
        raise ValueError(
            f"kernel: expected {axes} axes and as many rows as columns, received shape {shape}"
        )
