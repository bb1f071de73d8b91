"""`python -m benchmarks rates`: convolutions beside what the machine can do, pass by pass.

Rates are parts of the FMA peak, packing of the kernel included, as in a training step. Where each
number that is read meets few multiply-adds (depthwise convolution) they are parts of the rate at
which one plain sweep, y = max(x, 0), reads and writes as many bytes. Both are measured in turn with
the pass. Rates count products with padding, which kernels skip.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from math import prod
from pathlib import Path

import numpy as np
from rich.box import SIMPLE
from rich.table import Table

import pyconv
from benchmarks.cases import ITEM, Case, make_cases
from benchmarks.convolutions import PASSES, own_pass
from benchmarks.machine import describe
from benchmarks.peak import Peak
from benchmarks.problem import Problem
from benchmarks.report import console
from pyconv import core, ops
from pyconv.plan import Function

ROUNDS = 5
ROUND_SECONDS = 0.02

#: name of a kind: its problems. A first layer needs no gradient of its input.
PROBLEMS = {
    "first": [
        "conv n128 ic1 ih28 oc32 kh3 s1 p1",
        "conv n128 ic3 ih32 oc16 kh3 s1 p1",
        "conv n4 ic3 ih224 oc64 kh3 s1 p1",
        "conv n8 ic3 ih224 oc32 kh3 s2 p1",
        "conv n8 ic3 ih224 oc64 kh7 s2 p3",
        "conv n8 ic3 ih227 oc96 kh11 s4",
        "conv n2 ic3 id16 ih56 iw56 oc32 kd3 kh3 kw3 s1 p1",
        "conv n100 ic1 iw40 oc15 kw3 s2",
    ],
    "few": [
        "conv n64 ic16 ih32 oc16 kh3 s1 p1",
        "conv n64 ic16 ih32 oc32 kh3 s2 p1",
        "conv n64 ic32 ih16 oc32 kh3 s1 p1",
        "conv n32 ic32 ih28 oc64 kh3 s1 p1",
        "conv n8 ic32 ih56 oc32 kh5 s1 p2",
        "conv n4 ic64 ih112 oc3 kh3 s1 p1",
        "conv n4 ic64 ih112 oc1 kh3 s1 p1",
    ],
    "pointwise": [
        "conv n4 ic32 ih112 oc64 kh1",
        "conv n4 ic64 ih56 oc128 kh1",
        "conv n4 ic128 ih56 oc128 kh1",
        "conv n4 ic256 ih28 oc256 kh1",
        "conv n4 ic512 ih14 oc512 kh1",
        "conv n4 ic1024 ih7 oc1024 kh1",
        "conv n16 ic512 ih14 oc512 kh1",
        "conv n1 ic512 ih14 oc512 kh1",
        "conv n1 ic1024 ih7 oc1024 kh1",
        "dense n16 ic4096 oc4096",
        "dense n128 ic1024 oc1024",
    ],
    "depthwise": [
        "conv n4 ic32 ih112 oc32 kh3 s1 p1 g32",
        "conv n4 ic64 ih112 oc64 kh3 s2 p1 g64",
        "conv n4 ic128 ih56 oc128 kh3 s1 p1 g128",
        "conv n4 ic256 ih28 oc256 kh3 s1 p1 g256",
        "conv n4 ic256 ih28 oc256 kh3 s2 p1 g256",
        "conv n4 ic512 ih14 oc512 kh3 s1 p1 g512",
        "conv n4 ic1024 ih7 oc1024 kh3 s1 p1 g1024",
        "conv n4 ic96 ih28 oc96 kh5 s1 p2 g96",
    ],
    "groups": [
        "conv n4 ic128 ih56 oc128 kh3 s1 p1 g32",
        "conv n4 ic256 ih28 oc256 kh3 s1 p1 g32",
        "conv n4 ic256 ih56 oc256 kh3 s2 p1 g32",
        "conv n4 ic512 ih14 oc512 kh3 s1 p1 g32",
        "conv n4 ic1024 ih7 oc1024 kh3 s1 p1 g32",
    ],
    "large": [
        "conv n4 ic64 ih56 oc64 kh3 s1 p2 d2",
        "conv n4 ic256 ih28 oc256 kh3 s1 p4 d4",
        "conv n4 ic128 ih56 oc128 kh3 s2 p1",
        "conv n4 ic96 ih27 oc256 kh5 s1 p2",
        "conv n2 ic32 id16 ih28 iw28 oc64 kd3 kh3 kw3 s1 p1",
        "conv n2 ic64 id8 ih28 iw28 oc128 kd3 kh3 kw3 s2 p1",
    ],
}


def _bytes(problem: Problem) -> int:
    """Of the two images that a pass reads or writes; kernels are small."""
    return ITEM * (prod(problem.x_shape) + prod(problem.y_shape))


def _is_memory_bound(problem: Problem) -> bool:
    return problem.groups == problem.ic == problem.oc


def _is_first(problem: Problem) -> bool:
    return problem.kind == "conv" and problem.ic <= 3


def _sweep(count: int) -> Callable:
    """A run that reads and writes so many bytes."""
    case = object.__new__(Case)
    case.kernel, case.function = None, Function(lambda x: [ops.relu(x)])
    case.arrays = (np.ones((1, count // ITEM // 2), np.float32),)
    case.__post_init__()
    return own_pass(case)


def _roof(problem: Problem, peak: Peak) -> Callable[[], float]:
    """Measures the seconds that the machine needs at least."""
    if not _is_memory_bound(problem):
        return lambda: problem.flops / peak.rate()
    sweep = _sweep(_bytes(problem))
    return lambda: _median(sweep)


def _median(call: Callable) -> float:
    times: list[float] = []
    end = time.perf_counter() + ROUND_SECONDS
    while len(times) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def measure(problem: Problem, peak: Peak) -> list[tuple[float, float]]:
    """(seconds, part of the roof) of each pass."""
    roof, results = _roof(problem, peak), []
    for case in make_cases(problem, list(PASSES[:: 2 if _is_first(problem) else 1])):
        own = own_pass(case)
        own()
        rounds = [(roof(), _median(own)) for _ in range(ROUNDS)]
        part = statistics.median(least / seconds for least, seconds in rounds)
        results.append((statistics.median(seconds for _, seconds in rounds), part))
    if _is_first(problem):
        results.insert(1, None)
    return results


def run(kinds: list[str], threads: int, path: Path | None) -> int:
    """Measures the problems of some kinds and prints a table; writes it to `path` as JSON too."""
    unknown = set(kinds) - set(PROBLEMS)
    if unknown:
        raise ValueError(f"expected kinds of {', '.join(PROBLEMS)}, received {', '.join(unknown)}")
    pyconv.set_num_threads(threads)
    peak = Peak(core.isa(), pyconv.get_num_threads())
    if peak.rate() is None:
        raise ValueError("expected a C compiler, with which the FMA peak is measured; install cc")
    title = f"{core.cpu_name()}, {core.isa()}, threads: {pyconv.get_num_threads()}"
    table = Table(box=SIMPLE, title=f"{title}: % of the roof (ms)")
    for heading in ("convolution", *PASSES):
        table.add_column(heading, justify="left" if heading == "convolution" else "right")
    record = {"machine": describe(), "passes": {}}
    for text in (text for kind in kinds or PROBLEMS for text in PROBLEMS[kind]):
        problem = Problem.parse(text)
        results = measure(problem, peak)
        record["passes"][text] = dict(zip(PASSES, results, strict=True))
        cells = (f"{r[1]:.0%} ({r[0] * 1e3:.3g})" if r else "" for r in results)
        memory = " [memory]" if _is_memory_bound(problem) else ""
        table.add_row(text.removeprefix("conv ") + memory.replace("[", r"\["), *cells)
    console().print(table)
    if path:
        path.write_text(json.dumps(record, indent=1))
    return 0
