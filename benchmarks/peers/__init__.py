"""The compared libraries, a module each with a class `Peer`, imported only in a process of its own.

A Peer is the model of a workload, translated layer by layer from pyconv's (`graph`), with the same
weights:

    TRAINS                  whether the library trains, or only predicts
    EXACT                   what a configuration needs more to compute the very same numbers
    configurations(heavy)   settings to try; for each task the fastest is compared
    Peer(workload, dropout, **configuration)
    description             version and configuration, for the table
    convert(x, y)           a batch as the library likes it best
    convert_input(x)        examples as the library likes them best
    train(batch) -> loss    one step; Keras' rule: the mean over the steps since
    reset_losses()          was called
    predict(x) -> logits
"""

from __future__ import annotations

import os
from importlib import import_module
from importlib.util import find_spec

#: The modules that a peer needs.
LIBRARIES = {
    "pyconv": ["pyconv"],
    "torch": ["torch"],
    "compile": ["torch"],
    "keras": ["keras", "tensorflow"],
    "ort": ["onnxruntime", "onnx"],
}
#: How a table calls them.
TITLES = {
    "pyconv": "pyconv",
    "torch": "PyTorch",
    "compile": "torch.compile",
    "keras": "Keras/TF",
    "ort": "ONNX Runtime",
}


def installed(name: str) -> bool:
    """Whether the library is there."""
    return all(find_spec(module) for module in LIBRARIES[name])


def load(name: str):
    """The module of a peer; imports its library."""
    return import_module(f"benchmarks.peers.{name}_models")


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0))
