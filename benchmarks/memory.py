"""Peak memory of training steps, each library in a fresh process (Linux).

What is reported is the most that was resident during some steps over what was resident when the
library was imported and the model made: gradients, the optimizer's state, activations, workspace.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from pathlib import Path

from rich.box import SIMPLE
from rich.table import Table

from benchmarks import peers
from benchmarks.machine import describe
from benchmarks.report import console
from benchmarks.workloads import WORKLOADS

STEPS = 3
MB = 2**20


def run(names: list[str], libraries: list[str], path: Path | None = None) -> int:
    """Prints a table; returns the exit status."""
    peaks = measure_all(names, libraries)
    console().print(table(peaks))
    if path:
        path.write_text(json.dumps({"machine": describe(), "peak bytes": peaks}, indent=2))
    return 0


def measure_all(names: list[str], libraries: list[str]) -> dict[str, dict[str, int]]:
    """Bytes at the peak by workload and installed library.

    Raises:
        ValueError: not on Linux.
    """
    if not Path("/proc/self/clear_refs").exists():
        raise ValueError("expected Linux, whose /proc says what is resident")
    chosen = [name for name in libraries if peers.installed(name)]
    return {name: {library: measure(library, name) for library in chosen} for name in names}


def cells(peaks: dict[str, dict[str, int]]) -> tuple[list[str], list[list[str]]]:
    """Headings and rows of the table, in MB."""
    libraries = list(next(iter(peaks.values())))
    headings = ["training step, peak MB", *(peers.TITLES[name] for name in libraries)]
    lines = [
        [f"{WORKLOADS[name].title}, batch {WORKLOADS[name].batch}"]
        + [f"{found[library] / MB:,.0f}" for library in libraries]
        for name, found in peaks.items()
    ]
    return headings, lines


def table(peaks: dict[str, dict[str, int]]) -> Table:
    headings, lines = cells(peaks)
    result = Table(box=SIMPLE)
    for i, heading in enumerate(headings):
        result.add_column(heading, justify="right" if i else "left")
    for line in lines:
        result.add_row(*line)
    return result


def measure(library: str, name: str) -> int:
    """Bytes at the peak of a workload's training step, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.memory", library, name]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def peak(library: str, name: str) -> int:
    """The same in this process, which should have done nothing before."""
    workload = WORKLOADS[name]
    module = peers.load(library)
    peer = module.Peer(workload, workload.dropout, **module.configurations()[-1])
    [batch] = [peer.convert(x, y) for x, y in workload.batches(1, workload.batch)]
    gc.collect()
    before = _resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    for _ in range(STEPS):
        peer.train(batch)
    return _resident("VmHWM") - before


def _resident(field: str) -> int:
    """A field of /proc/self/status in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value.split()[0]) * 1024
    raise OSError(f"expected the field {field} in /proc/self/status of process {os.getpid()}")


if __name__ == "__main__":
    print(peak(*sys.argv[1:]))
