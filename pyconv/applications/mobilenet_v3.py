"""MobileNet, the third (Howard et al. 2019)."""

from __future__ import annotations

from pyconv import layers
from pyconv.applications.frame import image_input, image_model, pooled, same_pads
from pyconv.applications.imagenet import decode_predictions, preprocessing
from pyconv.applications.mobilenet_v2 import of_eight
from pyconv.applications.published import published

__all__ = ["MobileNetV3Large", "MobileNetV3Small", "decode_predictions", "preprocess_input"]

#: Factor within, filters, kernel, stride, squeeze and excitation, and hard swish, of each block.
SMALL = (
    *((1, 16, 3, 2, True, False), (72 / 16, 24, 3, 2, False, False)),
    *((88 / 24, 24, 3, 1, False, False), (4, 40, 5, 2, True, True)),
    *((6, 40, 5, 1, True, True), (6, 40, 5, 1, True, True), (3, 48, 5, 1, True, True)),
    *((3, 48, 5, 1, True, True), (6, 96, 5, 2, True, True)),
    *((6, 96, 5, 1, True, True), (6, 96, 5, 1, True, True)),
)
LARGE = (
    *((1, 16, 3, 1, False, False), (4, 24, 3, 2, False, False), (3, 24, 3, 1, False, False)),
    *((3, 40, 5, 2, True, False), (3, 40, 5, 1, True, False), (3, 40, 5, 1, True, False)),
    *((6, 80, 3, 2, False, True), (2.5, 80, 3, 1, False, True), (2.3, 80, 3, 1, False, True)),
    *((2.3, 80, 3, 1, False, True), (6, 112, 3, 1, True, True), (6, 112, 3, 1, True, True)),
    *((6, 160, 5, 2, True, True), (6, 160, 5, 1, True, True), (6, 160, 5, 1, True, True)),
)
ENDS = {"avg": "avg_pool", "max": "max_pool"}  # names of the pooling layers


def MobileNetV3Small(  # noqa: N802 (Keras' name)
    input_shape=None,
    alpha=1.0,
    minimalistic=False,
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    classes=1000,
    pooling=None,
    dropout_rate=0.2,
    classifier_activation="softmax",
    include_preprocessing=True,
    name="MobileNetV3Small",
):
    """MobileNet v3, the small one: inverted residuals, some with squeeze and excitation.

    Howard et al., "Searching for MobileNetV3", 2019.

    Args:
        input_shape, include_top, weights, input_tensor, classes, pooling, classifier_activation,
            name: as in all of `pyconv.applications`.
        alpha: what the numbers of filters are multiplied by.
        minimalistic: whether all kernels are 3x3, all activations ReLU, nothing squeezed.
        dropout_rate: rate before the classifier.
        include_preprocessing: whether pixels from 0 to 255 are scaled within.

    Returns:
        A `Model` with 2,554,968 parameters.

    Raises:
        ValueError: an argument that does not fit.

    Example:
        >>> MobileNetV3Small(weights=None, include_top=False, pooling="avg").output_shape
        (None, 576)
    """
    return _mobilenet("small", SMALL, 1024, **locals())


def MobileNetV3Large(  # noqa: N802
    input_shape=None,
    alpha=1.0,
    minimalistic=False,
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    classes=1000,
    pooling=None,
    dropout_rate=0.2,
    classifier_activation="softmax",
    include_preprocessing=True,
    name="MobileNetV3Large",
):
    """MobileNet v3, the large one: `MobileNetV3Small` with 15 blocks, 5,507,432 parameters."""
    return _mobilenet("large", LARGE, 1280, **locals())


