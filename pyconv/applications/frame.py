"""What all applications share: the input, the ends, and the checks of Keras' arguments.

An application is a function from Keras' arguments to a `Model`:

    include_top             whether it ends in its classifier, or in its last feature maps
    weights                 None: random ones; the path of a weight file that Keras or pyconv wrote;
                            "imagenet": the file that Keras publishes, by download
    input_tensor            a symbolic tensor to start from, instead of an input of its own
    input_shape             (height, width, channels) of one example
    pooling                 None, "avg" or "max": what becomes of the maps without a classifier
    classes                 number of outputs of the classifier
    classifier_activation   its activation; None for logits
    name                    the model's name
"""

from __future__ import annotations

import os

from pyconv import layers
from pyconv.data.downloads import cached
from pyconv.graph import Tensor
from pyconv.models import Input, Model
from pyconv.symbolic import get_source_inputs
from pyconv.utils.arguments import choice

POOLINGS = {"avg": layers.GlobalAveragePooling2D, "max": layers.GlobalMaxPooling2D}


def image_input(
    include_top, weights, input_tensor, input_shape, pooling, *, size=224, least=32, channels=3
) -> Tensor:
    """The tensor that a network starts from.

    Args:
        include_top, weights, input_tensor, input_shape, pooling: the application's own.
        size: height and width when no shape is given; free ones where there is no classifier.
        least: the smallest height and width that the network can take.
        channels: number of channels when no shape is given.

    Raises:
        ValueError: an argument that does not fit.
    """
    _check_weights(weights)
    if pooling is not None:
        choice(pooling, "pooling", tuple(POOLINGS))
    if input_shape is None:
        free = None if not include_top else size
        input_shape = (free, free, channels)
    _check_shape(tuple(input_shape), include_top, least)
    return Input(input_shape) if input_tensor is None else input_tensor


def _check_shape(shape, include_top, least) -> None:
    if len(shape) != 3 or (include_top and None in shape):
        raise ValueError(
            "input_shape: expected (height, width, channels), where the first two may be None "
            f"without a classifier (include_top=False), received {shape}"
        )
    if any(size is not None and size < least for size in shape[:2]):
        raise ValueError(
            f"input_shape: expected a height and a width of at least {least}, received {shape}"
        )


def pooled(x: Tensor, pooling: str | None, names: dict[str, str] | None = None) -> Tensor:
    """Feature maps as `pooling` wants them; `names` has the layers' names by pooling."""
    return x if pooling is None else POOLINGS[pooling](name=(names or {}).get(pooling))(x)


def same_pads(sizes, kernel: int = 3):
    """Zeros (before, after) of each axis as padding "same" has them for stride 2; as for an even
    size where sizes are free."""
    even = [1 if sizes[0] is None else 1 - size % 2 for size in sizes]
    return tuple((kernel // 2 - e, kernel // 2) for e in even)


def averaged(
    x: Tensor, include_top, pooling, classes, classifier_activation, names=None, top="avg_pool"
) -> Tensor:
    """The usual end: maps averaged over space (layer `top`), then a dense layer."""
    if not include_top:
        return pooled(x, pooling, names)
    x = layers.GlobalAveragePooling2D(name=top)(x)
    return layers.Dense(classes, activation=classifier_activation, name="predictions")(x)


def image_model(inputs: Tensor, outputs: Tensor, name: str | None, weights=None, file=None):
    """The model from what the first tensor was made of to the last.

    Args:
        inputs, outputs, name: of the model.
        weights: the application's own.
        file: (name, URL, hash) of what "imagenet" stands for; None where there is no such file.

    Returns:
        The `Model`, with those weights.
    """
    if weights == "imagenet" and file is None:
        raise ValueError(
            f"weights: expected None or the path of a weight file for {name}, received 'imagenet', "
            "for which Keras states no hash; download its file yourself and pass the path"
        )
    sources = get_source_inputs(inputs)
    model = Model(sources[0] if len(sources) == 1 else sources, outputs, name=name)
    if weights is not None:
        model.load_weights(cached(*file, "models") if weights == "imagenet" else weights)
    return model


def _check_weights(weights) -> None:
    if weights not in (None, "imagenet") and not os.path.exists(weights):
        raise ValueError(
            f"weights: expected None, 'imagenet' or the path of a file that exists, received "
            f"{weights!r}"
        )
