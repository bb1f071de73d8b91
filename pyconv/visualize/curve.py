"""How training went."""

from pyconv.visualize.figure import CATEGORIES, INK, new_figure, plain_axes

_TRAINING, _VALIDATION = CATEGORIES[:2]


def curves(history):
    """The loss and metrics over the epochs, a panel each; training and validation together.

    Args:
        history: what `fit` returned, or a dict from names to values, one an epoch.

    Returns:
        A `Figure`.

    Raises:
        ValueError: it is neither, or there are no epochs.

    Example:
        >>> figure = curves({"loss": [2.0, 1.0, 0.7], "val_loss": [2.1, 1.4, 1.3]})
    """
    logs = getattr(history, "history", history)
    if not isinstance(logs, dict):
        raise ValueError(f"expected `history` as fit returns it, or a dict, received {history!r}")
    names = list(dict.fromkeys(name.removeprefix("val_") for name in logs))
    if not names or not all(len(values) for values in logs.values()):
        raise ValueError("expected the logs of at least one epoch, received none; call fit first")
    figure = new_figure(3.6 * len(names) + 0.4, 3.0)
    for ax, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        for key, label, colour in (
            (name, "training", _TRAINING),
            (f"val_{name}", "validation", _VALIDATION),
        ):
            if key in logs:
                epochs = range(1, len(logs[key]) + 1)
                mark = "o" if len(epochs) == 1 else None
                ax.plot(epochs, logs[key], color=colour, marker=mark, linewidth=1.8, label=label)
        _finish(ax, name.replace("_", " "), compared=f"val_{name}" in logs)
    return figure


def _finish(ax, title, compared):
    plain_axes(ax)
    ax.set_title(title, fontsize=10, color=INK)
    ax.set_xlabel("epoch", fontsize=9, color=INK)
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.grid(axis="y", color="#E4E4E4", linewidth=0.6)
    ax.margins(x=0.02)
    if compared:
        ax.legend(frameon=False, fontsize=8, labelcolor=INK)
