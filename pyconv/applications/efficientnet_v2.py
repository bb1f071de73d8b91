"""EfficientNet, the second (Tan and Le 2021)."""

from __future__ import annotations

from math import ceil

from pyconv import layers
from pyconv.applications.efficientnet import ended, excited, normal
from pyconv.applications.frame import image_input, image_model
from pyconv.applications.imagenet import DEVIATIONS, MEANS, decode_predictions, preprocessing
from pyconv.applications.published import published

__all__ = [
    *(f"EfficientNetV2{kind}" for kind in ("B0", "B1", "B2", "B3", "L", "M", "S")),
    "decode_predictions",
    "preprocess_input",
]

#: Blocks, channels, factor within, stride of the first block, and whether the blocks are fused
#: (and not squeezed), of each stage.
STAGES_B = (
    *((1, 16, 1, 1, True), (2, 32, 4, 2, True), (2, 48, 4, 2, True), (3, 96, 4, 2, False)),
    *((5, 112, 6, 1, False), (8, 192, 6, 2, False)),
)
STAGES_S = (
    *((2, 24, 1, 1, True), (4, 48, 4, 2, True), (4, 64, 4, 2, True), (6, 128, 4, 2, False)),
    *((9, 160, 6, 1, False), (15, 256, 6, 2, False)),
)
STAGES_M = (
    *((3, 24, 1, 1, True), (5, 48, 4, 2, True), (5, 80, 4, 2, True), (7, 160, 4, 2, False)),
    *((14, 176, 6, 1, False), (18, 304, 6, 2, False), (5, 512, 6, 1, False)),
)
STAGES_L = (
    *((4, 32, 1, 1, True), (7, 64, 4, 2, True), (7, 96, 4, 2, True), (10, 192, 4, 2, False)),
    *((19, 224, 6, 1, False), (25, 384, 6, 2, False), (7, 640, 6, 1, False)),
)
DROP_RATE = 0.2  # of whole blocks, at the end; it grows from 0
STEMS = {STAGES_B: 32, STAGES_S: 24, STAGES_M: 24, STAGES_L: 32}  # channels of the first maps


def EfficientNetV2B0(  # noqa: N802 (Keras' name)
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    include_preprocessing=True,
    name="efficientnetv2-b0",
):
    """EfficientNet v2-B0: convolutions in place of the first depthwise ones, no further padding.

    Tan and Le, "EfficientNetV2: smaller models and faster training", 2021.

    Args:
        include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
            name: as in all of `pyconv.applications`.
        include_preprocessing: whether pixels from 0 to 255 are scaled within.

    Returns:
        A `Model` with 7,200,312 parameters.

    Raises:
        ValueError: an argument that does not fit.

    Example:
        >>> shape = (64, 64, 3)
        >>> EfficientNetV2B0(weights=None, include_top=False, input_shape=shape).output_shape
        (None, 2, 2, 1280)
    """
    return _efficientnet("efficientnetv2-b0", STAGES_B, (1.0, 1.0, 224), **locals())


def EfficientNetV2B1(  # noqa: N802
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    include_preprocessing=True,
    name="efficientnetv2-b1",
):
    """EfficientNet v2-B1: `EfficientNetV2B0` with 1.0 times the channels and 1.1 times the
    blocks, for images of 240 x 240."""
    return _efficientnet("efficientnetv2-b1", STAGES_B, (1.0, 1.1, 240), **locals())


def EfficientNetV2B2(  # noqa: N802
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    include_preprocessing=True,
    name="efficientnetv2-b2",
):
    """EfficientNet v2-B2: `EfficientNetV2B0` with 1.1 times the channels and 1.2 times the
    blocks, for images of 260 x 260."""
    return _efficientnet("efficientnetv2-b2", STAGES_B, (1.1, 1.2, 260), **locals())


def EfficientNetV2B3(  # noqa: N802
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    include_preprocessing=True,
    name="efficientnetv2-b3",
):
    """EfficientNet v2-B3: `EfficientNetV2B0` with 1.2 times the channels and 1.4 times the
    blocks, for images of 300 x 300."""
    return _efficientnet("efficientnetv2-b3", STAGES_B, (1.2, 1.4, 300), **locals())


def EfficientNetV2S(  # noqa: N802
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    include_preprocessing=True,
    name="efficientnetv2-s",
):
    """EfficientNet v2-S, for images of 384 x 384."""
    return _efficientnet("efficientnetv2-s", STAGES_S, (1.0, 1.0, 384), **locals())


