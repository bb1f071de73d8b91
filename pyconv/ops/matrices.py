"""Decompositions and solutions of arrays of matrices: NumPy's, in double precision, as float32.

Tapes know the gradients of inverses, determinants, solutions and Cholesky's factor.
"""

from __future__ import annotations

import numpy as np

from pyconv.ops import matrix_gradients as rules
from pyconv.ops.dtypes import concrete
from pyconv.ops.matrix_gradients import flowing
from pyconv.ops.rearranging import swapaxes


def _matrices(what: str, x) -> np.ndarray:
    array = np.asarray(concrete(what, x), "float64")
    if array.ndim < 2:
        raise ValueError(f"{what}: expected matrices (..., rows, columns), received {array.shape}")
    return array


def _square(what: str, x) -> np.ndarray:
    array = _matrices(what, x)
    if array.shape[-1] != array.shape[-2]:
        raise ValueError(f"{what}: expected square matrices, received shape {array.shape}")
    return array


def _single(*arrays):
    """The arrays as float32; integers as int32."""
    results = tuple(np.asarray(a).astype("int32" if a.dtype.kind in "iu" else "float32")
                    for a in arrays)  # fmt: skip
    return results if len(results) > 1 else results[0]


def cholesky(x, upper=False):
    """L of x = L L^T, lower triangular; or with `upper` U = L^T.

    Example:
        >>> from pyconv import ops
        >>> ops.cholesky([[4.0, 0.0], [0.0, 9.0]])
        array([[2., 0.],
               [0., 3.]], dtype=float32)
    """
    y = flowing(_single(np.linalg.cholesky(_square("cholesky", x))), rules.factor, x)
    return swapaxes(y, -1, -2) if upper else y


def cholesky_inverse(x, upper=False):
    """The inverse of L L^T, or of U^T U, given the factor.

    Example:
        >>> from pyconv import ops
        >>> ops.cholesky_inverse([[2.0, 0.0], [0.0, 1.0]])
        array([[0.25, 0.  ],
               [0.  , 1.  ]], dtype=float32)
    """
    factor = (np.triu if upper else np.tril)(_square("cholesky_inverse", x))
    other = np.swapaxes(factor, -1, -2)
    return _single(np.linalg.inv(other @ factor if upper else factor @ other))


def det(x):
    """The determinant.

    Example:
        >>> from pyconv import ops
        >>> float(ops.det([[2.0, 0.0], [0.0, 3.0]]))
        6.0
    """
    return flowing(_single(np.asarray(np.linalg.det(_square("det", x)))), rules.determinant, x)


def slogdet(x):
    """(sign of the determinant, logarithm of its absolute value).

    Example:
        >>> from pyconv import ops
        >>> [float(part) for part in ops.slogdet([[1.0, 0.0], [0.0, -1.0]])]
        [-1.0, 0.0]
    """
    sign, size = _single(*map(np.asarray, np.linalg.slogdet(_square("slogdet", x))))
    return sign, flowing(size, rules.log_determinant, x)


def logdet(x):
    """The logarithm of the determinant of positive definite matrices.

    Example:
        >>> from pyconv import ops
        >>> float(ops.logdet([[1.0, 0.0], [0.0, 1.0]]))
        0.0
    """
    return slogdet(x)[1]


def inv(x):
    """The inverse.

    Example:
        >>> from pyconv import ops
        >>> ops.inv([[2.0, 0.0], [0.0, 4.0]])
        array([[0.5 , 0.  ],
               [0.  , 0.25]], dtype=float32)
    """
    return flowing(_single(np.linalg.inv(_square("inv", x))), rules.inverse, x)


def pinv(x, rcond=None):
    """Moore and Penrose's pseudo-inverse; singular values below rcond times the largest are 0.

    Example:
        >>> from pyconv import ops
        >>> ops.pinv([[2.0, 0.0]]).round(4)
        array([[0.5],
               [0. ]], dtype=float32)
    """
    x = _matrices("pinv", x)
    rcond = 10 * max(x.shape[-2:]) * np.finfo("float32").eps if rcond is None else rcond
    return _single(np.linalg.pinv(x, rcond))


def matrix_rank(x, tol=None):
    """How many singular values exceed the tolerance, as int32.

    Example:
        >>> from pyconv import ops
        >>> int(ops.matrix_rank([[1.0, 2.0], [2.0, 4.0]]))
        1
    """
    x = _matrices("matrix_rank", x)
    values = np.linalg.svd(x, compute_uv=False)
    if tol is None:
        tol = values.max(-1, keepdims=True) * max(x.shape[-2:]) * np.finfo("float32").eps
    return _single(np.asarray((values > tol).sum(-1)))


