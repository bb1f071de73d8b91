"""Tiled convolution and locally connected maps: kernels that depend on the place."""

from __future__ import annotations

from pyconv.graph import apply
from pyconv.ops.convolution import add_bias, mirrored
from pyconv.ops.convolution_ops import Conv
from pyconv.ops.convolution_shapes import spatial_rank
from pyconv.ops.geometry import Geometry, make_geometry
from pyconv.ops.shaping import shape_of
from pyconv.ops.shuffle import tile
from pyconv.ops.slices import getitem


def tiled_conv(
    x,
    kernel,
    strides=1,
    padding="valid",
    dilation_rate=1,
    groups=None,
    bias=None,
    flip_kernel=False,
    padding_mode="zeros",
):
    """Convolution with kernels that take turns (Goodfellow et al., eq. 9.10).

    Z[i, j, k] = sum over l, m, n of V[j s + m d, k s + n d, l] K[j mod t, k mod t, m, n, l, i]

    A tiling range t of 1 is convolution, one of the output's size a locally connected map.

    Args:
        x: (n, spatial..., channels), float32; 1 to 3 spatial axes.
        kernel: (tiling..., spatial..., channels / groups, filters), a tiling range for each axis;
            or with a leading axis n: kernels for each example.
        bias: (filters,); (tiling..., filters), which takes turns as the kernels do; or
            (output..., filters).
        strides, padding, dilation_rate, groups, flip_kernel, padding_mode: as `conv`.

    Returns:
        (n, spatial..., filters).

    Raises:
        ValueError: shapes that do not fit.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> kernel = np.float32([1, -1]).reshape(2, 1, 1, 1)
        >>> ops.tiled_conv(np.arange(4.0).reshape(1, 4, 1), kernel).ravel()
        array([ 0., -1.,  2., -3.], dtype=float32)
    """
    geometry = _geometry(
        "tiled_conv", x, kernel, strides, padding, dilation_rate, groups, padding_mode
    )
    kernel = mirrored(kernel, geometry.rank) if flip_kernel else kernel
    y = apply(Conv(geometry), x, kernel)
    return add_bias(y, _spread(bias, geometry.tiling, shape_of(y)[1:-1]))


def locally_connected(
    x,
    kernel,
    strides=1,
    padding="valid",
    dilation_rate=1,
    groups=None,
    bias=None,
    flip_kernel=False,
    padding_mode="zeros",
):
    """A linear map whose connections are a convolution's, each with a weight of its own
    (Goodfellow et al., eq. 9.9).

    Z[i, j, k] = sum over l, m, n of V[j s + m d, k s + n d, l] W[j, k, m, n, l, i]

    Args:
        x: (n, spatial..., channels), float32; 1 to 3 spatial axes.
        kernel: (output..., spatial..., channels / groups, filters): a kernel for each place of the
            output; or with a leading axis n: kernels for each example.
        bias: (filters,), or (output..., filters); or None.
        strides, padding, dilation_rate, groups, flip_kernel, padding_mode: as `conv`.

    Returns:
        (n, output..., filters).

    Raises:
        ValueError: shapes that do not fit; kernels for another number of places.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> kernel = np.arange(3.0).reshape(3, 1, 1, 1) * np.ones((3, 2, 1, 1))
        >>> ops.locally_connected(np.ones((1, 4, 1)), kernel).ravel()
        array([0., 2., 4.], dtype=float32)
    """
    geometry = _geometry(
        "locally_connected", x, kernel, strides, padding, dilation_rate, groups, padding_mode
    )
    places = geometry.output_size(shape_of(x)[1:-1], geometry.kernel_size(shape_of(kernel)))
    if None not in places and places != geometry.tiling:
        raise ValueError(
            f"locally_connected: expected kernels for the {places} places of the output, received "
            f"them for {geometry.tiling}, of shape {shape_of(kernel)}; the input's size is fixed"
        )
    kernel = mirrored(kernel, geometry.rank) if flip_kernel else kernel
    return add_bias(apply(Conv(geometry), x, kernel), bias)


def _geometry(
    name: str, x, kernel, strides, padding, dilation_rate, groups, padding_mode
) -> Geometry:
    """The geometry of a kernel ([n,] tiling..., spatial..., channels / groups, filters)."""
    x_shape, k_shape = shape_of(x), shape_of(kernel)
    rank = spatial_rank(name, x)
    each = len(k_shape) == 2 * rank + 3
    if len(k_shape) != 2 * rank + 2 + each:
        raise ValueError(
            f"{name}: expected a kernel (places..., spatial..., channels, filters) with {rank} "
            f"places and {rank} spatial axes, as the input of shape {x_shape}, received {k_shape}"
        )
    if groups is None:
        groups = max(x_shape[-1] // max(k_shape[-2], 1), 1)
    geometry = make_geometry(rank, strides, padding, dilation_rate, groups, padding_mode)
    return geometry.replace(tiling=tuple(k_shape[each : each + rank]), each=each)


def _spread(bias, tiling: tuple, sizes: tuple):
    """A bias (tiling..., filters) for each place of outputs of these sizes, others as they are;
    None while only the shape of outputs of free sizes is asked for."""
    if bias is None or None in sizes:
        return None
    if shape_of(bias)[:-1] != tiling or tiling == sizes:
        return bias
    times = (-(-size // place) for size, place in zip(sizes, tiling, strict=True))
    return getitem(tile(bias, (*times, 1)), tuple(map(slice, sizes)))
