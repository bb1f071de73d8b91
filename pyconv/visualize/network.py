"""A model's graph as a picture."""

from __future__ import annotations

from pyconv.analysis.dot import DIRECTIONS
from pyconv.analysis.structure import Structure, label
from pyconv.utils.arguments import choice
from pyconv.visualize.figure import CATEGORIES, FRAME, INK, new_figure
from pyconv.visualize.layered import Layered

CHARACTER, LINE, MARGIN = 0.078, 0.2, 0.12  # inches, of text of 9 points
HEAD = LINE + MARGIN / 2  # inches, of the title's height
GAP = 0.32  # inches between ranks
PIXELS = 60_000  # of a picture's longer side, at most


def plot_model(
    model,
    to_file="model.png",
    show_shapes=False,
    show_dtype=False,
    show_layer_names=False,
    rankdir="TB",
    expand_nested=False,
    dpi=200,
    show_layer_activations=False,
    show_trainable=False,
    splines="ortho",
    **kwargs,
):
    """Draws the layers of a model as boxes, and what flows between them as lines.

    Args:
        model: a built model.
        to_file: path of the picture, whose suffix says its form; None for none.
        show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable: what the
            boxes say.
        rankdir: "TB" (top to bottom), "BT", "LR" or "RL".
        expand_nested: whether the layers of nested models are drawn, in frames.
        dpi: pixels an inch; fewer for very large models.
        splines: accepted for Keras' sake.
        **kwargs: none.

    Returns:
        A matplotlib `Figure`, which a notebook shows.

    Raises:
        ValueError: a model that is not built, or unknown arguments.

    Example:
        >>> from pyconv import Input, Sequential, layers
        >>> model = Sequential([Input((3,)), layers.Dense(2), layers.Softmax()])
        >>> figure = plot_model(model, to_file=None, show_shapes=True)
        >>> [text.get_text() for text in figure.axes[0].texts][:2]
        ['Dense', 'Input shape: (None, 3)']
    """
    if kwargs:
        raise ValueError(f"expected no further arguments, received {', '.join(sorted(kwargs))}")
    choice(rankdir.lower(), "rankdir", tuple(d.lower() for d in DIRECTIONS))
    found = Structure(model, expand_nested)
    shown = (show_layer_names, show_layer_activations, show_shapes, show_dtype, show_trainable)
    figure = _Drawing(found, [label(node, *shown) for node in found.nodes], rankdir.upper()).draw()
    if to_file is not None:
        longest = max(figure.get_size_inches())
        figure.savefig(to_file, dpi=min(dpi, PIXELS / longest))
    return figure


