"""EfficientNet, the first: B0 to B7 (Tan and Le 2019)."""

from __future__ import annotations

from math import ceil, sqrt

from pyconv import initializers, layers
from pyconv.applications.frame import image_input, image_model, pooled, same_pads
from pyconv.applications.imagenet import DEVIATIONS, decode_predictions, preprocessing
from pyconv.applications.mobilenet_v2 import of_eight
from pyconv.applications.published import published

__all__ = [*(f"EfficientNetB{i}" for i in range(8)), "decode_predictions", "preprocess_input"]

#: Kernel, blocks, channels, factor within, and stride of the first block, of each stage of B0.
STAGES = (
    *((3, 1, 16, 1, 1), (3, 2, 24, 6, 2), (5, 2, 40, 6, 2), (3, 3, 80, 6, 2)),
    *((5, 3, 112, 6, 1), (5, 4, 192, 6, 2), (3, 1, 320, 6, 1)),
)
DROP_RATE = 0.2  # of whole blocks, at the end; it grows from 0
ENDS = {"avg": "avg_pool", "max": "max_pool"}  # names of the pooling layers


def EfficientNetB0(  # noqa: N802 (Keras' name)
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="efficientnetb0",
):
    """EfficientNet-B0: inverted residuals with squeeze and excitation.

    Tan and Le, "EfficientNet: rethinking model scaling for convolutional neural networks", 2019.
    Pixels from 0 to 255 are standardised within.

    Args:
        include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
            name: as in all of `pyconv.applications`.

    Returns:
        A `Model` with 5,330,571 parameters.

    Raises:
        ValueError: an argument that does not fit.

    Example:
        >>> EfficientNetB0(weights=None, include_top=False, input_shape=(64, 64, 3)).output_shape
        (None, 2, 2, 1280)
    """
    return _efficientnet("efficientnetb0", 1.0, 1.0, 224, 0.2, **locals())


def EfficientNetB1(  # noqa: N802
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="efficientnetb1",
):
    """EfficientNet-B1: `EfficientNetB0` with 1.0 times the channels and 1.1 times the blocks, for
    images of 240 x 240."""
    return _efficientnet("efficientnetb1", 1.0, 1.1, 240, 0.2, **locals())


def EfficientNetB2(  # noqa: N802
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="efficientnetb2",
):
    """EfficientNet-B2: `EfficientNetB0` with 1.1 times the channels and 1.2 times the blocks, for
    images of 260 x 260."""
    return _efficientnet("efficientnetb2", 1.1, 1.2, 260, 0.3, **locals())


def EfficientNetB3(  # noqa: N802
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="efficientnetb3",
):
    """EfficientNet-B3: `EfficientNetB0` with 1.2 times the channels and 1.4 times the blocks, for
    images of 300 x 300."""
    return _efficientnet("efficientnetb3", 1.2, 1.4, 300, 0.3, **locals())


def EfficientNetB4(  # noqa: N802
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="efficientnetb4",
):
    """EfficientNet-B4: `EfficientNetB0` with 1.4 times the channels and 1.8 times the blocks, for
    images of 380 x 380."""
    return _efficientnet("efficientnetb4", 1.4, 1.8, 380, 0.4, **locals())


def EfficientNetB5(  # noqa: N802
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="efficientnetb5",
):
    """EfficientNet-B5: `EfficientNetB0` with 1.6 times the channels and 2.2 times the blocks, for
    images of 456 x 456."""
    return _efficientnet("efficientnetb5", 1.6, 2.2, 456, 0.4, **locals())


def EfficientNetB6(  # noqa: N802
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="efficientnetb6",
):
    """EfficientNet-B6: `EfficientNetB0` with 1.8 times the channels and 2.6 times the blocks, for
    images of 528 x 528."""
    return _efficientnet("efficientnetb6", 1.8, 2.6, 528, 0.5, **locals())


def EfficientNetB7(  # noqa: N802
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="efficientnetb7",
):
    """EfficientNet-B7: `EfficientNetB0` with 2.0 times the channels and 3.1 times the blocks, for
    images of 600 x 600."""
    return _efficientnet("efficientnetb7", 2.0, 3.1, 600, 0.5, **locals())


