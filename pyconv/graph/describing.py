"""Describing functions whose examples meet: what they return for any number of examples."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from pyconv.graph.tensor import Spec, Tensor, placeholder
from pyconv.graph.trace import Trace
from pyconv.utils.nest import flatten, map_structure


def described(call: Callable, arguments):
    """What a function returns for symbolic tensors, while a model is described.

    Where it fails because it has to know how many examples there are, as `matmul(x, transpose(x))`
    has, it is called with 2 and with 3 instead, and an axis that differs is a free one. A plan is
    then made for each number of examples, see `Function`.

    Args:
        call: (arguments) -> tensors.
        arguments: a nest with symbolic tensors among its leaves.

    Example:
        >>> from pyconv import ops
        >>> x = placeholder((None, 4))
        >>> described(lambda x: ops.matmul(x, ops.transpose(x)), x).shape
        (None, None)
    """
    try:
        with Trace():
            return call(arguments)
    except Exception:
        if not any(isinstance(t, Tensor) and t.spec.batched for t in flatten(arguments)):
            raise
        outputs = _for_two_and_three(call, arguments)
        if outputs is None:
            raise
    return outputs


def _for_two_and_three(call: Callable, arguments):
    """Outputs with free axes; None where the function fails for numbers, too."""
    results = []
    try:
        for examples in (2, 3):
            with Trace():
                results.append(call(map_structure(partial(_known, examples), arguments)))
    except Exception:
        return None
    others = iter(flatten(results[1]))
    return map_structure(lambda t: _free(t, next(others)), results[0])


def _known(examples: int, leaf):
    """The tensor, or another leaf, with a known number of examples."""
    if isinstance(leaf, Tensor) and leaf.spec.batched:
        return placeholder((examples, *leaf.shape[1:]), leaf.dtype)
    return leaf


def _free(two, three):
    """What stands for a tensor, given those for 2 and for 3 examples."""
    if not isinstance(two, Tensor):
        return two
    axes = [a if a == b else None for a, b in zip(two.shape, three.shape, strict=True)]
    return Tensor(Spec(tuple(axes), two.dtype))
