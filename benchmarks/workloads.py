"""The models that are compared: their sizes and data. Each library's definition is in `peers`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Workload:
    """A classifier's training step: softmax cross-entropy from logits, then SGD.

    Attributes:
        input_shape: of one example, channels last.
        dropout: rate of the model's dropout layer, 0 where it has none.
    """

    name: str
    input_shape: tuple[int, ...]
    classes: int
    batch: int
    learning_rate: float = 0.01
    momentum: float = 0.0
    dropout: float = 0.0

    def batches(self, count: int, size: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """(x, y) of standard normal numbers and random classes; the same at each call."""
        rng = np.random.default_rng(0)
        return [
            (
                rng.standard_normal((size, *self.input_shape), np.float32),
                rng.integers(0, self.classes, size),
            )
            for _ in range(count)
        ]


WORKLOADS = {
    w.name: w
    for w in (
        Workload("mnist1d", (40, 1), 10, batch=100),
        Workload("mnist_convnet", (28, 28, 1), 10, batch=128, momentum=0.9, dropout=0.5),
    )
}
