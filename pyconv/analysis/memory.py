"""What a model's training step and predictions need of memory, planned but not run."""

from __future__ import annotations

from collections import Counter

import numpy as np

from pyconv.data import as_count
from pyconv.graph import Attributes
from pyconv.models.feeding import Feeding
from pyconv.models.summary import memory_size
from pyconv.plan.function import Executable

#: What a step needs, in the order of the table. The first four last, all others are one block.
PARTS = {
    "weights": "weights",
    "optimizer": "optimizer's state",
    "metrics": "metrics",
    "packed": "packed kernels, constants",
    "arena": "activations, gradients",
    "local": "stripes' own memory",
    "workspace": "workspace of one op",
    "scratch": "scratch of the threads",
    "tables": "addresses",
}


class StepMemory(Attributes):
    """Bytes that one kind of step needs; `total` is their sum.

    Attributes:
        weights: the model's variables, trainable or not.
        optimizer: its variables.
        metrics: running means and other variables that the step reads or writes.
        packed: kernels rearranged once for all steps, and constants.
        arena: activations, gradients and kernels packed within the step, at the peak.
        local: memory of slices of the batch, which stays in the threads' caches.
        workspace: the most that one op's tasks share.
        scratch: the most that an op needs for each thread, for all threads.
        tables: addresses of buffers.
        layers: bytes of the arena at its peak by the layer that wrote them, the most first;
            "(gaps)" is what no buffer fills then.
    """

    weights: int
    optimizer: int
    metrics: int
    packed: int
    arena: int
    local: int
    workspace: int
    scratch: int
    tables: int
    layers: dict

    @property
    def total(self) -> int:
        return sum(getattr(self, part) for part in PARTS)

    @property
    def block(self) -> int:
        """Bytes that the model keeps for the run of a step: all that does not last."""
        return sum(getattr(self, part) for part in list(PARTS)[4:])


class MemoryReport(Attributes):
    """See `Model.memory_report`; `print` shows tables.

    Attributes:
        batch_size: examples of a step.
        train: `StepMemory` of a training step; None where the model is not compiled.
        predict: `StepMemory` of a prediction.
    """

    batch_size: int
    train: StepMemory | None
    predict: StepMemory

    def __str__(self) -> str:
        steps = [("predict", self.predict)]
        if self.train is not None:
            steps.insert(0, ("training step", self.train))
        lines = [_row(f"{self.batch_size} examples", [name for name, _ in steps])]
        for part, words in PARTS.items():
            lines.append(_row(words, [memory_size(getattr(s, part)) for _, s in steps]))
        lines.append(_row("total", [memory_size(s.total) for _, s in steps]))
        for name, step in steps:
            lines += ["", f"activations, gradients of a {name} at the peak, by layer"]
            lines += [_row(layer, [memory_size(size)]) for layer, size in step.layers.items()]
        return "\n".join(lines)


def _row(name: str, cells: list[str]) -> str:
    return f"{name:<34}" + "".join(f"{cell:>15}" for cell in cells)


def memory_report(model, batch_size: int) -> MemoryReport:
    """See `Model.memory_report`."""
    batch_size = as_count("batch_size", batch_size)
    x = [_example(port.name, port.shape, port.dtype) for port in model.signature.inputs]
    train = _step(model, batch_size, *_batch(model, x)) if model.compiled else None
    return MemoryReport(batch_size, train, _step(model, batch_size, x))


def _batch(model, x: list) -> tuple:
    """A batch as training steps take it; labels where the loss wants them, else as the outputs."""
    targets = [
        _target(port, labels)
        for port, labels in zip(model.signature.outputs, model.wants_labels, strict=True)
    ]
    feeding = Feeding(model)
    return feeding.buffers(model.signature.nest_inputs(x), model.signature.nest_outputs(targets))


def _target(port, labels: bool) -> np.ndarray:
    if labels:
        return _example(port.name, port.shape[:-1], "int32")
    return _example(port.name, port.shape, "float32")


def _example(name: str, shape: tuple, dtype: str) -> np.ndarray:
    if None in shape[1:]:
        raise ValueError(
            f"memory_report: expected known sizes, received the shape {shape} of {name}; build the "
            "model for one size"
        )
    return np.zeros((1, *shape[1:]), dtype)


def _step(model, n: int, *batch) -> StepMemory:
    function, arrays = model.steps.plan(*batch)
    executable = function.executable(arrays)
    needed = executable.plan.memory(n)
    tables = needed.pop("slots") + needed.pop("views")
    layers = _holders(executable, n)
    layers["(gaps)"] = needed["arena"] - sum(layers.values())
    return StepMemory(*_lasting(model, executable), **needed, tables=tables, layers=layers)


def _lasting(model, executable: Executable) -> tuple[int, int, int, int]:
    """Bytes of (weights, the optimizer's state, metrics, packed kernels and constants)."""
    weights = {id(v.storage): v.storage for v in model.variables}
    optimizer = model.optimizer.variables if model.optimizer else []
    state = {id(v.storage): v.storage for v in optimizer}
    own = {id(s) for s in executable.own}
    used = {id(s): s for s in executable.plan.storages}
    packed = sum(s.nbytes for key, s in used.items() if key in own)
    others = used.keys() - own - weights.keys() - state.keys()
    return _bytes(weights), _bytes(state), sum(used[key].nbytes for key in others), packed


def _bytes(storages: dict) -> int:
    return sum(storage.nbytes for storage in storages.values())


def _holders(executable: Executable, n: int) -> dict[str, int]:
    """Bytes by layer when most is alive. The arena's part per example and the rest of it lie apart
    and have a peak each."""
    found: Counter = Counter()
    for batched in (False, True):
        lives = [life for life in executable.lives if life.batched == batched]
        peak = _peak(lives)
        for life in lives:
            if life.first <= peak <= life.last:
                found[life.origin] += life.nbytes * (n if batched else 1)
    return dict(found.most_common())


def _peak(lives: list) -> int:
    """The first time when the buffers alive are largest."""
    changes: Counter = Counter()
    for life in lives:
        changes[life.first] += life.nbytes
        changes[life.last + 1] -= life.nbytes
    alive, most, peak = 0, -1, 0
    for time in sorted(changes):
        alive += changes[time]
        if alive > most:
            most, peak = alive, time
    return peak
