"""MobileNet, the first (Howard et al. 2017)."""

from __future__ import annotations

from pyconv import layers
from pyconv.applications.frame import image_input, image_model, pooled
from pyconv.applications.imagenet import decode_predictions, preprocessing

__all__ = ["MobileNet", "decode_predictions", "preprocess_input"]

#: Filters and stride of each depthwise separable block.
BLOCKS = (
    *((64, 1), (128, 2), (128, 1), (256, 2), (256, 1)),
    *((512, 2), (512, 1), (512, 1), (512, 1), (512, 1), (512, 1), (1024, 2), (1024, 1)),
)


def MobileNet(  # noqa: N802 (Keras' name)
    input_shape=None,
    alpha=1.0,
    depth_multiplier=1,
    dropout=1e-3,
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name=None,
):
    """MobileNet v1: depthwise 3x3 and pointwise convolutions in turn.

    Howard et al., "MobileNets: efficient convolutional neural networks for mobile vision
    applications", 2017.

    Args:
        input_shape, include_top, weights, input_tensor, pooling, classes, classifier_activation,
            name: as in all of `pyconv.applications`.
        alpha: what the numbers of filters are multiplied by.
        depth_multiplier: outputs of a depthwise convolution for each of its channels.
        dropout: rate before the classifier.

    Returns:
        A `Model` with 4,253,864 parameters.

    Raises:
        ValueError: an argument that does not fit.

    Example:
        >>> MobileNet(weights=None, alpha=0.25, include_top=False).count_params()
        218544
    """
    inputs = image_input(include_top, weights, input_tensor, input_shape, pooling)
    x = _normalized(
        inputs,
        layers.Conv2D(int(32 * alpha), 3, padding="same", use_bias=False, strides=2, name="conv1"),
    )
    for block, (filters, stride) in enumerate(BLOCKS, 1):
        x = _separable(x, int(filters * alpha), depth_multiplier, stride, block)
    x = _top(x, dropout, classes, classifier_activation) if include_top else pooled(x, pooling)
    return image_model(inputs, x, name or f"mobilenet_{alpha:0.2f}_{inputs.shape[1]}", weights)


def _separable(x, filters, depth_multiplier, stride, block):
    if stride == 2:
        x = layers.ZeroPadding2D(((0, 1), (0, 1)), name=f"conv_pad_{block}")(x)
    x = _normalized(
        x,
        layers.DepthwiseConv2D(
            3,
            padding="same" if stride == 1 else "valid",
            depth_multiplier=depth_multiplier,
            strides=stride,
            use_bias=False,
            name=f"conv_dw_{block}",
        ),
    )
    return _normalized(
        x, layers.Conv2D(filters, 1, padding="same", use_bias=False, name=f"conv_pw_{block}")
    )


def _normalized(x, conv):
    """A convolution, batch normalization, and ReLU up to 6."""
    x = layers.BatchNormalization(name=f"{conv.name}_bn")(conv(x))
    return layers.ReLU(6.0, name=f"{conv.name}_relu")(x)


def _top(x, dropout, classes, classifier_activation):
    x = layers.GlobalAveragePooling2D(keepdims=True)(x)
    x = layers.Dropout(dropout, name="dropout")(x)
    x = layers.Conv2D(classes, 1, padding="same", name="conv_preds")(x)
    x = layers.Reshape((classes,), name="reshape_2")(x)
    return layers.Activation(classifier_activation, name="predictions")(x)


preprocess_input = preprocessing("MobileNet", "tf")
