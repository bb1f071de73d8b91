"""One pass of one problem: the plan under test, its arrays, and what they should give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

import numpy as np

from benchmarks import reference
from benchmarks.problem import Problem
from pyconv import Variable, ops
from pyconv.graph import apply
from pyconv.ops.convolution_ops import ConvKernelGradient, ConvTranspose
from pyconv.ops.geometry import Geometry
from pyconv.ops.pool import AveragePoolGradient, MaxPoolGradient, Window, max_pool_code
from pyconv.plan import Function

ITEM = 4  # bytes of a float32


@dataclass
class Case:
    """A pass, ready to run.

    Attributes:
        work, unit: floating-point operations, or bytes read and written, of a run.
        expected: the result in float64.
        kernel: the variable that is packed before the pass; None where nothing is.
    """

    name: str
    function: Function
    arrays: tuple[np.ndarray, ...]
    expected: Callable[[], np.ndarray]
    work: int
    unit: str = "FLOP"
    kernel: Variable | None = None

    def __post_init__(self):
        executable = self.function.executable(self.arrays)
        self._plan, self._n = executable.plan, self.arrays[0].shape[0]
        self._results = tuple(
            np.empty((self._n, *shape) if batched else shape, dtype)
            for batched, shape, dtype in executable.outputs
        )
        self._packs = np.array([name == "conv_pack" for name, _ in self._plan.ops])

    def run(self) -> float:
        """Runs the plan; returns the seconds of the pass, without those of packing."""
        return self._seconds()[~self._packs].sum()

    def pack(self) -> float:
        """Changes the kernel and runs the plan; returns the seconds of packing it again."""
        self.kernel.assign(self.kernel.numpy())
        return self._seconds()[self._packs].sum()

    def error(self) -> float:
        """Largest error of a run, in units of the expected result's root mean square."""
        self.run()
        expected = self.expected()
        scale = np.sqrt(np.mean(np.square(expected)))
        return float(np.max(np.abs(self._results[0] - expected)) / scale)

    def _seconds(self) -> np.ndarray:
        seconds = np.zeros(len(self._plan.ops))
        self._plan.run(self.function.arena, self._n, (*self.arrays, *self._results), seconds)
        return seconds


def make_cases(problem: Problem, names: list[str]) -> list[Case]:
    """The passes of a problem on unit-variance data."""
    makers = _POOL_PASSES.get(problem.kind, _CONV_PASSES)
    unknown = set(names) - set(makers) - {"all"}
    if unknown:
        raise ValueError(
            f"{problem.kind}: expected a pass of {', '.join([*makers, 'all'])}, received "
            f"{', '.join(sorted(unknown))}"
        )
    wanted = list(makers) if "all" in names else names
    return [makers[name](problem) for name in wanted]


def _draw(*shapes: tuple[int, ...]) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.standard_normal(shape, np.float32) for shape in shapes]


def _geometry(problem: Problem) -> Geometry:
    pads = tuple((p, p) for p in problem.padding)
    return Geometry(problem.strides, problem.dilation, pads, problem.groups)


def _forward(problem: Problem) -> Case:
    x, kernel = _draw(problem.x_shape, problem.kernel_shape)
    variable = Variable(kernel)
    geometry = _geometry(problem)
    options = (geometry.strides, geometry.padding, None, geometry.dilation, geometry.groups)
    return Case(
        "forward",
        Function(lambda v: [ops.conv(v, variable, *options)]),
        (x,),
        lambda: reference.conv_forward(problem, x, kernel),
        problem.flops,
        kernel=variable,
    )


def _backward_data(problem: Problem) -> Case:
    dy, kernel = _draw(problem.y_shape, problem.kernel_shape)
    variable = Variable(kernel)
    op = ConvTranspose(_geometry(problem), input_size=problem.input_size)
    return Case(
        "backward_data",
        Function(lambda g: [apply(op, g, variable)]),
        (dy,),
        lambda: reference.conv_backward_data(problem, dy, kernel),
        problem.flops,
        kernel=variable,
    )


def _backward_weights(problem: Problem) -> Case:
    x, dy = _draw(problem.x_shape, problem.y_shape)
    op = ConvKernelGradient(_geometry(problem), problem.kernel_size)
    return Case(
        "backward_weights",
        Function(lambda v, g: [apply(op, v, g)]),
        (x, dy),
        lambda: reference.conv_backward_weights(problem, x, dy),
        problem.flops,
    )


def _window(problem: Problem) -> Window:
    return Window(problem.kernel_size, _geometry(problem))


def _traffic(problem: Problem, inputs: int, outputs: int) -> int:
    """Bytes of so many arrays of the pool's input and output size."""
    return ITEM * (inputs * prod(problem.x_shape) + outputs * prod(problem.y_shape))


def _pool_forward(problem: Problem) -> Case:
    (x,) = _draw(problem.x_shape)
    options = (problem.kernel_size, problem.strides, _geometry(problem).padding)
    pool = getattr(ops, problem.kind)
    return Case(
        "forward",
        Function(lambda v: [pool(v, *options)]),
        (x,),
        lambda: getattr(reference, problem.kind)(problem, x),
        _traffic(problem, 1, 1),
        "B",
    )


def _max_pool_backward(problem: Problem) -> Case:
    x, dy = _draw(problem.x_shape, problem.y_shape)
    window = _window(problem)
    op = MaxPoolGradient(window, (None, *problem.x_shape[1:]))
    code = Function(lambda v: [max_pool_code(window, v)])(x)[0]
    return Case(
        "backward_data",
        Function(lambda c, g: [apply(op, c, g)]),
        (code, dy),
        lambda: reference.max_pool_gradient(problem, x, dy),
        _traffic(problem, 1, 1) + code.nbytes,
        "B",
    )


def _average_pool_backward(problem: Problem) -> Case:
    (dy,) = _draw(problem.y_shape)
    op = AveragePoolGradient(_window(problem), False, (None, *problem.x_shape[1:]))
    return Case(
        "backward_data",
        Function(lambda g: [apply(op, g)]),
        (dy,),
        lambda: reference.average_pool_gradient(problem, dy),
        _traffic(problem, 1, 1),
        "B",
    )


_CONV_PASSES = {
    "forward": _forward,
    "backward_data": _backward_data,
    "backward_weights": _backward_weights,
}
_POOL_PASSES = {
    "max_pool": {"forward": _pool_forward, "backward_data": _max_pool_backward},
    "average_pool": {"forward": _pool_forward, "backward_data": _average_pool_backward},
}
