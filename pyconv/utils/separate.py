"""Which kernels are outer products of vectors, one for each spatial axis."""

import numpy as np


def separate_kernel(kernel, tolerance=1e-6):
    """The factors of separable kernels: K[m, n, l, i] = u[m, l, i] v[n, l, i] (Goodfellow et al.,
    section 9.8).

    Args:
        kernel: (spatial..., channels, filters).
        tolerance: how much of a kernel's norm a further term may have.

    Returns:
        An array (size, channels, filters) for each spatial axis, or None where the kernel of some
        pair of channels is not an outer product.

    Raises:
        ValueError: `kernel` has no spatial axis.

    Example:
        >>> import numpy as np
        >>> sobel = np.outer([1, 2, 1], [1, 0, -1]).reshape(3, 3, 1, 1)
        >>> u, v = separate_kernel(sobel)
        >>> bool(np.allclose(np.outer(u, v), sobel[:, :, 0, 0]))
        True
    """
    kernel = np.asarray(kernel, np.float64)
    if kernel.ndim < 3:
        raise ValueError(
            f"kernel: expected (spatial..., channels, filters), received shape {kernel.shape}"
        )
    *sizes, channels, filters = kernel.shape
    pairs = kernel.reshape(*sizes, -1)
    factored = [_factors(pairs[..., p], tolerance) for p in range(pairs.shape[-1])]
    if any(factors is None for factors in factored):
        return None
    columns = (np.stack(vectors, axis=-1) for vectors in zip(*factored, strict=True))
    return [column.reshape(-1, channels, filters) for column in columns]


def is_separable(kernel, tolerance=1e-6) -> bool:
    """Whether the kernel of each pair of channels is an outer product of vectors, so that 1-D
    convolutions can replace it; arguments as in `separate_kernel`.

    Example:
        >>> import numpy as np
        >>> is_separable(np.ones((3, 3, 1, 1))), is_separable(np.eye(3).reshape(3, 3, 1, 1))
        (True, False)
    """
    return separate_kernel(kernel, tolerance) is not None


def _factors(kernel: np.ndarray, tolerance: float) -> list[np.ndarray] | None:
    """Vectors whose outer product is the array: split off one axis at a time, at rank 1."""
    factors = []
    while kernel.ndim > 1:
        u, s, vt = np.linalg.svd(kernel.reshape(len(kernel), -1), full_matrices=False)
        if np.sqrt(np.sum(s[1:] ** 2)) > tolerance * s[0]:
            return None
        factors.append(u[:, 0] * np.sqrt(s[0]))
        kernel = (vt[0] * np.sqrt(s[0])).reshape(kernel.shape[1:])
    return [*factors, kernel]
