"""`python -m benchmarks data`: how fast batches are gathered, and what `fit` adds to its steps."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from rich.box import SIMPLE
from rich.table import Table

from benchmarks.behaviour import network
from benchmarks.machine import describe
from benchmarks.report import console
from benchmarks.workloads import WORKLOADS
from pyconv.data.columns import Columns

ROUNDS = 15  # of what is compared, in turn
ROUND_SECONDS = 0.03
#: (shape of a row, rows of a batch, batches)
ROWS = {
    "MNIST-1D": ((40, 1), 100, 40),
    "MNIST": ((28, 28, 1), 128, 40),
    "224": ((224, 224, 3), 16, 4),
}
FITS = {"mnist1d": 5, "mnist_convnet": 1}  # epochs of one call of fit
STEPS = 20  # of an epoch


@dataclass
class Pair:
    """Two medians: seconds of ours, and of what it is compared with."""

    name: str
    ours: float
    other: float


def gathers() -> Iterator[Pair]:
    """Shuffled batches as float32, against `numpy.take` and a conversion."""
    for name, (shape, batch, batches) in ROWS.items():
        for dtype in ("uint8", "float32", "float64"):
            rng = np.random.default_rng(0)
            array = rng.integers(0, 255, (batch * batches, *shape)).astype(dtype)
            order = rng.permutation(len(array))
            columns = Columns([array], ["float32"], batch, order)
            taken = np.empty((batch, *shape), dtype)
            converted = np.empty((batch, *shape), "float32")

            def ours(columns=columns, batches=batches, batch=batch):
                for i in range(batches):
                    columns.fill(i * batch, batch)

            def other(array=array, order=order, taken=taken, converted=converted, batch=batch):
                for i in range(0, len(order), batch):
                    np.take(array, order[i : i + batch], axis=0, out=taken, mode="clip")
                    if taken.dtype != converted.dtype:
                        np.copyto(converted, taken)

            times = _in_turn(ours, other)
            yield Pair(f"{name}, {dtype}", *(t / batches for t in times))


def fits() -> Iterator[Pair]:
    """A step of `fit` on shuffled uint8, against the same step on one batch of float32."""
    for name, epochs in FITS.items():
        workload = WORKLOADS[name]
        model, size = network(workload).model, workload.batch
        rng = np.random.default_rng(0)
        x = rng.integers(0, 255, (STEPS * size, *workload.input_shape)).astype("uint8")
        y = rng.integers(0, workload.classes, len(x))
        batch = ([x[:size].astype("float32")], [y[:size].astype("int32")], [None])

        def fit(model=model, x=x, y=y, size=size, epochs=epochs):
            model.fit(x, y, batch_size=size, epochs=epochs, verbose=0)

        def step(model=model, batch=batch, steps=STEPS * epochs):
            for _ in range(steps):
                model.steps.train(*batch, reused=True)

        times = _in_turn(fit, step, seconds=0.0)
        yield Pair(name, *(t / STEPS / epochs for t in times))


def _in_turn(*calls: Callable, seconds: float = ROUND_SECONDS) -> list[float]:
    """Median seconds of each."""
    times: list[list[float]] = [[] for _ in calls]
    for call in calls:
        call()
    for _ in range(ROUNDS):
        for call, found in zip(calls, times, strict=True):
            end = time.perf_counter() + seconds
            while True:
                start = time.perf_counter()
                call()
                found.append((now := time.perf_counter()) - start)
                if now >= end:
                    break
    return [statistics.median(found) for found in times]


def run(path: Path | None) -> int:
    """Prints the tables, writes them to `path` as JSON."""
    found, steps = list(gathers()), list(fits())
    table = Table(box=SIMPLE, title="microseconds of a shuffled batch as float32")
    for heading in ("rows", "pyconv", "numpy.take"):
        table.add_column(heading, justify="left" if heading == "rows" else "right")
    for p in found:
        table.add_row(p.name, f"{p.ours * 1e6:.1f}", f"{p.other * 1e6:.1f}")
    console().print(table)
    table = Table(box=SIMPLE, title="microseconds of a training step from uint8")
    for heading in ("model", "fit", "the step alone", "fit adds"):
        table.add_column(heading, justify="left" if heading == "model" else "right")
    for p in steps:
        table.add_row(p.name, *(f"{t * 1e6:.1f}" for t in (p.ours, p.other, p.ours - p.other)))
    console().print(table)
    if path:
        record = {"machine": describe(), "gathers": [asdict(p) for p in found]}
        record["steps"] = [asdict(p) for p in steps]
        path.write_text(json.dumps(record, indent=1))
    return 0
