"""The spatial transducer: convolutions alone, so that outputs have the inputs' size."""

from __future__ import annotations

from pyconv import layers
from pyconv.applications.frame import image_input, image_model


def SpatialTransducer(  # noqa: N802 (a network's name, as Keras writes it)
    weights=None,
    input_tensor=None,
    input_shape=None,
    classes=2,
    classifier_activation="softmax",
    filters=(32, 32, 32),
    kernel_size=3,
    dilation_rates=1,
    name="spatial_transducer",
):
    """Pixels in, class probabilities of each pixel out, whatever the image's size.

    Goodfellow, Bengio and Courville, "Deep learning", 2016, section 9.6: without pooling and dense
    layers the outputs are a grid of the inputs' size.

    Args:
        weights, input_tensor, classifier_activation, name: as in all of `pyconv.applications`.
        input_shape: (height, width, channels); by default free sizes of three channels.
        classes: number of classes of a pixel.
        filters: channels of each convolution.
        kernel_size: of the convolutions.
        dilation_rates: one for all convolutions or one for each; larger ones see further.

    Returns:
        A `Model` from images to (height, width, classes).

    Raises:
        ValueError: an argument that does not fit.

    Example:
        >>> SpatialTransducer(classes=5).output_shape
        (None, None, None, 5)
    """
    rates = [dilation_rates] * len(filters) if isinstance(dilation_rates, int) else dilation_rates
    if len(rates) != len(filters):
        raise ValueError(
            f"dilation_rates: expected one for each of {len(filters)} convolutions, received "
            f"{dilation_rates}"
        )
    x = inputs = image_input(False, weights, input_tensor, input_shape, None, least=1)
    for i, (count, rate) in enumerate(zip(filters, rates, strict=True), 1):
        conv = layers.Conv2D(
            count,
            kernel_size,
            padding="same",
            dilation_rate=rate,
            activation="relu",
            name=f"conv{i}",
        )
        x = conv(x)
    x = layers.Conv2D(classes, 1, activation=classifier_activation, name="predictions")(x)
    return image_model(inputs, x, name, weights)
