"""`python -m benchmarks suite`: every model and layer against the installed peers.

It prints tables and writes four files into a folder: suite.json, stamped with the machine,
suite.md, and the pictures suite.png (models) and layers.png (convolutions).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.box import SIMPLE
from rich.table import Table

from benchmarks import chart, convolutions, memory
from benchmarks.compare import Comparison, compare
from benchmarks.convolutions import Layer
from benchmarks.machine import describe
from benchmarks.peers import LIBRARIES, TITLES
from benchmarks.report import console, markdown
from benchmarks.workloads import WORKLOADS

PARTS = ("train", "predict", "layers", "memory")
PEERS = tuple(name for name in LIBRARIES if name != "pyconv")
MARKS = ("<!-- suite: begin -->", "<!-- suite: end -->")  # in a README, around the tables
#: How many times faster than the best peer pyconv is meant to be: a training step, a prediction of
#: 1 and of 32 examples.
BARS = {
    "mnist1d": (18, 1.0, 2),
    "mnist_convnet": (2, 1.5, 1.5),
    "resnet20": (1.8, 1.3, 1.3),
    "alexnet": (1.8, 1.5, 1.5),
    "vgg16": (2, 1.8, 1.8),
    "mobilenet": (1.6, 1.1, 1.1),
}


@dataclass
class Suite:
    """What was measured."""

    machine: dict
    models: list[Comparison] = field(default_factory=list)
    layers: list[Layer] = field(default_factory=list)
    memory: dict[str, dict[str, int]] = field(default_factory=dict)  # bytes, see benchmarks.memory


@dataclass
class Row:
    """One task of one model: milliseconds by library, and how pyconv compares with the best."""

    model: str
    task: str
    milliseconds: dict[str, float]
    ratio: float | None
    bar: float | None


def run(
    models: list[str], only: list[str], peers: list[str], folder: Path, readme: Path | None
) -> int:
    """Measures and writes; returns 1 when losses disagree."""
    _check("--models", models, tuple(WORKLOADS))
    _check("--only", only, PARTS)
    _check("--peers", peers, PEERS)
    folder.mkdir(parents=True, exist_ok=True)
    suite = Suite(describe())
    kinds = [part for part in only if part in ("train", "predict")]
    for name in models if kinds else []:
        suite.models.append(compare(name, peers, kinds))
        console().print(_table(suite.models[-1:]))
        write(suite, folder)
    if "layers" in only:
        suite.layers = convolutions.measure("torch" in peers)
        console().print(convolutions.table(suite.layers))
    if "memory" in only:
        suite.memory = memory.measure_all(models, ["pyconv", *({"torch"} & set(peers))])
        console().print(memory.table(suite.memory))
    for line in remarks(suite):
        print(line)
    write(suite, folder)
    if readme:
        readme.write_text(replaced(readme.read_text(), page(suite)))
    return int(not all(c.agrees(library) for c in suite.models for library in c.losses))


def _check(option: str, given: list[str], known: tuple[str, ...]) -> None:
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise ValueError(
            f"{option}: expected some of {', '.join(known)}, received {', '.join(unknown)}"
        )


def rows(comparisons: list[Comparison]) -> Iterator[Row]:
    """The tasks of all models, in order."""
    for c in comparisons:
        bars = _bars(c)
        for task, seconds in c.seconds.items():
            best = c.best(task)
            ratio = None if best is None else c.ratio(task, best)
            times = {library: c.time(task, library) * 1e3 for library in seconds}
            yield Row(WORKLOADS[c.workload].title, task, times, ratio, bars.get(task))


def _bars(comparison: Comparison) -> dict[str, float]:
    """By task."""
    batch = WORKLOADS[comparison.workload].batch
    tasks = (f"training step, batch {batch}", "predict, batch 1", "predict, batch 32")
    return dict(zip(tasks, BARS.get(comparison.workload, ()), strict=False))


def _cells(comparisons: list[Comparison]) -> tuple[list[str], list[list[str]]]:
    """Headings and rows of the table of models."""
    found = list(rows(comparisons))
    libraries = [k for k in LIBRARIES if any(k in row.milliseconds for row in found)]
    headings = ["model", "task", *(TITLES[k] for k in libraries), "faster than the best", "goal"]
    lines = []
    for row in found:
        times = [_number(row.milliseconds.get(k)) for k in libraries]
        ratio = "" if row.ratio is None else f"{row.ratio:.2f} x"
        goal = "" if row.bar is None else f"{row.bar:g} x"
        lines.append([row.model, row.task, *times, ratio, goal])
    return headings, lines


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _table(comparisons: list[Comparison]) -> Table:
    headings, lines = _cells(comparisons)
    result = Table(box=SIMPLE, caption="ms, medians")
    for i, heading in enumerate(headings):
        result.add_column(heading, justify="left" if i < 2 else "right")
    for line in lines:
        result.add_row(*line)
    return result


def remarks(suite: Suite) -> Iterator[str]:
    """Lines below the tables: whether losses agree, what is missing, and the configurations."""
    for c in suite.models:
        title = WORKLOADS[c.workload].title
        others = [library for library in c.losses if library != "pyconv"]
        for library in others:
            verdict = "agree" if c.agrees(library) else "DISAGREE"
            difference = c.loss_difference(library)
            yield (
                f"{title}: losses of {len(c.losses['pyconv'])} steps in pyconv and "
                f"{TITLES[library]} {verdict} ({difference:.0e} relative)"
            )
    missing = sorted({library for c in suite.models for library in c.missing})
    for library in missing:
        yield f"{TITLES[library]}: not installed, not compared"


def page(suite: Suite) -> str:
    """The tables in Markdown, with the machine and the versions."""
    m = suite.machine
    parts = [f"{m['cpu']}, {m['cores']} cores, {m['isa']}, {m['date']}; medians, in ms."]
    if suite.models:
        parts.append(markdown(*_cells(suite.models)))
        parts.append("\n".join(f"- {text}" for text in _versions(suite)))
    if suite.layers:
        parts.append(markdown(*convolutions.cells(suite.layers)))
    if suite.memory:
        parts.append(markdown(*memory.cells(suite.memory)))
    lines = list(remarks(suite))
    if lines:
        parts.append("\n".join(f"- {line}" for line in lines))
    return "\n\n".join(parts) + "\n"


def _versions(suite: Suite) -> list[str]:
    """Each library with its version, without the configuration of a task."""
    found = [d for c in suite.models for tasks in c.descriptions.values() for d in tasks.values()]
    return sorted({re.split(r"[,]", text)[0] for text in found})


def replaced(text: str, tables: str) -> str:
    """A README with these tables between its marks.

    Raises:
        ValueError: it has no marks.
    """
    begin, end = MARKS
    if text.count(begin) != 1 or text.count(end) != 1:
        raise ValueError(f"--readme: expected the lines {begin} and {end} once in it")
    head, rest = text.split(begin)
    return f"{head}{begin}\n{tables}{end}{rest.split(end)[1]}"


def write(suite: Suite, folder: Path) -> None:
    """The JSON, the page and the pictures."""
    (folder / "suite.json").write_text(json.dumps(asdict(suite), indent=1))
    (folder / "suite.md").write_text(page(suite))
    if suite.models:
        chart.save(chart.models(list(rows(suite.models)), suite.machine), folder / "suite.png")
    if suite.layers:
        chart.save(chart.layers(suite.layers, suite.machine), folder / "layers.png")
