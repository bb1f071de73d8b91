"""What the ops of a step reach of what the machine can do."""

import numpy as np

from pyconv.visualize.figure import CATEGORIES, FRAME, INK, new_figure, plain_axes

_BARS = 14


def roofline(profile):
    """The roofline of a step (Williams et al. 2009), and where its time goes.

    Left, each convolution and dense layer, pass by pass: its rate over its operations for each byte
    of its arrays, the area its time; the line is what the machine can do. A dot may lie above it,
    where an algorithm needs fewer operations than the equation or arrays stay in a cache. Right,
    the slowest ops of the layers and what each reaches: of the peak where it multiplies, else of
    the rate at which memory is read and written.

    Args:
        profile: what `Model.profile` returned.

    Returns:
        The matplotlib figure.

    Example:
        >>> import numpy as np, pyconv
        >>> from pyconv import layers, visualize
        >>> model = pyconv.Sequential([pyconv.Input((8, 8, 1)), layers.Conv2D(4, 3)])
        >>> figure = visualize.roofline(model.profile(np.ones((2, 8, 8, 1)), steps=1))
        >>> len(figure.axes)
        2
    """
    rows = profile.by_layer_and_op()
    kinds = list(dict.fromkeys(row.op for row in rows if row.operations))
    colours = dict(zip(kinds, CATEGORIES, strict=False))
    figure = new_figure(11, 4.6)
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    _dots(left, profile, [row for row in rows if row.operations and row.seconds], colours)
    _bars(right, profile, rows[:_BARS], colours)
    figure.suptitle(
        f"{profile.kind}, {profile.examples} examples: {profile.seconds * 1e3:.2f} ms",
        fontsize=10,
        color=INK,
    )
    return figure


def _dots(ax, profile, rows, colours):
    most, whole = profile.roofs, sum(op.seconds for op in profile.ops) or 1.0
    densities = [row.operations / row.nbytes for row in rows] + [most.flops / most.bandwidth]
    x = np.geomspace(min(densities) / 2, max(densities) * 2, 200)
    ax.plot(x, np.minimum(most.flops, x * most.bandwidth) / 1e9, color=INK, linewidth=1)
    for kind, colour in colours.items():
        found = [row for row in rows if row.op == kind]
        ax.scatter(
            [row.operations / row.nbytes for row in found],
            [row.flops / 1e9 for row in found],
            [10 + 1500 * row.seconds / whole for row in found],
            color=colour,
            alpha=0.6,
            linewidths=0,
            label=kind,
        )
    ax.set(xscale="log", yscale="log", xlabel="operations / byte", ylabel="GFLOP/s")
    plain_axes(ax)
    ax.grid(color=FRAME, linewidth=0.4)
    if colours:
        legend = ax.legend(fontsize=8, frameon=False, loc="lower right")
        for handle in legend.legend_handles:
            handle.set_sizes([30])


def _bars(ax, profile, rows, colours):
    places = np.arange(len(rows))[::-1]
    times = [row.seconds * 1e3 for row in rows]
    ax.barh(places, times, 0.7, color=[colours.get(row.op, FRAME) for row in rows])
    for place, row, time in zip(places, rows, times, strict=True):
        ax.annotate(_reached(profile, row), (time, place), (3, 0), fontsize=7, va="center",
                    color=INK, textcoords="offset points")  # fmt: skip
    ax.set_yticks(places, [f"{row.layer}: {row.op}" for row in rows], fontsize=7)
    ax.set_xlabel("ms")
    ax.margins(x=0.25)
    plain_axes(ax)


def _reached(profile, row):
    if row.operations:
        return f"{100 * profile.part_of_peak(row):.0f} % of peak"
    return f"{row.bandwidth / 1e9:.0f} GB/s"
