"""Size arithmetic: which output sizes convolutions have, and which inputs they came from."""

from __future__ import annotations

from pyconv.ops.geometry import Geometry, axis_pads, make_geometry, per_axis


def _geometry(size, kernel_size, strides, padding, dilation_rate, name="size"):
    """(sizes, kernel sizes, geometry, whether the size was given as one number)."""
    arguments = (size, kernel_size, strides, dilation_rate)
    rank = max((len(value) for value in arguments if hasattr(value, "__len__")), default=1)
    geometry = make_geometry(rank, strides, padding, dilation_rate)
    sizes, kernel = per_axis(size, rank, name), per_axis(kernel_size, rank, "kernel_size")
    return sizes, kernel, geometry, rank == 1 and not hasattr(size, "__len__")


def conv_output_size(size, kernel_size, strides=1, padding="valid", dilation_rate=1):
    """The spatial size of `conv`'s output: floor((i + p - (d (k - 1) + 1)) / s) + 1.

    Args:
        size: the input's, a number or one for each axis.
        kernel_size, strides, padding, dilation_rate: as in `conv`; p counts zeros of both sides.

    Returns:
        A number for a number, else a tuple; 0 where the kernel does not fit.

    Example:
        >>> from pyconv import ops
        >>> ops.conv_output_size(40, 3, strides=2), ops.conv_output_size((28, 28), 5)
        (19, (24, 24))
    """
    sizes, kernel, geometry, single = _geometry(size, kernel_size, strides, padding, dilation_rate)
    outputs = geometry.output_size(sizes, kernel)
    return outputs[0] if single else outputs


def conv_input_sizes(output_size, kernel_size, strides=1, padding="valid", dilation_rate=1):
    """All input sizes that `conv` takes to this output size (Goodfellow et al., section 9.5).

    Args:
        output_size: a number, or one for each axis.
        kernel_size, strides, padding, dilation_rate: as in `conv`.

    Returns:
        The sizes, ascending: a list for a number, else a tuple of lists.

    Example:
        >>> from pyconv import ops
        >>> ops.conv_input_sizes(19, 3, strides=2)
        [39, 40]
    """
    sizes, kernel, geometry, single = _geometry(
        output_size, kernel_size, strides, padding, dilation_rate, "output_size"
    )
    inputs = tuple(map(list, geometry.input_sizes(sizes, kernel)))
    return inputs[0] if single else inputs


def conv_transpose_output_size(
    size, kernel_size, strides=1, padding="valid", dilation_rate=1, output_padding=None
):
    """The spatial size of `conv_transpose`'s output; arguments as there, `size` its input's.

    Example:
        >>> from pyconv import ops
        >>> ops.conv_transpose_output_size(19, 3, strides=2)
        39
        >>> ops.conv_transpose_output_size((7, 7), 3, strides=2, padding="same")
        (14, 14)
    """
    sizes, kernel, geometry, single = _geometry(size, kernel_size, strides, padding, dilation_rate)
    outputs, _ = transposed(geometry, sizes, kernel, output_padding)
    return outputs[0] if single else outputs


def conv_depth(size, kernel_size, strides=1, padding="valid", dilation_rate=1) -> list[int]:
    """The sizes along one axis of a stack of equal convolutions, from the input's until it is 1 or
    the kernel no longer fits: how deep a network can be (Goodfellow et al., fig. 9.13).

    Args:
        size: the input's, a number.
        kernel_size, strides, padding, dilation_rate: of each convolution, as in `conv`.

    Raises:
        ValueError: the convolution does not shrink its input, so that there is no end.

    Example:
        >>> from pyconv import ops
        >>> ops.conv_depth(16, 6)
        [16, 11, 6, 1]
    """
    sizes = [*per_axis(size, 1, "size")]
    while sizes[-1] > 1:
        after = conv_output_size(sizes[-1], kernel_size, strides, padding, dilation_rate)
        if after >= sizes[-1]:
            raise ValueError(
                f"conv_depth: expected a convolution that shrinks its input, received one that "
                f"takes {sizes[-1]} to {after}; use padding='valid' or a larger stride"
            )
        if after == 0:
            break
        sizes.append(after)
    return sizes


def transposed(geometry: Geometry, sizes: tuple, kernel: tuple, output_padding) -> tuple:
    """(output sizes, zeros (before, after)) of the convolution whose transpose takes inputs of
    these sizes: Keras' sizes, or the smallest plus `output_padding`."""
    rank = geometry.rank
    extra = (None,) * rank
    if output_padding is not None:
        extra = per_axis(output_padding, rank, "output_padding", least=0)
    axes = zip(
        geometry.paddings, sizes, kernel, geometry.strides, geometry.dilation, extra, strict=True
    )
    outputs, pads = zip(*(_transposed_axis(*axis) for axis in axes), strict=True)
    return outputs, pads


def _transposed_axis(padding, i, k: int, s: int, d: int, extra):
    reach = d * (k - 1) + 1
    if extra is not None and extra >= s:
        raise ValueError(
            f"conv_transpose: expected output_padding below strides {s}, received {extra}"
        )
    if padding == "same":
        longer = 0 if extra is None else reach % 2 - s + extra
        cropped = max(reach - s - longer, 0)
        pads = (cropped // 2, cropped - cropped // 2)
    else:
        pads = axis_pads(padding, None, k, s, d)
        longer = reach - s - sum(pads) + (extra or 0)
        if padding == "valid" and extra is None:
            longer = max(longer, 0)
    if i is not None and i * s + longer < 1:
        raise ValueError(
            f"conv_transpose: padding {pads} leaves nothing of an axis of size {i} with a kernel "
            f"that reaches over {reach}; pad less"
        )
    return None if i is None else i * s + longer, pads
