"""The same model in pyconv and its peers, in turn: `compare` measures one workload.

Each library has a process of its own. Rounds go pyconv, torch, keras, pyconv, torch, ... so that a
busy or throttled machine hurts all alike; a figure is the median of its rounds' medians.
"""

from __future__ import annotations

import multiprocessing
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

from benchmarks import worker
from benchmarks.peers import installed
from benchmarks.worker import Task
from benchmarks.workloads import WORKLOADS

ROUNDS = 5
LEAST_ROUNDS = 3
SECONDS = 30  # of a task, after which no more than the least rounds are made
PREDICT_BATCHES = (1, 32)
#: Relative. A float32 sum rounds by 2^-24 = 6e-8; through some ten layers forth and back, and from
#: step to step through the weights, these differences grow to about 1e-5 in the networks compared.
#: Gradients of MobileNet, 27 normalized layers deep, differ by 2 %, as rounding moves some units
#: across the kinks of ReLU6 (docs/decisions/kernels.md); its learning rate keeps losses near.
LOSS_TOLERANCE = 1e-4


@dataclass
class Comparison:
    """What was measured of one model.

    Attributes:
        workload: its name.
        descriptions: version and configuration by task and library; pyconv is first.
        seconds: each round's median time by task and library.
        losses: by library, of the same steps from the same weights.
        missing: peers that are not installed.
    """

    workload: str
    descriptions: dict[str, dict[str, str]]
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

    def best(self, task: str) -> str | None:
        """The fastest of the peers; None where there is none."""
        peers = [library for library in self.seconds[task] if library != "pyconv"]
        return min(peers, key=lambda library: self.time(task, library), default=None)

    def loss_difference(self, library: str) -> float:
        """Largest relative difference from pyconv's losses."""
        pairs = zip(self.losses[library], self.losses["pyconv"], strict=True)
        return max(abs(a - b) / abs(b) for a, b in pairs)

    def agrees(self, library: str) -> bool:
        """Whether a library's losses are pyconv's."""
        return self.loss_difference(library) <= LOSS_TOLERANCE


def compare(name: str, peers: list[str], kinds=("train", "predict")) -> Comparison:
    """Measures a workload in pyconv and in those of the peers that are installed.

    Args:
        name: of the workload.
        peers: the libraries beside pyconv.
        kinds: "train" (the training step, and whether losses agree), "predict", or both.
    """
    tasks = [Task("training step", WORKLOADS[name].batch)] if "train" in kinds else []
    tasks += [Task("predict", n) for n in PREDICT_BATCHES] if "predict" in kinds else []
    libraries = ["pyconv", *(p for p in peers if installed(p))]
    result = Comparison(name, {}, {}, {}, [p for p in peers if p not in libraries])
    with ExitStack() as stack:
        starting = {library: _Process(library, name) for library in libraries}  # all at once
        ask = {library: stack.enter_context(process) for library, process in starting.items()}
        trainers = [library for library in libraries if ask[library]("trains")]
        if "train" in kinds:
            result.losses = {library: ask[library]("losses") for library in trainers}
        for task in tasks:
            able = trainers if task.kind == "training step" else libraries
            chosen = {library: ask[library]("choose", task) for library in able}
            result.descriptions[str(task)] = chosen
            result.seconds[str(task)] = _rounds({k: ask[k] for k in able}, task)
    return result


class _Process:
    """A new interpreter that starts a Worker; entering waits and gives what asks it."""

    def __init__(self, library: str, workload: str):
        self._executor = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
        self._started = self._executor.submit(worker.start, library, workload)

    def __enter__(self) -> Callable:
        self._started.result()
        return lambda *question: self._executor.submit(worker.ask, *question).result()

    def __exit__(self, *exception) -> None:
        self._executor.shutdown()


def _rounds(ask: dict[str, Callable], task: Task) -> dict[str, list[float]]:
    medians: dict[str, list[float]] = {library: [] for library in ask}
    end = time.perf_counter() + SECONDS
    for i in range(ROUNDS):
        if i >= LEAST_ROUNDS and time.perf_counter() > end:
            break
        for library, question in ask.items():
            medians[library].append(question("time", task))
    return medians
