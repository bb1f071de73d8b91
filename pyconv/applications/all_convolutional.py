"""The all-convolutional network (Springenberg et al. 2014)."""

from __future__ import annotations

from pyconv import layers
from pyconv.applications.frame import image_input, image_model, pooled

#: Filters, kernel size and stride of the convolutions ahead of the classifier.
LAYERS = (
    *((96, 3, 1), (96, 3, 1), (96, 3, 2)),
    *((192, 3, 1), (192, 3, 1), (192, 3, 2)),
    *((192, 3, 1), (192, 1, 1)),
)


def AllConvolutional(  # noqa: N802 (a network's name, as Keras writes it)
    include_top=True,
    weights=None,
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=10,
    classifier_activation="softmax",
    dropout=0.5,
    name="all_convolutional",
):
    """All-CNN-C for 32x32 images: strides do what pooling did.

    Springenberg et al., "Striving for simplicity: the all convolutional net", 2014.

    Args:
        include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
            name: as in all of `pyconv.applications`.
        dropout: rate after each convolution of stride 2.

    Returns:
        A `Model` with 1,369,738 parameters.

    Raises:
        ValueError: an argument that does not fit.

    Example:
        >>> AllConvolutional().count_params()
        1369738
    """
    inputs = x = image_input(
        include_top, weights, input_tensor, input_shape, pooling, size=32, least=8
    )
    for i, (filters, size, stride) in enumerate(LAYERS, 1):
        x = _conv(filters, size, stride, f"conv{i}")(x)
        x = layers.Dropout(dropout, name=f"dropout{i}")(x) if stride == 2 else x
    if not include_top:
        return image_model(inputs, pooled(x, pooling), name, weights)
    x = _conv(classes, 1, 1, "conv_preds")(x)
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    return image_model(
        inputs, layers.Activation(classifier_activation, name="predictions")(x), name
    )


def _conv(filters, size, stride, name):
    return layers.Conv2D(
        filters, size, strides=stride, padding="same", activation="relu", name=name
    )
