"""Residual networks for large images (He, Zhang, Ren and Sun 2015)."""

from __future__ import annotations

from pyconv import layers
from pyconv.applications.frame import averaged, image_input, image_model
from pyconv.applications.imagenet import decode_predictions, preprocessing
from pyconv.applications.published import published

__all__ = [
    "ResNet18",
    "ResNet34",
    "ResNet50",
    "ResNet101",
    "ResNet152",
    "decode_predictions",
    "preprocess_input",
]

EPSILON = 1.001e-5  # of batch normalization, as in the files of Keras' weights
ENDS = {"avg": "avg_pool", "max": "max_pool"}  # names of the pooling layers


def ResNet50(  # noqa: N802 (Keras' name)
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="resnet50",
):
    """ResNet-50: four stages of 3, 4, 6 and 3 bottleneck blocks.

    He et al., "Deep residual learning for image recognition", 2015.

    Args:
        include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
            name: as in all of `pyconv.applications`.

    Returns:
        A `Model` with 25,636,712 parameters.

    Raises:
        ValueError: an argument that does not fit.

    Example:
        >>> ResNet50(weights=None, include_top=False, input_shape=(64, 64, 3)).output_shape
        (None, 2, 2, 2048)
    """
    return _resnet("resnet50", (3, 4, 6, 3), **locals())


def ResNet101(  # noqa: N802
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="resnet101",
):
    """ResNet-101: `ResNet50` with 23 blocks in the third stage, 44,707,176 parameters."""
    return _resnet("resnet101", (3, 4, 23, 3), **locals())


def ResNet152(  # noqa: N802
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="resnet152",
):
    """ResNet-152: `ResNet50` with 8 and 36 blocks in the middle, 60,419,944 parameters."""
    return _resnet("resnet152", (3, 8, 36, 3), **locals())


def ResNet18(  # noqa: N802
    include_top=True,
    weights=None,
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="resnet18",
):
    """ResNet-18: two 3x3 convolutions a block, two blocks a stage, 11,699,112 parameters.
    Convolutions have no biases; Keras has no such network."""
    return _resnet("resnet18", (2, 2, 2, 2), block=_basic_block, **locals())


def ResNet34(  # noqa: N802
    include_top=True,
    weights=None,
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="resnet34",
):
    """ResNet-34: `ResNet18` with 3, 4, 6 and 3 blocks, 21,814,696 parameters."""
    return _resnet("resnet34", (3, 4, 6, 3), block=_basic_block, **locals())


def _resnet(
    network,
    repeats,
    include_top,
    weights,
    input_tensor,
    input_shape,
    pooling,
    classes,
    classifier_activation,
    name,
    block=None,
):
    block = block or _block
    inputs = image_input(include_top, weights, input_tensor, input_shape, pooling)
    x = relu(stem(inputs, use_bias=block is _block), "conv1")
    x = stem_pool(x)
    for stage, (filters, count) in enumerate(zip((64, 128, 256, 512), repeats, strict=True), 2):
        for i in range(1, count + 1):
            stride = 2 if stage > 2 and i == 1 else 1
            x = block(x, filters, stride, i == 1, f"conv{stage}_block{i}")
    x = averaged(x, include_top, pooling, classes, classifier_activation, ENDS)
    return image_model(inputs, x, name, weights, published(network, include_top))


def stem(x, use_bias=True):
    """The 7x7 convolution of stride 2."""
    x = layers.ZeroPadding2D(3, name="conv1_pad")(x)
    return layers.Conv2D(64, 7, strides=2, use_bias=use_bias, name="conv1_conv")(x)


def stem_pool(x):
    """The 3x3 pooling of stride 2."""
    x = layers.ZeroPadding2D(1, name="pool1_pad")(x)
    return layers.MaxPooling2D(3, strides=2, name="pool1_pool")(x)


def relu(x, name):
    """Batch normalization and ReLU."""
    return layers.Activation("relu", name=f"{name}_relu")(normalized(x, name))


def normalized(x, name):
    """Batch normalization."""
    return layers.BatchNormalization(epsilon=EPSILON, name=f"{name}_bn")(x)


def _block(x, filters, stride, projects, name):
    """ReLU(shortcut(x) + 1x1(3x3(1x1(x)))), where the 3x3 convolution is the narrow one."""
    shortcut = x
    if projects:
        shortcut = layers.Conv2D(4 * filters, 1, strides=stride, name=f"{name}_0_conv")(x)
        shortcut = normalized(shortcut, f"{name}_0")
    x = relu(layers.Conv2D(filters, 1, strides=stride, name=f"{name}_1_conv")(x), f"{name}_1")
    x = relu(layers.Conv2D(filters, 3, padding="same", name=f"{name}_2_conv")(x), f"{name}_2")
    x = normalized(layers.Conv2D(4 * filters, 1, name=f"{name}_3_conv")(x), f"{name}_3")
    x = layers.Add(name=f"{name}_add")([shortcut, x])
    return layers.Activation("relu", name=f"{name}_out")(x)


def _basic_block(x, filters, stride, first, name):
    """ReLU(shortcut(x) + 3x3(3x3(x)))."""
    shortcut = x
    if first and stride > 1:
        conv = layers.Conv2D(filters, 1, strides=stride, use_bias=False, name=f"{name}_0_conv")
        shortcut = normalized(conv(x), f"{name}_0")
    x = relu(conv3x3(x, filters, stride, f"{name}_1"), f"{name}_1")
    x = normalized(conv3x3(x, filters, 1, f"{name}_2"), f"{name}_2")
    x = layers.Add(name=f"{name}_add")([shortcut, x])
    return layers.Activation("relu", name=f"{name}_out")(x)


def conv3x3(x, filters, stride, name):
    """A 3x3 convolution without bias, with one zero on each side."""
    x = layers.ZeroPadding2D(1, name=f"{name}_pad")(x)
    return layers.Conv2D(filters, 3, strides=stride, use_bias=False, name=f"{name}_conv")(x)


preprocess_input = preprocessing("ResNet", "caffe")
