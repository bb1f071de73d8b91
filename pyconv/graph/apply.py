"""Applying ops: to symbolic tensors, which makes nodes, or to arrays, which computes at once."""

from __future__ import annotations

from pyconv.graph.array import Array
from pyconv.graph.node import Node, Op, current_origin
from pyconv.graph.recording import active_tapes, is_recorded, keep, recorded_tensor, watching
from pyconv.graph.tensor import Tensor, constant
from pyconv.graph.trace import current_trace
from pyconv.graph.variable import Variable, as_tensor

_evaluate = None


def set_evaluator(evaluate) -> None:
    """Sets what computes `op` on arrays at once; pyconv.plan does, when it is imported."""
    global _evaluate
    _evaluate = evaluate


def evaluate(op: Op, inputs) -> list:
    """The plain arrays that an op makes of arrays, numbers and variables."""
    return _evaluate(op, inputs)


def apply(op: Op, *inputs):
    """Applies an op: a new node for symbolic inputs, else the arrays that it computes.

    Variables are symbolic while a trace is active. What a tape watches is recorded.
    """
    trace = current_trace()
    if any(isinstance(x, Tensor) or (trace and _of_trace(x)) for x in inputs):
        node = Node(op, tuple(as_tensor(x) for x in inputs), current_origin())
        if trace and trace.nodes is not None:
            trace.nodes.append(node)
        outputs = node.outputs
    else:
        tapes = active_tapes()
        outputs = _recorded(op, inputs, tapes) if tapes else _computed(op, inputs)
    return outputs[0] if len(outputs) == 1 else outputs


def _of_trace(value) -> bool:
    return isinstance(value, Variable) or is_recorded(value)


def _computed(op: Op, inputs) -> tuple[Array, ...]:
    return tuple([array.view(Array) for array in _evaluate(op, inputs)])


def _recorded(op: Op, inputs, tapes: list) -> tuple[Array, ...]:
    """What the op computes; a node of the graph stands for it where a tape watches an input."""
    tensors = [recorded_tensor(x, tapes) for x in inputs]
    tapes = watching(tensors, tapes)
    if not tapes:
        return _computed(op, inputs)
    leaves = zip(tensors, inputs, strict=True)
    tensors = tuple([constant(x) if tensor is None else tensor for tensor, x in leaves])
    arrays = _evaluate(op, [tensor.value for tensor in tensors])
    node = Node(op, tensors, current_origin())
    keep(node, arrays, tapes)
    return tuple([standing_for(tensor) for tensor in node.outputs])


def standing_for(tensor: Tensor) -> Array:
    """The values of a recorded tensor, which cannot be changed, for they are those of the graph."""
    array = tensor.value.view(Array)
    array.flags.writeable = False
    array.tensor = tensor
    return array
