"""ConvNeXt (Liu et al. 2022)."""

from __future__ import annotations

from pyconv import initializers, layers
from pyconv.applications.frame import image_input, image_model, pooled
from pyconv.applications.imagenet import DEVIATIONS, MEANS, decode_predictions, preprocessing
from pyconv.applications.published import published
from pyconv.models import Sequential

__all__ = [
    *(f"ConvNeXt{size}" for size in ("Base", "Large", "Small", "Tiny", "XLarge")),
    "decode_predictions",
    "preprocess_input",
]

EPSILON = 1e-6  # of layer normalization; also what a block's result is multiplied by at first


def ConvNeXtTiny(  # noqa: N802 (Keras' name)
    include_top=True,
    include_preprocessing=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="convnext_tiny",
):
    """ConvNeXt-T: depthwise 7x7 convolutions, and two dense layers for each pixel.

    Liu et al., "A ConvNet for the 2020s", 2022.

    Args:
        include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation,
            name: as in all of `pyconv.applications`.
        include_preprocessing: whether pixels from 0 to 255 are standardised within.

    Returns:
        A `Model` with 28,589,135 parameters.

    Raises:
        ValueError: an argument that does not fit.

    Example:
        >>> shape = (64, 64, 3)
        >>> ConvNeXtTiny(weights=None, include_top=False, input_shape=shape).output_shape
        (None, 2, 2, 768)
    """
    return _convnext("convnext_tiny", (3, 3, 9, 3), (96, 192, 384, 768), **locals())


def ConvNeXtSmall(  # noqa: N802
    include_top=True,
    include_preprocessing=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="convnext_small",
):
    """ConvNeXt-Small: `ConvNeXtTiny` with 27 blocks in the third stage, of 96 to 768 channels."""
    return _convnext("convnext_small", (3, 3, 27, 3), (96, 192, 384, 768), **locals())


def ConvNeXtBase(  # noqa: N802
    include_top=True,
    include_preprocessing=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="convnext_base",
):
    """ConvNeXt-Base: `ConvNeXtTiny` with 27 blocks in the third stage, of 128 to 1024 channels."""
    return _convnext("convnext_base", (3, 3, 27, 3), (128, 256, 512, 1024), **locals())


def ConvNeXtLarge(  # noqa: N802
    include_top=True,
    include_preprocessing=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="convnext_large",
):
    """ConvNeXt-Large: `ConvNeXtTiny` with 27 blocks in the third stage, of 192 to 1536 channels."""
    return _convnext("convnext_large", (3, 3, 27, 3), (192, 384, 768, 1536), **locals())


def ConvNeXtXLarge(  # noqa: N802
    include_top=True,
    include_preprocessing=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="convnext_xlarge",
):
    """ConvNeXt-XLarge: `ConvNeXtTiny` with 27 blocks in the third stage, 256 to 2048 channels."""
    return _convnext("convnext_xlarge", (3, 3, 27, 3), (256, 512, 1024, 2048), **locals())


def _convnext(
    network,
    depths,
    channels,
    include_top,
    include_preprocessing,
    weights,
    input_tensor,
    input_shape,
    pooling,
    classes,
    classifier_activation,
    name,
):
    inputs = image_input(include_top, weights, input_tensor, input_shape, pooling)
    x = _standardized(inputs, name) if include_preprocessing else inputs
    for stage, (depth, count) in enumerate(zip(depths, channels, strict=True)):
        x = _smaller(count, stage, name)(x)
        for block in range(depth):
            x = _block(x, count, f"{name}_stage_{stage}_block_{block}")
    if include_top:
        x = layers.GlobalAveragePooling2D(name=f"{name}_head_gap")(x)
        x = layers.LayerNormalization(epsilon=EPSILON, name=f"{name}_head_layernorm")(x)
        dense = layers.Dense(classes, activation=classifier_activation, name=f"{name}_head_dense")
        x = dense(x)
    else:
        x = layers.LayerNormalization(epsilon=EPSILON)(pooled(x, pooling))
    return image_model(inputs, x, name, weights, published(network, include_top))


def _standardized(x, name):
    """Pixels from 0 to 255 as the network takes them."""
    if x.shape[-1] != 3:
        return x
    means, variances = [255 * m for m in MEANS], [(255 * d) ** 2 for d in DEVIATIONS]
    return layers.Normalization(
        mean=means, variance=variances, name=f"{name}_prestem_normalization"
    )(x)


def _smaller(channels, stage, name):
    """A quarter of the size in the first stage, half in the others."""
    if stage == 0:
        parts = [
            layers.Conv2D(channels, 4, strides=4, name=f"{name}_stem_conv"),
            layers.LayerNormalization(epsilon=EPSILON, name=f"{name}_stem_layernorm"),
        ]
        return Sequential(parts, name=f"{name}_stem")
    place = f"{name}_downsampling"
    parts = [
        layers.LayerNormalization(epsilon=EPSILON, name=f"{place}_layernorm_{stage - 1}"),
        layers.Conv2D(channels, 2, strides=2, name=f"{place}_conv_{stage - 1}"),
    ]
    return Sequential(parts, name=f"{place}_block_{stage - 1}")


def _block(x, channels, name):
    """x + scale(dense(gelu(dense(normalized(depthwise(x))))))."""
    y = layers.Conv2D(channels, 7, padding="same", groups=channels, name=f"{name}_depthwise_conv")(
        x
    )
    y = layers.LayerNormalization(epsilon=EPSILON, name=f"{name}_layernorm")(y)
    y = layers.Dense(4 * channels, name=f"{name}_pointwise_conv_1")(y)
    y = layers.Activation("gelu", name=f"{name}_gelu")(y)
    y = layers.Dense(channels, name=f"{name}_pointwise_conv_2")(y)
    y = LayerScale(EPSILON, channels, name=f"{name}_layer_scale")(y)
    return x + layers.Activation("linear", name=f"{name}_identity")(y)


class LayerScale(layers.Layer):
    """A learned factor for each channel (Touvron et al. 2021).

    Args:
        init_values: the factors at first.
        projection_dim: number of channels.

    Example:
        >>> LayerScale(0.5, 3).compute_output_shape((None, 4, 3))
        (None, 4, 3)
    """

    def __init__(self, init_values, projection_dim, **kwargs):
        super().__init__(**kwargs)
        self.init_values = init_values
        self.projection_dim = projection_dim

    def build(self, input_shape):
        """Makes the factors."""
        start = initializers.Constant(self.init_values)
        self.gamma = self.add_weight((self.projection_dim,), start)

    def call(self, inputs):
        return inputs * self.gamma


preprocess_input = preprocessing("ConvNeXt")
