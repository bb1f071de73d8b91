"""Which units have learned which concepts."""

import numpy as np

from pyconv import ops
from pyconv.interpret.probe import batch, up_to


def dissect(model, x, concepts, layer=None, quantile=0.005):
    """How well each channel finds each concept: network dissection (Bau et al. 2017).

    Channel k is "on" where its map, interpolated to the masks' size, is above the threshold T_k
    that a share `quantile` of its values exceeds. The score of k for c is the intersection over
    union |on_k and mask_c| / |on_k or mask_c|, counted over all images.

    Args:
        model: a model with one input.
        x: images (n, height, width, channels).
        concepts: dict from a concept's name to its masks (n, height, width), true where it is.
        layer: whose maps are taken; see `pyconv.interpret`.
        quantile: the share of positions at which a channel is on.

    Returns:
        (scores, thresholds): arrays (channels, concepts) and (channels,).

    Raises:
        ValueError: the layer gives no maps, or masks do not fit x.

    Example:
        >>> from pyconv import Input, Sequential, layers
        >>> model = Sequential([Input((4, 4, 2)), layers.Activation("linear")])
        >>> x = np.random.default_rng(0).uniform(size=(8, 4, 4, 2))
        >>> bright = x[..., 0] > np.quantile(x[..., 0], 0.75)
        >>> dissect(model, x, {"red": bright}, quantile=0.25)[0].round(1)
        array([[1. ],
               [0.1]])
    """
    part = up_to(model, layer)
    x = batch(part, x)
    masks = {name: _mask(name, mask, x) for name, mask in concepts.items()}
    maps = part.predict(x, batch_size=64, verbose=0)
    if maps.ndim != 4:
        raise ValueError(
            f"dissect: expected a layer with maps (n, height, width, channels), received outputs "
            f"of shape {maps.shape}; choose another `layer`"
        )
    thresholds = np.quantile(maps, 1 - quantile, axis=(0, 1, 2))
    scores = np.zeros((maps.shape[-1], len(masks)))
    for k, threshold in enumerate(thresholds):
        on = interpolated(maps[..., k], x.shape[1:3]) > threshold
        scores[k] = [_overlap(on, mask) for mask in masks.values()]
    return scores, thresholds


def _mask(name, mask, x):
    mask = np.asarray(mask, bool)
    if mask.shape != x.shape[:-1]:
        raise ValueError(
            f"concepts: expected masks {x.shape[:-1]}, as many and as large as the images, received"
            f" {mask.shape} for {name!r}"
        )
    return mask


def _overlap(on, mask):
    union = np.count_nonzero(on | mask)
    return np.count_nonzero(on & mask) / union if union else 0.0


def interpolated(maps, size):
    """Maps (n, height, width) in another size, bilinearly."""
    return ops.resize(maps[..., None], size)[..., 0]
