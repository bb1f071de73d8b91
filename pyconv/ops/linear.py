"""Matrix products: convolutions with a kernel of one element, or without spatial axes."""

from __future__ import annotations

from pyconv.graph import apply, row_size
from pyconv.ops.convolution import Conv, add_bias
from pyconv.ops.geometry import Geometry
from pyconv.ops.shaping import reshape, shape_of
from pyconv.ops.slices import getitem, stack


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
    return add_bias(y, bias)


def matmul(x1, x2):
    """The matrix product x1 x2, or the products of many matrices.

    Args:
        x1: (..., k), float32.
        x2: (k, m), a matrix; or (..., k, m) with the leading axes of x1 (..., rows, k).

    Returns:
        (..., m).

    Raises:
        ValueError: shapes that do not fit.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> ops.matmul(np.eye(2), np.ones((2, 3))).shape
        (2, 3)
        >>> ops.matmul(np.ones((5, 4, 2)), np.ones((5, 2, 3))).shape
        (5, 4, 3)
    """
    first, second = shape_of(x1), shape_of(x2)
    if len(second) == 2:
        return dense(x1, x2)
    fits = len(first) == len(second) > 2 and first[-1] == second[-2]
    if not fits or first[:-2] != second[:-2]:
        raise ValueError(
            f"matmul: expected a matrix on the right, or matrices with the leading axes of the "
            f"left, received shapes {first} and {second}; reshape or broadcast them"
        )
    if len(first) == 3:
        kernels = reshape(x2, (second[0], 1, *second[1:]))
        return apply(Conv(Geometry((1,), (1,), "valid", each=True)), x1, kernels)
    parts = [matmul(getitem(x1, at), getitem(x2, at)) for at in _places(first[1])]
    return stack(parts, axis=1)


def _places(size: int) -> list[tuple]:
    """Indices of all along the second axis."""
    return [(slice(None), i) for i in range(size)]
