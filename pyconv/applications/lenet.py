"""LeNet-5 (LeCun, Bottou, Bengio and Haffner 1998)."""

from __future__ import annotations

from pyconv import layers
from pyconv.applications.frame import image_input, image_model, pooled


def LeNet5(  # noqa: N802 (a network's name, as Keras writes it)
    include_top=True,
    weights=None,
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=10,
    classifier_activation="softmax",
    name="lenet5",
):
    """LeNet-5 as textbooks have it: 28x28 grey images, sigmoids, average pooling.

    LeCun et al., "Gradient-based learning applied to document recognition", 1998. Theirs had scaled
    pooling, radial units at the end, and a table of connections (see `ConnectionTableConv2D`).

    Args:
        include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
            name: as in all of `pyconv.applications`.

    Returns:
        A `Model` with 61,706 parameters.

    Raises:
        ValueError: an argument that does not fit.

    Example:
        >>> LeNet5().count_params()
        61706
    """
    inputs = image_input(
        include_top, weights, input_tensor, input_shape, pooling, size=28, least=14, channels=1
    )
    x = layers.Conv2D(6, 5, padding="same", activation="sigmoid", name="conv1")(inputs)
    x = layers.AveragePooling2D(2, name="pool1")(x)
    x = layers.Conv2D(16, 5, activation="sigmoid", name="conv2")(x)
    x = layers.AveragePooling2D(2, name="pool2")(x)
    if not include_top:
        return image_model(inputs, pooled(x, pooling), name, weights)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(120, activation="sigmoid", name="fc1")(x)
    x = layers.Dense(84, activation="sigmoid", name="fc2")(x)
    x = layers.Dense(classes, activation=classifier_activation, name="predictions")(x)
    return image_model(inputs, x, name, weights)
