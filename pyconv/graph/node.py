"""Ops and nodes: what a graph is made of."""

from __future__ import annotations

import threading

from pyconv.graph.tensor import Spec, Tensor
from pyconv.graph.trace import current_trace
from pyconv.graph.variable import Variable, as_tensor


class Op:
    """A primitive: shape inference, gradient and lowering in one place.

    Subclasses are frozen dataclasses whose fields are the op's attributes, so that an op can be
    compared and used as a key.
    """

    def infer(self, *inputs: Spec) -> Spec | tuple[Spec, ...]:
        """The outputs' specs; raises ValueError for inputs that do not fit."""
        raise TypeError(f"{type(self).__name__} must define infer")

    def gradient(self, node: Node, *outputs: Tensor | None) -> tuple[Tensor | None, ...]:
        """Gradients with respect to the inputs, given those of the outputs, as graph tensors.
        None stands for zero. The default: no gradient flows."""
        return (None,) * len(node.inputs)

    def lower(self, lowering, node: Node) -> None:
        """Emits op records (see pyconv.plan.lower.Lowering)."""
        raise TypeError(f"{type(self).__name__} must define lower")


class Node:
    """One use of an op in a graph."""

    __slots__ = ("op", "inputs", "outputs", "origin")

    def __init__(self, op: Op, inputs: tuple[Tensor, ...], origin: str = ""):
        self.op = op
        self.inputs = inputs
        self.origin = origin or type(op).__name__
        specs = op.infer(*(t.spec for t in inputs))
        specs = (specs,) if isinstance(specs, Spec) else specs
        self.outputs = tuple(Tensor(spec, self, i) for i, spec in enumerate(specs))

    @property
    def output(self) -> Tensor:
        """The only output."""
        return self.outputs[0]


_evaluate = None
_calls = threading.local()


def set_evaluator(evaluate) -> None:
    """Sets what computes `op` on arrays at once; pyconv.plan does, when it is imported."""
    global _evaluate
    _evaluate = evaluate


class origin:
    """Within it, nodes carry the name of the layer that made them, for errors and profiles."""

    def __init__(self, name: str):
        self.name = name

    def __enter__(self):
        self._outer = getattr(_calls, "origin", "")
        _calls.origin = self.name

    def __exit__(self, *exception):
        _calls.origin = self._outer


def apply(op: Op, *inputs):
    """Applies an op: a new node for symbolic inputs, else the arrays that it computes.

    Variables are symbolic while a trace is active.
    """
    tracing = current_trace() is not None
    if any(isinstance(x, Tensor) or (tracing and isinstance(x, Variable)) for x in inputs):
        tensors = tuple(as_tensor(x) for x in inputs)
        outputs = Node(op, tensors, getattr(_calls, "origin", "")).outputs
    else:
        outputs = _evaluate(op, inputs)
    return outputs[0] if len(outputs) == 1 else outputs
