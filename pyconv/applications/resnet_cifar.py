"""Residual networks for small images (He, Zhang, Ren and Sun 2015, section 4.2)."""

from __future__ import annotations

from pyconv import layers, ops
from pyconv.applications.frame import averaged, image_input, image_model
from pyconv.utils.arguments import choice


def ResNet20(  # noqa: N802 (a network's name, as Keras writes it)
    include_top=True,
    weights=None,
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=10,
    classifier_activation="softmax",
    shortcut="projection",
    name="resnet20",
):
    """ResNet-20 for 32x32 images: a convolution and three stages of blocks with 16, 32, 64 filters.

    He et al., "Deep residual learning for image recognition", 2015, section 4.2: 6 n + 2 layers,
    n = 3. Every convolution is followed by batch normalization and has no bias.

    Args:
        include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
            name: as in all of `pyconv.applications`.
        shortcut: what leads around a block that halves the maps: "projection", a 1x1 convolution
            (option B of the paper, and Keras' example for CIFAR), or "identity", every second
            pixel and zeros for the channels that are new (option A).

    Returns:
        A `Model` with 274,042 parameters, or 271,098 with "identity".

    Raises:
        ValueError: an argument that does not fit.

    Example:
        >>> ResNet20().output_shape
        (None, 10)
    """
    return _resnet(3, **locals())


def ResNet56(  # noqa: N802
    include_top=True,
    weights=None,
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=10,
    classifier_activation="softmax",
    shortcut="projection",
    name="resnet56",
):
    """ResNet-56: `ResNet20` with nine blocks a stage.

    Example:
        >>> ResNet56(shortcut="identity").output_shape
        (None, 10)
    """
    return _resnet(9, **locals())


def ResNet110(  # noqa: N802
    include_top=True,
    weights=None,
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=10,
    classifier_activation="softmax",
    shortcut="projection",
    name="resnet110",
):
    """ResNet-110: `ResNet20` with eighteen blocks a stage."""
    return _resnet(18, **locals())


def _resnet(
    blocks,
    include_top,
    weights,
    input_tensor,
    input_shape,
    pooling,
    classes,
    classifier_activation,
    shortcut,
    name,
):
    around = {"projection": _projection, "identity": _identity}
    around = around[choice(shortcut, "shortcut", tuple(around))]
    inputs = image_input(include_top, weights, input_tensor, input_shape, pooling, size=32, least=8)
    x = _relu(_conv(inputs, 16, 3, 1, "conv1"), "conv1")
    for stage, filters in enumerate((16, 32, 64), 2):
        for block in range(1, blocks + 1):
            stride = 2 if stage > 2 and block == 1 else 1
            x = _block(x, filters, stride, around, f"conv{stage}_block{block}")
    x = averaged(x, include_top, pooling, classes, classifier_activation)
    return image_model(inputs, x, name, weights)


def _block(x, filters, stride, around, name):
    """ReLU(shortcut(x) + conv(ReLU(conv(x))))."""
    y = _relu(_conv(x, filters, 3, stride, f"{name}_1"), f"{name}_1")
    y = _conv(y, filters, 3, 1, f"{name}_2")
    x = x if stride == 1 else around(x, filters, stride, f"{name}_0")
    return layers.ReLU(name=f"{name}_out")(layers.Add(name=f"{name}_add")([x, y]))


def _projection(x, filters, stride, name):
    return _conv(x, filters, 1, stride, name)


def _identity(x, filters, stride, name):
    x = layers.MaxPooling2D(1, strides=stride, name=f"{name}_pool")(x)
    zeros = (filters - x.shape[-1]) // 2  # on either side
    return ops.pad(x, ((0, 0), (0, 0), (0, 0), (zeros, filters - x.shape[-1] - zeros)))


def _conv(x, filters, size, stride, name):
    x = layers.Conv2D(
        filters,
        size,
        strides=stride,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        name=f"{name}_conv",
    )(x)
    return layers.BatchNormalization(name=f"{name}_bn")(x)


def _relu(x, name):
    return layers.ReLU(name=f"{name}_relu")(x)
