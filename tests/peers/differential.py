"""Differential testing: the same numbers through this package and through a peer in float64.

A family draws `Case`s from a generator of random numbers; `check` holds one of them to its peer:
value, gradients with respect to inputs and with respect to weights.
"""

from math import prod, sqrt

import numpy as np

from pyconv.graph import Variable, as_tensor, gradients
from pyconv.plan import Function

EPSILON = float(np.finfo(np.float32).eps)

#: How many roundings of the square root of a reduction's length a result may be away, by kind.
ROUNDINGS = {
    "copy": 0,  # elements move and do not change
    "sum": 2,  # of products of numbers around 1
    "mean": 4,
    "function": 16,  # of an element; the kernels' are good to a few units in the last place
    "normalization": 32,  # a variance cancels; 1 / sqrt(v + epsilon), up to 10, widens the rest
}

VECTOR_WIDTHS = (1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33)


class Case:
    """One computation, to be done twice.

    Attributes:
        settings: what a failure shows.
        ours, theirs: functions of the arrays; theirs of float64 tensors of the peer, of the same
            layout. Each returns one tensor.
        arrays: float32.
        kind: of `ROUNDINGS`.
        examples: how many of the arrays have a leading axis of examples; the others are weights.
            0: no axis counts examples.
        terms: the length of the reduction that makes an element of the value.
        weights: variables with the values of `arrays[examples:]`, made if None.
    """

    def __init__(
        self, settings, ours, theirs, arrays, kind="sum", examples=1, terms=1, weights=None
    ):
        self.settings = settings
        self.ours, self.theirs = ours, theirs
        self.arrays = [np.ascontiguousarray(a, np.float32) for a in arrays]
        self.kind = kind
        self.examples = examples
        self.terms = terms
        self.weights = weights

    def __repr__(self):
        shapes = ", ".join(str(a.shape) for a in self.arrays)
        return f"{self.settings} on {shapes}"


def run(case: Case, seed: np.ndarray) -> list[np.ndarray]:
    """[value, gradients of sum(seed * value)] by this package, as one plan."""
    count = case.examples or len(case.arrays)
    weights = case.weights
    if weights is None:
        weights = [Variable(a) for a in case.arrays[count:]]

    def step(seed, *inputs):
        sources = [*inputs, *(as_tensor(v) for v in weights)]
        y = case.ours(*sources)
        flows = gradients(y, seed, sources)
        zeros = (s * 0.0 if f is None else f for f, s in zip(flows, sources, strict=True))
        return [y, *zeros]

    return Function(step, batched=case.examples > 0)(seed, *case.arrays[:count])


def run_torch(case: Case, seed_of) -> tuple[np.ndarray, list[np.ndarray]]:
    """(seed, [value, gradients]) by PyTorch in float64; the seed is drawn for the value's shape."""
    import torch

    leaves = [torch.tensor(a.astype(np.float64), requires_grad=True) for a in case.arrays]
    y = case.theirs(*leaves)
    seed = seed_of(tuple(y.shape))
    y.backward(torch.tensor(seed.astype(np.float64)))
    flows = [np.zeros(a.shape) if a.grad is None else a.grad.numpy() for a in leaves]
    return seed, [y.detach().numpy(), *flows]


def check(case: Case, run_peer, rng) -> None:
    """Raises AssertionError where results differ by more than float32 explains."""
    seed, expected = run_peer(case, lambda shape: rng.standard_normal(shape).astype("float32"))
    results = run(case, np.ascontiguousarray(seed))
    work = case.terms * max(prod(expected[0].shape), 1)
    names = ["value", *(f"gradient {i}" for i in range(len(case.arrays)))]
    for name, result, exact in zip(names, results, expected, strict=True):
        terms = max(case.terms, work / max(exact.size, 1))
        np.testing.assert_array_less(
            np.abs(result - exact),
            np.nextafter(bound(case.kind, exact, terms), np.inf),
            err_msg=f"{name} of {case}",
            strict=False,
        )
        assert result.shape == exact.shape, f"{name} of {case}: {result.shape}, {exact.shape}"


def bound(kind: str, exact: np.ndarray, terms: float):
    """The largest difference from exact results that are sums of so many terms around 1."""
    size = np.maximum(np.abs(exact), 1.0)
    if terms > 1 and exact.size:
        size = max(np.abs(exact).max(), sqrt(terms))
    return np.broadcast_to(ROUNDINGS[kind] * EPSILON * sqrt(terms) * size, exact.shape)


def normal(rng, *shape):
    return rng.standard_normal(shape).astype("float32")


def choose(rng, options):
    return options[int(rng.integers(len(options)))]


def integers(rng, low, high, count):
    """Python integers from low to high, both possible."""
    return tuple(int(i) for i in rng.integers(low, high + 1, count))
