"""The models that are compared: their networks, sizes and data. `peers` translates the networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

import pyconv
from pyconv import applications, layers


@dataclass(frozen=True)
class Workload:
    """A classifier's training step: softmax cross-entropy from logits, then SGD.

    Attributes:
        network: the model, whose outputs are logits, for a rate of its dropout layers.
        input_shape: of one example, channels last.
        batch: examples of a training step.
        dropout: rate of the model's dropout layers while it is timed, 0 where it has none.
        loss_steps: training steps whose losses must agree among libraries.
        heavy: whether only one configuration of each library is tried: all cores, no XLA.
    """

    name: str
    title: str
    network: Callable[[float], pyconv.Model]
    input_shape: tuple[int, ...]
    classes: int
    batch: int
    learning_rate: float = 0.01
    momentum: float = 0.9
    dropout: float = 0.0
    loss_steps: int = 30
    heavy: bool = False

    def model(self, dropout: float) -> pyconv.Model:
        """The model in pyconv; its weights are the same at each call, in every process."""
        pyconv.utils.set_random_seed(0)
        return self.network(dropout)

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


def mnist1d(dropout: float) -> pyconv.Model:
    """2,050 parameters: the convolutional network of Prince, section 10.2.5."""
    return pyconv.Sequential(
        [
            pyconv.Input((40, 1)),
            layers.Conv1D(15, 3, strides=2, activation="relu"),
            layers.Conv1D(15, 3, strides=2, activation="relu"),
            layers.Conv1D(15, 3, strides=2, activation="relu"),
            layers.Flatten(),
            layers.Dense(10),
        ]
    )


def mnist_convnet(dropout: float) -> pyconv.Model:
    """34,826 parameters: the network of Keras' first example."""
    return pyconv.Sequential(
        [
            pyconv.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dropout(dropout),
            layers.Dense(10),
        ]
    )


def _application(name: str, dropout: float, takes_dropout: bool = False) -> pyconv.Model:
    options = {"dropout": dropout} if takes_dropout else {}
    return getattr(applications, name)(weights=None, classifier_activation=None, **options)


_IMAGE = (224, 224, 3)
_HEAVY = {"learning_rate": 1e-3, "loss_steps": 3, "heavy": True}
WORKLOADS = {
    w.name: w
    for w in (
        Workload("mnist1d", "MNIST-1D network", mnist1d, (40, 1), 10, batch=100, momentum=0.0),
        Workload(
            "mnist_convnet",
            "MNIST convnet",
            mnist_convnet,
            (28, 28, 1),
            10,
            128,
            dropout=0.5,
            loss_steps=10,
        ),
        Workload(
            "resnet20",
            "ResNet-20",
            partial(_application, "ResNet20"),
            (32, 32, 3),
            10,
            batch=128,
            loss_steps=3,
        ),
        Workload(
            "alexnet",
            "AlexNet",
            partial(_application, "AlexNet", takes_dropout=True),
            _IMAGE,
            1000,
            batch=16,
            dropout=0.5,
            **_HEAVY,
        ),
        Workload("vgg16", "VGG-16", partial(_application, "VGG16"), _IMAGE, 1000, 4, **_HEAVY),
        Workload(
            "mobilenet",
            "MobileNet v1",
            partial(_application, "MobileNet", takes_dropout=True),
            _IMAGE,
            1000,
            batch=16,
            dropout=1e-3,
            **_HEAVY | {"learning_rate": 2e-5},  # see compare.LOSS_TOLERANCE
        ),
    )
}
