"""Transposed convolution, the textbook's h, as a public function."""

from __future__ import annotations

from pyconv.ops.convolution import add_bias, mirrored
from pyconv.ops.convolution_ops import transpose
from pyconv.ops.convolution_shapes import check_ranks
from pyconv.ops.dtypes import floats
from pyconv.ops.geometry import make_geometry, per_axis
from pyconv.ops.layout import in_layout
from pyconv.ops.shaping import shape_of
from pyconv.ops.sizes import transposed


def conv_transpose(
    inputs,
    kernel,
    strides=1,
    padding="valid",
    output_padding=None,
    data_format=None,
    dilation_rate=1,
    bias=None,
    groups=1,
    input_size=None,
    flip_kernel=False,
    padding_mode="zeros",
):
    """The transpose of `conv`: the textbook's h (Goodfellow et al., eq. 9.13).

    dV[j, k, i] = sum over l s + m d = j, n s + p d = k and q of K[m, p, i, q] G[l, n, q]

    Args:
        inputs: G, (n, spatial..., channels), or (n, channels, spatial...) with "channels_first".
        kernel: (spatial..., filters / groups, channels): that of the convolution, whose input had
            `filters` channels; or with a leading axis n, a kernel for each example.
        strides, dilation_rate: integers, or one per axis.
        padding: as in `conv`, whose zeros are cut off here.
        output_padding: elements added to the smallest output size, per axis. None: Keras' sizes,
            (i - 1) s + max(k, s) with "valid" and i s with "same", k being the dilated kernel; the
            smallest with other paddings.
        data_format: "channels_last" or "channels_first"; None is the process's setting.
        bias: (filters,), or of any shape that broadcasts to the output's; or None.
        groups: parts of the channels that are convolved apart.
        input_size: the size of the convolution's input, which the output gets: a number or one per
            axis. Several give one size of x; `conv_input_sizes` lists them.
        flip_kernel: as in `conv`.
        padding_mode: as in `conv`. Other padding than zeros is not cut off but added to the
            elements that it would have been made of.

    Returns:
        (n, spatial..., filters).

    Raises:
        ValueError: shapes that do not fit; an input_size that the convolution does not take to x's.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> x, kernel = np.ones((1, 2, 1)), np.ones((2, 1, 1))
        >>> ops.conv_transpose(x, kernel, strides=2).shape
        (1, 4, 1)
        >>> ops.conv_transpose(x, kernel, strides=2, input_size=5).ravel()
        array([1., 1., 1., 1., 0.], dtype=float32)
    """
    options = (kernel, strides, padding, output_padding, dilation_rate)
    more = (bias, groups, input_size, flip_kernel, padding_mode)

    def transposed_of(x):
        return _conv_transpose(x, *options, *more)

    return in_layout(transposed_of, floats(inputs), data_format)


def _conv_transpose(
    x, kernel, strides, padding, output_padding, dilation_rate, bias, groups, input_size,
    flip_kernel, padding_mode,
):  # fmt: skip
    shape, k_shape = shape_of(x), shape_of(kernel)
    each, rank = len(k_shape) == len(shape) + 1, len(shape) - 2
    check_ranks("conv_transpose", shape, k_shape[each:])
    geometry = make_geometry(rank, strides, padding, dilation_rate, groups, padding_mode)
    geometry = geometry.replace(each=each)
    if input_size is None:
        kernel_size = geometry.kernel_size(k_shape)
        sizes, pads = transposed(geometry, shape[1:-1], kernel_size, output_padding)
        geometry = geometry.replace(padding=pads)
    elif output_padding is None:
        sizes = per_axis(input_size, rank, "input_size")
    else:
        raise ValueError(
            f"conv_transpose: expected input_size or output_padding, received both, {input_size} "
            f"and {output_padding}; leave one out"
        )
    y = transpose(geometry, sizes, x, mirrored(kernel, rank) if flip_kernel else kernel)
    return add_bias(y, bias)
