"""Sizes that are not known while a model is described, and the number of examples that is later."""

from __future__ import annotations

import threading

import numpy as np

from pyconv.graph import Node, Op, Spec, Tensor, extent
from pyconv.ops.dtypes import symbolic

_active = threading.local()


class Unknown:
    """A size that is not known yet, as `ops.shape` gives it: equal to None, and what arithmetic
    makes of it is not known either. Functions that take shapes take it for None.

    Args:
        examples: whether it is the number of examples.

    Example:
        >>> size = Unknown()
        >>> size * 2 + 1, size == None
        (None, True)
    """

    def __init__(self, examples: bool = False):
        self.examples = examples

    def _with(self, other) -> Unknown:
        return Unknown()

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _with
    __floordiv__ = __rfloordiv__ = __truediv__ = __rtruediv__ = __mod__ = __rmod__ = _with

    def __eq__(self, other):
        return other is None or isinstance(other, Unknown)

    def __hash__(self):
        return hash(None)

    def __repr__(self):
        return "None"


class running:
    """Within it, None as a leading size stands for so many examples, or for those of a batch.

    Args:
        count: the number, or None where the plan knows it.
    """

    def __init__(self, count: int | None):
        self.count = count

    def __enter__(self):
        self._outer = getattr(_active, "count", None)
        _active.count = self.count

    def __exit__(self, *exception):
        _active.count = self._outer


def listed(sizes) -> tuple:
    """Sizes as a tuple of Python's numbers, given as one, as several or as an array.

    Example:
        >>> listed(3), listed(np.array([2, 3])), listed([np.array(2), None])
        ((3,), (2, 3), (2, None))
    """
    if isinstance(sizes, np.ndarray):
        sizes = sizes.tolist()
    if not hasattr(sizes, "__iter__"):
        return (sizes,)
    return tuple(size.item() if isinstance(size, np.ndarray) else size for size in sizes)


def with_examples(shape) -> tuple:
    """The shape with None for what is not known, but for a leading one the number of examples,
    where that is.

    Example:
        >>> with running(5):
        ...     with_examples((None, Unknown()))
        (5, None)
    """
    sizes = [None if isinstance(size, Unknown) else size for size in listed(shape)]
    if sizes and sizes[0] is None:
        sizes[0] = getattr(_active, "count", None)
    return tuple(sizes)


class BatchCount(Op):
    """The size of a leading axis, as a number; None counts the examples of a run."""

    size: int | None

    def infer(self) -> Spec:
        return Spec(())

    def lower(self, lowering, node: Node) -> None:
        lowering.emit("batch_count", {"y": node.output}, **extent((self.size,)))


def batch_count(x) -> Tensor:
    """The number of examples: the size of the leading axis as a float32 scalar.

    Args:
        x: tensor or array of rank 1 or more, or its leading size as `ops.shape` gives it.
    """
    if isinstance(x, Unknown):
        (count,) = with_examples((None,))
        return Node(BatchCount(None), ()).output if count is None else np.float32(count)
    if not symbolic(x):
        return np.float32(np.shape(x)[0])
    return Node(BatchCount(x.shape[0]), ()).output
