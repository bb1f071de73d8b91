"""What keeps its values from run to run, so that it is computed once, ahead of the plan."""

from __future__ import annotations

from collections.abc import Iterable

from pyconv.graph import Node, Tensor, Variable


class Lasting:
    """The tensors made of constants and of variables that the plan does not change.

    Args:
        order: the graph's nodes, each after those that it needs.
        changed: the variables that the plan assigns.
        bound: tensors that have a place of their own in each run.
    """

    def __init__(self, order: list[Node], changed: Iterable[Variable], bound: Iterable[Tensor]):
        self._changed = set(changed)
        self._bound = {id(t) for t in bound}
        self._made: set[int] = set()
        for node in order:
            self.add(node)

    def add(self, node: Node) -> None:
        """Notes the node's outputs where they last."""
        fits = not any(t.spec.batched or id(t) in self._bound for t in node.outputs)
        pure = not getattr(node.op, "in_place", False)
        if fits and pure and node.inputs and all(t in self for t in node.inputs):
            self._made.update(id(t) for t in node.outputs)

    def __contains__(self, tensor: Tensor) -> bool:
        if tensor.node is not None:
            return id(tensor) in self._made
        variable = isinstance(tensor.value, Variable)
        return tensor.value is not None and not (variable and tensor.value in self._changed)
