"""Joining: nodes that one op record can do since they read the same."""

from __future__ import annotations

from pyconv.graph import Node
from pyconv.plan.lasting import Lasting


def join(order: list[Node], lasting: Lasting) -> list[Node]:
    """Merges nodes of which neither needs the other, where an op can do both.

    An op takes part by a method `join(node, other) -> (op, inputs) | None`; the merged node has the
    outputs of both. It stands where the later one stood, and what needs the earlier one behind it.
    """
    nodes, joined = order, []
    for node in order:
        if hasattr(node.op, "join") and not any(t in lasting for t in node.outputs):
            for other in list(joined):
                both = _both(node, other)
                moved = both and _moved(nodes, other, node, both)
                if moved:
                    joined.remove(other)
                    nodes, node = moved, both
            joined.append(node)
    return nodes


def _both(node: Node, other: Node) -> Node | None:
    result = node.op.join(node, other)
    if result is None:
        return None
    both = Node(*result, other.origin)
    both.outputs = node.outputs + other.outputs
    return both


def _moved(nodes: list[Node], first: Node, last: Node, both: Node) -> list[Node] | None:
    """The nodes with both in the place of the last; None where that would change what they do."""
    start, end = nodes.index(first), nodes.index(last)
    made = {id(t) for t in first.outputs}
    before, after = [], []
    for node in nodes[start + 1 : end]:
        if getattr(node.op, "in_place", False):
            return None
        needs = any(id(t) in made for t in node.inputs)
        made.update(id(t) for t in node.outputs if needs)
        (after if needs else before).append(node)
    if any(id(t) in made for t in last.inputs):
        return None
    return [*nodes[:start], *before, both, *after, *nodes[end + 1 :]]
