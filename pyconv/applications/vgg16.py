"""VGG-16 (Simonyan and Zisserman 2014), and what VGG-19 shares with it."""

from __future__ import annotations

from pyconv import layers
from pyconv.applications.frame import image_input, image_model, pooled
from pyconv.applications.imagenet import decode_predictions, preprocessing
from pyconv.applications.published import published

__all__ = ["VGG16", "decode_predictions", "preprocess_input"]

FILTERS = (64, 128, 256, 512, 512)  # of each block


def VGG16(  # noqa: N802 (Keras' name)
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="vgg16",
):
    """VGG-16: 13 convolutions of 3x3 in five blocks, and three dense layers.

    Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition",
    2014.

    Args:
        include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
            name: as in all of `pyconv.applications`.

    Returns:
        A `Model` with 138,357,544 parameters.

    Raises:
        ValueError: an argument that does not fit.

    Example:
        >>> VGG16(weights=None, include_top=False).count_params()
        14714688
    """
    inputs = image_input(include_top, weights, input_tensor, input_shape, pooling)
    x = blocks(inputs, (2, 2, 3, 3, 3))
    x = dense_top(x, classes, classifier_activation) if include_top else pooled(x, pooling)
    return image_model(inputs, x, name, weights, published("vgg16", include_top))


def blocks(x, repeats):
    """Blocks of so many convolutions, each pooled at its end."""
    for block, (filters, count) in enumerate(zip(FILTERS, repeats, strict=True), 1):
        for i in range(1, count + 1):
            conv = f"block{block}_conv{i}"
            x = layers.Conv2D(filters, 3, activation="relu", padding="same", name=conv)(x)
        x = layers.MaxPooling2D(2, strides=2, name=f"block{block}_pool")(x)
    return x


def dense_top(x, classes, classifier_activation):
    """The three dense layers."""
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(4096, activation="relu", name="fc1")(x)
    x = layers.Dense(4096, activation="relu", name="fc2")(x)
    return layers.Dense(classes, activation=classifier_activation, name="predictions")(x)


preprocess_input = preprocessing("VGG", "caffe")
