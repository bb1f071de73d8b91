"""AlexNet (Krizhevsky, Sutskever and Hinton 2012)."""

from __future__ import annotations

from pyconv import layers
from pyconv.applications.frame import image_input, image_model, pooled


def AlexNet(  # noqa: N802 (a network's name, as Keras writes it)
    include_top=True,
    weights=None,
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    groups=1,
    dropout=0.5,
    name="alexnet",
):
    """AlexNet in one tower: five convolutions, three of them pooled, and three dense layers.

    Krizhevsky et al., "ImageNet classification with deep convolutional neural networks", 2012,
    without local response normalization. 224x224 inputs get two zeros a side, which gives the
    paper's 55x55 maps.

    Args:
        include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
            name: as in all of `pyconv.applications`.
        groups: of convolutions 2, 4 and 5; 2 as in the paper, whose halves had a GPU each.
        dropout: rate after the first two dense layers.

    Returns:
        A `Model` with 62,378,344 parameters, or 60,965,224 with groups=2.

    Raises:
        ValueError: an argument that does not fit.

    Example:
        >>> AlexNet(include_top=False, input_shape=(224, 224, 3)).output_shape
        (None, 6, 6, 256)
    """
    inputs = image_input(include_top, weights, input_tensor, input_shape, pooling, least=63)
    x = layers.Conv2D(96, 11, strides=4, padding=2, activation="relu", name="conv1")(inputs)
    x = layers.MaxPooling2D(3, strides=2, name="pool1")(x)
    x = _conv(256, 5, "conv2", groups)(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool2")(x)
    x = _conv(384, 3, "conv3")(x)
    x = _conv(384, 3, "conv4", groups)(x)
    x = _conv(256, 3, "conv5", groups)(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool5")(x)
    if not include_top:
        return image_model(inputs, pooled(x, pooling), name, weights)
    x = layers.Flatten(name="flatten")(x)
    for layer in ("fc6", "fc7"):
        x = layers.Dense(4096, activation="relu", name=layer)(x)
        x = layers.Dropout(dropout, name=f"dropout_{layer}")(x)
    x = layers.Dense(classes, activation=classifier_activation, name="predictions")(x)
    return image_model(inputs, x, name, weights)


def _conv(filters, size, name, groups=1):
    return layers.Conv2D(filters, size, padding="same", activation="relu", groups=groups, name=name)
