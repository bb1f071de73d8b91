"""Residual networks with activations ahead of convolutions (He, Zhang, Ren and Sun 2016)."""

from __future__ import annotations

from pyconv import layers
from pyconv.applications.frame import averaged, image_input, image_model
from pyconv.applications.imagenet import decode_predictions, preprocessing
from pyconv.applications.published import published
from pyconv.applications.resnet import ENDS, conv3x3, relu, stem, stem_pool

__all__ = [
    "ResNet18V2",
    "ResNet34V2",
    "ResNet50V2",
    "ResNet101V2",
    "ResNet152V2",
    "decode_predictions",
    "preprocess_input",
]


def ResNet50V2(  # noqa: N802 (Keras' name)
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="resnet50v2",
):
    """ResNet-50 v2: batch normalization and ReLU come before each convolution.

    He et al., "Identity mappings in deep residual networks", 2016.

    Args:
        include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
            name: as in all of `pyconv.applications`.

    Returns:
        A `Model` with 25,613,800 parameters.

    Raises:
        ValueError: an argument that does not fit.

    Example:
        >>> ResNet50V2(weights=None, include_top=False, input_shape=(64, 64, 3)).output_shape
        (None, 2, 2, 2048)
    """
    return _resnet("resnet50v2", (3, 4, 6, 3), **locals())


def ResNet101V2(  # noqa: N802
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="resnet101v2",
):
    """ResNet-101 v2: `ResNet50V2` with 23 blocks in the third stage, 44,675,560 parameters."""
    return _resnet("resnet101v2", (3, 4, 23, 3), **locals())


def ResNet152V2(  # noqa: N802
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="resnet152v2",
):
    """ResNet-152 v2: `ResNet50V2` with 8 and 36 blocks in the middle, 60,380,648 parameters."""
    return _resnet("resnet152v2", (3, 8, 36, 3), **locals())


def ResNet18V2(  # noqa: N802
    include_top=True,
    weights=None,
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="resnet18v2",
):
    """ResNet-18 v2: two 3x3 convolutions a block, two blocks a stage, 11,695,528 parameters.
    Convolutions have no biases; Keras has no such network."""
    return _resnet("resnet18v2", (2, 2, 2, 2), block=_basic_block, **locals())


def ResNet34V2(  # noqa: N802
    include_top=True,
    weights=None,
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="resnet34v2",
):
    """ResNet-34 v2: `ResNet18V2` with 3, 4, 6 and 3 blocks."""
    return _resnet("resnet34v2", (3, 4, 6, 3), block=_basic_block, **locals())


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
    x = stem_pool(stem(inputs, use_bias=block is _block))
    for stage, (filters, count) in enumerate(zip((64, 128, 256, 512), repeats, strict=True), 2):
        for i in range(1, count + 1):
            x = block(x, filters, stage, (i, count), f"conv{stage}_block{i}")
    x = relu(x, "post")
    x = averaged(x, include_top, pooling, classes, classifier_activation, ENDS)
    return image_model(inputs, x, name, weights, published(network, include_top))


def _block(x, filters, stage, place, name):
    """shortcut + 1x1(ReLU(3x3(ReLU(1x1(ReLU(x)))))), each ReLU after batch normalization. The last
    block of a stage has the stride."""
    stride = 2 if stage < 5 and place[0] == place[1] else 1
    active = relu(x, f"{name}_preact")
    if place[0] == 1:
        x = layers.Conv2D(4 * filters, 1, strides=stride, name=f"{name}_0_conv")(active)
    elif stride > 1:
        x = layers.MaxPooling2D(1, strides=stride)(x)
    y = layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_1_conv")(active)
    y = layers.ZeroPadding2D(1, name=f"{name}_2_pad")(relu(y, f"{name}_1"))
    y = layers.Conv2D(filters, 3, strides=stride, use_bias=False, name=f"{name}_2_conv")(y)
    y = layers.Conv2D(4 * filters, 1, name=f"{name}_3_conv")(relu(y, f"{name}_2"))
    return layers.Add(name=f"{name}_out")([x, y])


def _basic_block(x, filters, stage, place, name):
    """shortcut + 3x3(ReLU(3x3(ReLU(x)))), each ReLU after batch normalization. The first block of a
    stage has the stride."""
    stride = 2 if stage > 2 and place[0] == 1 else 1
    active = relu(x, f"{name}_preact")
    if stride > 1:
        conv = layers.Conv2D(filters, 1, strides=stride, use_bias=False, name=f"{name}_0_conv")
        x = conv(active)
    y = relu(conv3x3(active, filters, stride, f"{name}_1"), f"{name}_1")
    return layers.Add(name=f"{name}_out")([x, conv3x3(y, filters, 1, f"{name}_2")])


preprocess_input = preprocessing("ResNet v2", "tf")
