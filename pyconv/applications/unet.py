"""U-Net (Ronneberger, Fischer and Brox 2015)."""

from __future__ import annotations

from pyconv import layers
from pyconv.applications.frame import image_input, image_model
from pyconv.utils.arguments import choice, whole


def UNet(  # noqa: N802 (a network's name, as Keras writes it)
    weights=None,
    input_tensor=None,
    input_shape=None,
    classes=2,
    classifier_activation="softmax",
    filters=64,
    depth=4,
    padding="valid",
    dropout=0.5,
    name="unet",
):
    """U-Net: maps are halved and doubled again, and each doubled one joins the one of its size.

    Ronneberger et al., "U-Net: convolutional networks for biomedical image segmentation", 2015.
    With the paper's padding, "valid", the outputs lack a border: 572x572 pixels give 388x388, and
    the joined maps are cropped. Sizes must be such that each pooled map has even sizes.

    Args:
        weights, input_tensor, classifier_activation, name: as in all of `pyconv.applications`.
        input_shape: (height, width, channels); by default free sizes of one channel.
        classes: number of classes of a pixel.
        filters: channels of the first maps; each halving doubles them.
        depth: how often maps are halved.
        padding: "valid", or "same" for outputs of the inputs' size.
        dropout: rate where maps are the smallest.

    Returns:
        A `Model` from images to (height', width', classes), with 31,030,658 parameters.

    Raises:
        ValueError: an argument that does not fit.

    Example:
        >>> UNet(input_shape=(572, 572, 1)).output_shape
        (None, 388, 388, 2)
    """
    choice(padding, "padding", ("valid", "same"))
    input_shape = (None, None, 1) if input_shape is None else input_shape
    inputs = image_input(False, weights, input_tensor, input_shape, None, least=1)
    x, skips = inputs, []
    for level in range(whole(depth, "depth")):
        x = _two(x, filters << level, padding, f"down{level + 1}")
        skips.append(x)
        if level == depth - 1:
            x = layers.Dropout(dropout, name="drop")(x)
        x = layers.MaxPooling2D(2, name=f"pool{level + 1}")(x)
    x = _two(x, filters << depth, padding, "bottom")
    x = layers.Dropout(dropout, name="bottom_drop")(x)
    lost = 4  # pixels that two convolutions take off the sizes
    for level in reversed(range(depth)):
        lost = 2 * lost  # of the map that is doubled, in pixels of this level
        x = layers.Conv2DTranspose(filters << level, 2, strides=2, name=f"up{level + 1}_conv")(x)
        skip = skips[level]
        if padding == "valid":
            skip = layers.Cropping2D(lost // 2, name=f"crop{level + 1}")(skip)
        x = layers.Concatenate(name=f"join{level + 1}")([skip, x])
        x = _two(x, filters << level, padding, f"up{level + 1}")
        lost += 8  # by two convolutions before and after
    x = layers.Conv2D(classes, 1, activation=classifier_activation, name="predictions")(x)
    return image_model(inputs, x, name, weights)


def _two(x, filters, padding, name):
    """Two 3x3 convolutions with ReLU."""
    for i in (1, 2):
        conv = layers.Conv2D(
            filters,
            3,
            padding=padding,
            activation="relu",
            kernel_initializer="he_normal",
            name=f"{name}_conv{i}",
        )
        x = conv(x)
    return x
