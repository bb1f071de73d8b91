"""What `compare` runs in the process of one library: that process has one Worker."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from itertools import cycle, islice
from typing import NamedTuple

from benchmarks import peers
from benchmarks.workloads import WORKLOADS

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
    """One library and its models of a workload, one for each configuration."""

    def __init__(self, library: str, workload: str):
        self.module = peers.load(library)
        self.workload = WORKLOADS[workload]
        self.calls: dict[Task, Callable] = {}  # with the configuration that was chosen
        self._peers: dict[int, object] = {}

    def trains(self) -> bool:
        """Whether the library has training steps."""
        return self.module.TRAINS

    def losses(self) -> list[float]:
        """Losses of the first steps, without dropout."""
        configuration = self.module.configurations(self.workload.heavy)[-1] | self.module.EXACT
        peer = self.module.Peer(self.workload, 0.0, **configuration)
        result = []
        for batch in islice(self._batches(peer, self.workload.batch), self.workload.loss_steps):
            peer.reset_losses()
            result.append(float(peer.train(batch)))
        return result

    def choose(self, task: Task) -> str:
        """Keeps the configuration that does the task fastest; returns its description."""
        found = []
        for i, configuration in enumerate(self.module.configurations(self.workload.heavy)):
            if i not in self._peers:
                dropout = self.workload.dropout
                self._peers[i] = self.module.Peer(self.workload, dropout, **configuration)
            peer = self._peers[i]
            call = self._call(peer, task)
            _warm_up(call, TRIAL_SECONDS)
            found.append((_median(call, TRIAL_SECONDS), i, peer, call))
        _, _, peer, self.calls[task] = min(found, key=lambda trial: trial[:2])
        return peer.description

    def time(self, task: Task) -> float:
        """Median seconds of a task over a round."""
        call = self.calls[task]
        _warm_up(call, ROUND_SECONDS / 10)
        return _median(call, ROUND_SECONDS)

    def _call(self, peer, task: Task) -> Callable:
        if task.kind == "training step":
            batches = self._batches(peer, task.batch)
            return lambda: peer.train(next(batches))
        [(x, _)] = self.workload.batches(1, task.batch)
        x = peer.convert_input(x)
        return lambda: peer.predict(x)

    def _batches(self, peer, size: int):
        """Batches in the library's own form, without end."""
        return cycle([peer.convert(x, y) for x, y in self.workload.batches(BATCHES, size)])


def _warm_up(call: Callable, seconds: float) -> None:
    """Some calls, at least one, until so much time has passed."""
    end = time.perf_counter() + seconds
    for _ in range(WARM_UP):
        call()
        if time.perf_counter() > end:
            return


def _median(call: Callable, seconds: float) -> float:
    times: list[float] = []
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
