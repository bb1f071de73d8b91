"""Data without neighbourhoods: the pixels of all examples moved by one permutation."""

import numpy as np


def permute_pixels(x, seed=0, channels=False):
    """The examples with their positions in another order, the same for all of them.

    What a network without convolutions can learn stays the same; neighbours do not.

    Args:
        x: (n, positions...), or (n, positions..., channels) where `channels` says so.
        seed: of the permutation: the same for training and test data.
        channels: whether the last axis holds channels, which stay together.

    Returns:
        A new array of x's shape and dtype.

    Raises:
        ValueError: x has no positions.

    Example:
        >>> x = np.arange(8).reshape(2, 4)
        >>> y = permute_pixels(x, seed=1)
        >>> (y[1] - y[0]).tolist(), sorted(y[0].tolist())
        ([4, 4, 4, 4], [0, 1, 2, 3])
    """
    x = np.asarray(x)
    if x.ndim < 2 + channels:
        raise ValueError(
            f"permute_pixels: expected examples with positions, (n, positions...), received shape "
            f"{x.shape}"
        )
    last = x.shape[-1:] if channels else ()
    flat = x.reshape(len(x), int(np.prod(x.shape[1 : x.ndim - channels])), *last)
    order = np.random.default_rng(seed).permutation(flat.shape[1])
    return flat[:, order].reshape(x.shape)
