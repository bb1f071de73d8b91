"""The compared libraries, a module each with a class `Peer`, imported only in a process of its own.

A Peer is a model of a workload in one library:

    configurations()        settings to try; the fastest is compared
    Peer(workload, dropout, **configuration)
    description             version and configuration, for the table
    set_weights(arrays)     in Keras' order and layout, as pyconv's get_weights() returns them
    convert(x, y)           a batch as the library likes it best
    train(batch) -> loss    one step; Keras' rule: the mean over the steps since
    reset_losses()          was called
    predict(x) -> logits    from and to NumPy arrays
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

#: The modules that a peer needs.
LIBRARIES = {"pyconv": ["pyconv"], "torch": ["torch"], "keras": ["keras", "tensorflow"]}


def installed(name: str) -> bool:
    """Whether the library is there."""
    return all(find_spec(module) for module in LIBRARIES[name])


def load(name: str):
    """The module of a peer; imports its library."""
    return import_module(f"benchmarks.peers.{name}_models")
