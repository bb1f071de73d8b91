"""Numbers as the intervals that they lie in."""

from __future__ import annotations

from itertools import islice

import numpy as np

from pyconv import ops
from pyconv.layers.features.categories import VECTOR_MODES, encoded
from pyconv.layers.features.data_layer import DataLayer
from pyconv.utils.arguments import choice, expect_none, number, whole


class Discretization(DataLayer):
    """Numbers as intervals: i where boundaries[i - 1] <= x < boundaries[i].

    Args:
        bin_boundaries: list of ends of intervals, in ascending order; the first interval has no
            lower end, the last one no upper.
        num_bins: instead of them, how many intervals with equally many numbers `adapt` makes.
        epsilon: part of the data that may lie in a wrong interval then.
        output_mode: "int", "one_hot", "multi_hot" or "count", as in `CategoryEncoding`.
        sparse: False.
        dtype: None or "float32".
        name: the layer's name.

    Returns:
        Called on numbers: int32 of the same shape, or float32 vectors.

    Raises:
        ValueError: both or neither of the first two arguments, or a call before `adapt`.

    Example:
        >>> Discretization([0.0, 1.0, 2.0])([[-1.5, 1.0, 3.4, 0.5]])
        array([[0, 2, 3, 1]], dtype=int32)
    """

    def __init__(
        self,
        bin_boundaries=None,
        num_bins=None,
        epsilon=0.01,
        output_mode="int",
        sparse=False,
        dtype=None,
        name=None,
    ):
        super().__init__(name=name, dtype=dtype)
        expect_none(sparse=sparse or None)
        if (bin_boundaries is None) == (num_bins is None):
            raise ValueError(
                "expected either `bin_boundaries` or `num_bins`, received "
                f"bin_boundaries={bin_boundaries}, num_bins={num_bins}"
            )
        self.output_mode = choice(output_mode, "output_mode", ("int", *VECTOR_MODES))
        self.bin_boundaries = bin_boundaries
        self.num_bins = None if num_bins is None else whole(num_bins, "num_bins", 0)
        self.epsilon = number(epsilon, "epsilon", least=0)
        self.sparse = False
        self.reset_state()

    def adapt(self, data, steps=None) -> None:
        """Finds the boundaries of intervals with equally many numbers.

        Args:
            data: an array, or an iterable of batches.
            steps: how many batches are read; None: all.
        """
        if self.num_bins is None:
            raise ValueError(
                f"layer {self.name}: expected no `adapt` of a layer with `bin_boundaries`; pass "
                "`num_bins` instead"
            )
        self.reset_state()
        for batch in [data] if hasattr(data, "__array__") else islice(data, steps):
            self.update_state(batch)
        self.finalize_state()

    def update_state(self, data) -> None:
        """Adds the numbers of a batch to the summary."""
        found = _summary(np.asarray(data, "float32").ravel(), self.epsilon)
        both = np.concatenate([found, self.summary], axis=1)
        self.summary = _compressed(both[:, np.argsort(both[0])], self.epsilon)

    def finalize_state(self) -> None:
        """Makes the boundaries of the summary."""
        if self.num_bins is not None:
            self.bin_boundaries = _compressed(self.summary, 1 / self.num_bins)[0, :-1].tolist()

    def reset_state(self) -> None:
        """Empties the summary: rows of numbers and of how many each stands for."""
        self.summary = np.zeros((2, 0), "float32")

    def call(self, inputs):
        if self.bin_boundaries is None:
            raise ValueError(
                f"layer {self.name}: expected boundaries, received none; call adapt(data), or pass "
                "`bin_boundaries`"
            )
        indices = ops.digitize(inputs, np.asarray(self.bin_boundaries, "float32"))
        if self.output_mode == "int":
            return indices
        return encoded(indices, self.output_mode, len(self.bin_boundaries) + 1)

    def get_config(self):
        config = super().get_config()
        del config["trainable"]
        return {**config, "dtype": self.dtype}

    @classmethod
    def from_config(cls, config):
        """The layer that `get_config` described; one that was adapted has both arguments."""
        both = None not in (config.get("bin_boundaries"), config.get("num_bins"))
        layer = cls(**{**config, "bin_boundaries": None} if both else config)
        layer.bin_boundaries = config.get("bin_boundaries")
        return layer


def _summary(values, epsilon):
    """(2, n): about 1 / epsilon of the values, in order, and how many each stands for."""
    step = max(len(values) / (1.0 / epsilon), 1)
    chosen = np.sort(values)[int(step - 1) :: int(step)]
    return np.stack([chosen, np.ones_like(chosen) * step])


def _compressed(summary, epsilon):
    """The summary with 1 / epsilon values, between which it is linear; as it is where it has less.

    Example:
        >>> _compressed(np.array([[1.0, 2.0, 3.0, 4.0], [1.0, 1.0, 1.0, 1.0]]), 0.5)
        array([[2., 4.],
               [2., 2.]], dtype=float32)
    """
    if summary.shape[1] * epsilon < 1:
        return summary
    shares = epsilon + np.arange(0.0, 1.0, epsilon)
    total = summary[1].cumsum()
    values = np.interp(shares, total / total[-1], summary[0])
    passed = np.interp(shares, total / total[-1], total)
    return np.stack([values, np.diff(passed, prepend=0.0)]).astype("float32")
