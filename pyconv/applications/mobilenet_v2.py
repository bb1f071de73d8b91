"""MobileNet, the second (Sandler et al. 2018)."""

from __future__ import annotations

from pyconv import layers
from pyconv.applications.frame import averaged, image_input, image_model, same_pads
from pyconv.applications.imagenet import decode_predictions, preprocessing

__all__ = ["MobileNetV2", "decode_predictions", "preprocess_input"]

#: Filters, stride of the first block, and number of blocks of each stage.
STAGES = ((16, 1, 1), (24, 2, 2), (32, 2, 3), (64, 2, 4), (96, 1, 3), (160, 2, 3), (320, 1, 1))


def MobileNetV2(  # noqa: N802 (Keras' name)
    input_shape=None,
    alpha=1.0,
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name=None,
):
    """MobileNet v2: inverted residual blocks, wide within and narrow between, linear at the end.

    Sandler et al., "MobileNetV2: inverted residuals and linear bottlenecks", 2018.

    Args:
        input_shape, include_top, weights, input_tensor, pooling, classes, classifier_activation,
            name: as in all of `pyconv.applications`.
        alpha: what the numbers of filters are multiplied by.

    Returns:
        A `Model` with 3,538,984 parameters.

    Raises:
        ValueError: an argument that does not fit.

    Example:
        >>> MobileNetV2(weights=None, include_top=False, input_shape=(96, 96, 3)).output_shape
        (None, 3, 3, 1280)
    """
    inputs = image_input(include_top, weights, input_tensor, input_shape, pooling)
    conv = _conv(of_eight(32 * alpha), 3, "Conv1", strides=2)
    x = _relu(_normalized(conv(inputs), "bn_Conv1"), "Conv1_relu")
    block = 0
    for filters, first, count in STAGES:
        for i in range(count):
            stride = first if i == 0 else 1
            x = _inverted_residual(x, of_eight(int(filters * alpha)), stride, block)
            block += 1
    last = of_eight(1280 * max(alpha, 1.0))
    x = _normalized(_conv(last, 1, "Conv_1")(x), "Conv_1_bn")
    x = averaged(
        _relu(x, "out_relu"), include_top, pooling, classes, classifier_activation, top=None
    )
    return image_model(inputs, x, name or f"mobilenetv2_{alpha:0.2f}_{inputs.shape[1]}", weights)


def _inverted_residual(x, filters, stride, block):
    """x + project(depthwise(expand(x))), where shapes allow the sum."""
    prefix = f"block_{block}_" if block else "expanded_conv_"
    channels, y = x.shape[-1], x
    if block:
        y = _normalized(_conv(6 * channels, 1, f"{prefix}expand")(y), f"{prefix}expand_BN")
        y = _relu(y, f"{prefix}expand_relu")
    if stride == 2:
        y = layers.ZeroPadding2D(same_pads(y.shape[1:3]), name=f"{prefix}pad")(y)
    y = layers.DepthwiseConv2D(
        3,
        strides=stride,
        use_bias=False,
        padding="same" if stride == 1 else "valid",
        name=f"{prefix}depthwise",
    )(y)
    y = _relu(_normalized(y, f"{prefix}depthwise_BN"), f"{prefix}depthwise_relu")
    y = _normalized(_conv(filters, 1, f"{prefix}project")(y), f"{prefix}project_BN")
    if channels == filters and stride == 1:
        return layers.Add(name=f"{prefix}add")([x, y])
    return y


def _conv(filters, size, name, strides=1):
    return layers.Conv2D(filters, size, strides=strides, padding="same", use_bias=False, name=name)


def _normalized(x, name):
    return layers.BatchNormalization(epsilon=1e-3, momentum=0.999, name=name)(x)


def _relu(x, name):
    return layers.ReLU(6.0, name=name)(x)


def of_eight(filters):
    """The nearest multiple of 8 that is not below 90 % of this number."""
    nearest = max(8, int(filters + 4) // 8 * 8)
    return nearest + 8 if nearest < 0.9 * filters else nearest


preprocess_input = preprocessing("MobileNet v2", "tf")
