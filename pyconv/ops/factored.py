"""Convolutions with kernels that are outer products of smaller ones."""

from __future__ import annotations

from pyconv.ops.convolution import add_bias, conv
from pyconv.ops.convolution_shapes import spatial_rank
from pyconv.ops.geometry import make_geometry, per_axis
from pyconv.ops.shaping import reshape, shape_of


def spatially_separable_conv(
    x, kernels, strides=1, padding="valid", dilation_rate=1, groups=1, bias=None, **options
):
    """One 1-D convolution along each spatial axis, one after another: w * d work and storage for
    w^d (Goodfellow et al., section 9.8).

    In 2-D it is the convolution with K[m, n, l, i] = sum over q of U[m, l, q] V[n, q, i].

    Args:
        x: (n, spatial..., channels).
        kernels: a kernel for each spatial axis, of size 1 on the others: U, (w, 1, channels /
            groups, filters), then V, (1, w, filters / groups, filters).
        strides, padding, dilation_rate, bias: as in `conv`.
        groups: parts of the channels that are convolved apart; with as many as there are channels
            and filters, each kernel is an outer product of vectors.
        options: `flip_kernel` and `padding_mode`, as in `conv`.

    Returns:
        (n, spatial..., filters).

    Raises:
        ValueError: shapes that do not fit.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> kernels = [np.ones((3, 1, 1, 2)), np.ones((1, 3, 2, 2))]
        >>> ops.spatially_separable_conv(np.ones((1, 5, 5, 1)), kernels).shape
        (1, 3, 3, 2)
    """
    rank = spatial_rank("spatially_separable_conv", x)
    _check_kernels(kernels, shape_of(x))
    strides = per_axis(strides, rank, "strides")
    dilation = per_axis(dilation_rate, rank, "dilation_rate")
    paddings = make_geometry(rank, strides, padding, dilation).paddings
    for axis, kernel in enumerate(kernels):
        geometry = {
            name: _on_axis(axis, rank, values[axis], other)
            for name, values, other in (
                ("strides", strides, 1), ("padding", paddings, 0), ("dilation_rate", dilation, 1)
            )
        }  # fmt: skip
        x = conv(x, kernel, groups=groups, data_format="channels_last", **geometry, **options)
    return add_bias(x, bias)


def _check_kernels(kernels, x: tuple) -> None:
    """Raises ValueError unless there is a kernel for each spatial axis, of size 1 on the others."""
    shapes = [shape_of(kernel) for kernel in kernels] if isinstance(kernels, (list, tuple)) else []
    rank = len(x) - 2
    along = all(
        len(shape) == len(x) and set(shape[:axis] + shape[axis + 1 : rank]) <= {1}
        for axis, shape in enumerate(shapes)
    )
    if len(shapes) != rank or not along:
        raise ValueError(
            f"kernels: expected a list of {rank}, one for each spatial axis of an input of shape "
            f"{x} and of size 1 on the others, received shapes {shapes}"
        )


def _on_axis(axis: int, rank: int, value, other) -> tuple:
    """A value for one axis, another for the rest."""
    return tuple(value if a == axis else other for a in range(rank))


def outer_product_conv(
    x, channel, vertical, horizontal, strides=1, padding="valid", dilation_rate=1, bias=None,
    **options,
):  # fmt: skip
    """2-D convolution with kernels that are outer products of three vectors: K[m, n, l, i] =
    a[l, i] v[m, i] h[n, i] (Jin et al. 2014), as a 1x1, a vertical and a horizontal convolution.

    Args:
        x: (n, height, width, channels).
        channel: a, (channels, filters); where it has fewer rows, (channels / groups, filters).
        vertical: v, (kernel height, filters).
        horizontal: h, (kernel width, filters).
        strides, padding, dilation_rate, bias: as in `conv`.
        options: `flip_kernel` and `padding_mode`, as in `conv`.

    Returns:
        (n, height, width, filters).

    Raises:
        ValueError: shapes that do not fit.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> x, a, v = np.ones((1, 5, 5, 2)), np.ones((2, 4)), np.ones((3, 4))
        >>> float(ops.outer_product_conv(x, a, v, v)[0, 0, 0, 0])
        18.0
    """
    shapes = [shape_of(factor) for factor in (channel, vertical, horizontal)]
    if any(len(shape) != 2 or shape[1] != shapes[0][-1] for shape in shapes):
        raise ValueError(
            f"channel, vertical, horizontal: expected matrices with a column for each filter, "
            f"received shapes {', '.join(map(str, shapes))}"
        )
    filters = shapes[0][1]
    x = conv(x, reshape(channel, (1, 1, *shape_of(channel))), data_format="channels_last")
    kernels = [reshape(vertical, (-1, 1, 1, filters)), reshape(horizontal, (1, -1, 1, filters))]
    return spatially_separable_conv(
        x, kernels, strides, padding, dilation_rate, filters, bias, **options
    )
