"""`python -m benchmarks scaling`: cost against cores, batch, channels and image size.

A 3x3 convolution, forward, in pyconv and PyTorch, and a training step of a model in pyconv.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pyconv
from benchmarks import chart
from benchmarks.cases import make_cases
from benchmarks.convolutions import own_pass, torch_passes
from benchmarks.machine import describe
from benchmarks.peers import cores, load
from benchmarks.problem import Problem
from benchmarks.workloads import WORKLOADS

MODEL = "resnet20"
SWEEPS = {  # what is varied: heading, label of the axis, values, the rest of the problem
    "batch": ("batch", "examples", (1, 2, 4, 8, 16, 32), "conv n{} ic64 ih28 oc64 kh3 s1 p1"),
    "channels": ("channels", "channels", (16, 32, 64, 128, 256), "conv n4 ic{0} ih28 oc{0} kh3 p1"),
    "size": ("image size", "pixels a side", (7, 14, 28, 56, 112), "conv n4 ic64 ih{} oc64 kh3 p1"),
}
SECONDS = 0.3


def run(folder: Path) -> int:
    """Measures, prints one line a point, and writes scaling.json and scaling.png."""
    folder.mkdir(parents=True, exist_ok=True)
    machine = describe()
    panels = [_cores(), *(_sweep(*sweep) for sweep in SWEEPS.values())]
    for heading, x_label, y_label, lines in panels:
        for label, points in lines.items():
            words = ", ".join(f"{x}: {y:.3g}" for x, y in points)
            print(f"{heading} ({x_label}), {label}, {y_label}: {words}")
    (folder / "scaling.json").write_text(
        json.dumps({"machine": machine, "panels": panels}, indent=1)
    )
    chart.save(chart.curves(panels, machine, "How cost scales"), folder / "scaling.png")
    return 0


def _cores():
    """Training steps a second on 1, 2, ... cores, in units of one core's."""
    workload = WORKLOADS[MODEL]
    peer = load("pyconv").Peer(workload, 0.0)
    [batch] = workload.batches(1, workload.batch)
    seconds = []
    for threads in range(1, cores() + 1):
        pyconv.set_num_threads(threads)
        seconds.append((threads, _median(lambda: peer.train(batch))))
    pyconv.set_num_threads(0)
    points = [(threads, seconds[0][1] / s) for threads, s in seconds]
    return "cores", "cores", "times faster than one", {f"{workload.title}, step": points}


def _sweep(heading, x_label, values, text):
    """GFLOP/s of a convolution over a range of values."""
    lines = {"pyconv": [], "PyTorch": []} if find_spec("torch") else {"pyconv": []}
    for value in values:
        problem = Problem.parse(text.format(value))
        [case] = make_cases(problem, ["forward"])
        calls = [own_pass(case), *(torch_passes(problem)[:1] if "PyTorch" in lines else [])]
        for points, call in zip(lines.values(), calls, strict=True):
            points.append((value, problem.flops / _median(call) * 1e-9))
    return heading, x_label, "GFLOP/s, direct terms", lines


def _median(call: Callable) -> float:
    call()
    times: list[float] = []
    end = time.perf_counter() + SECONDS
    while len(times) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)
