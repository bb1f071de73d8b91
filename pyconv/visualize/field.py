"""What units see of an image."""

from pyconv.interpret import up_to
from pyconv.utils import receptive_field as fields_of
from pyconv.visualize.figure import CATEGORIES, INK
from pyconv.visualize.image import photograph


def receptive_field(model, image, place=None, layers=None):
    """An image with the receptive fields of the units that lie over one pixel, a frame a layer.

    Args:
        model: a model with one input, of images.
        image: (height, width, channels), of the model's size.
        place: (row, column) of the pixel; the middle of the image by default.
        layers: names of layers; by default all that see more than those before them.

    Returns:
        A `Figure`.

    Raises:
        ValueError: the place is outside of the image, or a layer has no maps.

    Example:
        >>> import numpy as np
        >>> from pyconv import Input, Sequential, layers
        >>> model = Sequential([Input((16, 16, 1)), layers.Conv2D(2, 3), layers.Conv2D(2, 3)])
        >>> figure = receptive_field(model, np.zeros((16, 16, 1)), place=(4, 9))
    """
    from matplotlib.patches import Rectangle

    size = image.shape[:2]
    place = tuple(side // 2 for side in size) if place is None else tuple(place)
    if len(place) != 2 or not all(0 <= p < side for p, side in zip(place, size, strict=True)):
        raise ValueError(f"expected `place` as (row, column) below {size}, received {place}")
    figure, ax = photograph(image)
    handles = []
    for i, (name, (rows, columns)) in enumerate(_fields(model, image, place, layers).items()):
        height, width = rows.stop - rows.start, columns.stop - columns.start
        frame = Rectangle(
            (columns.start - 0.5, rows.start - 0.5), width, height, facecolor="none", linewidth=2,
            edgecolor=CATEGORIES[i % len(CATEGORIES)], label=f"{name}: {height} x {width}",
        )  # fmt: skip
        handles.append(ax.add_patch(frame))
    figure.legend(handles=handles, loc="outside right center", frameon=False, fontsize=9,
                  labelcolor=INK)  # fmt: skip
    return figure


def _fields(model, image, place, names):
    """Slices of rows and columns for each layer's unit over the place, by the layer's name."""
    found = {field.layer: field for field in fields_of(model, image.shape)}
    wanted = found if names is None else names
    fields = {}
    for name in wanted:
        if name not in found or 0 in found[name].jump:
            if names is None:
                continue
            raise ValueError(f"layers: expected layers with maps, received {name!r}")
        unit = _unit_over(found[name], up_to(model, name).output_shape[1:-1], place)
        field = fields_of(model, image.shape, layer=name, position=unit)
        if names is not None or field not in fields.values():
            fields[name] = field
    return fields


def _unit_over(field, sizes, place):
    """The unit whose field's middle is nearest to the place."""
    axes = zip(place, field.start, field.size, field.jump, sizes, strict=True)
    nearest = ((p - start - (k - 1) / 2) / float(jump) for p, start, k, jump, _ in axes)
    return tuple(int(min(max(round(i), 0), n - 1)) for i, n in zip(nearest, sizes, strict=True))
