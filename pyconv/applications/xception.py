"""Xception (Chollet 2016)."""

from __future__ import annotations

from pyconv import layers
from pyconv.applications.frame import averaged, image_input, image_model
from pyconv.applications.imagenet import decode_predictions, preprocessing
from pyconv.applications.published import published

__all__ = ["Xception", "decode_predictions", "preprocess_input"]


def Xception(  # noqa: N802 (Keras' name)
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="xception",
):
    """Xception: separable convolutions with residual connections.

    Chollet, "Xception: deep learning with depthwise separable convolutions", 2016.

    Args:
        include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
            name: as in all of `pyconv.applications`.

    Returns:
        A `Model` with 22,910,480 parameters.

    Raises:
        ValueError: an argument that does not fit.

    Example:
        >>> Xception(weights=None, include_top=False, input_shape=(71, 71, 3)).output_shape
        (None, 3, 3, 2048)
    """
    inputs = image_input(
        include_top, weights, input_tensor, input_shape, pooling, size=299, least=71
    )
    x = _conv(inputs, 32, 2, "block1_conv1")
    x = _conv(x, 64, 1, "block1_conv2")
    x = _halved(x, 128, 128, 2, active=False)
    x = _halved(x, 256, 256, 3)
    x = _halved(x, 728, 728, 4)
    for block in range(5, 13):
        x = _middle(x, block)
    x = _halved(x, 728, 1024, 13)
    for i, filters in enumerate((1536, 2048), 1):
        x = _relu(_separable(x, filters, f"block14_sepconv{i}"), f"block14_sepconv{i}")
    x = averaged(x, include_top, pooling, classes, classifier_activation)
    return image_model(inputs, x, name, weights, published("xception", include_top))


def _conv(x, filters, stride, name):
    x = layers.Conv2D(filters, 3, strides=stride, use_bias=False, name=name)(x)
    return _relu(layers.BatchNormalization(name=f"{name}_bn")(x), name)


def _halved(x, first, last, block, active=True):
    """Two separable convolutions and pooling, added to a projection of x, both half as large."""
    shortcut = layers.Conv2D(last, 1, strides=2, padding="same", use_bias=False)(x)
    shortcut = layers.BatchNormalization()(shortcut)
    x = _relu(x, f"block{block}_sepconv1") if active else x
    x = _separable(x, first, f"block{block}_sepconv1")
    x = _separable(_relu(x, f"block{block}_sepconv2"), last, f"block{block}_sepconv2")
    x = layers.MaxPooling2D(3, strides=2, padding="same", name=f"block{block}_pool")(x)
    return layers.add([x, shortcut])


def _middle(x, block):
    """x and three separable convolutions of it, added."""
    y = x
    for i in (1, 2, 3):
        name = f"block{block}_sepconv{i}"
        y = _separable(_relu(y, name), 728, name)
    return layers.add([y, x])


def _separable(x, filters, name):
    x = layers.SeparableConv2D(filters, 3, padding="same", use_bias=False, name=name)(x)
    return layers.BatchNormalization(name=f"{name}_bn")(x)


def _relu(x, name):
    return layers.Activation("relu", name=f"{name}_act")(x)


preprocess_input = preprocessing("Xception", "tf")
