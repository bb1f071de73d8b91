"""Inception-ResNet, the second (Szegedy, Ioffe, Vanhoucke and Alemi 2016)."""

from __future__ import annotations

from pyconv import layers
from pyconv.applications.frame import averaged, image_input, image_model
from pyconv.applications.imagenet import decode_predictions, preprocessing
from pyconv.applications.inception_v3 import conv, pooled_conv, stem
from pyconv.applications.published import published

__all__ = ["InceptionResNetV2", "decode_predictions", "preprocess_input"]

#: Branches (filters, kernel) of the blocks on maps of 35x35, 17x17 and 8x8 pixels.
BLOCKS = {
    "block35": (((32, 1),), ((32, 1), (32, 3)), ((32, 1), (48, 3), (64, 3))),
    "block17": (((192, 1),), ((128, 1), (160, (1, 7)), (192, (7, 1)))),
    "block8": (((192, 1),), ((192, 1), (224, (1, 3)), (256, (3, 1)))),
}


def InceptionResNetV2(  # noqa: N802 (Keras' name)
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="inception_resnet_v2",
):
    """Inception-ResNet v2: branches of different kernels, joined, scaled and added to their input.

    Szegedy et al., "Inception-v4, Inception-ResNet and the impact of residual connections on
    learning", 2016.

    Args:
        include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
            name: as in all of `pyconv.applications`.

    Returns:
        A `Model` with 55,873,736 parameters.

    Raises:
        ValueError: an argument that does not fit.

    Example:
        >>> model = InceptionResNetV2(weights=None, include_top=False, input_shape=(75, 75, 3))
        >>> model.output_shape
        (None, 1, 1, 1536)
    """
    inputs = image_input(
        include_top, weights, input_tensor, input_shape, pooling, size=299, least=75
    )
    x = _mixed_5b(stem(inputs))
    for i in range(1, 11):
        x = _block(x, 0.17, "block35", i)
    x = _smaller(x, "mixed_6a", ((384, 3),), ((256, 1), (256, 3), (384, 3)))
    for i in range(1, 21):
        x = _block(x, 0.1, "block17", i)
    branches = ((256, 1), (384, 3)), ((256, 1), (288, 3)), ((256, 1), (288, 3), (320, 3))
    x = _smaller(x, "mixed_7a", *branches)
    for i in range(1, 11):
        x = _block(x, 0.2 if i < 10 else 1.0, "block8", i, activates=i < 10)
    x = conv(x, 1536, 1, name="conv_7b")
    x = averaged(x, include_top, pooling, classes, classifier_activation)
    file = published("inception_resnet_v2", include_top)
    return image_model(inputs, x, name, weights, file)


def _mixed_5b(x):
    """1x1; 5x5; 3x3 twice; pooling."""
    branches = [conv(x, 96, 1), conv(conv(x, 48, 1), 64, 5)]
    branches.append(conv(conv(conv(x, 64, 1), 96, 3), 96, 3))
    return layers.Concatenate(name="mixed_5b")([*branches, pooled_conv(x, 64)])


def _smaller(x, name, *branches):
    """Half the size: branches whose last convolution has stride 2, and pooling."""
    results = []
    for branch in branches:
        y = x
        for filters, size in branch[:-1]:
            y = conv(y, filters, size)
        results.append(conv(y, *branch[-1], strides=2, padding="valid"))
    return layers.Concatenate(name=name)([*results, layers.MaxPooling2D(3, strides=2)(x)])


def _block(x, scale, kind, number, activates=True):
    """x + scale * 1x1(branches of x), and ReLU."""
    name = f"{kind}_{number}"
    branches = []
    for branch in BLOCKS[kind]:
        y = x
        for filters, size in branch:
            y = conv(y, filters, size)
        branches.append(y)
    y = layers.Concatenate(name=f"{name}_mixed")(branches)
    y = layers.Conv2D(x.shape[-1], 1, padding="same", name=f"{name}_conv")(y)
    x = ScaledSum(scale)([x, y])
    return layers.Activation("relu", name=f"{name}_ac")(x) if activates else x


class ScaledSum(layers.Layer):
    """The first input plus a multiple of the second.

    Args:
        scale: the factor.

    Example:
        >>> ScaledSum(0.1).compute_output_shape([(None, 4, 3), (None, 4, 3)])
        (None, 4, 3)
    """

    def __init__(self, scale, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, inputs):
        return inputs[0] + inputs[1] * self.scale


preprocess_input = preprocessing("Inception-ResNet v2", "tf")
