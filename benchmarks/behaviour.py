"""What a host process notices of pyconv besides speed: latency, threads, memory, import, bits."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import numpy as np

import pyconv
from benchmarks.peers import load
from benchmarks.workloads import WORKLOADS, Workload

IMPORTS = 9  # of each module, in turn
CALLS = 10_000  # whose memory is watched
CALLS_PER_REPORT = 1_000
WARM_UP_REPORTS = 2
BITS_STEPS = 20
THREAD_COUNTS = (1, 2, 3, 8)


def network(workload: Workload):
    """pyconv's peer of a workload, with the same weights each time."""
    pyconv.utils.set_random_seed(0)
    return load("pyconv").Peer(workload, workload.dropout)


def latency(call: Callable, idle: float = 0.0, seconds: float = 2.0) -> float:
    """Median seconds of a call, each after so many seconds of sleep."""
    times = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        if idle:
            time.sleep(idle)
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def predict_call() -> Callable:
    """A call of predict_on_batch: one example of MNIST-1D."""
    workload = WORKLOADS["mnist1d"]
    peer = network(workload)
    [(x, _)] = workload.batches(1, 1)
    peer.predict(x)
    return lambda: peer.predict(x)


def numpy_call() -> Callable:
    """A small matrix product in NumPy: what the machine itself makes of a call."""
    a = np.ones((10, 100), np.float32)
    b = np.ones((100, 100), np.float32)
    return lambda: a @ b


def two_callers(call: Callable, seconds: float = 1.0, rounds: int = 5) -> float:
    """The slower of two threads' throughput at once, as a part of one caller's (median of rounds).

    Raises RuntimeError when a result is not that of a lonely call.
    """
    expected = call()
    parts = []
    for _ in range(rounds):
        alone = _throughput(call, expected, 1, seconds)[0]
        parts.append(min(_throughput(call, expected, 2, seconds)) / alone)
    return statistics.median(parts)


def _throughput(call: Callable, expected: np.ndarray, threads: int, seconds: float) -> list[float]:
    """Calls a second of each of these threads."""
    counts, wrong = [0] * threads, []
    barrier = threading.Barrier(threads)

    def work(i):
        barrier.wait()
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            result = call()
            counts[i] += 1
        if not np.array_equal(result, expected):
            wrong.append(i)

    workers = [threading.Thread(target=work, args=(i,)) for i in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if wrong:
        raise RuntimeError("predict gave another result beside a second caller")
    return [count / seconds for count in counts]


def import_cost() -> float:
    """Median seconds that a fresh `import pyconv` takes beyond `import numpy`."""
    times: dict[str, list[float]] = {"pyconv": [], "numpy": []}
    for _ in range(IMPORTS):
        for module, values in times.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", f"import {module}"], check=True)
            values.append(time.perf_counter() - start)
    return statistics.median(times["pyconv"]) - statistics.median(times["numpy"])


def memory_growth() -> float:
    """Bytes of resident memory that 1,000 mixed calls of varying shapes add after warm-up."""
    call = _mixed_calls()
    resident = []
    for i in range(CALLS):
        call(i)
        if (i + 1) % CALLS_PER_REPORT == 0:
            resident.append(_resident_bytes())
    resident = resident[WARM_UP_REPORTS - 1 :]
    return (resident[-1] - resident[0]) / (len(resident) - 1)


def _mixed_calls() -> Callable[[int], None]:
    """The i-th call: trains or predicts, on one of two models, with sizes of its own."""
    dense_head = network(WORKLOADS["mnist1d"]).model
    any_size = _any_size_network()
    rng = np.random.default_rng(0)

    def call(i):
        model, width = (dense_head, 40) if i % 2 else (any_size, int(rng.integers(16, 56)))
        n = int(rng.integers(1, 129))
        x = rng.standard_normal((n, width, 1), np.float32)
        if i % 4 < 2:
            model.train_on_batch(x, rng.integers(0, 10, n))
        else:
            model.predict_on_batch(x)

    return call


def _any_size_network():
    """A network for signals of any length."""
    layers = pyconv.layers
    model = pyconv.Sequential(
        [
            pyconv.Input((None, 1)),
            layers.Conv1D(8, 3, activation="relu"),
            layers.GlobalAveragePooling1D(),
            layers.Dense(10),
        ]
    )
    loss = pyconv.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=pyconv.optimizers.SGD(0.01), loss=loss)
    return model


def _resident_bytes() -> int:
    """Of this process (Linux)."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def same_bits(name: str) -> bool:
    """Whether training gives the same weights for 1, 2, 3 and 8 threads."""
    workload = WORKLOADS[name]
    results = set()
    for threads in THREAD_COUNTS:
        pyconv.set_num_threads(threads)
        peer = network(workload)
        for batch in workload.batches(BITS_STEPS, workload.batch):
            peer.train(batch)
        results.add(b"".join(w.tobytes() for w in peer.get_weights()))
    pyconv.set_num_threads(0)
    return len(results) == 1
