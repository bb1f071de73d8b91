"""Images, and what was found in them."""

import numpy as np

from pyconv import ops
from pyconv.visualize.figure import CATEGORIES, INK, columns_for, new_figure, panels, picture, show


def images(images, titles=None, columns=None):
    """Images side by side.

    Args:
        images: (n, height, width, channels), or a list of images of any sizes; gray or colour.
        titles: one for each.
        columns: images in a row.

    Returns:
        A `Figure`.

    Raises:
        ValueError: the number of titles is not that of the images.

    Example:
        >>> figure = images(np.zeros((3, 8, 8, 1)), titles=["one", "two", "three"])
    """
    titles = [None] * len(images) if titles is None else titles
    if len(titles) != len(images) or not len(images):
        raise ValueError(
            f"expected images and a title for each, received {len(images)} images and "
            f"{len(titles)} titles"
        )
    columns = columns_for(len(images), (1, 1), columns)
    figure, axes = panels(-(-len(images) // columns), columns)
    for ax, image, title in zip(axes.flat, images, titles, strict=False):
        pixels, colour = picture(image)
        show(ax, pixels, title, **colour)
    return figure


def boxes(image, boxes, labels=None, scores=None, box_format="xyxy"):
    """An image with boxes around objects.

    Args:
        image: (height, width, channels).
        boxes: (k, 4) in pixels; the left edge of column i is at i.
        labels: a name for each box, which has a colour of its own.
        scores: a confidence for each box, from 0 to 1.
        box_format: as in `pyconv.ops.box_iou`.

    Returns:
        A `Figure`.

    Raises:
        ValueError: boxes have not four numbers, labels or scores are not as many as boxes, or an
            unknown format.

    Example:
        >>> figure = boxes(np.zeros((32, 32, 3)), [[4, 4, 20, 12]], labels=["cat"], scores=[0.9])
    """
    from matplotlib.patches import Rectangle

    corners = np.asarray(boxes, "float32")
    if corners.size and corners.shape[1:] != (4,):
        raise ValueError(f"expected `boxes` of shape (k, 4), received {corners.shape}")
    corners = corners.reshape(-1, 4)
    corners = np.asarray(ops.convert_boxes(corners, box_format, "xyxy"))
    for name, values in (("labels", labels), ("scores", scores)):
        if values is not None and len(values) != len(corners):
            raise ValueError(
                f"expected `{name}` for {len(corners)} boxes, received {len(values)}; pass one each"
            )
    figure, ax = photograph(image)
    colour = _colour_of([None] * len(corners) if labels is None else labels)
    for i, (left, top, right, bottom) in enumerate(corners - 0.5):
        label = None if labels is None else labels[i]
        edge = {"edgecolor": colour[label], "facecolor": "none", "linewidth": 2}
        ax.add_patch(Rectangle((left, top), right - left, bottom - top, **edge))
        _tag(ax, left, top, label, None if scores is None else scores[i], colour[label])
    return figure


def segmentation(image, labels, names=None, alpha=0.5):
    """An image with a colour over each segment, and whose colour it is.

    Args:
        image: (height, width, channels).
        labels: (height, width) class of each pixel; 0, the background, stays uncovered.
        names: the classes' names, a sequence or dict by class.
        alpha: opacity of the colours.

    Returns:
        A `Figure`.

    Raises:
        ValueError: labels are not of the image's size, or a class has no name.

    Example:
        >>> labels = np.zeros((16, 16), int)
        >>> labels[4:9, 4:9] = 1
        >>> figure = segmentation(np.zeros((16, 16, 3)), labels, names={1: "cat"})
    """
    from matplotlib.colors import to_rgb
    from matplotlib.patches import Patch

    labels = np.asarray(labels)
    if labels.shape != np.shape(image)[:2]:
        raise ValueError(
            f"expected `labels` of the image's size {np.shape(image)[:2]}, received {labels.shape}"
        )
    figure, ax = photograph(image)
    classes = [int(c) for c in np.unique(labels) if c != 0]
    names = _names(names, classes)
    cover = np.zeros((*labels.shape, 4))
    handles = []
    for c in classes:
        colour = CATEGORIES[(c - 1) % len(CATEGORIES)]
        cover[labels == c] = (*to_rgb(colour), alpha)
        handles.append(Patch(color=colour, label=names[c]))
    show(ax, cover)
    if handles:
        figure.legend(handles=handles, loc="outside right center", frameon=False, fontsize=9,
                      labelcolor=INK)  # fmt: skip
    return figure


def _names(names, classes):
    """The name of each class, its number by default."""
    if names is None:
        names = {c: c for c in classes}
    elif not hasattr(names, "keys"):
        names = dict(enumerate(names))
    missing = [c for c in classes if c not in names]
    if missing:
        raise ValueError(f"expected `names` for all classes, received none for {missing}")
    return {c: str(names[c]) for c in classes}


def photograph(image):
    """A figure with one large image."""
    pixels, colour = picture(image)
    height, width = pixels.shape[:2]
    scale = 5 / max(height, width)
    figure = new_figure(max(width * scale, 1) + 0.2, max(height * scale, 1) + 0.2)
    ax = figure.subplots()
    show(ax, pixels, **colour)
    return figure, ax


def _colour_of(labels):
    """A colour for each different label, in the order of their first use."""
    different = dict.fromkeys(labels)
    return {label: CATEGORIES[i % len(CATEGORIES)] for i, label in enumerate(different)}


def _tag(ax, left, top, label, score, colour):
    """The label and score of a box, above its left corner, within the image."""
    text = " ".join(t for t in (label and str(label), score is not None and f"{score:.2f}") if t)
    if text:
        ax.annotate(
            text, (left, max(top, ax.get_ylim()[1])), xytext=(1, 2), textcoords="offset points",
            fontsize=8, color="white", va="bottom" if top > 0.05 * ax.get_ylim()[0] else "top",
            bbox={"facecolor": colour, "edgecolor": "none", "pad": 1.5},
        )  # fmt: skip
