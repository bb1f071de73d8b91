"""Matrix products: convolutions with a kernel of one element, or without spatial axes."""

from __future__ import annotations

from pyconv.graph import apply, row_size
from pyconv.ops.convolution import Conv
from pyconv.ops.elementwise import add
from pyconv.ops.geometry import Geometry
from pyconv.ops.shape import reshape, shape_of


def dense(x, kernel, bias=None):
    """x W + b over the last axis.

    Args:
        x: (..., inputs), float32.
        kernel: W, (inputs, units).
        bias: b, (units,) or None.

    Returns:
        (..., units).

    Raises:
        ValueError: shapes that do not fit.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> ops.dense(np.ones((2, 3)), np.ones((3, 1)), np.ones(1)).ravel()
        array([4., 4.], dtype=float32)
    """
    shape, (inputs, units) = shape_of(x), shape_of(kernel)
    if not shape or shape[-1] != inputs:
        raise ValueError(
            f"dense: expected inputs whose last axis has {inputs} elements, as the kernel "
            f"{shape_of(kernel)} has rows, received shape {shape}"
        )
    if not 2 <= len(shape) <= 5:
        lead = shape[:-1] or (1,)
        flat = reshape(x, (lead[0], -1 if None in lead[1:] else row_size(lead), inputs))
        return reshape(dense(flat, kernel, bias), (*shape[:-1], units))
    ones = (1,) * (len(shape) - 2)
    y = apply(Conv(Geometry(ones, ones, "valid")), x, reshape(kernel, (*ones, inputs, units)))
    return y if bias is None else add(y, bias)


def matmul(x1, x2):
    """The matrix product x1 x2.

    Args:
        x1: (..., k), float32.
        x2: (k, m), a matrix.

    Returns:
        (..., m).

    Raises:
        ValueError: shapes that do not fit, or x2 of another rank.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> ops.matmul(np.eye(2), np.ones((2, 3))).shape
        (2, 3)
    """
    if len(shape_of(x2)) != 2:
        raise ValueError(
            f"matmul: expected a matrix on the right, received shape {shape_of(x2)}; reshape it"
        )
    return dense(x1, x2)
