"""Deep networks trained one layer after the other."""

import numpy as np

from pyconv import optimizers
from pyconv.interpret import up_to
from pyconv.layers import Input
from pyconv.models import Sequential


def train_greedily(
    x, y, stages, readout, optimizer="adam", loss="sparse_categorical_crossentropy", **options
):
    """A network trained greedily, layer by layer (Bengio et al. 2007).

    Each stage learns under a readout of its own from what the stages before it, which no longer
    change, make of x; their maps are computed once. Without labels each stage is an autoencoder of
    its input, and the readout its decoder. `fit` then trains all layers together, if wanted.

    Args:
        x: examples.
        y: targets, or None for autoencoders.
        stages: lists of layers, such as [[Conv2D(...), MaxPooling2D(...)], [Conv2D(...)]].
        readout: a function of a stage's layers that returns new layers, from its maps to the
            targets.
        optimizer: as in `Model.compile`; each stage has a new one like it.
        loss: as in `Model.compile`.
        options: of `Model.fit`, such as `epochs`.

    Returns:
        A `Sequential` of all stages and, if there are labels, of the last readout.

    Raises:
        ValueError: there are no stages, or one has no layers.

    Example:
        >>> from pyconv.layers import Conv2D, Dense, GlobalMaxPooling2D, TiedConv2DTranspose
        >>> x, labels = np.random.default_rng(0).uniform(size=(8, 9, 9, 1)), np.arange(8) % 2
        >>> stages = [[Conv2D(4, 3, activation="relu")], [Conv2D(6, 3, activation="relu")]]
        >>> classify = lambda stage: [GlobalMaxPooling2D(), Dense(2, "softmax")]
        >>> train_greedily(x, labels, stages, classify, epochs=2, verbose=0).output_shape
        (None, 2)
        >>> stages = [[Conv2D(4, 3)], [Conv2D(6, 3)]]
        >>> decode = lambda stage: [TiedConv2DTranspose(stage[0])]
        >>> train_greedily(x, None, stages, decode, loss="mse", epochs=2, verbose=0).output_shape
        (None, 5, 5, 6)
    """
    if not stages or not all(stages):
        raise ValueError(f"expected `stages` as lists of layers, none empty, received {stages!r}")
    x = maps = np.asarray(x, "float32")
    optimizer = optimizers.get(optimizer)
    for stage in stages:
        head = readout(stage)
        part = Sequential([Input(maps.shape[1:]), *stage, *head])
        part.compile(type(optimizer).from_config(optimizer.get_config()), loss)
        part.fit(maps, maps if y is None else y, **options)
        maps = up_to(part, stage[-1]).predict(maps, verbose=0)
    trained = [layer for stage in stages for layer in stage]
    return Sequential([Input(x.shape[1:]), *trained, *([] if y is None else head)])
