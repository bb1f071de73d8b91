"""`python -m benchmarks winograd`: Winograd's convolution beside the direct one and the FMA peak.

Rates are those of the direct convolution's products, so that more than the peak is possible. Times
include the kernel's transform, as in a training step; threads are pyconv's own.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
from rich.box import SIMPLE
from rich.table import Table

import pyconv
from benchmarks.cases import Case, make_cases
from benchmarks.machine import describe
from benchmarks.peak import Peak
from benchmarks.problem import Problem
from benchmarks.report import console
from pyconv import config, core

PASSES = ("forward", "backward_data")
ROUNDS = 5
ROUND_SECONDS = 0.03

PROBLEMS = (
    "conv n4 ic64 ih56 oc64 kh3 s1 p1",
    "conv n4 ic128 ih56 oc128 kh3 s1 p1",
    "conv n4 ic256 ih28 oc256 kh3 s1 p1",
    "conv n4 ic512 ih14 oc512 kh3 s1 p1",
    "conv n4 ic512 ih28 oc512 kh3 s1 p1",
    "conv n16 ic384 ih13 oc384 kh3 s1 p1",
    "conv n128 ic16 ih32 oc16 kh3 s1 p1",
    "conv n128 ic32 ih16 oc32 kh3 s1 p1",
    "conv n128 ic64 ih8 oc64 kh3 s1 p1",
    "conv n1 ic16 ih32 oc16 kh3 s1 p1",
    "conv n4 ic64 ih56 oc128 kh4 s2 p1",
    "conv n64 ic32 ih32 oc64 kh4 s2 p1",
    "conv n16 ic32 iw1000 oc32 kw3 s1 p1",
    "conv n16 ic64 iw1000 oc64 kw3 s1 p1",
    "conv n16 ic64 iw1000 oc64 kw5 s1 p2",
    "conv n16 ic128 iw250 oc128 kw5 s1 p2",
    "conv n16 ic256 ih7 oc256 kh3 s1 p1",
    "conv n16 ic128 ih4 oc128 kh3 s1 p1",
)


def make(problem: Problem, algorithm: str) -> list[Case]:
    """The passes of a problem, computed that way."""
    config.set_conv_algorithm(algorithm)
    try:
        return make_cases(problem, [*PASSES])
    finally:
        config.set_conv_algorithm("auto")


def seconds(case: Case) -> float:
    """The shortest of some runs, each with a changed kernel."""
    times: list[float] = []
    end = time.perf_counter() + ROUND_SECONDS
    while len(times) < 3 or time.perf_counter() < end:
        case.kernel.storage.version += 1
        times.append(case._seconds().sum())
    return min(times)


def rms_error(case: Case) -> float:
    """The root mean square of a run's errors, in units of that of the float64 result."""
    case.run()
    expected = case.expected()
    return float(np.sqrt(np.mean((case._results[0] - expected) ** 2) / np.mean(expected**2)))


def measure(direct: Case, winograd: Case, peak: Peak) -> dict[str, float | None]:
    """Both in turn, and the peak beside them."""
    rounds = [(seconds(direct), seconds(winograd), peak.rate()) for _ in range(ROUNDS)]
    d, w, rate = (np.array(column) for column in zip(*rounds, strict=True))
    of_peak = None if None in rate else float(winograd.work / (w.min() * np.median(rate)))
    return {
        "direct": float(d.min()),
        "winograd": float(w.min()),
        "of_peak": of_peak,
        "error": rms_error(winograd),
    }


def run(path: Path | None) -> int:
    """Measures every problem and prints a table; writes it to `path` as JSON too."""
    peak = Peak(core.isa(), pyconv.get_num_threads())
    table = Table(box=SIMPLE, title=f"{core.isa()}, threads: {pyconv.get_num_threads()}")
    for heading in ("problem", "pass", "direct ms", "Winograd ms", "ratio", "x peak", "RMS error"):
        table.add_column(heading, justify="left" if heading in ("problem", "pass") else "right")
    record: dict = {"machine": describe(), "problems": {}}
    for text in PROBLEMS:
        problem = Problem.parse(text)
        cases = zip(PASSES, make(problem, "direct"), make(problem, "winograd"), strict=True)
        for name, direct, winograd in cases:
            r = record["problems"][f"{text} {name}"] = measure(direct, winograd, peak)
            numbers = (r["direct"] * 1e3, r["winograd"] * 1e3, r["direct"] / r["winograd"])
            of_peak = "n/a" if r["of_peak"] is None else f"{r['of_peak']:.2f}"
            table.add_row(text, name, *(f"{x:.3g}" for x in numbers), of_peak, f"{r['error']:.1e}")
    console().print(table)
    if path:
        path.write_text(json.dumps(record, indent=1))
    return 0
