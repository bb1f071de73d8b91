"""`python -m benchmarks figures`: what the project promises beside what this machine measures."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.box import SIMPLE
from rich.table import Table

from benchmarks import behaviour
from benchmarks.compare import Comparison, compare
from benchmarks.machine import describe
from benchmarks.report import console
from pyconv import core

WIDTHS = (56, 32, 16, 8)  # of the 3x3 convolutions, 128 -> 128 channels, batch 4
CONV_BARS = {"forward": 0.90, "backward_data": 0.85, "backward_weights": 0.85}
ISAS = ("baseline", "avx2", "avx512")  # each has the ones before


@dataclass
class Figure:
    """One promise: the bar, the measured value, both in words, and whether it is kept; None where
    it could not be measured."""

    name: str
    bar: str
    measured: str
    kept: bool | None


def figures() -> Iterator[Figure]:
    """Measures everything, one after the other."""
    yield from steps()
    for isa in ISAS[:0:-1]:
        yield from convolutions(isa)
    yield from latencies()
    yield from processes()


def steps() -> Iterator[Figure]:
    """Training steps beside the peers'."""
    mnist1d = compare("mnist1d", ["torch", "keras"])
    yield _step(mnist1d, ["torch"], 12)
    yield _step(compare("mnist_convnet", ["torch", "keras"]), ["torch", "keras"], 1.2)
    predict = "predict, batch 1"
    kept = mnist1d.time(predict, "pyconv") < 10e-6
    yield Figure(f"mnist1d: {predict}", "< 10 us", _times(mnist1d, predict, 1e6, "us"), kept)


def _step(comparison: Comparison, peers: list[str], bar: float) -> Figure:
    """How many times faster pyconv's step is than the best of these peers."""
    task = next(task for task in comparison.seconds if "training" in task)
    times = _times(comparison, task, 1e3, "ms")
    ratios = [comparison.ratio(task, k) for k in peers if k in comparison.seconds[task]]
    measured, kept = f"no peer is installed: {times}", None
    if ratios:
        measured, kept = f"{min(ratios):.2f} x: {times}", min(ratios) >= bar
    name = f"{comparison.workload}: {task}"
    return Figure(name, f">= {bar} x {', '.join(peers)}", measured, kept)


def _times(comparison: Comparison, task: str, scale: float, unit: str) -> str:
    times = {k: comparison.time(task, k) for k in comparison.seconds[task]}
    return f"{', '.join(f'{k} {t * scale:.3g}' for k, t in times.items())} {unit}"


def convolutions(isa: str) -> Iterator[Figure]:
    """3x3 convolutions in per cent of the FMA peak, in a process with this instruction set."""
    if ISAS.index(isa) > ISAS.index(core.isa()):
        yield Figure(f"conv, {isa}", "", f"not on this CPU: {core.isa()}", None)
        return
    bar = ">= " + " / ".join(f"{b:.0%}" for b in CONV_BARS.values())
    for width in WIDTHS:
        sizes = f"n4 ic128 ih{width} oc128 kh3 p1"
        parts = _parts_of_peak(sizes, isa)
        measured = " / ".join("n/a" if p is None else f"{p:.0%}" for p in parts.values())
        kept = None
        if None not in parts.values():
            kept = all(parts[name] >= CONV_BARS[name] for name in CONV_BARS)
        yield Figure(f"conv {sizes}, {isa}", bar, measured, kept)


def _parts_of_peak(sizes: str, isa: str) -> dict[str, float | None]:
    """By pass."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "conv.json")
        command = [sys.executable, "-m", "benchmarks", "conv", *sizes.split(), "--speed"]
        command += ["--json", str(path)]
        forced = os.environ | {"PYCONV_ISA": isa}
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=forced)
        passes = json.loads(path.read_text())["passes"]
    return {p["name"]: p["of_peak"] for p in passes}


def latencies() -> Iterator[Figure]:
    """Single calls of predict_on_batch, after idling and from two threads."""
    call = behaviour.predict_call()
    idle = behaviour.latency(call, idle=0.02)
    machine = behaviour.latency(behaviour.numpy_call(), idle=0.02)
    measured = f"{_micro(idle)} (a @ b of 10 x 100 x 100 in NumPy: {_micro(machine)})"
    yield Figure("the same, after 20 ms of idling", "< 100 us", measured, idle < 100e-6)
    part = behaviour.two_callers(call)
    yield Figure("two threads in predict, of one's rate", ">= 0.45", f"{part:.2f}", part >= 0.45)


def processes() -> Iterator[Figure]:
    """Import, memory and bits."""
    cost = behaviour.import_cost()
    yield Figure(
        "import pyconv beyond import numpy", "<= 100 ms", f"{cost * 1e3:.0f} ms", cost <= 0.1
    )
    growth = behaviour.memory_growth()
    yield Figure(
        "memory growth in 1,000 mixed calls", "< 1 MB", f"{growth / 1e6:.2f} MB", growth < 1e6
    )
    for name in ("mnist1d", "mnist_convnet"):
        same = behaviour.same_bits(name)
        threads = ", ".join(map(str, behaviour.THREAD_COUNTS))
        words = "identical" if same else "DIFFERENT"
        yield Figure(f"{name}: bits, threads {threads}", "identical", words, same)


def _micro(seconds: float) -> str:
    return f"{seconds * 1e6:.1f} us"


def run(path: Path | None) -> int:
    """Prints the table, writes it to `path` as JSON; returns 1 when a measured bar is missed."""
    rows = []
    for figure in figures():
        rows.append(figure)
        print(f"{figure.name}: {figure.measured}", file=sys.stderr)
    console().print(table(rows))
    if path:
        record = {"machine": describe(), "figures": [asdict(f) for f in rows]}
        path.write_text(json.dumps(record, indent=1))
    return int(any(f.kept is False for f in rows))


def table(rows: list[Figure]) -> Table:
    """One row a figure."""
    machine = describe()
    title = f"{machine['cpu']}, cores: {machine['cores']}, {machine['isa']}"
    caption = "conv: forward / backward_data / backward_weights, in % of the FMA peak"
    result = Table(box=SIMPLE, title=title, caption=caption)
    for heading in ("figure", "bar", "measured", "kept"):
        result.add_column(heading)
    words = {True: "[green]yes[/green]", False: "[red]no[/red]", None: "-"}
    for f in rows:
        result.add_row(f.name, f.bar, f.measured, words[f.kept])
    return result