class _Drawing:
    """Boxes with texts, in ranks."""

    def __init__(self, found, labels, rankdir):
        self._found, self._labels = found, labels
        self._upright = rankdir in ("TB", "BT")
        self._backwards = rankdir in ("BT", "RL")
        self._sizes = [_size(*text) for text in labels]
        side = 0 if self._upright else 1
        depth = max(len(group) for group in found.groups)
        self._frame = 0.1 * depth
        gap = 0.25 + 2 * self._frame
        self._layout = Layered([size[side] for size in self._sizes], found.edges, gap)
        self._levels = self._rank_positions(1 - side)
        self._places = [
            self._point(self._layout.across[i], self._levels[rank])
            for i, rank in enumerate(self._layout.rank)
        ]

    def _rank_positions(self, side):
        """The middle of each rank along the way."""
        count = max(self._layout.rank) + 1
        most = [0.0] * count
        for rank, size in zip(self._layout.rank, self._sizes, strict=True):
            most[rank] = max(most[rank], size[side])
        levels, at = [], 0.0
        for size in most:
            levels.append(at + size / 2)
            at += size + GAP + 2 * self._frame
        return levels

    def _point(self, across, along):
        along = -along if self._backwards else along
        return (across, -along) if self._upright else (along, -across)

    def draw(self):
        """The figure."""
        left, right, bottom, top = self._bounds()
        figure = new_figure(right - left, top - bottom)
        figure.set_layout_engine("none")
        ax = figure.add_axes((0, 0, 1, 1))
        ax.set_axis_off()
        ax.set_xlim(left, right)
        ax.set_ylim(bottom, top)
        self._draw_groups(ax)
        for edge, path in zip(self._found.edges, self._layout.paths, strict=True):
            self._draw_edge(ax, edge, path)
        for place, size, text in zip(self._places, self._sizes, self._labels, strict=True):
            _draw_box(ax, place, size, *text)
        return figure

    def _bounds(self):
        room = MARGIN + self._frame + (0.2 if self._frame else 0)
        ends = [
            (x - w / 2, x + w / 2, y - h / 2, y + h / 2)
            for (x, y), (w, h) in zip(self._places, self._sizes, strict=True)
        ]
        lanes = [x for path in self._layout.paths for x in path]
        lanes = [self._point(x, 0.0) for x in lanes]
        sides = list(zip(*ends, strict=True))
        lows = min([*sides[0], *(p[0] for p in lanes)]), min([*sides[2], *(p[1] for p in lanes)])
        highs = max([*sides[1], *(p[0] for p in lanes)]), max([*sides[3], *(p[1] for p in lanes)])
        return lows[0] - room, highs[0] + room, lows[1] - room, highs[1] + room

    def _draw_edge(self, ax, edge, path):
        """From border to border, by way of its lane."""
        from matplotlib.patches import FancyArrowPatch
        from matplotlib.path import Path

        a, b = edge
        ranks = range(self._layout.rank[a] + 1, self._layout.rank[b])
        points = [self._border(a, 1)]
        for rank, across in zip(ranks, path, strict=True):
            reach = GAP / 2
            points += [
                self._point(across, self._levels[rank] - reach),
                self._point(across, self._levels[rank] + reach),
            ]
        points.append(self._border(b, -1))
        arrow = FancyArrowPatch(
            path=Path(points), arrowstyle="-|>", mutation_scale=8, color=INK, linewidth=0.9,
            shrinkA=0, shrinkB=0, joinstyle="round",
        )  # fmt: skip
        ax.add_patch(arrow)

    def _border(self, node, sign):
        """Where lines leave (1) or meet (-1) a box."""
        (x, y), (w, h) = self._places[node], self._sizes[node]
        sign = -sign if self._backwards else sign
        return (x, y - sign * h / 2) if self._upright else (x + sign * w / 2, y)

    def _draw_groups(self, ax):
        from matplotlib.patches import Rectangle

        groups = dict.fromkeys(
            group[: k + 1] for group in self._found.groups for k in range(len(group))
        )
        for number, group in enumerate(groups):
            members = [i for i, g in enumerate(self._found.groups) if g[: len(group)] == group]
            room = self._frame - 0.1 * (len(group) - 1) + 0.02
            xs, ys = zip(*(self._places[i] for i in members), strict=True)
            ws, hs = zip(*(self._sizes[i] for i in members), strict=True)
            left = min(x - w / 2 for x, w in zip(xs, ws, strict=True)) - room
            right = max(x + w / 2 for x, w in zip(xs, ws, strict=True)) + room
            low = min(y - h / 2 for y, h in zip(ys, hs, strict=True)) - room
            high = max(y + h / 2 for y, h in zip(ys, hs, strict=True)) + room
            colour = CATEGORIES[number % len(CATEGORIES)]
            ax.add_patch(
                Rectangle((left, low), right - left, high - low, facecolor=colour, alpha=0.12)
            )
            ax.text(right, high, group[-1], fontsize=7, color=colour, ha="right", va="bottom")


def _size(title, lines):
    """(width, height) of a box, in inches."""
    longest = max(map(len, [title, *lines]))
    return longest * CHARACTER + 2 * MARGIN, HEAD + len(lines) * LINE + (MARGIN / 2 if lines else 0)


def _draw_box(ax, place, size, title, lines):
    from matplotlib.patches import Rectangle

    (x, y), (w, h) = place, size
    ax.add_patch(Rectangle((x - w / 2, y - h / 2), w, h, facecolor="white", edgecolor=FRAME))
    ax.add_patch(Rectangle((x - w / 2, y + h / 2 - HEAD), w, HEAD, facecolor=INK))
    middle = y + h / 2 - HEAD / 2
    ax.text(x, middle, title, color="white", fontsize=9, ha="center", va="center_baseline")
    for i, line in enumerate(lines):
        at = y + h / 2 - HEAD - (i + 0.5) * LINE
        ax.text(x, at, line, color=INK, fontsize=8, ha="center", va="center_baseline")