def _mobilenet(
    size,
    blocks,
    last,
    input_shape,
    alpha,
    minimalistic,
    include_top,
    weights,
    input_tensor,
    classes,
    pooling,
    dropout_rate,
    classifier_activation,
    include_preprocessing,
    name,
):
    inputs = image_input(include_top, weights, input_tensor, input_shape, pooling)
    x = layers.Rescaling(1 / 127.5, offset=-1.0)(inputs) if include_preprocessing else inputs
    swish = not minimalistic
    x = _activated(_normalized(_conv(16, 3, "conv", strides=2)(x), "conv_bn"), swish)
    for i, (factor, filters, kernel, stride, excites, hard) in enumerate(blocks):
        parts = (3, False, False) if minimalistic else (kernel, excites, hard)
        x = _block(x, factor, of_eight(filters * alpha), stride, *parts, i)
    x = _conv(of_eight(6 * x.shape[-1]), 1, "conv_1")(x)
    x = _activated(_normalized(x, "conv_1_bn"), swish)
    if include_top:
        last = of_eight(last * alpha) if alpha > 1 else last
        x = layers.GlobalAveragePooling2D(keepdims=True)(x)
        x = _activated(_conv(last, 1, "conv_2", use_bias=True)(x), swish)
        x = layers.Dropout(dropout_rate)(x) if dropout_rate > 0 else x
        x = layers.Flatten()(_conv(classes, 1, "logits", use_bias=True)(x))
        x = layers.Activation(classifier_activation, name="predictions")(x)
    else:
        x = pooled(x, pooling, ENDS)
    kind = f"{size}{'_minimalistic' if minimalistic else ''}_224_{float(alpha)}_float"
    return image_model(inputs, x, name, weights, published(kind, include_top))


def _block(x, factor, filters, stride, kernel, excites, hard, number):
    """x + project(excite(depthwise(expand(x)))), where shapes allow the sum."""
    prefix = f"expanded_conv_{number}_" if number else "expanded_conv_"
    channels, y = x.shape[-1], x
    if number:
        y = _conv(of_eight(channels * factor), 1, f"{prefix}expand")(y)
        y = _activated(_normalized(y, f"{prefix}expand_bn"), hard)
    if stride == 2:
        pads = same_pads(y.shape[1:3], kernel)
        y = layers.ZeroPadding2D(pads, name=f"{prefix}depthwise_pad")(y)
    y = layers.DepthwiseConv2D(
        kernel,
        strides=stride,
        padding="same" if stride == 1 else "valid",
        use_bias=False,
        name=f"{prefix}depthwise",
    )(y)
    y = _activated(_normalized(y, f"{prefix}depthwise_bn"), hard)
    y = _excited(y, f"{prefix}squeeze_excite_") if excites else y
    y = _normalized(_conv(filters, 1, f"{prefix}project")(y), f"{prefix}project_bn")
    if stride == 1 and channels == filters:
        return layers.Add(name=f"{prefix}add")([x, y])
    return y


def _excited(x, prefix):
    """Channels times factors that follow from the means of all channels."""
    channels = x.shape[-1]
    y = layers.GlobalAveragePooling2D(keepdims=True, name=f"{prefix}avg_pool")(x)
    y = _conv(of_eight(channels / 4), 1, f"{prefix}conv", use_bias=True)(y)
    y = layers.ReLU(name=f"{prefix}relu")(y)
    y = _conv(channels, 1, f"{prefix}conv_1", use_bias=True)(y)
    y = layers.ReLU(6.0)(y + 3.0) * (1 / 6)  # the hard sigmoid
    return layers.Multiply(name=f"{prefix}mul")([x, y])


def _conv(filters, kernel, name, strides=1, use_bias=False):
    return layers.Conv2D(
        filters, kernel, strides=strides, padding="same", use_bias=use_bias, name=name
    )


def _normalized(x, name):
    return layers.BatchNormalization(epsilon=1e-3, momentum=0.999, name=name)(x)


def _activated(x, hard_swish):
    return layers.Activation("hard_swish")(x) if hard_swish else layers.ReLU()(x)


preprocess_input = preprocessing("MobileNet v3")
