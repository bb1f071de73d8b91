"""Ops and nodes: what a graph is made of."""

from __future__ import annotations

import threading
from itertools import count
from math import prod

from pyconv.graph.tensor import Spec, Tensor


class Attributes:
    """Named values that do not change: equal, and the same key, when all values are.

    A subclass declares them as annotations, with a default where it assigns one. (A dataclass
    would do; making 40 of them costs `import pyconv` 25 ms.)

    Example:
        >>> class Size(Attributes):
        ...     width: int
        ...     depth: int = 1
        >>> Size(3) == Size(width=3, depth=1), Size(3).replace(depth=2).depth
        (True, 2)
    """

    fields = ()

    def __init_subclass__(cls):
        cls.fields = (*cls.fields, *cls.__annotations__)

    def __init__(self, *values, **named):
        given = dict(zip(self.fields, values, strict=False)) | named
        if len(values) > len(self.fields) or not given.keys() <= set(self.fields):
            raise TypeError(f"{type(self).__name__}: expected {self.fields}, received {given}")
        for name in self.fields:
            vars(self)[name] = given[name] if name in given else getattr(type(self), name)

    def replace(self, **changes):
        """The same with some values changed."""
        return type(self)(**{**vars(self), **changes})

    def __eq__(self, other):
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self):
        return hash((type(self), *vars(self).values()))

    def __repr__(self):
        values = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({values})"


class Op(Attributes):
    """A primitive: shape inference, gradient and lowering in one place."""

    def infer(self, *inputs: Spec) -> Spec | tuple[Spec, ...]:
        """The outputs' specs; raises ValueError for inputs that do not fit."""
        raise TypeError(f"{type(self).__name__} must define infer")

    def gradient(self, node: Node, *outputs: Tensor | None) -> tuple[Tensor | None, ...]:
        """Gradients with respect to the inputs, given those of the outputs, as graph tensors.
        None stands for zero. The default: no gradient flows."""
        return (None,) * len(node.inputs)

    def multiply_adds(self, node: Node) -> int:
        """Products with weights that are summed up, for one example, where sizes are known."""
        return 0

    def lower(self, lowering, node: Node) -> None:
        """Emits op records (see pyconv.plan.lower.Lowering)."""
        raise TypeError(f"{type(self).__name__} must define lower")


#: Elements that no memory holds: what is worked out from sizes up to these stays below 2^63.
_MOST = 2**54

#: Returns one number after the other.
next_number = count().__next__


class Node:
    """One use of an op in a graph.

    Attributes:
        number: of nodes, what was made later has the higher one.
    """

    __slots__ = ("op", "inputs", "outputs", "origin", "number")

    def __init__(self, op: Op, inputs: tuple[Tensor, ...], origin: str = ""):
        self.op = op
        self.inputs = inputs
        self.origin = origin or type(op).__name__
        self.number = next_number()
        specs = op.infer(*(t.spec for t in inputs))
        specs = (specs,) if isinstance(specs, Spec) else specs
        for spec in specs:
            _check_size(op, spec)
        self.outputs = tuple(Tensor(spec, self, i) for i, spec in enumerate(specs))

    @property
    def output(self) -> Tensor:
        """The only output."""
        return self.outputs[0]


def _check_size(op: Op, spec: Spec) -> None:
    if prod(size for size in spec.shape if size is not None) > _MOST:
        raise ValueError(
            f"{type(op).__name__}: expected sizes whose product memory can hold, received a result "
            f"of shape {spec.shape}; use smaller ones"
        )


_calls = threading.local()


class origin:
    """Within it, nodes carry the name of the layer that made them, for errors and profiles."""

    def __init__(self, name: str):
        self.name = name

    def __enter__(self):
        self._outer = current_origin()
        _calls.origin = self.name

    def __exit__(self, *exception):
        _calls.origin = self._outer


def current_origin() -> str:
    """The name that nodes made now carry; "" for that of their op."""
    return getattr(_calls, "origin", "")
