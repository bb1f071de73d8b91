"""k-means centroids of patches as kernels."""

import numpy as np

from pyconv.layers import Input, MaxPooling2D, PatchNormalizedConv2D
from pyconv.models import Sequential
from pyconv.unsupervised.patches import normalize_patches, sample_patches, zca_whitening


def kmeans_conv(
    images,
    filters,
    kernel_size,
    threshold=0.5,
    patches=10_000,
    epsilon=1e-2,
    whitening=0.1,
    seed=0,
    **kwargs,
):
    """A convolution whose filters are the k-means centroids of an image set's patches.

    Patches are normalized, whitened by ZCA and clustered; with the whitened patch z and the
    centroids c_k of norm 1 the layer responds max(0, c_k . z - threshold) (Coates & Ng 2011, soft
    threshold). Whitening is folded into kernel and bias: c . W (p - m) = (W c) . p - (W c) . m.

    Args:
        images: (n, height, width, channels).
        filters: number of centroids.
        kernel_size: an integer or a pair.
        threshold: more makes responses sparser.
        patches: number of patches that are clustered.
        epsilon: of the contrast normalization, in squared units of the images.
        whitening: of `zca_whitening`.
        seed: an integer.
        **kwargs: of the layer: `padding`, `strides`, `name`.

    Returns:
        A `PatchNormalizedConv2D`, not trainable.

    Raises:
        ValueError: images smaller than patches, or fewer patches than filters.

    Example:
        >>> images = np.random.default_rng(0).uniform(size=(20, 8, 8, 1))
        >>> layer = kmeans_conv(images, filters=4, kernel_size=3, patches=200)
        >>> layer(images).shape
        (20, 6, 6, 4)
    """
    if patches < filters:
        raise ValueError(f"expected at least {filters} `patches`, one a filter, received {patches}")
    found = normalize_patches(sample_patches(images, kernel_size, patches, seed), epsilon)
    mean, w = zca_whitening(found, whitening)
    kernel = w @ _centroids((found.reshape(patches, -1) - mean) @ w, filters, seed)
    return PatchNormalizedConv2D(
        filters,
        kernel_size,
        epsilon=epsilon,
        activation="relu",
        kernel_initializer=kernel.reshape(*found.shape[1:], filters),
        bias_initializer=-mean @ kernel - threshold,
        trainable=False,
        **kwargs,
    )


def stacked_kmeans(images, stages, pool_size=2, seed=0, **kwargs):
    """A network of k-means layers, each clustered on what those before it make of the images.

    Args:
        images: (n, height, width, channels).
        stages: (filters, kernel_size) of each layer; max pooling stands between two.
        pool_size: of the pooling.
        seed: an integer.
        **kwargs: as in `kmeans_conv`.

    Returns:
        A `Sequential` that ends with the last layer's maps.

    Raises:
        ValueError: as in `kmeans_conv`; there are no stages.

    Example:
        >>> images = np.random.default_rng(0).uniform(size=(20, 12, 12, 1))
        >>> model = stacked_kmeans(images, [(4, 3), (6, 3)], patches=300)
        >>> model.output_shape
        (None, 3, 3, 6)
    """
    if not stages:
        raise ValueError("expected `stages` as (filters, kernel_size), received none")
    images = np.asarray(images, "float32")
    model = Sequential([Input(images.shape[1:])])
    maps = images
    for i, (filters, kernel_size) in enumerate(stages):
        if i > 0:
            model.add(MaxPooling2D(pool_size))
            maps = model.predict(images, verbose=0)
        model.add(kmeans_conv(maps, filters, kernel_size, seed=seed, **kwargs))
    return model


def _centroids(vectors, count, seed):
    """Centroids of norm 1 as columns."""
    from sklearn.cluster import KMeans

    found = KMeans(count, n_init=1, max_iter=100, random_state=seed).fit(vectors)
    centroids = found.cluster_centers_
    norms = np.linalg.norm(centroids, axis=1, keepdims=True)
    return (centroids / np.where(norms == 0, 1, norms)).T
