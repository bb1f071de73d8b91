"""What stands for ops while a model with free sizes is described."""

from __future__ import annotations

from pyconv.graph import Op, Spec, apply


class Described(Op):
    """Stands for ops whose input has a free size, in a model that is described but never run."""

    shape: tuple

    def infer(self, x: Spec) -> Spec:
        return Spec(self.shape)


def described(x, shape: tuple):
    """A tensor of this shape that depends on x: what ops would return if x's sizes were known."""
    return apply(Described(tuple(shape)), x)
