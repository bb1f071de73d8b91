"""What `compare` runs in the process of one library: that process has one Worker."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from itertools import cycle, islice
from typing import NamedTuple

import numpy as np

from benchmarks import peers
from benchmarks.workloads import WORKLOADS

LOSS_STEPS = 30
BATCHES = 8  # different ones, in turn
ROUND_SECONDS = 0.7
TRIAL_SECONDS = 0.4  # of each configuration
WARM_UP = 5  # calls; XLA compiles in the first


class Task(NamedTuple):
    """What is timed: "training step" or "predict", and on how many examples."""

    kind: str
    batch: int

    def __str__(self) -> str:
        return f"{self.kind}, batch {self.batch}"


class Worker:
    """One library and its model of a workload."""

    def __init__(self, library: str, workload: str):
        self.module = peers.load(library)
        self.workload = WORKLOADS[workload]

    def initial_weights(self) -> list[np.ndarray]:
        """Weights from which every library starts; only pyconv is asked."""
        return self.module.Peer(self.workload, 0.0).get_weights()

    def losses(self, weights: list[np.ndarray]) -> list[float]:
        """Losses of the first steps from these weights, without dropout."""
        peer = self.module.Peer(self.workload, 0.0, **self.module.configurations()[0])
        peer.set_weights(weights)
        result = []
        for batch in islice(self._batches(peer, self.workload.batch), LOSS_STEPS):
            peer.reset_losses()
            result.append(float(peer.train(batch)))
        return result

    def choose(self, batch: int, weights: list[np.ndarray]) -> str:
        """Keeps the configuration with the fastest training steps; returns its description."""
        configurations = self.module.configurations()
        medians = []
        for configuration in configurations:
            self.peer = self.module.Peer(self.workload, self.workload.dropout, **configuration)
            medians.append(self.time(Task("training step", batch), TRIAL_SECONDS))
        best = configurations[medians.index(min(medians))]
        self.peer = self.module.Peer(self.workload, self.workload.dropout, **best)
        self.peer.set_weights(weights)
        return self.peer.description

    def time(self, task: Task, seconds: float = ROUND_SECONDS) -> float:
        """Median seconds of a task over so many seconds."""
        if task.kind == "training step":
            batches = self._batches(self.peer, task.batch)
            return _median(lambda: self.peer.train(next(batches)), seconds)
        [(x, _)] = self.workload.batches(1, task.batch)
        return _median(lambda: self.peer.predict(x), seconds)

    def _batches(self, peer, size: int):
        """Batches in the library's own form, without end."""
        return cycle([peer.convert(x, y) for x, y in self.workload.batches(BATCHES, size)])


def _median(call: Callable, seconds: float) -> float:
    for _ in range(WARM_UP):
        call()
    times = []
    end = time.perf_counter() + seconds
    while not times or time.perf_counter() < end:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


_worker: Worker  # this process's, once started


def start(library: str, workload: str) -> None:
    """Makes this process's Worker."""
    global _worker
    _worker = Worker(library, workload)


def ask(method: str, *arguments):
    """Calls a method of this process's Worker."""
    return getattr(_worker, method)(*arguments)
