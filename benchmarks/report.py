"""Where tables are printed, and how they are written."""

from __future__ import annotations

from rich.console import Console

WIDTH = 110  # columns that the widest table needs; a file or pipe has no width of its own


def console() -> Console:
    """The standard output, wide enough for every table."""
    return Console(width=max(Console().width, WIDTH))


def markdown(headings: list[str], lines: list[list[str]]) -> str:
    """A table in Markdown.

    Example:
        >>> print(markdown(["a", "b"], [["1", "2"]]))
        | a | b |
        |---|---|
        | 1 | 2 |
    """
    rows = [headings, *lines]
    text = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([text[0], "|" + "---|" * len(headings), *text[1:]])
