"""Densely connected networks (Huang, Liu, van der Maaten and Weinberger 2016)."""

from __future__ import annotations

from pyconv import layers
from pyconv.applications.frame import averaged, image_input, image_model
from pyconv.applications.imagenet import decode_predictions, preprocessing
from pyconv.applications.published import published
from pyconv.applications.resnet import ENDS, EPSILON, relu

__all__ = ["DenseNet121", "DenseNet169", "DenseNet201", "decode_predictions", "preprocess_input"]

GROWTH = 32  # channels that a layer adds


def DenseNet121(  # noqa: N802 (Keras' name)
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="densenet121",
):
    """DenseNet-121: four blocks in which every layer reads all layers before it.

    Huang et al., "Densely connected convolutional networks", 2016.

    Args:
        include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
            name: as in all of `pyconv.applications`.

    Returns:
        A `Model` with 8,062,504 parameters.

    Raises:
        ValueError: an argument that does not fit.

    Example:
        >>> DenseNet121(weights=None, include_top=False, input_shape=(32, 32, 3)).output_shape
        (None, 1, 1, 1024)
    """
    return _densenet("densenet121", (6, 12, 24, 16), **locals())


def DenseNet169(  # noqa: N802
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="densenet169",
):
    """DenseNet-169: `DenseNet121` with 32 layers in each of the last blocks."""
    return _densenet("densenet169", (6, 12, 32, 32), **locals())


def DenseNet201(  # noqa: N802
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="densenet201",
):
    """DenseNet-201: `DenseNet121` with 48 and 32 layers in the last blocks."""
    return _densenet("densenet201", (6, 12, 48, 32), **locals())


def _densenet(
    network,
    repeats,
    include_top,
    weights,
    input_tensor,
    input_shape,
    pooling,
    classes,
    classifier_activation,
    name,
):
    inputs = image_input(include_top, weights, input_tensor, input_shape, pooling)
    x = layers.ZeroPadding2D(3)(inputs)
    x = relu(layers.Conv2D(64, 7, strides=2, use_bias=False, name="conv1_conv")(x), "conv1")
    x = layers.MaxPooling2D(3, strides=2, name="pool1")(layers.ZeroPadding2D(1)(x))
    for stage, count in enumerate(repeats, 2):
        for layer in range(1, count + 1):
            x = _layer(x, f"conv{stage}_block{layer}")
        if stage < 5:
            x = _transition(x, f"pool{stage}")
    x = layers.BatchNormalization(epsilon=EPSILON, name="bn")(x)
    x = layers.Activation("relu", name="relu")(x)
    x = averaged(x, include_top, pooling, classes, classifier_activation, ENDS)
    return image_model(inputs, x, name, weights, published(network, include_top))


def _layer(x, name):
    """x and, beside it, `GROWTH` channels made of it."""
    y = relu(x, f"{name}_0")
    y = layers.Conv2D(4 * GROWTH, 1, use_bias=False, name=f"{name}_1_conv")(y)
    y = relu(y, f"{name}_1")
    y = layers.Conv2D(GROWTH, 3, padding="same", use_bias=False, name=f"{name}_2_conv")(y)
    return layers.Concatenate(name=f"{name}_concat")([x, y])


def _transition(x, name):
    """Half the channels, half the size."""
    x = relu(x, name)
    x = layers.Conv2D(x.shape[-1] // 2, 1, use_bias=False, name=f"{name}_conv")(x)
    return layers.AveragePooling2D(2, strides=2, name=f"{name}_pool")(x)


preprocess_input = preprocessing("DenseNet", "torch")