def eigh(x):
    """(eigenvalues in ascending order, eigenvectors as columns) of symmetric matrices.

    Example:
        >>> from pyconv import ops
        >>> ops.eigh([[2.0, 0.0], [0.0, 1.0]])[0]
        array([1., 2.], dtype=float32)
    """
    return _single(*np.linalg.eigh(_square("eigh", x)))


def eig(x):
    """(eigenvalues, eigenvectors as columns), complex64.

    Example:
        >>> from pyconv import ops
        >>> ops.eig([[0.0, -1.0], [1.0, 0.0]])[0].imag
        array([ 1., -1.], dtype=float32)
    """
    return tuple(part.astype("complex64") for part in np.linalg.eig(_square("eig", x)))


def qr(x, mode="reduced"):
    """(Q, R) of x = Q R, orthogonal and upper triangular.

    Args:
        x: (..., rows, columns).
        mode: "reduced", or "complete" for a square Q.

    Example:
        >>> from pyconv import ops
        >>> [part.shape for part in ops.qr(ops.ones((3, 2)))]
        [(3, 2), (2, 2)]
    """
    if mode not in ("reduced", "complete"):
        raise ValueError(f"qr: expected `mode` 'reduced' or 'complete', received {mode!r}")
    return _single(*np.linalg.qr(_matrices("qr", x), mode))


def svd(x, full_matrices=True, compute_uv=True):
    """(U, singular values, V^T) of x = U S V^T; the values alone without `compute_uv`.

    Args:
        x: (..., rows, columns).
        full_matrices: whether U and V are square.
        compute_uv: whether they are returned.

    Example:
        >>> from pyconv import ops
        >>> ops.svd([[3.0, 0.0], [0.0, 4.0]], compute_uv=False)
        array([4., 3.], dtype=float32)
    """
    x = _matrices("svd", x)
    if not compute_uv:
        return _single(np.linalg.svd(x, compute_uv=False))
    return _single(*np.linalg.svd(x, full_matrices))


def lu_factor(x):
    """(L and U in one matrix, the rows of x in their order), with L U = x[order].

    Example:
        >>> from pyconv import ops
        >>> ops.lu_factor([[1.0, 2.0], [2.0, 2.0]])[1]
        array([1, 0], dtype=int32)
    """
    x = _square("lu_factor", x).copy()
    size = x.shape[-1]
    orders = np.broadcast_to(np.arange(size), x.shape[:-1]).copy()
    for matrix, order in zip(x.reshape(-1, size, size), orders.reshape(-1, size), strict=True):
        for k in range(size):
            row = k + np.abs(matrix[k:, k]).argmax()
            matrix[[k, row]] = matrix[[row, k]]
            order[[k, row]] = order[[row, k]]
            matrix[k + 1 :, k] /= matrix[k, k]
            matrix[k + 1 :, k + 1 :] -= np.outer(matrix[k + 1 :, k], matrix[k, k + 1 :])
    return _single(x, orders)


def solve(a, b):
    """x of a x = b.

    Args:
        a: (..., rows, rows).
        b: (..., rows) or (..., rows, columns).

    Example:
        >>> from pyconv import ops
        >>> ops.solve([[2.0, 0.0], [0.0, 4.0]], [2.0, 2.0])
        array([1. , 0.5], dtype=float32)
    """
    return flowing(_solved(_square("solve", a), b), rules.solution, a, b)


def _solved(a: np.ndarray, b) -> np.ndarray:
    b = np.asarray(concrete("solve", b), "float64")
    if b.ndim == a.ndim - 1:
        return _single(np.linalg.solve(a, b[..., None])[..., 0])
    return _single(np.linalg.solve(a, b))


def solve_triangular(a, b, lower=False):
    """x of a x = b where a is upper, or with `lower` lower triangular; its other half is not read.

    Example:
        >>> from pyconv import ops
        >>> ops.solve_triangular([[2.0, 9.0], [0.0, 4.0]], [2.0, 0.0])
        array([1., 0.], dtype=float32)
    """
    half = (np.tril if lower else np.triu)(_square("solve_triangular", a))
    return flowing(_solved(half, b), rules.triangular_solution(lower), a, b)


def lstsq(a, b, rcond=None):
    """x that makes |a x - b| smallest.

    Args:
        a: (rows, columns).
        b: (rows,) or (rows, more).
        rcond: singular values below rcond times the largest count as 0.

    Example:
        >>> from pyconv import ops
        >>> ops.lstsq([[1.0], [1.0]], [1.0, 3.0]).round(4)
        array([2.], dtype=float32)
    """
    a, b = _matrices("lstsq", a), np.asarray(concrete("lstsq", b), "float64")
    return _single(np.linalg.lstsq(a, b, rcond)[0])
