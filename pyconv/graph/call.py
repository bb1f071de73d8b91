"""Calls that described a model: what to do again for other inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyconv.graph.tensor import Tensor
from pyconv.utils.nest import flatten


class Call:
    """One use of a function while a functional model is described.

    The tensors that it returned have it as their `history`; to replay it on other tensors is to
    call `function` on `args` and `kwargs` with those tensors in place of `inputs`.

    Attributes:
        layer: the layer that is the function, or None.
        name: the layer's, or one like those of layers.
        index: number of earlier calls of the layer.
    """

    layer = None

    def __init__(
        self, function: Callable, args: tuple, kwargs: dict, outputs: Any, name: str, index: int = 0
    ):
        self.function = function
        self.args = args
        self.kwargs = kwargs
        self.outputs = outputs
        self.name = name
        self.index = index

    @property
    def inputs(self) -> list[Tensor]:
        """The symbolic tensors among the arguments."""
        return [t for t in flatten((self.args, self.kwargs)) if isinstance(t, Tensor)]


def renewed(tensor: Tensor) -> Tensor:
    """The same value as a tensor of its own, which can have a history of its own."""
    return Tensor(tensor.spec, tensor.node, tensor.index, tensor.value, tensor._name)
