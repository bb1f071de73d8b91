"""Units and the concepts that they find."""

import numpy as np

from pyconv.interpret import dissect, up_to
from pyconv.interpret.concepts import interpolated
from pyconv.visualize.figure import INK, panels, picture, show

_SHOWN = 5  # images of each channel


def dissection(model, x, concepts, layer=None, quantile=0.005, top=4):
    """The channels that find concepts best, on the images that excite them most.

    Each row is a channel with its best concept and their intersection over union; an image is
    bright where the channel is on.

    Args:
        model, x, concepts, layer, quantile: as in `pyconv.interpret.dissect`.
        top: number of channels.

    Returns:
        A `Figure`.

    Example:
        >>> from pyconv import Input, Sequential, layers
        >>> model = Sequential([Input((8, 8, 1)), layers.Conv2D(4, 3, name="edges")])
        >>> x = np.random.default_rng(0).uniform(size=(6, 8, 8, 1))
        >>> figure = dissection(model, x, {"bright": x[..., 0] > 0.9}, "edges", quantile=0.1)
    """
    scores, thresholds = dissect(model, x, concepts, layer, quantile)
    maps = up_to(model, layer).predict(np.asarray(x, "float32"), batch_size=64, verbose=0)
    channels = np.argsort(-scores.max(axis=1), kind="stable")[:top]
    figure, axes = panels(len(channels), min(_SHOWN, len(x)))
    for row, k in zip(axes, channels, strict=True):
        best = int(scores[k].argmax())
        title = f"channel {k}: {list(concepts)[best]}, IoU {scores[k, best]:.2f}"
        strongest = np.argsort(-maps[..., k].max(axis=(1, 2)), kind="stable")
        for ax, i in zip(row, strongest, strict=False):
            on = interpolated(maps[i : i + 1, ..., k], np.shape(x)[1:3])[0] > thresholds[k]
            _draw(ax, x[i], on)
        row[0].set_title(title, fontsize=9, color=INK, loc="left")
    return figure


def _draw(ax, image, on):
    """The image, dark where the channel is off."""
    pixels, colour = picture(image)
    show(ax, pixels, **colour)
    shade = np.zeros((*on.shape, 4))
    shade[..., 3] = np.where(on, 0, 0.7)
    show(ax, shade)
