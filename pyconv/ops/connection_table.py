"""Convolution whose channels are connected by a table."""

from __future__ import annotations

import numpy as np

from pyconv.ops.convolution import conv
from pyconv.ops.shaping import reshape, shape_of
from pyconv.ops.sparse_matrix import SparseMatrix, axis_matrix


def connection_table_conv(x, kernel, table, bias=None, **geometry):
    """Convolution in which filter i sees channel l only where the table has a 1, as in LeNet-5's
    layer C3 (LeCun et al. 1998, table I).

    Z[j, i] = sum over l with T[l, i] = 1, m of V[j s + m d, l] K[m, (l, i)]

    Args:
        x: (n, spatial..., channels).
        kernel: (spatial..., connections): the weights of the table's ones, row by row; the others
            are not there.
        table: T, (channels, filters), zeros and ones.
        bias: (filters,) or None.
        geometry: `strides`, `padding` and so on, as in `conv`, without `groups`.

    Returns:
        (n, spatial..., filters).

    Raises:
        ValueError: shapes that do not fit.

    Example:
        >>> import numpy as np
        >>> from pyconv import ops
        >>> x, table = np.float32([[[1, 10, 100]]]), [[1, 0], [1, 1], [0, 1]]
        >>> ops.connection_table_conv(x, np.ones((1, 4)), table).ravel()
        array([ 11., 110.], dtype=float32)
    """
    connected = connections(table)
    *sizes, count = _checked(shape_of(x), shape_of(kernel), connected)
    starts = np.concatenate([[0], np.cumsum(connected)])
    matrix = SparseMatrix(np.ones(count), np.arange(count), starts, count)
    full = reshape(axis_matrix(kernel, matrix, -1), (*sizes, *connected.shape))
    return conv(x, full, groups=1, data_format="channels_last", bias=bias, **geometry)


def _checked(x: tuple, kernel: tuple, connected: np.ndarray) -> tuple:
    """The kernel's shape; raises ValueError unless it fits the table, and the table the input."""
    if x[-1:] != connected.shape[:1]:
        raise ValueError(
            f"table: expected a row for each channel of an input of shape {x}, received "
            f"{len(connected)} rows"
        )
    if kernel[-1:] != (connected.sum(),) or len(kernel) != len(x) - 1:
        raise ValueError(
            f"kernel: expected shape (spatial..., {connected.sum()}), a weight for each 1 of the "
            f"table, for an input of shape {x}, received {kernel}"
        )
    return kernel


def connections(table) -> np.ndarray:
    """The table as booleans; raises ValueError unless it is one and leaves no filter without
    inputs."""
    try:
        array = np.asarray(table)
    except ValueError:  # rows of different lengths
        array = np.empty(0)
    if array.ndim != 2 or not np.isin(array, (0, 1)).all():
        raise ValueError(
            "table: expected zeros and ones of shape (channels, filters), received "
            f"{' '.join(repr(table).split())}"
        )
    if not array.any(axis=0).all():
        raise ValueError(
            "table: expected a 1 in each column, received filters without inputs: "
            f"{np.flatnonzero(~array.any(axis=0)).tolist()}; leave these filters out"
        )
    return array.astype(bool)
