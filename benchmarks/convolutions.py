"""The kinds of convolution against PyTorch and the FMA peak, pass by pass: a part of the suite.

Both run in this process, in turn; PyTorch is asked for channels last. Times of pyconv include the
packing or transform of the kernel, as in a training step, where it changes.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from rich.box import SIMPLE
from rich.table import Table

import pyconv
from benchmarks.cases import Case, make_cases
from benchmarks.peak import Peak
from benchmarks.problem import Problem

ROUNDS = 5
ROUND_SECONDS = 0.1
PASSES = ("forward", "backward_data", "backward_weights")

#: What is measured. The forward pass of a transposed convolution is backward_data of its problem.
PROBLEMS = {
    "3x3, 64 channels, 56x56": "conv n4 ic64 ih56 oc64 kh3 s1 p1",
    "3x3, 128 channels, 56x56": "conv n4 ic128 ih56 oc128 kh3 s1 p1",
    "3x3, 256 channels, 28x28": "conv n8 ic256 ih28 oc256 kh3 s1 p1",
    "3x3, 512 channels, 14x14": "conv n4 ic512 ih14 oc512 kh3 s1 p1",
    "3x3, 16 channels, 32x32": "conv n32 ic16 ih32 oc16 kh3 s1 p1",
    "3x3, 32 channels, 16x16": "conv n32 ic32 ih16 oc32 kh3 s1 p1",
    "3x3, stride 2": "conv n4 ic128 ih56 oc256 kh3 s2 p1",
    "1x1, 256 -> 64": "conv n4 ic256 ih56 oc64 kh1 s1",
    "1x1, 512 -> 512": "conv n8 ic512 ih14 oc512 kh1 s1",
    "5x5, 96 -> 256": "conv n4 ic96 ih27 oc256 kh5 s1 p2",
    "first layer, 3x3": "conv n4 ic3 ih224 oc64 kh3 s1 p1",
    "first layer, 7x7, stride 2": "conv n4 ic3 ih224 oc64 kh7 s2 p3",
    "first layer, 11x11, stride 4": "conv n4 ic3 ih224 oc96 kh11 s4 p2",
    "large kernel, 15x15": "conv n2 ic32 ih56 oc32 kh15 s1 p7",
    "1-D, kernel 5": "conv n16 ic64 iw1000 oc64 kw5 s1 p2",
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


@dataclass
class Layer:
    """What was measured of one problem.

    Attributes:
        flops: of a pass.
        peak: FLOP/s of all cores; None where it could not be measured.
        seconds: by pass, those of pyconv and of PyTorch (None where it is absent).
        ratios: by pass, how many times faster pyconv is, the median of the rounds; or None.
    """

    name: str
    problem: str
    flops: int
    peak: float | None
    seconds: dict[str, tuple[float, float | None]]
    ratios: dict[str, float | None]

    def of_peak(self, name: str, library: int = 0) -> float | None:
        """A pass's part of the FMA peak in terms of the direct algorithm; 1 is PyTorch's."""
        seconds = self.seconds[name][library]
        return None if None in (self.peak, seconds) else self.flops / seconds / self.peak


def compare(name: str, text: str, peak: Peak, with_torch: bool) -> Layer:
    """Times each pass of a problem, in turn with PyTorch."""
    problem = Problem.parse(text)
    layer = Layer(name, text, problem.flops, peak.rate(), {}, {})
    peers = torch_passes(problem) if with_torch else [None] * len(PASSES)
    for case, peer in zip(make_cases(problem, ["all"]), peers, strict=True):
        own = own_pass(case)
        rounds = [(_median(own), peer and _median(peer)) for _ in range(ROUNDS)]
        ours, theirs = zip(*rounds, strict=True)
        median = statistics.median(theirs) if peer else None
        ratios = [b / a for a, b in rounds] if peer else []
        layer.seconds[case.name] = (statistics.median(ours), median)
        layer.ratios[case.name] = statistics.median(ratios) if ratios else None
    return layer


def _median(call: Callable) -> float:
    times: list[float] = []
    end = time.perf_counter() + ROUND_SECONDS
    while len(times) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def measure(with_torch: bool, problems: dict[str, str] = PROBLEMS) -> list[Layer]:
    """Measures every problem; PyTorch where it is wanted and installed."""
    with_torch = with_torch and find_spec("torch") is not None
    if with_torch:
        import torch

        torch.set_num_threads(pyconv.get_num_threads())
        torch.set_grad_enabled(False)
    peak = Peak(pyconv.core.isa(), pyconv.get_num_threads())
    return [compare(name, text, peak, with_torch) for name, text in problems.items()]


def cells(layers: list[Layer]) -> tuple[list[str], list[list[str]]]:
    """Headings and rows: % of the peak, and how many times faster than PyTorch."""
    headings = ["convolution", *(p.replace("_", " ") for p in PASSES)]
    return headings, [[layer.name, *(_cell(layer, p) for p in PASSES)] for layer in layers]


def _cell(layer: Layer, name: str) -> str:
    seconds, _ = layer.seconds[name]
    part, ratio = layer.of_peak(name), layer.ratios[name]
    text = f"{seconds * 1e3:.3g} ms"
    text += "" if part is None else f", {part:.0%}"
    return text if ratio is None else f"{text}, {ratio:.2f} x"


def table(layers: list[Layer]) -> Table:
    """For the terminal."""
    caption = "ms, % of the FMA peak (direct terms), times faster than PyTorch"
    result = Table(box=SIMPLE, caption=caption)
    headings, lines = cells(layers)
    for heading in headings:
        result.add_column(heading, justify="left" if heading == "convolution" else "right")
    for line in lines:
        result.add_row(*line)
    return result
