"""Playback: the nodes of a graph that knows its values are evaluated one by one."""

from __future__ import annotations

from collections import Counter

from pyconv.graph.apply import evaluate, standing_for
from pyconv.graph.array import Array
from pyconv.graph.gradient import topological_order
from pyconv.graph.node import Node
from pyconv.graph.recording import keep, watching
from pyconv.graph.tensor import Tensor


def played(tensors: list[Tensor], tapes: list) -> list[Array]:
    """The arrays that tensors stand for: evaluates the nodes whose values are not known.

    What the tapes watch of these nodes becomes theirs; the others are forgotten.

    Args:
        tensors: those whose values are wanted.
        tapes: the tapes that record now.
    """
    order = [n for n in topological_order(tensors) if n.outputs[0].value is None]
    uses = Counter(id(t) for t in [*tensors, *(t for node in order for t in node.inputs)])
    own: dict[int, Node] = {}  # by the ids of their outputs: nodes that no tape watches
    for node in order:
        watchers = watching(node.inputs, tapes)
        keep(node, evaluate(node.op, [t.value for t in node.inputs]), watchers)
        own |= {} if watchers else {id(t): node for t in node.outputs}
        for tensor in node.inputs:
            uses[id(tensor)] -= 1
            if watchers and id(tensor) in own:  # a constant of the tapes' graph from now on
                tensor.node = None
            elif uses[id(tensor)] == 0 and id(tensor) in own and tensor.node is not None:
                tensor.value = None
    arrays = [t.value.view(Array) if id(t) in own else standing_for(t) for t in tensors]
    for node in own.values():
        forget(node)
    return arrays


def forget(node: Node) -> None:
    """Lets go of the node's values and of what they came from. (Nodes and their outputs know each
    other, and would keep all that until Python looks for cycles.)"""
    node.inputs = ()
    for tensor in node.outputs:
        if tensor.node is node:
            tensor.value = None
