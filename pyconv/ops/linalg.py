"""Functions of matrices: Keras' `ops.linalg`, whose names `pyconv.ops` has, too."""

from pyconv.ops.spaces import handed_on

__all__, __getattr__, __dir__ = handed_on(
    """
    cholesky cholesky_inverse det eig eigh inv lstsq lu_factor matrix_rank norm pinv qr solve
    solve_triangular svd
    """
)
