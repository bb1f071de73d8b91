"""A constant sparse matrix along one axis: what resizing, pooling windows and filter banks are."""

from __future__ import annotations

from functools import cached_property
from math import prod

import numpy as np

from pyconv.graph import Node, Op, Spec, Tensor, apply, extent
from pyconv.graph.tensor import constant
from pyconv.ops.described import described
from pyconv.ops.elementwise import expect_float
from pyconv.ops.shaping import axis_of, shape_of


class SparseMatrix:
    """A matrix by rows (CSR): row r has the weights[k] at columns[k], starts[r] <= k < starts[r+1].

    Args:
        weights: (entries,), kept as float32; a column may appear twice in a row, and counts twice.
        columns: (entries,), integers from 0 to size - 1.
        starts: (rows + 1,), integers that do not decrease, from 0 to the number of entries.
        size: number of columns.

    Raises:
        ValueError: arrays that do not fit together.

    Example:
        >>> SparseMatrix([0.5, 0.5, 1.0], [0, 1, 2], [0, 2, 3], 4).shape
        (2, 4)
    """

    def __init__(self, weights, columns, starts, size: int):
        self.weights = np.array(weights, np.float32)
        self.columns = np.array(columns, np.int32)
        self.starts = np.array(starts, np.int32)
        self.shape = (len(self.starts) - 1, size)
        self._check()
        arrays = (self.starts, self.columns, self.weights)
        self._key = (size, *(a.tobytes() for a in arrays))
        self._hash = hash(self._key)

    def _check(self) -> None:
        starts, columns = self.starts, self.columns
        fits = starts.ndim == columns.ndim == 1 and self.weights.shape == columns.shape
        if not fits or not len(starts) or starts[0] != 0 or starts[-1] != len(columns):
            raise ValueError(
                f"SparseMatrix: expected (entries,) weights and columns and (rows + 1,) starts "
                f"from 0 to the number of entries, received shapes {self.weights.shape}, "
                f"{columns.shape}, {starts.shape}; give them as SciPy's csr_matrix has them"
            )
        if (np.diff(starts) < 0).any() or ((columns < 0) | (columns >= self.shape[1])).any():
            raise ValueError(
                f"SparseMatrix: expected columns from 0 to {self.shape[1] - 1} and starts that do "
                "not decrease; check the indices"
            )

    @classmethod
    def of(cls, matrix, size: int) -> SparseMatrix:
        """From a SparseMatrix, a (rows, size) array, a SciPy sparse matrix, or a triple (weights,
        columns, starts)."""
        if isinstance(matrix, SparseMatrix):
            return matrix
        if hasattr(matrix, "tocsr"):
            matrix = matrix.tocsr()
            return cls(matrix.data, matrix.indices, matrix.indptr, matrix.shape[1])
        if isinstance(matrix, tuple):
            return cls(*matrix, size)
        dense = np.asarray(matrix)
        if dense.ndim != 2:
            raise ValueError(
                f"axis_matrix: expected a matrix (rows, columns), received shape {dense.shape}"
            )
        rows, columns = np.nonzero(dense)
        starts = np.searchsorted(rows, np.arange(len(dense) + 1))
        return cls(dense[rows, columns], columns, starts, dense.shape[1])

    @cached_property
    def transposed(self) -> SparseMatrix:
        """The same numbers by columns."""
        count, size = self.shape
        rows = np.repeat(np.arange(count), np.diff(self.starts))
        order = np.argsort(self.columns, kind="stable")
        starts = np.searchsorted(self.columns[order], np.arange(size + 1))
        return SparseMatrix(self.weights[order], rows[order], starts, count)

    def __eq__(self, other):
        return isinstance(other, SparseMatrix) and self._key == other._key

    def __hash__(self):
        return self._hash

    def __repr__(self):
        return f"<SparseMatrix {self.shape} with {len(self.weights)} entries>"


class AxisMatrix(Op):
    """y[..., r, ...] = sum_k M[r, k] x[..., k, ...] along one axis."""

    matrix: SparseMatrix
    axis: int

    def infer(self, x: Spec) -> Spec:
        expect_float("axis_matrix", x)
        rows, columns = self.matrix.shape
        if x.shape[self.axis] != columns:
            raise ValueError(
                f"axis_matrix: expected {columns} elements on axis {self.axis}, as the matrix has "
                f"columns, received shape {x.shape}; the axis of examples cannot be mapped"
            )
        return Spec((*x.shape[: self.axis], rows, *x.shape[self.axis + 1 :]))

    def gradient(self, node: Node, g: Tensor):
        return (apply(AxisMatrix(self.matrix.transposed, self.axis), g),)

    def lower(self, lowering, node: Node) -> None:
        x, matrix = node.inputs[0], self.matrix
        arrays = {
            name: constant(getattr(matrix, name)) for name in ("starts", "columns", "weights")
        }
        lead = x.shape[: self.axis]
        lowering.emit(
            "axis_matrix",
            {"x": x, **arrays, "y": node.output},
            **extent(lead),
            outer=prod(lead[1:]),
            i=matrix.shape[1],
            o=matrix.shape[0],
            inner=prod(x.shape[self.axis + 1 :]),
            entries=len(matrix.weights),
        )


def axis_matrix(x, matrix, axis: int):
    """y = M x along one axis, M constant and sparse: the ground of resizing, of adaptive and
    weighted pooling and of filter banks. The gradient is the same with M transposed.

    Args:
        x: tensor or array, float32.
        matrix: M, (rows, columns): an array, of which the numbers other than 0 are kept; a triple
            (weights, columns, starts), which are `data`, `indices` and `indptr` of SciPy's
            csr_matrix; such a matrix; or a `SparseMatrix`, which saves the conversion.
        axis: of x, with as many elements as M has columns; not the axis of a model's examples.

    Returns:
        x's shape with M's rows on that axis.

    Raises:
        ValueError: shapes that do not fit.

    Example:
        >>> from pyconv import ops
        >>> ops.axis_matrix([[1.0, 2.0, 4.0]], [[0.5, 0.5, 0.0], [0.0, 0.0, 3.0]], axis=1)
        array([[ 1.5, 12. ]], dtype=float32)
    """
    shape = shape_of(x)
    axis = axis_of("axis_matrix", shape, axis)
    return apply(AxisMatrix(SparseMatrix.of(matrix, shape[axis]), axis), x)


def along_axes(x, matrix, outputs: tuple):
    """y = M x along each spatial axis, M = matrix(axis, size) of `outputs[axis]` rows."""
    for axis, rows in enumerate(outputs):
        size = shape_of(x)[axis + 1]
        if size is None:
            shape = shape_of(x)
            x = described(x, (*shape[: axis + 1], rows, *shape[axis + 2 :]))
        else:
            x = axis_matrix(x, matrix(axis, size), axis + 1)
    return x
