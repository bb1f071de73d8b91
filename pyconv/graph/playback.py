"""Playback: the nodes of a graph that knows its values are evaluated one by one."""

from __future__ import annotations

from collections import Counter

from pyconv.graph.apply import evaluate, standing_for
from pyconv.graph.array import Array
from pyconv.graph.gradient import topological_order
from pyconv.graph.node import Node
from pyconv.graph.recording import keep, watching
from pyconv.graph.tensor import Tensor


def played(tensors: list[Tensor], drafted: list[Node], tapes: list) -> list[Array]:
    """The arrays that tensors stand for: evaluates the nodes whose values are not known.

    Args:
        tensors: those whose values are wanted.
        drafted: the nodes of which some may be needed. Those that no tape watches are forgotten.
        tapes: the tapes that record now.
    """
    order = [n for n in topological_order(tensors) if n.outputs[0].value is None]
    uses = Counter(id(t) for t in [*tensors, *(t for node in order for t in node.inputs)])
    own: set[int] = set()  # ids of tensors that no tape needs
    for node in order:
        watchers = watching(node.inputs, tapes)
        keep(node, evaluate(node.op, [t.value for t in node.inputs]), watchers)
        if watchers:
            own.difference_update(map(id, node.inputs))
        else:
            own.update(map(id, node.outputs))
        for tensor in node.inputs:
            uses[id(tensor)] -= 1
            if uses[id(tensor)] == 0 and id(tensor) in own:
                tensor.value = None
    arrays = [t.value.view(Array) if id(t) in own else standing_for(t) for t in tensors]
    for node in drafted:
        if not any(t.tapes for t in node.outputs):
            forget(node)
    return arrays


def forget(node: Node) -> None:
    """Cuts the node out of its graph; its outputs are constants from now on. (Nodes and their
    outputs know each other, and would live until Python looks for cycles.)"""
    for tensor in node.outputs:
        tensor.node = None
    node.inputs = node.outputs = ()
