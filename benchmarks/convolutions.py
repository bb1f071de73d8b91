"""`python -m benchmarks convolutions`: the kinds of convolution against PyTorch, pass by pass.

Both run in this process, in turn; PyTorch is asked for channels last. Times of pyconv include the
packing of the kernel, as in a training step, where it changes.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from rich.box import SIMPLE
from rich.table import Table

import pyconv
from benchmarks.cases import Case, make_cases
from benchmarks.machine import describe
from benchmarks.problem import Problem
from benchmarks.report import console

ROUNDS = 7
ROUND_SECONDS = 0.1
PASSES = ("forward", "backward_data", "backward_weights")

#: What is measured. The forward pass of a transposed convolution is backward_data of its problem.
PROBLEMS = {
    "depthwise": "conv n4 ic128 ih56 oc128 kh3 s1 p1 g128",
    "depthwise, stride 2": "conv n4 ic64 ih112 oc64 kh3 s2 p1 g64",
    "depthwise, 5x5": "conv n4 ic96 ih28 oc96 kh5 s1 p2 g96",
    "depthwise, 14x14": "conv n4 ic512 ih14 oc512 kh3 s1 p1 g512",
    "depthwise, 1-D": "conv n16 ic64 iw1000 oc64 kw9 s1 p4 g64",
    "32 groups of 4": "conv n4 ic128 ih56 oc128 kh3 s1 p1 g32",
    "32 groups of 8": "conv n4 ic256 ih28 oc256 kh3 s1 p1 g32",
    "32 groups of 8, stride 2": "conv n4 ic256 ih56 oc256 kh3 s2 p1 g32",
    "32 groups of 16": "conv n4 ic512 ih14 oc512 kh3 s1 p1 g32",
    "32 groups of 32": "conv n4 ic1024 ih7 oc1024 kh3 s1 p1 g32",
    "dilation 2": "conv n4 ic64 ih56 oc64 kh3 s1 p2 d2",
    "dilation 4": "conv n4 ic256 ih28 oc256 kh3 s1 p4 d4",
    "transposed 4x4, stride 2": "conv n4 ic64 ih56 oc128 kh4 s2 p1",
    "transposed 2x2, stride 2": "conv n4 ic128 ih56 oc256 kh2 s2",
    "3-D": "conv n2 ic32 id16 ih28 iw28 oc64 kd3 kh3 kw3 s1 p1",
    "3-D, stride 2": "conv n2 ic64 id8 ih28 iw28 oc128 kd3 kh3 kw3 s2 p1",
    "3-D, first layer": "conv n2 ic3 id16 ih56 iw56 oc32 kd3 kh3 kw3 s1 p1",
}


def torch_passes(problem: Problem) -> list[Callable]:
    """PyTorch's forward, input gradient and kernel gradient of a problem."""
    import torch

    rank = len(problem.input_size)
    options = {"stride": problem.strides, "padding": problem.padding}
    options |= {"dilation": problem.dilation, "groups": problem.groups}
    function = getattr(torch.nn.functional, f"conv{rank}d")
    layout = {2: torch.channels_last, 3: torch.channels_last_3d}.get(rank)

    def draw(*shape):
        tensor = torch.randn(shape)
        return tensor if layout is None else tensor.contiguous(memory_format=layout)

    x = draw(problem.n, problem.ic, *problem.input_size)
    kernel = draw(problem.oc, problem.ic // problem.groups, *problem.kernel_size)
    dy = torch.randn_like(function(x, kernel, **options))
    settings = (*options.values(),)
    settings = (None, *settings[:3], False, [0] * rank, problem.groups)

    def gradient(*wanted):
        return lambda: torch.ops.aten.convolution_backward(dy, x, kernel, *settings, wanted)

    return [
        lambda: function(x, kernel, **options),
        gradient(True, False, False),
        gradient(False, True, False),
    ]


def aligned(array: np.ndarray) -> np.ndarray:
    """A copy that begins on a cache line, as every array within a plan does."""
    memory = np.empty(array.nbytes + 64, np.uint8)
    start = -memory.ctypes.data % 64
    copy = memory[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy


def own_pass(case: Case) -> Callable:
    """The whole run of a case, its kernel changed before each."""

    def call():
        if case.kernel is not None:
            case.kernel.storage.version += 1
        case.run()

    case.arrays = tuple(aligned(a) for a in case.arrays)
    case._results = tuple(aligned(a) for a in case._results)
    return call


def compare(problem: Problem) -> list[tuple[float, float, float]]:
    """(seconds of pyconv, seconds of PyTorch, the median ratio) of each pass."""
    results = []
    for case, peer in zip(make_cases(problem, ["all"]), torch_passes(problem), strict=True):
        own = own_pass(case)
        rounds = [(_median(own), _median(peer)) for _ in range(ROUNDS)]
        ratio = statistics.median(theirs / ours for ours, theirs in rounds)
        results.append((*(statistics.median(times) for times in zip(*rounds, strict=True)), ratio))
    return results


def _median(call: Callable) -> float:
    times: list[float] = []
    end = time.perf_counter() + ROUND_SECONDS
    while len(times) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def run(path: Path | None) -> int:
    """Measures every problem and prints a table; writes it to `path` as JSON too."""
    try:
        import torch
    except ImportError:
        raise ValueError("expected PyTorch as the peer; pip install torch==2.13.0") from None
    torch.set_num_threads(pyconv.get_num_threads())
    torch.set_grad_enabled(False)
    table = Table(box=SIMPLE, title=f"times faster than PyTorch {torch.__version__} (ms, ms)")
    for heading in ("convolution", *PASSES):
        table.add_column(heading, justify="left" if heading == "convolution" else "right")
    record = {"machine": describe(), "torch": torch.__version__, "passes": {}}
    for name, text in PROBLEMS.items():
        results = compare(Problem.parse(text))
        record["passes"][text] = dict(zip(PASSES, results, strict=True))
        cells = (f"{r:.2f} ({ours * 1e3:.2f}, {theirs * 1e3:.2f})" for ours, theirs, r in results)
        table.add_row(name, *cells)
    console().print(table)
    if path:
        path.write_text(json.dumps(record, indent=1))
    return 0
