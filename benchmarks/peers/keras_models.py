"""The models in Keras 3 on TensorFlow."""

from __future__ import annotations

import inspect
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from benchmarks.peers import pyconv_models  # noqa: E402
from benchmarks.peers.graph import Call, calls  # noqa: E402
from benchmarks.peers.pyconv_models import compiled  # noqa: E402
from benchmarks.workloads import Workload  # noqa: E402

TRAINS = True
EXACT: dict = {}
_OWN = ("_initializer", "_regularizer", "_constraint")  # what weights that are set do not need


def configurations(heavy: bool = False) -> list[dict]:
    return [{"jit_compile": jit} for jit in ((False,) if heavy else (False, True))]


def translate(model) -> keras.Model:
    """A pyconv model as Keras' one, with its weights."""
    tensors = {"x": keras.Input(model.input_shape[1:])}
    for call in calls(model):
        inputs = [tensors[name] for name in call.inputs]
        layer = _layer(call)
        if call.pads and layer.padding == "valid" and any(map(any, call.pads)):
            pad = getattr(keras.layers, f"ZeroPadding{len(call.pads)}D")
            inputs = [pad(call.pads)(inputs[0])]
        tensors[call.output] = layer(inputs if len(inputs) > 1 else inputs[0])
        layer.set_weights(call.layer.get_weights())
    return keras.Model(tensors["x"], tensors[call.output])


def _layer(call: Call) -> keras.layers.Layer:
    """Keras' layer of the same name and arguments; zeros that it has no word for come ahead."""
    kind = getattr(keras.layers, call.kind)
    known = inspect.signature(kind).parameters
    config = call.layer.get_config()
    config = {k: v for k, v in config.items() if k in known and not k.endswith(_OWN)}
    if call.pads and config.get("padding") not in ("valid", "same"):
        config["padding"] = "valid"
    return kind(**config)


class Peer(pyconv_models.Peer):
    """See benchmarks.peers."""

    def __init__(self, workload: Workload, dropout: float, jit_compile: bool):
        model = translate(workload.model(dropout))
        self.model = compiled(model, keras, workload, jit_compile=jit_compile)
        self.description = (
            f"Keras {keras.__version__} on TensorFlow {tf.__version__}"
            f"{', XLA' if jit_compile else ''}"
        )

    def convert(self, x: np.ndarray, y: np.ndarray):
        return tf.constant(x), tf.constant(y)

    def convert_input(self, x: np.ndarray):
        return tf.constant(x)
