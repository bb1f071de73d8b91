"""The models in pyconv, and the form of a Keras-like peer."""

from __future__ import annotations

import numpy as np

import pyconv
from benchmarks.workloads import Workload

TRAINS = True
EXACT: dict = {}


def configurations(heavy: bool = False) -> list[dict]:
    return [{}]


def compiled(model, library, workload: Workload, **options):
    """The model, compiled for the workload's training step by pyconv or Keras."""
    model.compile(
        optimizer=library.optimizers.SGD(workload.learning_rate, momentum=workload.momentum),
        loss=library.losses.SparseCategoricalCrossentropy(from_logits=True),
        **options,
    )
    return model


class Peer:
    """See benchmarks.peers."""

    def __init__(self, workload: Workload, dropout: float):
        self.model = compiled(workload.model(dropout), pyconv, workload)
        self.description = (
            f"pyconv {pyconv.__version__} {pyconv.core.isa()}, threads: {pyconv.get_num_threads()}"
        )

    def get_weights(self) -> list[np.ndarray]:
        return self.model.get_weights()

    def convert(self, x: np.ndarray, y: np.ndarray):
        return x, y

    def convert_input(self, x: np.ndarray):
        return x

    def train(self, batch) -> float:
        return float(self.model.train_on_batch(*batch))

    def reset_losses(self) -> None:
        self.model.reset_metrics()

    def predict(self, x) -> np.ndarray:
        return self.model.predict_on_batch(x)
