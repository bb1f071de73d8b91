"""Where the time of a step goes: op by op, beside what the machine can do."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

import numpy as np

from pyconv.analysis.roofs import Roofs, roofs
from pyconv.data import as_count
from pyconv.graph import Attributes
from pyconv.models.feeding import Feeding
from pyconv.plan.function import Executable


class OpTime(Attributes):
    """One op record, or several together; seconds, operations and bytes are of one step.

    Attributes:
        layer, op: names; "" where they differ.
        seconds: in the median step.
        operations: multiplications and additions of convolutions and dense layers.
        nbytes: bytes of the arrays that it reads or writes, each counted once.
        calls: how many records these are.
    """

    layer: str
    op: str
    seconds: float
    operations: int
    nbytes: int
    calls: int = 1

    @property
    def flops(self) -> float:
        """Operations a second."""
        return self.operations / self.seconds if self.seconds else 0.0

    @property
    def bandwidth(self) -> float:
        """Bytes a second."""
        return self.nbytes / self.seconds if self.seconds else 0.0


class Profile(Attributes):
    """See `Model.profile`; `print` shows tables, `visualize.roofline` a picture.

    Attributes:
        kind: "training step" or "predict".
        examples: of the batch.
        seconds: of a whole step, the median.
        ops: an `OpTime` for each op record, in the order in which they run.
        roofs: what the machine can do: `flops`, `bandwidth`, `threads`.
    """

    kind: str
    examples: int
    seconds: float
    ops: list
    roofs: Roofs

    def by_layer(self) -> list[OpTime]:
        """An `OpTime` for each layer, the slowest first."""
        return _grouped(self.ops, lambda op: (op.layer, ""))

    def by_op(self) -> list[OpTime]:
        """An `OpTime` for each kind of op, the slowest first."""
        return _grouped(self.ops, lambda op: ("", op.op))

    def by_layer_and_op(self) -> list[OpTime]:
        """An `OpTime` for each kind of op of each layer, the slowest first."""
        return _grouped(self.ops, lambda op: (op.layer, op.op))

    def part_of_peak(self, op: OpTime) -> float:
        """The op's rate over that of multiply-adds in registers; above 1 where an algorithm needs
        fewer than the equation."""
        return op.flops / self.roofs.flops

    def __str__(self) -> str:
        most = self.roofs
        lines = [
            f"{self.kind}, {self.examples} examples: {self.seconds * 1e3:.3f} ms on {most.threads} "
            f"threads, at most {most.flops / 1e9:.0f} GFLOP/s and {most.bandwidth / 1e9:.0f} GB/s"
        ]
        for title, rows in (("layer", self.by_layer()), ("op", self.by_op())):
            lines += ["", _HEAD.format(title)]
            lines += [self._row(row.layer or row.op, row) for row in rows]
        return "\n".join(lines)

    def _row(self, name: str, row: OpTime) -> str:
        total = sum(op.seconds for op in self.ops) or 1.0
        rates = f"{row.flops / 1e9:>9.1f}{100 * self.part_of_peak(row):>8.0f}"
        return (
            f"{name:<30}{row.calls:>6}{row.seconds * 1e3:>10.3f}{100 * row.seconds / total:>7.1f}"
            f"{rates if row.operations else '':>17}"
            f"{row.nbytes / 1e6:>10.2f}{row.bandwidth / 1e9:>8.1f}"
        )


_HEAD = f"{{:<30}}{'ops':>6}{'ms':>10}{'%':>7}{'GFLOP/s':>9}{'% peak':>8}{'MB':>10}{'GB/s':>8}"


def _grouped(ops: Iterable[OpTime], key: Callable[[OpTime], tuple]) -> list[OpTime]:
    groups: dict[tuple, list[OpTime]] = {}
    for op in ops:
        groups.setdefault(key(op), []).append(op)
    sums = [
        OpTime(*names, *(sum(getattr(op, f) for op in group) for f in OpTime.fields[2:]))
        for names, group in groups.items()
    ]
    return sorted(sums, key=lambda op: -op.seconds)


def profile(model, x, y, sample_weight, steps: int) -> Profile:
    """See `Model.profile`."""
    steps = as_count("steps", steps)
    if y is None:
        batch = (Feeding(model).inputs(x),)
    else:
        model._check_compiled("profile")
        batch = Feeding(model).buffers(x, y, sample_weight)
    function, arrays = model.steps.plan(*batch)
    executable, n = function.executable(arrays), len(arrays[0])
    for call in executable.before:
        call()
    with _Kept(executable):
        seconds, each = _timed(executable, function.arena, n, arrays, steps)
    ops = [
        OpTime(layer, op, time, *_operations_and_bytes(work, n))
        for (op, layer), work, time in zip(executable.plan.ops, executable.work, each, strict=True)
    ]
    ops = ops[executable.plan.prologue :]
    return Profile("predict" if y is None else "training step", n, seconds, ops, roofs())


def _timed(executable: Executable, arena, n: int, arrays, steps: int) -> tuple[float, np.ndarray]:
    """(seconds of the median step, seconds of its ops); one more step warms up."""
    whole, each = [], []
    for _ in range(steps + 1):
        seconds = np.zeros(len(executable.plan.ops))
        start = time.perf_counter()
        executable.compute(arena, n, arrays, seconds)
        whole.append(time.perf_counter() - start)
        each.append(seconds)
    median = sorted(range(1, steps + 1), key=whole.__getitem__)[steps // 2]
    return whole[median], each[median]


def _operations_and_bytes(work, n: int) -> tuple[int, int]:
    return 2 * (work.products + n * work.products_each), work.nbytes + n * work.nbytes_each


class _Kept:
    """Within it, steps may change variables; they are what they were when it ends."""

    def __init__(self, executable: Executable):
        self._storages = executable.plan.written

    def __enter__(self):
        self._values = [bytes(storage) for storage in self._storages]

    def __exit__(self, *exception):
        for storage, value in zip(self._storages, self._values, strict=True):
            memoryview(storage).cast("B")[:] = value
            storage.version += 1
