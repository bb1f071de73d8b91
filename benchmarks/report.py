"""Where tables are printed."""

from __future__ import annotations

from rich.console import Console

WIDTH = 110  # columns that the widest table needs; a file or pipe has no width of its own


def console() -> Console:
    """The standard output, wide enough for every table."""
    return Console(width=max(Console().width, WIDTH))
