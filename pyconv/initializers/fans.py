"""How many inputs and outputs weights connect."""

import math


def compute_fans(shape, input_axes=None, output_axes=None):
    """Numbers of inputs and outputs that one weight tensor connects.

    For a kernel (k..., ic, oc) these are prod(k) * ic and prod(k) * oc, as in Keras; a vector has
    its length for both.

    Args:
        shape: shape of the weights.
        input_axes: axes whose product is the first number; only together with `output_axes`.
        output_axes: axes whose product is the second number.

    Returns:
        (fan_in, fan_out), two ints.

    Example:
        >>> compute_fans((3, 3, 16, 32))
        (144, 288)
    """
    if input_axes is not None and output_axes is not None:
        return tuple(math.prod(shape[a] for a in axes) for axes in (input_axes, output_axes))
    if len(shape) < 2:
        return (math.prod(shape),) * 2
    receptive_field = math.prod(shape[:-2])
    return receptive_field * shape[-2], receptive_field * shape[-1]
