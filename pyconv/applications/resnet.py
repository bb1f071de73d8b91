"""Residual networks for large images (He, Zhang, Ren and Sun 2015)."""

from __future__ import annotations

from pyconv import layers
from pyconv.applications import imagenet
from pyconv.applications.frame import averaged, image_input, image_model
from pyconv.applications.imagenet import decode_predictions

__all__ = ["ResNet50", "ResNet101", "ResNet152", "decode_predictions", "preprocess_input"]

EPSILON = 1.001e-5  # of batch normalization, as in the files of Keras' weights
ENDS = {"avg": "avg_pool", "max": "max_pool"}  # names of the pooling layers


def ResNet50(  # noqa: N802 (Keras' name)
    include_top=True,
    weights=None,
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
        >>> ResNet50(include_top=False, input_shape=(64, 64, 3)).output_shape
        (None, 2, 2, 2048)
    """
    return _resnet((3, 4, 6, 3), **locals())


def ResNet101(  # noqa: N802
    include_top=True,
    weights=None,
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="resnet101",
):
    """ResNet-101: `ResNet50` with 23 blocks in the third stage, 44,707,176 parameters."""
    return _resnet((3, 4, 23, 3), **locals())


def ResNet152(  # noqa: N802
    include_top=True,
    weights=None,
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="resnet152",
):
    """ResNet-152: `ResNet50` with 8 and 36 blocks in the middle, 60,419,944 parameters."""
    return _resnet((3, 8, 36, 3), **locals())


def _resnet(
    repeats,
    include_top,
    weights,
    input_tensor,
    input_shape,
    pooling,
    classes,
    classifier_activation,
    name,
):
    inputs = image_input(include_top, weights, input_tensor, input_shape, pooling)
    x = relu(stem(inputs), "conv1")
    x = stem_pool(x)
    for stage, (filters, count) in enumerate(zip((64, 128, 256, 512), repeats, strict=True), 2):
        for block in range(1, count + 1):
            stride = 2 if stage > 2 and block == 1 else 1
            x = _block(x, filters, stride, block == 1, f"conv{stage}_block{block}")
    x = averaged(x, include_top, pooling, classes, classifier_activation, ENDS)
    return image_model(inputs, x, name)


def stem(x):
    """The 7x7 convolution of stride 2."""
    x = layers.ZeroPadding2D(3, name="conv1_pad")(x)
    return layers.Conv2D(64, 7, strides=2, name="conv1_conv")(x)


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


def preprocess_input(x, data_format=None):
    """Pixels as ResNet takes them: blue first, without their means; see `imagenet`."""
    return imagenet.preprocess_input(x, data_format, "caffe")
