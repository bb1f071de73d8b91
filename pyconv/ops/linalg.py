"""Functions of matrices: Keras' `ops.linalg`, whose names `pyconv.ops` has, too."""

from pyconv.ops.spaces import handed_on

__all__, __getattr__, __dir__ = handed_on(
    """
    norm
    """
)