def _efficientnet(
    network,
    width,
    depth,
    size,
    dropout,
    include_top,
    weights,
    input_tensor,
    input_shape,
    pooling,
    classes,
    classifier_activation,
    name,
):
    inputs = image_input(include_top, weights, input_tensor, input_shape, pooling, size=size)
    x = _standardized(inputs, weights)
    x = layers.ZeroPadding2D(same_pads(x.shape[1:3]), name="stem_conv_pad")(x)
    x = _conv(x, of_eight(32 * width), 3, "stem", strides=2, padding="valid")
    counts = [ceil(depth * blocks) for _, blocks, *_ in STAGES]
    before = 0
    for stage, (kernel, _, filters, factor, stride) in enumerate(STAGES, 1):
        for i in range(counts[stage - 1]):
            name_of_block = f"block{stage}{chr(ord('a') + i)}_"
            rate = DROP_RATE * (before + i) / sum(counts)
            block = kernel, of_eight(filters * width), factor, stride if i == 0 else 1
            x = _block(x, *block, rate, name_of_block)
        before += counts[stage - 1]
    x = _conv(x, of_eight(1280 * width), 1, "top")
    x = ended(x, include_top, pooling, dropout, classes, classifier_activation)
    return image_model(inputs, x, name, weights, published(network, include_top))


def _standardized(x, weights):
    """Pixels from 0 to 255 as the network takes them. Keras' published weights were trained with a
    variance where the deviation belongs, hence the further factor."""
    x = layers.Normalization(axis=3)(layers.Rescaling(1 / 255)(x))
    return layers.Rescaling([1 / sqrt(d) for d in DEVIATIONS])(x) if weights == "imagenet" else x


def _block(x, kernel, filters, factor, stride, rate, name):
    """x + project(excite(depthwise(expand(x)))), where shapes allow the sum."""
    channels = x.shape[-1]
    y = x if factor == 1 else _conv(x, factor * channels, 1, f"{name}expand")
    if stride == 2:
        y = layers.ZeroPadding2D(same_pads(y.shape[1:3], kernel), name=f"{name}dwconv_pad")(y)
    y = layers.DepthwiseConv2D(
        kernel,
        strides=stride,
        padding="valid" if stride == 2 else "same",
        use_bias=False,
        depthwise_initializer=normal(),
        name=f"{name}dwconv",
    )(y)
    y = activated(layers.BatchNormalization(name=f"{name}bn")(y), f"{name}activation")
    y = excited(y, max(1, channels // 4), name)
    y = layers.Conv2D(
        filters,
        1,
        padding="same",
        use_bias=False,
        kernel_initializer=normal(),
        name=f"{name}project_conv",
    )(y)
    y = layers.BatchNormalization(name=f"{name}project_bn")(y)
    if stride > 1 or channels != filters:
        return y
    if rate > 0:
        y = layers.Dropout(rate, noise_shape=(None, 1, 1, 1), name=f"{name}drop")(y)
    return layers.Add(name=f"{name}add")([y, x])


def excited(x, filters, name):
    """Channels times factors that follow from the means of all channels."""
    channels = x.shape[-1]
    y = layers.GlobalAveragePooling2D(name=f"{name}se_squeeze")(x)
    y = layers.Reshape((1, 1, channels), name=f"{name}se_reshape")(y)
    for size, activation, part in ((filters, "swish", "reduce"), (channels, "sigmoid", "expand")):
        y = layers.Conv2D(
            size,
            1,
            padding="same",
            activation=activation,
            kernel_initializer=normal(),
            name=f"{name}se_{part}",
        )(y)
    return layers.Multiply(name=f"{name}se_excite")([x, y])


def _conv(x, filters, kernel, name, strides=1, padding="same"):
    """A convolution, batch normalization and swish."""
    conv = layers.Conv2D(
        filters,
        kernel,
        strides=strides,
        padding=padding,
        use_bias=False,
        kernel_initializer=normal(),
        name=f"{name}_conv",
    )
    x = layers.BatchNormalization(name=f"{name}_bn")(conv(x))
    return activated(x, f"{name}_activation")


def activated(x, name):
    """Swish."""
    return layers.Activation("swish", name=name)(x)


def ended(x, include_top, pooling, dropout, classes, classifier_activation):
    """The classifier, or what `pooling` wants."""
    if not include_top:
        return pooled(x, pooling, ENDS)
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    x = layers.Dropout(dropout, name="top_dropout")(x)
    return layers.Dense(
        classes,
        activation=classifier_activation,
        kernel_initializer=initializers.VarianceScaling(1 / 3, "fan_out", "uniform"),
        name="predictions",
    )(x)


def normal():
    """What draws the kernels of convolutions."""
    return initializers.VarianceScaling(2.0, "fan_out", "truncated_normal")


preprocess_input = preprocessing("EfficientNet")
