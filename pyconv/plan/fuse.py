"""Fusion: chains of nodes that one op record can do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from pyconv.graph import Node, Tensor


def fuse(order: list[Node], kept: Iterable[Tensor]) -> list[Node]:
    """Merges each node into one that makes an input of it, where that op can take it over.

    An op takes part by a method `absorb(node, follower) -> (op, inputs) | None`, which says how it
    would do both. The value in between must be needed nowhere else: not by another node, and not
    in `kept`. The merged node stands where the last of its parts stood.
    """
    uses = Counter(id(t) for node in order for t in node.inputs)
    uses.update(id(t) for t in kept)
    makers: dict[int, Node] = {}
    merged: dict[int, Node] = {}
    for node in order:
        for tensor in node.inputs:
            maker = makers.get(id(tensor)) if uses[id(tensor)] == 1 else None
            if maker is not None and (both := _merge(maker, node, merged)):
                node = both
                break
        if len(node.outputs) == 1:
            makers[id(node.output)] = node
        merged[id(node)] = node
    return list(merged.values())


def _merge(maker: Node, follower: Node, merged: dict[int, Node]) -> Node | None:
    absorb = getattr(maker.op, "absorb", None)
    result = absorb(maker, follower) if absorb else None
    if result is None:
        return None
    op, inputs = result
    node = Node(op, inputs, maker.origin)
    node.outputs = follower.outputs
    del merged[id(maker)]
    return node
