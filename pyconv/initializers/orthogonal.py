"""Initializers with orthogonal matrices."""

import math

import numpy as np

from pyconv.initializers.initializer import RandomInitializer, rng_of


def draw_orthogonal(seed, rows, columns):
    """A float64 matrix with orthonormal rows or columns, whichever are fewer, uniform (Haar)."""
    long, short = max(rows, columns), min(rows, columns)
    q, r = np.linalg.qr(rng_of(seed).standard_normal((long, short)))
    q *= np.where(np.diag(r) < 0, -1.0, 1.0)  # without it the signs depend on the QR algorithm
    return q if rows >= columns else q.T


class Orthogonal(RandomInitializer):
    """A random orthogonal matrix of shape (product of the other axes, last axis), times a gain.

    Saxe et al. 2014. The shorter of rows and columns are orthonormal.

    Args:
        gain: factor of the matrix.
        seed: int, or None for one from the global generator.

    Example:
        >>> w = Orthogonal(seed=0)((4, 2), "float64")
        >>> bool(np.allclose(w.T @ w, np.eye(2)))
        True
    """

    def __init__(self, gain=1.0, seed=None):
        super().__init__(seed)
        self.gain = gain

    def __call__(self, shape, dtype="float32"):
        if len(shape) < 2:
            raise ValueError(
                f"expected a shape of at least two axes for Orthogonal, received {tuple(shape)}"
            )
        matrix = draw_orthogonal(self.seed, math.prod(shape[:-1]), shape[-1])
        return (self.gain * matrix).reshape(shape).astype(dtype)

    def variance(self, shape):
        return self.gain**2 / max(math.prod(shape[:-1]), shape[-1])

    def get_config(self):
        return {**super().get_config(), "gain": self.gain}


class DeltaOrthogonal(Orthogonal):
    """An orthogonal matrix at the kernel's centre and zeros elsewhere, times a gain.

    With stride 1 and "same" padding the layer then preserves the norm of its input, up to the gain:
    Xiao et al. 2018, algorithm 1. Kernels are (k..., ic, oc) with ic <= oc; the centre of an even
    axis k is (k - 1) // 2, which "same" padding aligns with the output.

    Args:
        gain: factor of the matrix.
        seed: int, or None for one from the global generator.

    Raises:
        ValueError: on a call with a shape that is no kernel's, or with ic > oc.

    Example:
        >>> kernel = DeltaOrthogonal(seed=0)((3, 2, 4), "float64")
        >>> bool(np.allclose(kernel[1] @ kernel[1].T, np.eye(2))), int(np.count_nonzero(kernel[0]))
        (True, 0)
    """

    def __call__(self, shape, dtype="float32"):
        if not 3 <= len(shape) <= 5:
            raise ValueError(
                "expected a kernel shape (k..., ic, oc) with one to three spatial axes for"
                f" DeltaOrthogonal, received {tuple(shape)}"
            )
        *size, ic, oc = shape
        if ic > oc:
            raise ValueError(
                f"expected at least as many filters as input channels for DeltaOrthogonal, received"
                f" {ic} channels and {oc} filters; use Orthogonal or more filters"
            )
        kernel = np.zeros(shape, dtype)
        centre = tuple((k - 1) // 2 for k in size)
        kernel[centre] = self.gain * draw_orthogonal(self.seed, ic, oc)
        return kernel

    def variance(self, shape):
        return self.gain**2 / (math.prod(shape[:-2]) * shape[-1])
