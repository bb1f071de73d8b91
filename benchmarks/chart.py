"""Pictures of what was measured; matplotlib is imported when one is drawn."""

from __future__ import annotations

from pathlib import Path

from benchmarks.peers import LIBRARIES, TITLES

OWN = "#c8102e"
COLOURS = {
    "pyconv": OWN,
    "torch": "#2f4b7c",
    "compile": "#6b8cbe",
    "keras": "#7a8b99",
    "ort": "#c2c9cf",
}
PASS_COLOURS = {"forward": OWN, "backward_data": "#e8871e", "backward_weights": "#2f4b7c"}
GREY = "#555555"
MOST = 3  # times the fastest peer's speed, where a bar ends


def models(rows, machine: dict):
    """A panel for each kind of task: speeds in units of the fastest peer's; triangles are goals.

    Args:
        rows: of `suite.rows`.
        machine: of `machine.describe`.

    Returns:
        A matplotlib figure.
    """
    kinds = {"training step": "training step", "predict, batch 1": "prediction, 1 example"}
    kinds |= {"predict, batch 32": "prediction, 32 examples"}
    panels = [
        (title, [r for r in rows if r.task == kind or r.task.startswith(f"{kind},")])
        for kind, title in kinds.items()
    ]
    panels = [(title, found) for title, found in panels if found]
    names = list(dict.fromkeys(r.model for r in rows))
    figure, axes = _figure(len(panels), 4.3 * len(panels) + 1.2, 1.5 + 0.95 * len(names))
    libraries = [k for k in LIBRARIES if any(k in r.milliseconds for r in rows)]
    for axis, (title, found) in zip(axes, panels, strict=True):
        _speeds(axis, title, found, names, libraries)
        axis.set_yticks([])
    axes[0].set_yticks(range(len(names)), names, fontsize=11)
    figure.legend(
        *_handles(libraries),
        loc="outside upper right",
        ncols=len(libraries),
        frameon=False,
    )
    _titles(figure, "Speed, in units of the fastest peer's (triangles: goals)", machine)
    return figure


def _speeds(axis, title, rows, names, libraries) -> None:
    """One panel: bars that would leave it end at its edge, their words say how long they are.
    pyconv's are the ratios of the table, medians over the rounds; peers' those of medians."""
    height = 0.84 / len(libraries)
    for row in rows:
        best = min(
            row.milliseconds[k] for k in row.milliseconds if k != "pyconv" or row.ratio is None
        )
        y = names.index(row.model)
        for i, library in enumerate(libraries):
            if library in row.milliseconds:
                own = library == "pyconv" and row.ratio is not None
                speed = row.ratio if own else best / row.milliseconds[library]
                spot = y + (i - (len(libraries) - 1) / 2) * height
                _bar(axis, spot, speed, row.milliseconds[library], library, height)
        if row.bar is not None and row.bar <= MOST:
            axis.plot(row.bar, y - 0.44, "v", color="black", markersize=5)
    axis.axvline(1, color=GREY, linewidth=0.8, zorder=0)
    axis.set_xlim(0, 1.45 * MOST)  # room for the words
    axis.set_xticks(range(MOST + 1), [f"{x} x" for x in range(MOST + 1)])
    axis.set_ylim(len(names) - 0.5, -0.5)
    axis.set_title(title, loc="left", fontsize=12, pad=8)


def _bar(axis, y, speed, milliseconds, library, height) -> None:
    length = min(speed, MOST)
    axis.barh(y, length, 0.9 * height, color=COLOURS[library])
    own = library == "pyconv"
    words = _milliseconds(milliseconds)
    axis.annotate(
        f"{speed:.3g} x, {words}" if own else words,
        (length, y),
        (4, 0),
        textcoords="offset points",
        va="center",
        fontsize=9 if own else 7,
        color=OWN if own else GREY,
        fontweight="bold" if own else "normal",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
    )


def layers(found, machine: dict):
    """For each convolution a dot a pass: per cent of the FMA peak, PyTorch's as rings."""
    figure, (axis,) = _figure(1, 10, 1.6 + 0.36 * len(found))
    for y, layer in enumerate(found):
        axis.axhline(y, color="#eeeeee", linewidth=1, zorder=0)
        for i, (name, colour) in enumerate(PASS_COLOURS.items()):
            spot = y + (i - 1) * 0.22
            own, peer = layer.of_peak(name), layer.of_peak(name, 1)
            if own is None:
                continue
            if peer is not None:
                axis.plot([100 * peer, 100 * own], [spot, spot], color=colour, alpha=0.35, lw=2)
                axis.plot(100 * peer, spot, "o", ms=5, mfc="white", mec=colour)
            label = name.replace("_", " ") if y == 0 else None
            axis.plot(100 * own, spot, "o", ms=6, color=colour, label=label)
    axis.axvline(100, color=GREY, linewidth=0.8, zorder=0)
    axis.set_yticks(range(len(found)), [layer.name for layer in found])
    axis.set_ylim(len(found) - 0.4, -0.6)
    axis.set_xlim(left=0)
    axis.set_xlabel("% of the FMA peak, counted as direct convolution")
    figure.legend(loc="outside upper right", ncols=3, frameon=False)
    _titles(figure, "Convolutions: dots pyconv, rings PyTorch", machine)
    return figure


def curves(panels, machine: dict, title: str):
    """A panel for each sweep: (heading, x label, y label, {label: [(x, y), ...]})."""
    figure, axes = _figure(len(panels), 4.2 * len(panels), 4.4)
    for axis, (heading, x_label, y_label, lines) in zip(axes, panels, strict=True):
        for label, points in lines.items():
            own = not label.startswith("PyTorch")
            style = {"color": OWN if own else COLOURS["torch"], "marker": "o", "label": label}
            axis.plot(*zip(*points, strict=True), **style, linewidth=2 if own else 1.5)
        ticks = sorted({x for points in lines.values() for x, _ in points})
        axis.set_xscale("log", base=2)
        axis.set_xticks(ticks, [f"{x:g}" for x in ticks])
        axis.minorticks_off()
        axis.set_ylim(bottom=0)
        axis.set_xlabel(x_label)
        axis.set_ylabel(y_label)
        axis.set_title(heading, loc="left", fontsize=11)
        axis.legend(frameon=False)
    _titles(figure, title, machine)
    return figure


def save(figure, path: Path) -> None:
    """Writes a picture."""
    figure.savefig(path, dpi=150)


def _figure(count: int, width: float, height: float):
    """A figure without a window, and its panels side by side."""
    from matplotlib.figure import Figure

    figure = Figure((width, height), layout="constrained")
    axes = figure.subplots(1, count, squeeze=False)[0]
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(length=0)
    return figure, axes


def _titles(figure, title: str, machine: dict) -> None:
    words = f"{machine['cpu']}, {machine['cores']} cores, {machine['isa']}, {machine['date']}"
    figure.suptitle(title, x=0.01, ha="left", fontsize=14, fontweight="bold")
    figure.supxlabel(words, x=0.01, ha="left", fontsize=8, color=GREY)


def _handles(libraries):
    from matplotlib.patches import Patch

    return [Patch(color=COLOURS[k]) for k in libraries], [TITLES[k] for k in libraries]


def _milliseconds(value: float) -> str:
    return f"{value:,.0f} ms" if value >= 100 else f"{value:.3g} ms"
