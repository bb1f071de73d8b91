"""Counter-based random numbers: a number depends on (seed, counter, element) alone."""

from __future__ import annotations

from pyconv.graph import Node, Op, Spec, Tensor, Variable, apply, extent, row_size
from pyconv.ops.elementwise import expect_float
from pyconv.ops.shaping import shape_of


class Dropout(Op):
    """y = x / (1 - rate) with probability 1 - rate, else 0. Inputs: x, key (seed, counter)."""

    rate: float

    def infer(self, x: Spec, key: Spec) -> Spec:
        expect_float("dropout", x)
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


class Random(Op):
    """Random numbers, "uniform" in [0, 1) or standard "normal", for each example of x.

    Inputs: x, of which only the number of examples is used, and key (seed, counter).
    """

    distribution: str
    shape: tuple  # of one example

    def infer(self, x: Spec, key: Spec) -> Spec:
        return Spec((x.shape[0], *self.shape))

    def lower(self, lowering, node: Node) -> None:
        y = node.output
        lowering.emit(
            f"random_{self.distribution}",
            {"key": node.inputs[1], "y": y},
            **extent(y.shape),
            count=row_size(y.shape),
        )


class Numbers(Op):
    """Random numbers of a shape, "uniform" in [0, 1) or standard "normal"; a leading None counts
    the examples of a run. Input: key (seed, counter)."""

    distribution: str
    shape: tuple

    def infer(self, key: Spec) -> Spec:
        return Spec(self.shape)

    def lower(self, lowering, node: Node) -> None:
        y = node.output
        lowering.emit(
            f"random_{self.distribution}",
            {"key": node.inputs[0], "y": y},
            **extent(y.shape),
            count=row_size(y.shape),
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


def random_uniform(x, key: Variable, shape=None, minval: float = 0.0, maxval: float = 1.0):
    """Uniform random numbers for each example of x.

    Args:
        x: tensor or array with the axis of examples; of its values nothing is used.
        key: int32 variable (seed, counter); the counter is advanced.
        shape: shape of the numbers of one example; x's by default.
        minval, maxval: the range [minval, maxval).

    Returns:
        (n, *shape), through which no gradient flows.

    Example:
        >>> import numpy as np
        >>> from pyconv import Variable, ops
        >>> key = Variable([7, 0], dtype="int32", trainable=False)
        >>> ops.random_uniform(np.ones((2, 3)), key, shape=(5,)).shape
        (2, 5)
    """
    return _draw("uniform", x, key, shape) * (maxval - minval) + minval


def random_normal(x, key: Variable, shape=None, mean: float = 0.0, stddev: float = 1.0):
    """Normal random numbers for each example of x; arguments and result as `random_uniform`.

    Example:
        >>> import numpy as np
        >>> from pyconv import Variable, ops
        >>> key = Variable([7, 0], dtype="int32", trainable=False)
        >>> ops.random_normal(np.ones((2, 3)), key, stddev=0.1).shape
        (2, 3)
    """
    return _draw("normal", x, key, shape) * stddev + mean


def _draw(distribution: str, x, key: Variable, shape):
    shape = shape_of(x)[1:] if shape is None else tuple(shape)
    y = apply(Random(distribution, shape), x, key)
    key.assign(apply(NextKey(), key))
    return y
