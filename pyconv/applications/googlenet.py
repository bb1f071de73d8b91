"""GoogLeNet (Szegedy et al. 2014)."""

from __future__ import annotations

from pyconv import layers
from pyconv.applications.frame import averaged, image_input, image_model

#: Filters of each Inception block: 1x1; 3x3 and what it is reduced to before; 5x5 likewise;
#: after pooling. None is a pooling layer.
BLOCKS = (
    *((64, 96, 128, 16, 32, 32), (128, 128, 192, 32, 96, 64), None),
    *((192, 96, 208, 16, 48, 64), (160, 112, 224, 24, 64, 64), (128, 128, 256, 24, 64, 64)),
    *((112, 144, 288, 32, 64, 64), (256, 160, 320, 32, 128, 128), None),
    *((256, 160, 320, 32, 128, 128), (384, 192, 384, 48, 128, 128)),
)
NAMES = ("3a", "3b", "pool3", "4a", "4b", "4c", "4d", "4e", "pool4", "5a", "5b")


def GoogLeNet(  # noqa: N802 (a network's name, as Keras writes it)
    include_top=True,
    weights=None,
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="googlenet",
):
    """GoogLeNet, the first Inception network, without its auxiliary classifiers.

    Szegedy et al., "Going deeper with convolutions", 2014; without local response normalization,
    and without dropout before the classifier.

    Args:
        include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
            name: as in all of `pyconv.applications`.

    Returns:
        A `Model` with 6,998,552 parameters.

    Raises:
        ValueError: an argument that does not fit.

    Example:
        >>> GoogLeNet().count_params()
        6998552
    """
    inputs = image_input(include_top, weights, input_tensor, input_shape, pooling)
    x = _pool(_conv(inputs, 64, 7, "conv1", strides=2), "pool1")
    x = _conv(_conv(x, 64, 1, "conv2_reduce"), 192, 3, "conv2")
    x = _pool(x, "pool2")
    for block, filters in zip(NAMES, BLOCKS, strict=True):
        x = _pool(x, block) if filters is None else _inception(x, *filters, f"inception_{block}")
    x = averaged(x, include_top, pooling, classes, classifier_activation)
    return image_model(inputs, x, name, weights)


def _inception(x, one, reduced3, three, reduced5, five, pooled, name):
    """1x1; 1x1 and 3x3; 1x1 and 5x5; pooling and 1x1; side by side."""
    beside = layers.MaxPooling2D(3, strides=1, padding="same", name=f"{name}_pool")(x)
    branches = [
        _conv(x, one, 1, f"{name}_1x1"),
        _conv(_conv(x, reduced3, 1, f"{name}_3x3_reduce"), three, 3, f"{name}_3x3"),
        _conv(_conv(x, reduced5, 1, f"{name}_5x5_reduce"), five, 5, f"{name}_5x5"),
        _conv(beside, pooled, 1, f"{name}_pool_proj"),
    ]
    return layers.Concatenate(name=f"{name}_output")(branches)


def _conv(x, filters, size, name, strides=1):
    return layers.Conv2D(
        filters, size, strides=strides, padding="same", activation="relu", name=name
    )(x)


def _pool(x, name):
    return layers.MaxPooling2D(3, strides=2, padding="same", name=name)(x)