def EfficientNetV2M(  # noqa: N802
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    include_preprocessing=True,
    name="efficientnetv2-m",
):
    """EfficientNet v2-M, for images of 480 x 480."""
    return _efficientnet("efficientnetv2-m", STAGES_M, (1.0, 1.0, 480), **locals())


def EfficientNetV2L(  # noqa: N802
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    include_preprocessing=True,
    name="efficientnetv2-l",
):
    """EfficientNet v2-L, for images of 480 x 480."""
    return _efficientnet("efficientnetv2-l", STAGES_L, (1.0, 1.0, 480), **locals())


def _efficientnet(
    network,
    stages,
    scale,
    include_top,
    weights,
    input_tensor,
    input_shape,
    pooling,
    classes,
    classifier_activation,
    include_preprocessing,
    name,
):
    width, depth, size = scale
    inputs = image_input(include_top, weights, input_tensor, input_shape, pooling, size=size)
    x = _scaled(inputs, stages is STAGES_B) if include_preprocessing else inputs
    x = _conv(x, _of_eight(STEMS[stages] * width), 3, "stem", strides=2)
    total, before = sum(count for count, *_ in stages), 0
    for stage, (count, filters, factor, stride, fused) in enumerate(stages, 1):
        for i in range(ceil(depth * count)):
            block = _fused_block if fused else _block
            sizes = _of_eight(filters * width), factor, stride if i == 0 else 1
            rate = DROP_RATE * before / total
            x = block(x, *sizes, rate, f"block{stage}{chr(ord('a') + i)}_")
            before += 1
    x = _conv(x, _of_eight(1280 * width), 1, "top")
    x = ended(x, include_top, pooling, 0.2, classes, classifier_activation)
    return image_model(inputs, x, name, weights, published(network, include_top))


def _scaled(x, standardizes):
    """Pixels from 0 to 255 as the network takes them."""
    if not (standardizes and x.shape[-1] == 3):
        return layers.Rescaling(1 / 128, offset=-1)(x)
    x = layers.Rescaling(1 / 255)(x)
    return layers.Normalization(axis=3, mean=MEANS, variance=[d**2 for d in DEVIATIONS])(x)


def _block(x, filters, factor, stride, rate, name):
    """x + project(excite(depthwise(expand(x)))), where shapes allow the sum."""
    channels = x.shape[-1]
    y = _conv(x, factor * channels, 1, f"{name}expand")
    y = layers.DepthwiseConv2D(
        3,
        strides=stride,
        padding="same",
        use_bias=False,
        depthwise_initializer=normal(),
        name=f"{name}dwconv2",
    )(y)
    y = layers.BatchNormalization(momentum=0.9, name=f"{name}bn")(y)
    y = layers.Activation("swish", name=f"{name}activation")(y)
    y = excited(y, max(1, channels // 4), name)
    return _sum(x, _project(y, filters, name), stride, rate, name)


def _fused_block(x, filters, factor, stride, rate, name):
    """x + project(expand(x)) with a 3x3 convolution as the expansion, alone for a factor of 1."""
    if factor == 1:
        y = _conv(x, filters, 3, f"{name}project", strides=stride)
    else:
        y = _conv(x, factor * x.shape[-1], 3, f"{name}expand", strides=stride)
        y = _project(y, filters, name)
    return _sum(x, y, stride, rate, name)


def _project(x, filters, name):
    """A 1x1 convolution and batch normalization."""
    return _conv(x, filters, 1, f"{name}project", activates=False)


def _sum(x, y, stride, rate, name):
    if stride > 1 or x.shape[-1] != y.shape[-1]:
        return y
    if rate > 0:
        y = layers.Dropout(rate, noise_shape=(None, 1, 1, 1), name=f"{name}drop")(y)
    return layers.Add(name=f"{name}add")([y, x])


def _conv(x, filters, kernel, name, strides=1, activates=True):
    """A convolution, batch normalization and swish."""
    conv = layers.Conv2D(
        filters,
        kernel,
        strides=strides,
        padding="same",
        use_bias=False,
        kernel_initializer=normal(),
        name=f"{name}_conv",
    )
    x = layers.BatchNormalization(momentum=0.9, name=f"{name}_bn")(conv(x))
    return layers.Activation("swish", name=f"{name}_activation")(x) if activates else x


def _of_eight(filters):
    """The nearest multiple of 8."""
    return max(8, int(filters + 4) // 8 * 8)


preprocess_input = preprocessing("EfficientNet v2")
