"""docs/operations.md lists every op and every layer, each once."""

import re
from collections import Counter
from pathlib import Path

from pyconv import layers, ops

PAGE = (Path(__file__).parent.parent / "docs" / "operations.md").read_text()
ROWS = [re.split(r"(?<!\\)\|", line)[1:-1] for line in PAGE.splitlines() if line.startswith("|")]


def named(column: int, width: int) -> Counter:
    """How often each name stands in a column of the tables of so many columns."""
    names = Counter()
    for row in ROWS:
        if len(row) == width:
            names.update(n for part in row[column].split(", ") for n in expanded(part))
    return names


def expanded(text: str) -> list[str]:
    """`Conv1D`-`Conv3D` as Conv1D, Conv2D, Conv3D."""
    many = re.search(r"`(\w+?)1D(\w*)`-`\1(\d)D\2`", text)
    if many:
        stem, tail, last = many.groups()
        return [f"{stem}{rank}D{tail}" for rank in range(1, int(last) + 1)]
    return re.findall(r"`([\w.]+)`", text)


SPACES = ("image", "linalg", "nn", "numpy")  # whose names stand for themselves


def test_every_op_has_one_row():
    names = named(0, 5)
    assert {
        name: names[name] for name in ops.__all__ if name not in SPACES and names[name] != 1
    } == {}
    images = {f"image.{name}" for name in ops.image.__all__}
    assert {name: names[name] for name in images if names[name] != 1} == {}


def test_every_layer_has_one_row():
    names = named(1, 5) + named(0, 2)
    own = {name: getattr(layers, name).__name__ for name in layers.__all__}
    firsts = {name for name, first in own.items() if first == name or name[0].islower()}
    assert {name: names[name] for name in firsts if names[name] != 1} == {}


def test_tables_render():
    tables = re.findall(r"(?:^\|.*\n)+", PAGE, re.MULTILINE)
    for table in tables:
        assert len({len(re.split(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1, table
    assert max(map(len, PAGE.splitlines())) < 520
