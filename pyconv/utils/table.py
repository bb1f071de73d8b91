"""Tables of rich as text."""

import io


def as_text(table, width=200):
    """What a terminal of so many columns would show.

    Example:
        >>> from rich.table import Table
        >>> print(as_text(Table("a", "b")))
        ┏━━━┳━━━┓
        ┃ a ┃ b ┃
        ┡━━━╇━━━┩
        └───┴───┘
    """
    from rich.console import Console

    text = io.StringIO()
    Console(file=text, width=width, markup=False, highlight=False).print(table)
    return text.getvalue().rstrip("\n")
