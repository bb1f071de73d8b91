"""Convolutional sparse coding: images as sums of few kernels, found with c, h and g alone."""

import numpy as np

from pyconv import ops
from pyconv.unsupervised.banks import random_kernels


def sparse_codes(images, kernel, penalty=0.1, steps=100):
    """Sparse maps z of which the transposed convolution makes the images (Zeiler et al. 2010).

    ISTA (Beck & Teboulle 2009) on F(z) = |h(K, z) - x|^2 / 2 + penalty |z|_1:
    z <- shrink(z - c(K, h(K, z) - x) / L, penalty / L), with L the largest eigenvalue of c h, found
    by power iteration. F falls at each step. Padding is full: kernels may reach over the border.

    Args:
        images: x, (n, spatial..., channels).
        kernel: K, (spatial..., channels, filters).
        penalty: more makes the codes sparser.
        steps: number of iterations.

    Returns:
        (z, objective): z is (n, spatial + kernel - 1..., filters), float32; objective the values of
        F before the first step and after each, an array.

    Raises:
        ValueError: shapes that do not fit, or a penalty below 0.

    Example:
        >>> image = np.zeros((1, 8, 1))
        >>> image[0, 2:4, 0] = [1.0, -1.0]
        >>> kernel = np.array([1.0, -1.0]).reshape(2, 1, 1)
        >>> z, objective = sparse_codes(image, kernel, penalty=0.01, steps=500)
        >>> z.ravel().round(1) + 0.0
        array([0., 0., 0., 1., 0., 0., 0., 0., 0.], dtype=float32)
    """
    x, kernel = _checked(images, kernel, penalty)
    return _ista(x, kernel, _zero_codes(x, kernel), penalty, steps)


def learn_sparse_kernels(images, filters, kernel_size, penalty=0.1, rounds=20, steps=10, seed=0):
    """Kernels of which the images are sums with sparse codes, learned without labels.

    In turn: some steps of ISTA for the codes, and one projected gradient step for the kernels,
    K <- K - g(h(K, z) - x, z) / L_K, each filter scaled back to a norm of at most 1. The objective
    of `sparse_codes` never rises.

    Args:
        images: (n, spatial..., channels).
        filters: number of kernels.
        kernel_size: an integer, or one per spatial axis.
        penalty: more makes the codes sparser.
        rounds: how often the kernels change.
        steps: of ISTA in each round.
        seed: of the first kernels, which are random; an integer.

    Returns:
        (kernel, z, objective): the kernels (spatial..., channels, filters), the codes, and the
        objective after each round, an array.

    Raises:
        ValueError: as in `sparse_codes`.

    Example:
        >>> images = np.random.default_rng(0).normal(size=(4, 12, 12, 1))
        >>> kernel, z, objective = learn_sparse_kernels(images, 6, 5, rounds=5)
        >>> kernel.shape, z.shape, bool((np.diff(objective) <= 0).all())
        ((5, 5, 1, 6), (4, 16, 16, 6), True)
    """
    x = np.asarray(images, "float32")
    sizes = tuple(int(k) for k in np.broadcast_to(kernel_size, max(x.ndim - 2, 0)))
    x, kernel = _checked(x, random_kernels((*sizes, x.shape[-1], filters), seed), penalty)
    z = _zero_codes(x, kernel)
    objective = []
    for _ in range(rounds):
        z, _ = _ista(x, kernel, z, penalty, steps)
        kernel = _improved(x, kernel, z)
        objective.append(_objective(_decode(z, kernel, x) - x, z, penalty))
    return kernel, z, np.array(objective)


def _zero_codes(x, kernel):
    sizes = (i + k - 1 for i, k in zip(x.shape[1:-1], kernel.shape, strict=False))
    return np.zeros((len(x), *sizes, kernel.shape[-1]), "float32")


def _ista(x, kernel, z, penalty, steps):
    """`steps` steps from the codes z."""
    lipschitz = _largest_eigenvalue(
        lambda z: _encode(_decode(z, kernel, x), kernel), (1, *z.shape[1:])
    )
    residual = _decode(z, kernel, x) - x
    objective = [_objective(residual, z, penalty)]
    for _ in range(steps):
        z = ops.soft_shrink(z - _encode(residual, kernel) / lipschitz, penalty / lipschitz)
        residual = _decode(z, kernel, x) - x
        objective.append(_objective(residual, z, penalty))
    return z, np.array(objective)


def _improved(x, kernel, z):
    """The kernel after one projected gradient step."""

    def gradient(e):
        return ops.conv_kernel_gradient(e, z, kernel.shape[:-2], padding="full")

    if not z.any():
        return kernel
    curvature = _largest_eigenvalue(lambda k: gradient(_decode(z, k, x)), kernel.shape)
    kernel = kernel - gradient(_decode(z, kernel, x) - x) / curvature
    norms = np.sqrt(np.sum(kernel**2, axis=tuple(range(kernel.ndim - 1))))
    return kernel / np.maximum(norms, 1)


def _encode(x, kernel):
    return ops.conv(x, kernel, padding="full", data_format="channels_last")


def _decode(z, kernel, x):
    """h(K, z), of x's size."""
    return ops.conv_transpose(
        z, kernel, padding="full", data_format="channels_last", input_size=x.shape[1:-1]
    )


def _objective(residual, z, penalty):
    energy = np.sum(np.square(residual, dtype="float64")) / 2
    return energy + penalty * np.sum(np.abs(z), dtype="float64")


def _largest_eigenvalue(apply, shape, iterations=50):
    """Of a symmetric map without negative eigenvalues, by power iteration, 5 % added: the iteration
    approaches it from below, and a step must not be too long."""
    v = np.random.default_rng(0).standard_normal(shape).astype("float32")
    largest = 1.0
    for _ in range(iterations):
        v = apply(v / np.linalg.norm(v))
        largest = float(np.linalg.norm(v)) or 1.0
    return 1.05 * largest


def _checked(images, kernel, penalty):
    x, kernel = np.asarray(images, "float32"), np.asarray(kernel, "float32")
    if x.ndim != kernel.ndim or x.ndim < 3 or x.shape[-1] != kernel.shape[-2]:
        raise ValueError(
            "expected images (n, spatial..., channels) and a kernel (spatial..., channels, filters)"
            f", received {x.shape} and {kernel.shape}"
        )
    if penalty < 0:
        raise ValueError(f"expected `penalty` of at least 0, received {penalty!r}")
    return x, kernel
