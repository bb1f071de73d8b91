"""The deconvolution network for segmentation (Noh, Hong and Han 2015), and what becomes of its
maps."""

from __future__ import annotations

import numpy as np

from pyconv import layers
from pyconv.applications.frame import image_input, image_model
from pyconv.applications.vgg16 import FILTERS
from pyconv.utils.arguments import whole

REPEATS = (2, 2, 3, 3, 3)  # convolutions of each block of VGG-16


def DeconvolutionNetwork(  # noqa: N802 (a network's name, as Keras writes it)
    weights=None,
    input_tensor=None,
    input_shape=None,
    classes=21,
    classifier_activation="softmax",
    filters=FILTERS,
    dense_filters=4096,
    name="deconvolution_network",
):
    """VGG-16's convolutions, and their mirror image: unpooling and transposed convolutions.

    Noh et al., "Learning deconvolution network for semantic segmentation", 2015. Unpooling puts
    each maximum back where the pooling of its size found it. Batch normalization and ReLU follow
    every convolution.

    Args:
        weights, input_tensor, classifier_activation, name: as in all of `pyconv.applications`.
        input_shape: (height, width, channels), multiples of 32; by default (224, 224, 3).
        classes: number of classes of a pixel; 0 is the background.
        filters: channels of each block.
        dense_filters: channels in the middle, where maps are one pixel.

    Returns:
        A `Model` from images to (height, width, classes), with 251,839,061 parameters.

    Raises:
        ValueError: an argument that does not fit.

    Example:
        >>> small = {"filters": (4, 4, 8, 8, 8), "dense_filters": 16}
        >>> DeconvolutionNetwork(input_shape=(64, 64, 3), **small).output_shape
        (None, 64, 64, 21)
    """
    inputs = image_input(True, weights, input_tensor, input_shape, None)
    if any(size % 32 for size in inputs.shape[1:3]):
        raise ValueError(
            f"input_shape: expected a height and a width that 32 divides, received {inputs.shape}"
        )
    x, indices = inputs, []
    for block, (count, repeats) in enumerate(zip(filters, REPEATS, strict=True), 1):
        for i in range(1, repeats + 1):
            x = _normalized(layers.Conv2D, x, count, 3, "same", f"conv{block}_{i}")
        x, where = layers.MaxPoolingWithIndices2D(2, name=f"pool{block}")(x)
        indices.append(where)
    x = _middle(x, dense_filters)
    for block in range(len(filters), 0, -1):
        x = layers.MaxUnpooling2D(2, name=f"unpool{block}")([x, indices[block - 1]])
        for i in range(1, REPEATS[block - 1] + 1):
            last = i == REPEATS[block - 1]
            count = filters[max(block - 2, 0)] if last else filters[block - 1]
            x = _normalized(layers.Conv2DTranspose, x, count, 3, "same", f"deconv{block}_{i}")
    x = layers.Conv2D(classes, 1, activation=classifier_activation, name="predictions")(x)
    return image_model(inputs, x, name, weights)


def _middle(x, filters):
    """To one pixel and back."""
    size, channels = x.shape[1:3], x.shape[-1]
    x = _normalized(layers.Conv2D, x, filters, size, "valid", "fc6")
    x = _normalized(layers.Conv2D, x, filters, 1, "valid", "fc7")
    return _normalized(layers.Conv2DTranspose, x, channels, size, "valid", "deconv_fc6")


def _normalized(layer, x, filters, kernel, padding, name):
    """A convolution or its transpose, batch normalization and ReLU."""
    x = layer(filters, kernel, padding=padding, name=name)(x)
    x = layers.BatchNormalization(name=f"{name}_bn")(x)
    return layers.Activation("relu", name=f"{name}_relu")(x)


def combine_class_maps(probabilities, least_share=0.01, smoothing=5, threshold=0.5, background=0):
    """One class for each pixel, of maps of class probabilities: coherent regions, best class first.

    Again and again the class that has most of the probability on the pixels not yet taken gets its
    region: the connected pixels where its smoothed probability is at least `threshold` of the
    largest. It ends when no class has a region of `least_share` of the image; what is left is
    background (Prince, "Understanding deep learning", 2023, section 10.5.3).

    Args:
        probabilities: (height, width, classes), from 0 to 1.
        least_share: part of the image that a region needs at least.
        smoothing: width, in pixels, of the square that probabilities are averaged over.
        threshold: part of the largest class's probability that a pixel of a region has at least.
        background: the class of what is left; it gets no regions of its own.

    Returns:
        An int32 array (height, width) of classes.

    Raises:
        ValueError: another shape, or an even width.
        ImportError: SciPy is not installed.

    Example:
        >>> maps = np.zeros((6, 6, 3))
        >>> maps[..., 0], maps[:, :3, 2], maps[0, 5, 1] = 0.2, 0.8, 0.9
        >>> combine_class_maps(maps, least_share=0.1, smoothing=1)[2].tolist()
        [2, 2, 2, 0, 0, 0]
    """
    maps = np.asarray(probabilities, "float64")
    if maps.ndim != 3 or maps.shape[2] < 2:
        raise ValueError(
            f"probabilities: expected (height, width, classes), received shape {maps.shape}"
        )
    if whole(smoothing, "smoothing") % 2 == 0:
        raise ValueError(f"smoothing: expected an odd width, received {smoothing}")
    maps = _smoothed(maps, smoothing)
    likely = maps >= threshold * maps.max(axis=2, keepdims=True)
    result = np.full(maps.shape[:2], background, np.int32)
    free = np.ones(maps.shape[:2], bool)
    left = [c for c in range(maps.shape[2]) if c != background]
    while left:
        best = max(left, key=lambda c: maps[..., c][free].sum())
        left.remove(best)
        wins = maps[..., best] >= maps[..., [*left, background]].max(axis=2)
        region = _large_parts(free & wins & likely[..., best], least_share * free.size)
        if not region.any():
            continue
        result[region] = best
        free &= ~region
    return result


def _smoothed(maps, width):
    """Averages over squares, the border repeated."""
    half = width // 2
    padded = np.pad(maps, ((half, half), (half, half), (0, 0)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (width, width), axis=(0, 1))
    return windows.mean(axis=(-2, -1))


def _large_parts(mask, least):
    """The connected parts of at least so many pixels."""
    try:
        from scipy import ndimage
    except ImportError as error:
        raise ImportError(
            'expected SciPy for connected regions: pip install "pyconv[linalg]"'
        ) from error
    parts, _ = ndimage.label(mask)
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    return (sizes >= max(least, 1))[parts]
