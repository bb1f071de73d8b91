"""The models in Keras 3 on TensorFlow."""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from benchmarks.peers.keras_api import KerasPeer  # noqa: E402
from benchmarks.workloads import Workload  # noqa: E402


def configurations() -> list[dict]:
    return [{"jit_compile": jit} for jit in (False, True)]


class Peer(KerasPeer):
    """See benchmarks.peers."""

    library = keras

    def __init__(self, workload: Workload, dropout: float, jit_compile: bool):
        super().__init__(workload, dropout, jit_compile=jit_compile)
        self.description = (
            f"Keras {keras.__version__} on TensorFlow {tf.__version__}"
            f"{', XLA' if jit_compile else ''}"
        )

    def convert(self, x: np.ndarray, y: np.ndarray):
        return tf.constant(x), tf.constant(y)
