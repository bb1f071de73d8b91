"""Counter-based random numbers: a number depends on (seed, counter, element) alone."""

from __future__ import annotations

from pyconv.graph import Node, Op, Spec, Tensor, Variable, apply, extent, row_size


class Dropout(Op):
    """y = x / (1 - rate) with probability 1 - rate, else 0. Inputs: x, key (seed, counter)."""

    rate: float

    def infer(self, x: Spec, key: Spec) -> Spec:
        return x

    def gradient(self, node: Node, g: Tensor):
        return apply(Dropout(self.rate), g, node.inputs[1]), None

    def lower(self, lowering, node: Node) -> None:
        x, key = node.inputs
        lowering.emit(
            "dropout",
            {"x": x, "key": key, "y": node.output},
            {"rate": self.rate},
            **extent(x.shape),
            count=row_size(x.shape),
        )


class NextKey(Op):
    """The key with its counter advanced by one."""

    def infer(self, key: Spec) -> Spec:
        return key

    def lower(self, lowering, node: Node) -> None:
        lowering.emit("next_key", {"key": node.inputs[0], "next": node.output})


def dropout(x, rate: float, key: Variable):
    """Drops each element with probability `rate` and scales the others by 1 / (1 - rate).

    Args:
        x: tensor or array, float32.
        rate: probability, 0 <= rate < 1.
        key: int32 variable (seed, counter); the counter is advanced.

    Returns:
        A tensor or array of x's shape (Srivastava et al. 2014; inverted).

    Example:
        >>> import numpy as np
        >>> from pyconv import Variable, ops
        >>> key = Variable([7, 0], dtype="int32", trainable=False)
        >>> bool((ops.dropout(np.ones(1000), 0.5, key) == 0).mean() < 0.6)
        True
    """
    y = apply(Dropout(float(rate)), x, key)
    key.assign(apply(NextKey(), key))
    return y
