"""Recording: ops on arrays that a tape watches become nodes of a graph that knows its values."""

from __future__ import annotations

import threading

from pyconv.graph.tensor import Tensor, constant
from pyconv.graph.trace import current_trace

_eager = threading.local()


def active_tapes() -> list:
    """The tapes that record now in this thread, the outermost first: those that were entered within
    the current trace or, without one, among calls on arrays."""
    trace = current_trace()
    if trace is not None:
        return trace.tapes
    if not hasattr(_eager, "tapes"):
        _eager.tapes = []
    return _eager.tapes


def is_recorded(value) -> bool:
    """Whether it is an array that a tape watches which records now, or one of a rule for gradients
    that are being drafted: what stands for it in the graph is what the rule is of."""
    tensor = getattr(value, "tensor", None)
    if tensor is None:
        return False
    trace = current_trace()
    drafts = trace is not None and trace.nodes is not None
    drafted = drafts and tensor.value is not None and tensor.dtype == "float32"
    return drafted or bool(watching([tensor], active_tapes()))


def watching(tensors, tapes: list) -> list:
    """Those of the tapes that watch one of the tensors; None stands for what none can watch."""
    seen = {token for tensor in tensors if tensor is not None for token in tensor.tapes}
    return [tape for tape in tapes if tape.token in seen] if seen else []


def leaf_of(variable, tapes: list) -> Tensor | None:
    """The leaf with the values that a variable has now, noted by those of the tapes that watch it;
    None if none does."""
    tapes = [tape for tape in tapes if tape.watches(variable)]
    if not tapes:
        return None
    known = (tape.leaf(variable) for tape in tapes)
    leaf = next((leaf for leaf in known if leaf is not None), None)
    leaf = constant(variable) if leaf is None else leaf
    for tape in tapes:
        tape.note(variable, leaf)
    return leaf


def recorded_tensor(value, tapes: list) -> Tensor | None:
    """What stands for an array or a variable in the graph that the tapes record, if they do."""
    tensor = getattr(value, "tensor", None)
    if tensor is not None:
        return tensor if watching([tensor], tapes) else None
    return leaf_of(value, tapes) if hasattr(value, "leaf") else None


def claim(tensor: Tensor, tapes: list) -> None:
    """Has the tapes watch a tensor from now on."""
    alive = [token for token in tensor.tapes if token() is not None]
    tensor.tapes = (*alive, *(tape.token for tape in tapes if tape.token not in alive))


def keep(node, arrays: list, tapes: list) -> None:
    """The node's outputs know their values and are watched by the tapes, which keep the node."""
    for tensor, array in zip(node.outputs, arrays, strict=True):
        tensor.value = array
        tensor.tapes = tuple([tape.token for tape in tapes])
    for tape in tapes:
        tape.nodes.append(node)
