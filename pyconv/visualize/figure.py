"""What the pictures share: figures, panels, mosaics, colours."""

import numpy as np

from pyconv.utils.arguments import whole

SIGNED = "RdBu_r"  # blue below zero, white at zero, red above
UNSIGNED = "viridis"
INK = "#404040"
FRAME = "#C8C8C8"
CATEGORIES = (
    "#4477AA",
    "#EE6677",
    "#228833",
    "#CCBB44",
    "#66CCEE",
    "#AA3377",
    "#EE7733",
    "#009988",
)  # fmt: skip  (Paul Tol's bright scheme: safe for the colour-blind)


def new_figure(width, height):
    """An empty figure of this size in inches that belongs to nobody but the caller."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained", facecolor="white")


def panels(rows, columns, width=1.6, height=None, header=0.25):
    """A figure with a grid of panels without axes, each `width` x `height` inches.

    Returns:
        The figure and an array (rows, columns) of matplotlib axes.
    """
    height = width if height is None else height
    figure = new_figure(columns * width + 0.3, rows * (height + header) + 0.1)
    axes = figure.subplots(rows, columns, squeeze=False)
    for ax in axes.flat:
        ax.set_axis_off()
    return figure, axes


def show(ax, image, title=None, **options):
    """Draws an image on a panel, in a thin frame, with every pixel as a square."""
    artist = ax.imshow(image, interpolation="nearest", **options)
    ax.set_axis_on()
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set(color=FRAME, linewidth=0.6)
    if title is not None:
        ax.set_title(title, fontsize=9, color=INK)
    return artist


def picture(image):
    """An example (height, width, channels) as matplotlib takes it, and how it is coloured.

    One channel is gray, three are red, green and blue, of others the mean is shown. Bytes, and
    values within [0, 1], are taken as they are; others are scaled to their range.
    """
    image = np.asarray(image)
    image = image[..., None] if image.ndim == 2 else image
    if image.ndim != 3:
        raise ValueError(
            f"expected an image (height, width[, channels]), received shape {image.shape}"
        )
    image = image / 255 if image.dtype == np.uint8 else image.astype("float64")
    if image.size and (image.min() < 0 or image.max() > 1):
        image = (image - image.min()) / (np.ptp(image) or 1)
    if image.shape[-1] == 3:
        return image, {}
    return image.mean(axis=-1), {"cmap": "gray", "vmin": 0, "vmax": 1}


def weights_picture(weights):
    """Signed weights (height, width, channels) as matplotlib takes them: three channels as colours
    with gray for zero, else the mean over channels, blue below zero and red above."""
    largest = np.abs(weights).max(initial=0) or 1.0
    if weights.shape[-1] == 3:
        return 0.5 + weights / (2 * largest), {}
    return weights.mean(axis=-1), signed(weights.mean(axis=-1))


def signed(values):
    """Colours for values on both sides of zero: the same distance up and down."""
    largest = float(np.nanmax(np.abs(values))) if np.size(values) else 0.0
    return {"cmap": SIGNED, "vmin": -(largest or 1.0), "vmax": largest or 1.0}


def colours(values):
    """Colours for values: from zero up where none is negative, else `signed`."""
    if np.size(values) and np.nanmin(values) >= 0:
        return {"cmap": UNSIGNED, "vmin": 0, "vmax": float(np.nanmax(values)) or 1.0}
    return signed(values)


def mosaic(tiles, columns, gap=1):
    """Tiles (count, height, width[, 3]) side by side, row by row, in one image.

    Gaps are white: NaN, or 1 in colour images.

    Example:
        >>> mosaic(np.ones((3, 1, 2)), columns=2)
        array([[ 1.,  1., nan,  1.,  1.],
               [nan, nan, nan, nan, nan],
               [ 1.,  1., nan, nan, nan]])
    """
    count, height, width = tiles.shape[:3]
    rows = -(-count // columns)
    size = (rows * (height + gap) - gap, columns * (width + gap) - gap, *tiles.shape[3:])
    image = np.full(size, 1.0 if tiles.ndim == 4 else np.nan)
    for i, tile in enumerate(tiles):
        top, left = i // columns * (height + gap), i % columns * (width + gap)
        image[top : top + height, left : left + width] = tile
    return image


def frame_tiles(ax, tiles, columns, gap):
    """Draws thin frames around the tiles of a mosaic, whose white is not that of the page."""
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Rectangle

    height, width = tiles.shape[1:3]
    corners = [divmod(i, columns) for i in range(len(tiles))]
    frames = [
        Rectangle((column * (width + gap) - 0.5, row * (height + gap) - 0.5), width, height)
        for row, column in corners
    ]
    style = {"facecolor": "none", "edgecolor": FRAME, "linewidth": 0.6, "clip_on": False}
    ax.add_collection(PatchCollection(frames, **style))


def columns_for(count, tile_shape, columns=None):
    """How many columns make a mosaic somewhat wider than high, with few empty places.

    Example:
        >>> columns_for(16, (3, 3)), columns_for(10, (8, 8)), columns_for(15, (1, 5))
        (4, 5, 3)
    """
    if columns is not None:
        return whole(columns, "columns")
    height, width = tile_shape
    wanted = (1.5 * count * height / width) ** 0.5
    near = [c for c in range(1, count + 1) if 0.7 * wanted <= c <= 1.5 * wanted]
    return min(
        near or [min(count, max(1, round(wanted)))], key=lambda c: (-count % c, abs(c - wanted))
    )


def colour_bar(figure, artist, ax, label=None):
    """A thin scale beside a panel."""
    bar = figure.colorbar(artist, ax=ax, shrink=0.8, aspect=30, pad=0.02)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=8, colors=INK, length=2)
    if label is not None:
        bar.set_label(label, fontsize=9, color=INK)


def plain_axes(ax):
    """A panel with axes but without a frame above and to the right."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["bottom", "left"]].set_color(FRAME)
    ax.tick_params(labelsize=8, colors=INK, length=3)
