"""The models through the API that Keras and pyconv share: `library` is either module."""

from __future__ import annotations

import numpy as np

from benchmarks.workloads import Workload


def mnist1d(library, dropout: float):
    """2,050 parameters: the convolutional network of Prince, section 10.2.5."""
    layers = library.layers
    return library.Sequential(
        [
            library.Input((40, 1)),
            layers.Conv1D(15, 3, strides=2, activation="relu"),
            layers.Conv1D(15, 3, strides=2, activation="relu"),
            layers.Conv1D(15, 3, strides=2, activation="relu"),
            layers.Flatten(),
            layers.Dense(10),
        ]
    )


def mnist_convnet(library, dropout: float):
    """34,826 parameters: the network of Keras' first example."""
    layers = library.layers
    return library.Sequential(
        [
            library.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dropout(dropout),
            layers.Dense(10),
        ]
    )


MODELS = {"mnist1d": mnist1d, "mnist_convnet": mnist_convnet}


class KerasPeer:
    """See benchmarks.peers; a library's module sets `library` and adds `description`."""

    library = None

    def __init__(self, workload: Workload, dropout: float, **compile_options):
        library = self.library
        self.model = MODELS[workload.name](library, dropout)
        self.model.compile(
            optimizer=library.optimizers.SGD(workload.learning_rate, momentum=workload.momentum),
            loss=library.losses.SparseCategoricalCrossentropy(from_logits=True),
            **compile_options,
        )

    def get_weights(self) -> list[np.ndarray]:
        return self.model.get_weights()

    def set_weights(self, arrays: list[np.ndarray]) -> None:
        self.model.set_weights(arrays)

    def convert(self, x: np.ndarray, y: np.ndarray):
        return x, y

    def train(self, batch) -> float:
        return float(self.model.train_on_batch(*batch))

    def reset_losses(self) -> None:
        self.model.reset_metrics()

    def predict(self, x: np.ndarray) -> np.ndarray:
        return self.model.predict_on_batch(x)
