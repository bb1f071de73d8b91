"""`python -m benchmarks conv ...`: time, rate, part of the FMA peak and error of one problem."""

from __future__ import annotations

import json
import statistics
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.box import SIMPLE
from rich.table import Table

import pyconv
from benchmarks.cases import Case, make_cases
from benchmarks.machine import describe
from benchmarks.peak import Peak
from benchmarks.problem import Problem
from benchmarks.report import console
from pyconv import core

ROUNDS = 15  # of the peak and the pass in turn, so that both meet the same clock and neighbours
ROUND_SECONDS = 0.05
MIN_RUNS = 3  # of a pass in a round


@dataclass
class Result:
    """What was measured of one pass.

    Attributes:
        minimum, median, packing: seconds; packing of the kernel is not in the others.
        unit: of the work: "FLOP" or "B".
        of_peak: the pass's median rate in a round as a part of the FMA peak measured in that
            round, the median of the rounds; None where the peak is not known or does not apply.
        error: largest error over the root mean square of the float64 reference.
    """

    name: str
    work: int
    unit: str
    minimum: float | None = None
    median: float | None = None
    packing: float | None = None
    of_peak: float | None = None
    error: float | None = None


def measure(case: Case, peak: Peak, verify: bool, speed: bool) -> Result:
    """Checks and times one pass."""
    result = Result(case.name, case.work, case.unit)
    if verify:
        result.error = case.error()
    if speed:
        _time(case, peak, result)
    return result


def _time(case: Case, peak: Peak, result: Result) -> None:
    case.run()
    times, peaks, medians = [], [], []
    for _ in range(ROUNDS):
        peaks.append(peak.rate())
        times += (round_times := _round(case))
        medians.append(statistics.median(round_times))
    result.minimum, result.median = min(times), statistics.median(times)
    if case.kernel is not None:
        result.packing = statistics.median(case.pack() for _ in range(ROUNDS))
    if case.unit == "FLOP" and None not in peaks:
        parts = [case.work / t / p for t, p in zip(medians, peaks, strict=True)]
        result.of_peak = statistics.median(parts)


def _round(case: Case) -> list[float]:
    times: list[float] = []
    end = time.perf_counter() + ROUND_SECONDS
    while len(times) < MIN_RUNS or time.perf_counter() < end:
        times.append(case.run())
    return times


def run(
    text: str, passes: list[str], threads: int, verify: bool, speed: bool, path: Path | None
) -> None:
    """Measures a problem and prints a table; writes it to `path` as JSON too."""
    pyconv.set_num_threads(threads)
    problem = Problem.parse(text)
    peak = Peak(core.isa(), pyconv.get_num_threads())
    results = [measure(case, peak, verify, speed) for case in make_cases(problem, passes)]
    console().print(_table(problem, results))
    if path:
        passes = [asdict(r) for r in results]
        record = {"problem": str(problem), "machine": describe(), "passes": passes}
        path.write_text(json.dumps(record, indent=1))


def _table(problem: Problem, results: list[Result]) -> Table:
    rate = {"FLOP": "GFLOP/s", "B": "GB/s"}[results[0].unit]
    table = Table(
        box=SIMPLE,
        title=f"{problem}\n{core.cpu_name()}, {core.isa()}, threads: {pyconv.get_num_threads()}",
        caption=f"{rate}: at the minimum. % of the FMA peak: measured in turn, the median\n"
        "pack: to rearrange a changed kernel. error: the largest / RMS",
    )
    table.add_column("pass", no_wrap=True)
    for heading in ("min ms", "median ms", rate, "% of peak", "pack ms", "error"):
        table.add_column(heading, justify="right")
    for r in results:
        table.add_row(r.name, *(_timing(r) if r.minimum else [""] * 5), _number(r.error, ".1e"))
    return table


def _timing(r: Result) -> list[str]:
    return [
        _number(r.minimum * 1e3),
        _number(r.median * 1e3),
        _number(r.work / r.minimum * 1e-9),
        f"{r.of_peak:.1%}" if r.of_peak else "n/a",
        "" if r.packing is None else _number(r.packing * 1e3),
    ]


def _number(value: float | None, form: str = ".4g") -> str:
    return "" if value is None else format(value, form)
