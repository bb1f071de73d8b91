"""`python -m benchmarks masks`: training steps with masks as bits and without, in turn.

Others on the machine disturb whole steps, so the least time of each op record is added up as well.
Threads are pyconv's own.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from unittest import mock

import numpy as np
from rich.box import SIMPLE
from rich.table import Table

import pyconv
from benchmarks.machine import describe
from benchmarks.report import console
from benchmarks.workloads import WORKLOADS
from pyconv import core, layers
from pyconv.models.feeding import Feeding
from pyconv.plan import lower

SECONDS = 10.0  # of a case
ROUNDS = 5  # of a case, at least
CLASSES = 10
Case = tuple[pyconv.Model, tuple[int, ...], int]  # (model, shape of an example, examples)


def stack(size: int, channels: int) -> Case:
    """Four 3x3 convolutions with ReLU, of 4 images."""
    shape = (size, size, channels)
    maps = [layers.Conv2D(channels, 3, padding="same", activation="relu") for _ in range(4)]
    head = [layers.GlobalAveragePooling2D(), layers.Dense(CLASSES)]
    return pyconv.Sequential([pyconv.Input(shape), *maps, *head]), shape, 4


def fire() -> Case:
    """Fire modules (SqueezeNet, Iandola et al. 2016), whose maps are concatenated; of 8 images."""
    inputs = x = pyconv.Input((224, 224, 3))
    x = layers.Conv2D(64, 3, strides=2, activation="relu")(x)
    for squeezed, expanded in ((16, 64), (16, 64), (32, 128), (32, 128)):
        s = layers.Conv2D(squeezed, 1, activation="relu")(x)
        one = layers.Conv2D(expanded, 1, activation="relu")(s)
        three = layers.Conv2D(expanded, 3, padding="same", activation="relu")(s)
        x = layers.Concatenate()([one, three])
    outputs = layers.Dense(CLASSES)(layers.GlobalAveragePooling2D()(x))
    return pyconv.Model(inputs, outputs), inputs.shape[1:], 8


def _workload(name: str) -> Case:
    w = WORKLOADS[name]
    return w.model(w.dropout), w.input_shape, w.batch


CASES: dict[str, Callable[[], Case]] = {
    **{f"{s}x{s}x{c}": lambda s=s, c=c: stack(s, c) for s, c in ((224, 64), (112, 128), (56, 256))},
    "fire": fire,
    **{name: lambda name=name: _workload(name) for name in WORKLOADS},
}


class Step:
    """A training step's plan, and the times of its runs."""

    def __init__(self, case: Callable[[], Case]):
        pyconv.utils.set_random_seed(0)
        model, shape, n = case()
        loss = pyconv.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(pyconv.optimizers.SGD(1e-5, momentum=0.9), loss)
        x = np.random.default_rng(0).standard_normal((n, *shape), np.float32)
        batch = Feeding(model).buffers(x, np.zeros(n, np.int32), None)
        self._function, self._arrays = model.steps.plan(*batch)
        self._executable, self._n = self._function.executable(self._arrays), n
        for call in self._executable.before:
            call()
        self.run()
        self.arena = model.memory_report(n).train.arena
        self.whole: list[float] = []
        self.records: list[np.ndarray] = []

    def run(self) -> None:
        """One step, not timed."""
        self._executable.compute(self._function.arena, self._n, self._arrays)

    def time(self) -> None:
        """One step, timed as a whole and record by record."""
        seconds = np.zeros(len(self._executable.plan.ops))
        start = time.perf_counter()
        self._executable.compute(self._function.arena, self._n, self._arrays, seconds)
        self.whole.append(time.perf_counter() - start)
        self.records.append(seconds)


@dataclass
class Times:
    """Seconds of a step: the least, the first quartile, the records' least; bytes of the arena."""

    least: float
    quartile: float
    records: float
    arena: int

    @classmethod
    def of(cls, step: Step) -> Times:
        """What a step took."""
        least = np.min(step.records, axis=0).sum()
        quartile = np.quantile(step.whole, 0.25)
        return cls(min(step.whole), float(quartile), float(least), step.arena)


def measure(case: Callable[[], Case], seconds: float = SECONDS) -> tuple[Times, Times]:
    """Steps that mask by activations, and by bits where plans choose them."""
    with mock.patch.object(lower, "masks", lambda units: []):
        without = Step(case)
    steps = [without, Step(case)]
    end, rounds = time.perf_counter() + seconds, 0
    while rounds < ROUNDS or time.perf_counter() < end:
        for step in steps[:: 1 if rounds % 2 else -1]:
            step.time()
        rounds += 1
    return Times.of(steps[0]), Times.of(steps[1])


def run(names: list[str], path: Path | None) -> int:
    """Measures the cases and prints a table; writes it to `path` as JSON too."""
    unknown = [name for name in names if name not in CASES]
    if unknown:
        raise ValueError(f"expected cases among {', '.join(CASES)}, received {unknown}")
    title = f"{core.isa()}, threads: {pyconv.get_num_threads()}; without bits and with them"
    table = Table("training step", box=SIMPLE, title=title)
    for heading in ("least ms", "quartile ms", "records' least ms", "arena MB"):
        table.add_column(heading, justify="right")
    record: dict = {"machine": describe(), "cases": {}}
    for name in names or CASES:
        pair = measure(CASES[name])
        record["cases"][name] = [asdict(times) for times in pair]
        cells = zip(*(vars(times).values() for times in pair), strict=True)
        scales = (1e3, 1e3, 1e3, 1e-6)
        row = (f"{a * s:.4g}, {b * s:.4g}" for (a, b), s in zip(cells, scales, strict=True))
        table.add_row(name, *row)
    console().print(table)
    if path:
        path.write_text(json.dumps(record, indent=1))
    return 0
