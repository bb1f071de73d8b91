"""SqueezeNet (Iandola et al. 2016)."""

from __future__ import annotations

from pyconv import layers
from pyconv.applications.frame import image_input, image_model, pooled

#: Squeezed and expanded channels of each fire module; None is a pooling layer.
MODULES = ((16, 64), (16, 64), (32, 128), None, (32, 128), (48, 192), (48, 192), (64, 256), None)


def SqueezeNet(  # noqa: N802 (a network's name, as Keras writes it)
    include_top=True,
    weights=None,
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    dropout=0.5,
    name="squeezenet",
):
    """SqueezeNet 1.0: fire modules, which squeeze channels and expand them again.

    Iandola et al., "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model
    size", 2016.

    Args:
        include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
            name: as in all of `pyconv.applications`.
        dropout: rate before the classifier.

    Returns:
        A `Model` with 1,248,424 parameters.

    Raises:
        ValueError: an argument that does not fit.

    Example:
        >>> SqueezeNet().count_params()
        1248424
    """
    inputs = image_input(include_top, weights, input_tensor, input_shape, pooling)
    x = layers.Conv2D(96, 7, strides=2, activation="relu", name="conv1")(inputs)
    x = _pool(x, "pool1")
    for i, channels in enumerate((*MODULES, (64, 256)), 2):
        x = _pool(x, f"pool{i}") if channels is None else _fire(x, *channels, f"fire{i}")
    if not include_top:
        return image_model(inputs, pooled(x, pooling), name, weights)
    x = layers.Dropout(dropout, name="dropout")(x)
    x = layers.Conv2D(classes, 1, activation="relu", name="conv10")(x)
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    return image_model(
        inputs, layers.Activation(classifier_activation, name="predictions")(x), name
    )


def _fire(x, squeezed, expanded, name):
    """A 1x1 convolution to few channels, then 1x1 and 3x3 side by side."""
    x = layers.Conv2D(squeezed, 1, activation="relu", name=f"{name}_squeeze")(x)
    one = layers.Conv2D(expanded, 1, activation="relu", name=f"{name}_expand1")(x)
    three = layers.Conv2D(expanded, 3, padding="same", activation="relu", name=f"{name}_expand3")(x)
    return layers.Concatenate(name=f"{name}_concat")([one, three])


def _pool(x, name):
    return layers.MaxPooling2D(3, strides=2, ceil_mode=True, name=name)(x)
