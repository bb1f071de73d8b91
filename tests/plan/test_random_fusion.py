"""What fusion takes into random convolutions, against the same where it cannot."""

import numpy as np
import pytest

from pyconv import Variable, ops
from pyconv.graph import gradients
from pyconv.plan import Function


class Case:
    """A random convolution: x, kernel, options."""

    def __init__(self, seed: int):
        self.seed, self.rng = seed, np.random.default_rng(seed)
        self.rank = int(self.rng.choice([1, 2, 2, 3]))
        groups, widths = int(self.rng.choice([1, 1, 1, 2, 8])), [1, 3, 8, 17]
        channels, filters = (groups * int(self.rng.choice(widths)) for _ in range(2))
        sizes = self.rng.integers(1, 7 if self.rank == 3 else 16, self.rank)
        self.x = self.draws(int(self.rng.choice([1, 2, 5])), *sizes, channels)
        self.kernel = Variable(
            self.draws(*self.several(1, 2, 3, 3, 5), channels // groups, filters)
        )
        self.options = {"strides": self.several(1, 1, 2), "dilation_rate": self.several(1, 1, 2)}
        self.padding = ["same", "full", self.wide_padding()][self.rng.integers(3)]

    def several(self, *values) -> tuple:
        """For each axis one of them."""
        return tuple(int(v) for v in self.rng.choice(values, self.rank))

    def pairs(self, most: int) -> tuple:
        return tuple((int(a), int(b)) for a, b in self.rng.integers(0, most, (self.rank, 2)))

    def wide_padding(self) -> tuple:
        """So wide that the kernel fits, and that whole windows may lie in it."""
        axes = zip(self.kernel.shape, self.options["dilation_rate"], self.pairs(12), strict=False)
        return tuple((before + d * (k - 1), after) for k, d, (before, after) in axes)

    def draws(self, *shape) -> np.ndarray:
        return np.round(self.rng.normal(size=shape), 1).astype(np.float32)  # ties

    def conv(self, x):
        return ops.conv(x, self.kernel, padding=self.padding, **self.options)

    def run(self, function, x, y_shape: tuple) -> list[np.ndarray]:
        """What a function gives that returns a list, and the gradients of the first."""

        def step(x, dy):
            y, *others = function(x)
            return [y, *gradients(y, dy, [x, self.kernel.leaf]), *others]

        dy = np.random.default_rng(0).normal(size=y_shape).astype(np.float32)
        return Function(step)(x, dy)

    def same(self, ours, theirs, accuracy: float) -> None:
        for one, other in zip(ours, theirs, strict=False):
            assert one.shape == other.shape, self.seed
            bound = accuracy * np.abs(other).max(initial=0.0)
            np.testing.assert_allclose(one, other, 0.0, bound, err_msg=f"seed {self.seed}")


def check_pooling(case: Case) -> None:
    y = case.conv(case.x)
    window = tuple(map(min, case.several(1, 2, 2, 3, 4), y.shape[1:-1]))
    padding = str(case.rng.choice(["same", "valid"]))
    activation = [ops.relu, ops.relu6, ops.negative][case.rng.integers(3)]

    def pool(a):
        return ops.max_pool(a, window, padding=padding)

    def both(x):
        a = activation(case.conv(x))
        return [pool(a), a]

    fused = case.run(lambda x: both(x)[:1], case.x, pool(y).shape)
    apart = case.run(both, case.x, pool(y).shape)
    case.same(fused[:2], apart, 0.0)
    case.same(fused, apart, 2e-5)


def check_zeros_around(case: Case) -> None:
    pads = ((0, 0), *case.pairs(int(case.rng.choice([2, 4, 12]))), (0, 0))
    outer = np.pad(case.x, pads)
    shape = case.conv(outer).shape
    fused = case.run(lambda x: [case.conv(ops.pad(x, pads))], case.x, shape)
    y, dx, dk = case.run(lambda x: [case.conv(x)], outer, shape)
    inner = tuple(slice(p[0], p[0] + n) for p, n in zip(pads, case.x.shape, strict=True))
    case.same(fused, [y, dx[inner], dk], 2e-5)


def check_crop(case: Case) -> None:
    channels = case.kernel.shape[-1]
    # not rounded: sums that are 0 but for rounding would be on either side of ReLU's kink
    g = case.rng.normal(size=(*case.x.shape[:-1], channels)).astype(np.float32)
    options = {
        "strides": case.options["strides"],
        "groups": case.x.shape[-1] // case.kernel.shape[-2],
    }

    def both(g):
        y = ops.conv_transpose(g, case.kernel, **options)
        return [ops.relu(y[part]), y]

    whole = ops.conv_transpose(g, case.kernel, **options).shape[1:-1]
    ends = [sorted(map(int, case.rng.integers(0, size + 1, 2))) for size in whole]
    part = (slice(None), *(slice(first, last + (first == last)) for first, last in ends))
    shape = np.empty((len(g), *whole, case.x.shape[-1]), np.bool_)[part].shape
    fused = case.run(lambda g: both(g)[:1], g, shape)
    case.same(fused, case.run(both, g, shape), 2e-5)


@pytest.mark.parametrize("check", [check_pooling, check_zeros_around, check_crop])
@pytest.mark.parametrize(
    "seeds", [range(30), pytest.param(range(30, 1000), marks=pytest.mark.slow)], ids=["few", "many"]
)
def test_fused_as_apart(check, seeds):
    for seed in seeds:
        check(Case(seed))
