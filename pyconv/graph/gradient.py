"""Reverse mode: the gradient of a graph is more graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from pyconv.graph.node import Node, origin
from pyconv.graph.tensor import Tensor, constant
from pyconv.utils.nest import flatten

#: What the gradient of an op returns for an input that it depends on, with a derivative of 0
#: everywhere, such as the kinks of a ReLU's gradient.
ZERO = object()


def topological_order(outputs: Iterable[Tensor]) -> list[Node]:
    """Every node that the outputs need, each after the nodes that it needs."""
    order: list[Node] = []
    seen: set[int] = set()
    stack = [(t.node, False) for t in reversed(list(outputs)) if t.node is not None]
    while stack:
        node, ready = stack.pop()
        if ready:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            stack += [
                (t.node, False)
                for t in reversed(node.inputs)
                if t.node is not None and id(t.node) not in seen
            ]
    return order


def between(x: Tensor, outputs: Iterable[Tensor]) -> list[Node]:
    """The nodes that lead from x to the outputs, each after those that it needs."""
    reached, order = {id(x)}, []
    for node in topological_order(outputs):
        if any(id(t) in reached for t in node.inputs):
            reached.update(id(t) for t in node.outputs)
            order.append(node)
    return order


def gradients(
    output: Tensor | list[Tensor],
    seed: Tensor | list[Tensor],
    sources: list[Tensor],
    rule: Callable | None = None,
    among: Callable | None = None,
) -> list[Tensor | None]:
    """d output / d sources, contracted with `seed` (the textbook's back-propagation, eq. 6.52).

    Args:
        output: the tensor that is differentiated, or several, whose gradients are added up.
        seed: a tensor of output's shape: the gradient that flows into it (ones for a loss); one for
            each output.
        sources: tensors of the graph, usually variables' leaves.
        rule: takes a node and the gradients of its outputs to those of its inputs, where another
            backward pass than that of the ops is wanted (see pyconv.interpret.reconstruct).
        among: says of a node whether gradients may flow through it; None: all may.

    Returns:
        One tensor of each source's shape, None where the output does not depend on it, and zeros
        where it depends on it by derivatives of 0 alone.
    """
    order = topological_order(flatten(output))
    order = order if among is None else [node for node in order if among(node)]
    wanted = _dependents(order, sources)
    flowing: dict[int, Tensor] = {}
    for tensor, flow in zip(flatten(output), flatten(seed), strict=True):
        _add(flowing, tensor, flow)
    vanishing: list[Tensor] = []
    for node in reversed(order):
        arriving = [flowing.get(id(t)) for t in node.outputs]
        if id(node) not in wanted or all(g is None for g in arriving):
            continue
        with origin(node.origin):
            leaving = rule(node, *arriving) if rule else node.op.gradient(node, *arriving)
            for tensor, gradient in zip(node.inputs, leaving, strict=True):
                if gradient is ZERO:
                    vanishing.append(tensor)
                elif gradient is not None:
                    _add(flowing, tensor, gradient)
    found = [flowing.get(id(t)) for t in sources]
    if vanishing and any(g is None for g in found):
        reached = gradients(vanishing, [_zeros(t) for t in vanishing], sources, rule, among)
        found = [
            _zeros(source) if g is None and r is not None else g
            for g, r, source in zip(found, reached, sources, strict=True)
        ]
    return found


def _zeros(tensor: Tensor) -> Tensor:
    return constant(np.float32(0)).broadcast_like(tensor)


def _add(flowing: dict[int, Tensor], tensor: Tensor, gradient: Tensor) -> None:
    """Adds to what flows into a tensor."""
    before = flowing.get(id(tensor))
    flowing[id(tensor)] = gradient if before is None else before + gradient


def _dependents(order: list[Node], sources: list[Tensor]) -> set[int]:
    """Ids of the nodes through which the sources reach the output."""
    reached = {id(t) for t in sources}
    nodes = set()
    for node in order:
        if any(id(t) in reached for t in node.inputs):
            nodes.add(id(node))
            reached.update(id(t) for t in node.outputs)
    return nodes
