"""Patches of images: drawing, contrast normalization, whitening."""

import numpy as np


def sample_patches(images, size, count=10_000, seed=0):
    """Patches from random places of random images.

    Args:
        images: (n, height, width, channels).
        size: height and width of the patches, an integer or a pair.
        count: number of patches.
        seed: an integer.

    Returns:
        (count, size, size, channels), float32.

    Raises:
        ValueError: there are no images, or they are smaller than the patches.

    Example:
        >>> sample_patches(np.ones((2, 8, 8, 3)), 5, count=7).shape
        (7, 5, 5, 3)
    """
    images = np.asarray(images, "float32")
    height, width = np.broadcast_to(size, 2)
    if images.ndim != 4 or not len(images) or images.shape[1] < height or images.shape[2] < width:
        raise ValueError(
            f"expected images (n, height, width, channels) of at least {height} x {width}, received"
            f" shape {images.shape}; use smaller patches"
        )
    windows = np.lib.stride_tricks.sliding_window_view(images, (height, width), axis=(1, 2))
    rng = np.random.default_rng(seed)
    places = (rng.integers(0, size, count) for size in windows.shape[:3])
    return np.moveaxis(windows[tuple(places)], 1, -1).copy()


def normalize_patches(patches, epsilon=1e-2):
    """(x - mean(x)) / sqrt(var(x) + epsilon) for each patch x (Coates, Ng & Lee 2011).

    Args:
        patches: (count, ...).
        epsilon: as in `pyconv.layers.PatchNormalizedConv2D`, which does the same within a network.

    Returns:
        An array of the patches' shape, float32.

    Example:
        >>> normalize_patches(np.array([[1.0, 2.0, 3.0]]), epsilon=0.0).round(2)
        array([[-1.22,  0.  ,  1.22]], dtype=float32)
    """
    axes = tuple(range(1, np.ndim(patches)))
    mean = np.mean(patches, axes, keepdims=True)
    variance = np.var(patches, axes, keepdims=True)
    return ((patches - mean) / np.sqrt(variance + epsilon)).astype("float32")


def zca_whitening(patches, epsilon=0.1):
    """The whitening that changes patches least: W = V (D + epsilon)^-1/2 V^T, with the covariance
    V D V^T of the patches.

    Args:
        patches: (count, ...).
        epsilon: keeps directions of little variance small.

    Returns:
        (mean, W): of patches as vectors; (patches - mean) @ W has about unit covariance.

    Example:
        >>> x = np.random.default_rng(0).normal(size=(500, 2)) @ [[2.0, 1.0], [0.0, 1.0]]
        >>> mean, w = zca_whitening(x, epsilon=0.0)
        >>> np.cov((x - mean) @ w, rowvar=False, bias=True).round(3) + 0.0
        array([[1., 0.],
               [0., 1.]])
    """
    vectors = np.reshape(patches, (len(patches), -1)).astype("float64")
    mean = vectors.mean(axis=0)
    covariance = np.cov(vectors, rowvar=False, bias=True).reshape(len(mean), len(mean))
    values, directions = np.linalg.eigh(covariance)
    scales = 1 / np.sqrt(np.maximum(values, 0) + epsilon)
    return mean, directions * scales @ directions.T
