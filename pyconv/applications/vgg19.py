"""VGG-19 (Simonyan and Zisserman 2014)."""

from __future__ import annotations

from pyconv.applications.frame import image_input, image_model, pooled
from pyconv.applications.published import published
from pyconv.applications.vgg16 import blocks, decode_predictions, dense_top, preprocess_input

__all__ = ["VGG19", "decode_predictions", "preprocess_input"]


def VGG19(  # noqa: N802 (Keras' name)
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="vgg19",
):
    """VGG-19: 16 convolutions of 3x3 in five blocks, and three dense layers.

    Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition",
    2014.

    Args:
        include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
            name: as in all of `pyconv.applications`.

    Returns:
        A `Model` with 143,667,240 parameters.

    Raises:
        ValueError: an argument that does not fit.

    Example:
        >>> VGG19(weights=None, include_top=False, pooling="avg").output_shape
        (None, 512)
    """
    inputs = image_input(include_top, weights, input_tensor, input_shape, pooling)
    x = blocks(inputs, (2, 2, 4, 4, 4))
    x = dense_top(x, classes, classifier_activation) if include_top else pooled(x, pooling)
    return image_model(inputs, x, name, weights, published("vgg19", include_top))
