"""Fusion: chains of nodes that one op record can do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from pyconv.graph import Node, Tensor
from pyconv.plan.join import join
from pyconv.plan.lasting import Lasting


def fuse(order: list[Node], kept: Iterable[Tensor], lasting: Lasting) -> list[Node]:
    """Merges each node into one that makes an input of it, where that op can take it over.

    An op takes part by a method `absorb(node, follower) -> (op, inputs) | None`, which says how it
    would do both; or, where all that both read beside the first's first input lasts, by `fold(node,
    maker)` of the second. The value in between must be needed nowhere else: not by another node,
    and not in `kept`. The merged node stands where the last of its parts stood, behind nodes that
    it needs and that are new. Those that are left may join (see `join`), and be merged as they are
    then; nodes that nobody needs any more are left out. Before all that, what reads a padded input
    reads what was padded, if it says by a method `unpadded(node) -> (op, inputs) | None` how.
    """
    kept, known = list(kept), {id(node) for node in order}
    order = _needed([_unpadded(node) for node in order], kept)
    order = _needed(_merged(order, kept, lasting, known), kept)
    return _needed(_merged(join(order, lasting), kept, lasting, known), kept)


def _merged(order: list[Node], kept: list[Tensor], lasting: Lasting, known: set) -> list[Node]:
    """The nodes, merged where an op can take another over; adds to the known ones."""
    uses = Counter(id(t) for node in order for t in node.inputs)
    uses.update(id(t) for t in kept)
    makers: dict[int, Node] = {}
    merged: dict[int, Node] = {}
    for node in order:
        for tensor in node.inputs:
            maker = makers.get(id(tensor)) if uses[id(tensor)] == 1 else None
            if maker is not None and (both := _merge(maker, node, lasting)):
                del merged[id(maker)]
                for new in _unknown(both.inputs, known):
                    new.origin = node.origin
                    lasting.add(new)
                    merged[id(new)] = new
                node = both
                break
        if len(node.outputs) == 1:
            makers[id(node.output)] = node
        merged[id(node)] = node
    return list(merged.values())


def _unpadded(node: Node) -> Node:
    unpadded = getattr(node.op, "unpadded", None)
    result = unpadded(node) if unpadded else None
    return node if result is None else _with_outputs(*result, node.origin, node.outputs)


def _with_outputs(op, inputs: tuple, origin: str, outputs: tuple) -> Node:
    """A node in the place of another one."""
    node = Node(op, inputs, origin)
    node.outputs = outputs
    return node


def _merge(maker: Node, follower: Node, lasting: Lasting) -> Node | None:
    absorb = getattr(maker.op, "absorb", None)
    result = absorb(maker, follower) if absorb else None
    if result is None and all(t in lasting for t in (*maker.inputs[1:], *follower.inputs[1:])):
        fold = getattr(follower.op, "fold", None)
        result = fold(follower, maker) if fold else None
    return result and _with_outputs(*result, maker.origin, follower.outputs)


def _unknown(tensors: Iterable[Tensor], known: set[int]) -> list[Node]:
    """The nodes behind the tensors that are not known, in order; from then on they are."""
    nodes = []
    for tensor in tensors:
        if tensor.node is not None and id(tensor.node) not in known:
            known.add(id(tensor.node))
            nodes += [*_unknown(tensor.node.inputs, known), tensor.node]
    return nodes


def _needed(order: list[Node], kept: list[Tensor]) -> list[Node]:
    """Those that lead to what is kept."""
    wanted = {id(t) for t in kept}
    nodes = []
    for node in reversed(order):
        if any(id(t) in wanted for t in node.outputs):
            wanted.update(id(t) for t in node.inputs)
            nodes.append(node)
    return nodes[::-1]
