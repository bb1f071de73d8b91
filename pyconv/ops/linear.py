"""Matrix products: convolutions with a kernel of one element, or without spatial axes."""

from __future__ import annotations

from math import prod

import numpy as np

from pyconv.graph import apply, row_size
from pyconv.ops.broadcasting import broadcast_shape
from pyconv.ops.convolution import add_bias
from pyconv.ops.convolution_ops import Conv
from pyconv.ops.described import described
from pyconv.ops.dtypes import array_of, floats, is_integral, symbolic
from pyconv.ops.elementwise import cast
from pyconv.ops.geometry import Geometry
from pyconv.ops.shaping import broadcast_to, expand_dims, reshape, shape_of, squeeze, transpose


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
    y = apply(
        Conv(Geometry(ones, ones, "valid")), floats(x), reshape(kernel, (*ones, inputs, units))
    )
    return add_bias(y, bias)


def matmul(x1, x2):
    """The matrix product x1 x2, or the products of many matrices.

    Args:
        x1: (..., rows, k), or a vector (k,).
        x2: (..., k, columns), or a vector (k,). Leading axes broadcast.

    Returns:
        (..., rows, columns), without the axis that a vector does not have.

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
    if is_integral(x1) and is_integral(x2):
        if symbolic(x1, x2):
            return cast(matmul(floats(x1), floats(x2)), "int32")
        return np.asarray(np.matmul(array_of(x1), array_of(x2)))
    x1, x2 = floats(x1), floats(x2)
    first, second = shape_of(x1), shape_of(x2)
    if not first or not second or first[-1] != second[-2:][0]:
        raise ValueError(
            f"matmul: expected shapes (..., rows, k) and (..., k, columns), received {first} and "
            f"{second}; transpose or reshape them"
        )
    if len(first) == 1:
        return squeeze(matmul(expand_dims(x1, 0), x2), -1 if len(second) == 1 else -2)
    if len(second) == 1:
        return squeeze(matmul(x1, expand_dims(x2, -1)), -1)
    if len(second) == 2:
        return dense(x1, x2)
    if len(first) == 2:
        return _swapped(dense(_swapped(x2), transpose(x1)))
    lead = broadcast_shape("matmul", first[:-2], second[:-2])
    return _products(lead, *(broadcast_to(x, (*lead, *shape_of(x)[-2:])) for x in (x1, x2)))


def _swapped(x):
    """x with its last two axes in each other's place."""
    rank = len(shape_of(x))
    return transpose(x, (*range(rank - 2), rank - 1, rank - 2))


def _products(lead: tuple, x1, x2):
    """Products of matrices with the same leading axes: a convolution whose every example has a
    kernel of its own, in as many groups as an example of a batch has matrices."""
    (rows, inner), columns = shape_of(x1)[-2:], shape_of(x2)[-1]
    if None in (*lead[1:], rows, inner, columns):
        return described(x1, (*lead, rows, columns))
    n, groups = (None, prod(lead[1:])) if lead[0] is None else (prod(lead), 1)
    geometry = Geometry((1,), (1,), "valid", groups, each=True)
    if groups == 1:
        x, kernels = reshape(x1, (n, rows, inner)), reshape(x2, (n, 1, inner, columns))
        return reshape(apply(Conv(geometry), x, kernels), (*lead, rows, columns))
    x, kernels = (
        transpose(reshape(x, (n, groups, *shape_of(x)[-2:])), (0, 2, 1, 3)) for x in (x1, x2)
    )
    x = reshape(x, (n, rows, groups * inner))
    kernels = reshape(kernels, (n, 1, inner, groups * columns))
    y = reshape(apply(Conv(geometry), x, kernels), (n, rows, groups, columns))
    return reshape(transpose(y, (0, 2, 1, 3)), (*lead, rows, columns))
