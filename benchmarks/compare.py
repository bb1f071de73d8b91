"""`python -m benchmarks compare MODEL`: the same work in pyconv and its peers, in turn.

Each library has a process of its own. Rounds go pyconv, torch, keras, pyconv, torch, ... so that a
busy or throttled machine hurts all alike; a figure is the median of its rounds' medians.
"""

from __future__ import annotations

import json
import multiprocessing
import statistics
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.box import SIMPLE
from rich.table import Table

from benchmarks import worker
from benchmarks.machine import describe
from benchmarks.peers import LIBRARIES, installed
from benchmarks.report import console
from benchmarks.worker import Task
from benchmarks.workloads import WORKLOADS, Workload

ROUNDS = 5
LOSS_TOLERANCE = 1e-4  # relative; rounding errors grow from step to step, to 4e-6 in these


@dataclass
class Comparison:
    """What was measured of one model.

    Attributes:
        descriptions: version and configuration by library; pyconv is first.
        seconds: each round's median time by task and library.
        losses: by library, of the same steps from the same weights.
        missing: peers that are not installed.
    """

    workload: Workload
    descriptions: dict[str, str]
    seconds: dict[str, dict[str, list[float]]]
    losses: dict[str, list[float]]
    missing: list[str]

    def time(self, task: str, library: str) -> float:
        """The median of the rounds."""
        return statistics.median(self.seconds[task][library])

    def ratio(self, task: str, library: str) -> float:
        """How many times faster pyconv is: the median of the ratios within a round."""
        rounds = zip(self.seconds[task][library], self.seconds[task]["pyconv"], strict=True)
        return statistics.median(other / own for other, own in rounds)

    def loss_difference(self, library: str) -> float:
        """Largest relative difference from pyconv's losses."""
        pairs = zip(self.losses[library], self.losses["pyconv"], strict=True)
        return max(abs(a - b) / abs(b) for a, b in pairs)


def compare(name: str, peers: list[str], batch: int | None = None) -> Comparison:
    """Measures a workload in pyconv and in those of the peers that are installed."""
    workload = WORKLOADS[name]
    batch = batch or workload.batch
    tasks = [Task("training step", batch), Task("predict", 1), Task("predict", 32)]
    libraries = ["pyconv", *(p for p in peers if installed(p))]
    with ExitStack() as stack:
        ask = {library: stack.enter_context(_Process(library, name)) for library in libraries}
        weights = ask["pyconv"]("initial_weights")
        losses = {library: ask[library]("losses", weights) for library in libraries}
        descriptions = {library: ask[library]("choose", batch, weights) for library in libraries}
        seconds = {str(task): _rounds(ask, task) for task in tasks}
    missing = [p for p in peers if p not in libraries]
    return Comparison(workload, descriptions, seconds, losses, missing)


class _Process:
    """A fresh interpreter with a Worker; entering gives a function that asks it."""

    def __init__(self, library: str, workload: str):
        self._executor = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
        self._executor.submit(worker.start, library, workload).result()

    def __enter__(self) -> Callable:
        return lambda *question: self._executor.submit(worker.ask, *question).result()

    def __exit__(self, *exception) -> None:
        self._executor.shutdown()


def _rounds(ask: dict[str, Callable], task: Task) -> dict[str, list[float]]:
    medians: dict[str, list[float]] = {library: [] for library in ask}
    for _ in range(ROUNDS):
        for library, question in ask.items():
            medians[library].append(question("time", task))
    return medians


def run(name: str, peers: list[str], batch: int | None, path: Path | None) -> int:
    """Prints the comparison and writes it to `path` as JSON; returns 1 when losses disagree."""
    unknown = set(peers) - (set(LIBRARIES) - {"pyconv"})
    if unknown:
        raise ValueError(f"expected peers of torch, keras, received {', '.join(sorted(unknown))}")
    comparison = compare(name, peers, batch)
    console().print(table(comparison))
    for peer in comparison.missing:
        print(f"{peer}: not installed, not compared")
    if path:
        path.write_text(json.dumps(asdict(comparison) | {"machine": describe()}, indent=1))
    return int(not all(agrees(comparison, library) for library in comparison.losses))


def agrees(comparison: Comparison, library: str) -> bool:
    """Whether a library's losses are pyconv's."""
    return comparison.loss_difference(library) <= LOSS_TOLERANCE


def table(comparison: Comparison) -> Table:
    """Median times, how many times pyconv is faster, and whether the losses agree."""
    machine = describe()
    lines = [f"{comparison.workload.name}: {machine['cpu']}, cores: {machine['cores']}"]
    result = Table(
        box=SIMPLE,
        title="\n".join(lines + list(comparison.descriptions.values())),
        caption="ms: the median (and how many times faster pyconv is, round by round)",
    )
    libraries = list(comparison.descriptions)
    for heading in ("", *libraries):
        result.add_column(heading, justify="right" if heading else "left", no_wrap=True)
    for task in comparison.seconds:
        result.add_row(f"{task}, ms", *(_time(comparison, task, k) for k in libraries))
    result.add_row(
        f"losses of {worker.LOSS_STEPS} steps", *(_agreement(comparison, k) for k in libraries)
    )
    return result


def _time(comparison: Comparison, task: str, library: str) -> str:
    time = f"{comparison.time(task, library) * 1e3:.4g}"
    return time if library == "pyconv" else f"{time} ({comparison.ratio(task, library):.1f} x)"


def _agreement(comparison: Comparison, library: str) -> str:
    if library == "pyconv":
        losses = comparison.losses[library]
        return f"{losses[0]:.3f} .. {losses[-1]:.3f}"
    verdict = "agree" if agrees(comparison, library) else "[red]DISAGREE[/red]"
    return f"{verdict} ({comparison.loss_difference(library):.0e})"
