"""Inception v3 (Szegedy et al. 2015)."""

from __future__ import annotations

from pyconv import layers
from pyconv.applications.frame import averaged, image_input, image_model
from pyconv.applications.imagenet import decode_predictions, preprocessing
from pyconv.applications.published import published

__all__ = ["InceptionV3", "decode_predictions", "preprocess_input"]


def InceptionV3(  # noqa: N802 (Keras' name)
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="inception_v3",
):
    """Inception v3: blocks of parallel branches, large kernels as products of small ones.

    Szegedy et al., "Rethinking the Inception architecture for computer vision", 2015.

    Args:
        include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
            name: as in all of `pyconv.applications`.

    Returns:
        A `Model` with 23,851,784 parameters.

    Raises:
        ValueError: an argument that does not fit.

    Example:
        >>> InceptionV3(weights=None, include_top=False, input_shape=(75, 75, 3)).output_shape
        (None, 1, 1, 2048)
    """
    inputs = image_input(
        include_top, weights, input_tensor, input_shape, pooling, size=299, least=75
    )
    x = stem(inputs)
    for i, filters in enumerate((32, 64, 64)):
        x = _block_35(x, filters, f"mixed{i}")
    x = _reduce_35(x)
    for i, filters in enumerate((128, 160, 160, 192), 4):
        x = _block_17(x, filters, f"mixed{i}")
    x = _reduce_17(x)
    for i in range(2):
        x = _block_8(x, i)
    x = averaged(x, include_top, pooling, classes, classifier_activation)
    return image_model(inputs, x, name, weights, published("inception_v3", include_top))


def stem(x):
    """Five convolutions, and an eighth of the size."""
    x = conv(x, 32, 3, strides=2, padding="valid")
    x = conv(x, 32, 3, padding="valid")
    x = layers.MaxPooling2D(3, strides=2)(conv(x, 64, 3))
    x = conv(x, 80, 1, padding="valid")
    return layers.MaxPooling2D(3, strides=2)(conv(x, 192, 3, padding="valid"))


def _block_35(x, filters, name):
    """1x1; 5x5; 3x3 twice; pooling; on maps of 35x35."""
    one = conv(x, 64, 1)
    five = conv(conv(x, 48, 1), 64, 5)
    three = conv(conv(conv(x, 64, 1), 96, 3), 96, 3)
    return layers.Concatenate(name=name)([one, five, three, pooled_conv(x, filters)])


def _reduce_35(x):
    three = conv(x, 384, 3, strides=2, padding="valid")
    twice = conv(conv(conv(x, 64, 1), 96, 3), 96, 3, strides=2, padding="valid")
    return layers.Concatenate(name="mixed3")([three, twice, layers.MaxPooling2D(3, strides=2)(x)])


def _block_17(x, filters, name):
    """1x1; 7x7 as 1x7 and 7x1, once and twice; pooling; on maps of 17x17."""
    one = conv(x, 192, 1)
    seven = _chain(x, (filters, 1), (filters, (1, 7)), (192, (7, 1)))
    column, row = (filters, (7, 1)), (filters, (1, 7))
    twice = _chain(x, (filters, 1), column, row, column, (192, (1, 7)))
    return layers.Concatenate(name=name)([one, seven, twice, pooled_conv(x, 192)])


def _reduce_17(x):
    three = conv(conv(x, 192, 1), 320, 3, strides=2, padding="valid")
    seven = _chain(x, (192, 1), (192, (1, 7)), (192, (7, 1)))
    seven = conv(seven, 192, 3, strides=2, padding="valid")
    return layers.Concatenate(name="mixed8")([three, seven, layers.MaxPooling2D(3, strides=2)(x)])


def _block_8(x, i):
    """1x1; 3x3 as 1x3 beside 3x1, after 1x1 and after 3x3; pooling; on maps of 8x8."""
    one = conv(x, 320, 1)
    three = _beside(conv(x, 384, 1), f"mixed9_{i}")
    twice = _beside(conv(conv(x, 448, 1), 384, 3), None)
    return layers.Concatenate(name=f"mixed{9 + i}")([one, three, twice, pooled_conv(x, 192)])


def _beside(x, name):
    return layers.Concatenate(name=name)([conv(x, 384, (1, 3)), conv(x, 384, (3, 1))])


def pooled_conv(x, filters):
    """Average pooling, then a 1x1 convolution."""
    return conv(layers.AveragePooling2D(3, strides=1, padding="same")(x), filters, 1)


def _chain(x, *convolutions):
    for filters, size in convolutions:
        x = conv(x, filters, size)
    return x


def conv(x, filters, size, strides=1, padding="same", name=None):
    """A convolution, batch normalization without a scale, and ReLU."""
    names = [name and f"{name}{end}" for end in ("", "_bn", "_ac")]
    x = layers.Conv2D(
        filters, size, strides=strides, padding=padding, use_bias=False, name=names[0]
    )(x)
    x = layers.BatchNormalization(scale=False, name=names[1])(x)
    return layers.Activation("relu", name=names[2])(x)


preprocess_input = preprocessing("Inception v3", "tf")
