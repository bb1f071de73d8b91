"""Network in network (Lin, Chen and Yan 2013)."""

from __future__ import annotations

from pyconv import layers
from pyconv.applications.frame import image_input, image_model, pooled


def NetworkInNetwork(  # noqa: N802 (a network's name, as Keras writes it)
    include_top=True,
    weights=None,
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=10,
    classifier_activation="softmax",
    dropout=0.5,
    name="network_in_network",
):
    """Network in network for 32x32 images: 1x1 convolutions in pairs, averaged for each class.

    Lin et al., "Network in network", 2013.

    Args:
        include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
            name: as in all of `pyconv.applications`.
        dropout: rate after each of the first two blocks.

    Returns:
        A `Model` with 966,986 parameters.

    Raises:
        ValueError: an argument that does not fit.

    Example:
        >>> NetworkInNetwork().count_params()
        966986
    """
    inputs = image_input(include_top, weights, input_tensor, input_shape, pooling, size=32, least=8)
    x = _block(inputs, 5, (192, 160, 96), "block1")
    x = layers.MaxPooling2D(3, strides=2, padding="same", name="pool1")(x)
    x = _block(layers.Dropout(dropout)(x), 5, (192, 192, 192), "block2")
    x = layers.AveragePooling2D(3, strides=2, padding="same", name="pool2")(x)
    last = (192, 192, classes) if include_top else (192, 192)
    x = _block(layers.Dropout(dropout)(x), 3, last, "block3")
    if not include_top:
        return image_model(inputs, pooled(x, pooling), name, weights)
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    return image_model(
        inputs, layers.Activation(classifier_activation, name="predictions")(x), name
    )


def _block(x, size, filters, name):
    """A convolution, then 1x1 convolutions: a small network at each pixel."""
    for i, count in enumerate(filters, 1):
        x = layers.Conv2D(
            count, size if i == 1 else 1, padding="same", activation="relu", name=f"{name}_conv{i}"
        )(x)
    return x
