"""Describing functions that need numbers for sizes that are not known, as where examples meet."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from pyconv.graph.tensor import Spec, Tensor, placeholder
from pyconv.graph.trace import Trace
from pyconv.utils.nest import flatten, map_structure

#: What is tried for all sizes that are not known, the number of examples among them: even, and
#: large enough for most chains of convolutions. Nothing of these sizes is computed.
GUESSES = (64, 96)


def described(call: Callable, arguments):
    """What a function returns for symbolic tensors, while a model is described.

    Where it fails because it has to know how many examples there are, as `matmul(x, transpose(x))`
    has, or computes with free sizes, it is called with guesses instead, and an axis on which their
    results differ is a free one. Plans are then made for the sizes that come, see `Function`.

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
        if not any(isinstance(t, Tensor) and None in t.shape for t in flatten(arguments)):
            raise
        outputs = _by_guesses(call, arguments)
        if outputs is None:
            raise
    return outputs


def _by_guesses(call: Callable, arguments):
    """Outputs with free axes; None where the function fails for numbers, too."""
    results = []
    try:
        for size in GUESSES:
            with Trace():
                results.append(call(map_structure(partial(_known, size), arguments)))
    except Exception:
        return None
    others = iter(flatten(results[1]))
    return map_structure(lambda t: _common(t, next(others)), results[0])


def _known(size: int, leaf):
    """The tensor with this size where it has none, or another leaf."""
    if isinstance(leaf, Tensor) and None in leaf.shape:
        return placeholder([size if s is None else s for s in leaf.shape], leaf.dtype)
    return leaf


def _common(first, second):
    """What stands for a tensor, given those for both guesses."""
    if not isinstance(first, Tensor):
        return first
    axes = [a if a == b else None for a, b in zip(first.shape, second.shape, strict=True)]
    return Tensor(Spec(tuple(axes), first.dtype))
