"""The equations in float64: what `--verify` and the tests compare with.

Every pass is a sum over the kernel's positions k of a slice of the padded input,
x[n, s o + d k - p, c], against the whole output.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from benchmarks.problem import Problem


def conv_forward(problem: Problem, x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """c(K, V) (Goodfellow et al., eq. 9.8): x of x_shape, kernel of kernel_shape -> y_shape."""
    padded = _padded(problem, x)
    y = np.zeros(_grouped(problem, problem.y_shape))
    taps = np.asarray(kernel, np.float64).reshape(_grouped(problem, problem.kernel_shape))
    for k, window in _windows(problem):
        v = padded[window].reshape(_grouped(problem, (*problem.y_shape[:-1], problem.ic)))
        y += np.einsum("...gc,cgf->...gf", v, taps[k], optimize=True)
    return y.reshape(problem.y_shape)


def conv_backward_data(problem: Problem, dy: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """h(K, G) (eq. 9.13): dy of y_shape, kernel of kernel_shape -> x_shape."""
    padded = _padded(problem, np.zeros(problem.x_shape))
    g = np.asarray(dy, np.float64).reshape(_grouped(problem, problem.y_shape))
    taps = np.asarray(kernel, np.float64).reshape(_grouped(problem, problem.kernel_shape))
    for k, window in _windows(problem):
        dv = np.einsum("...gf,cgf->...gc", g, taps[k], optimize=True)
        padded[window] += dv.reshape(*problem.y_shape[:-1], problem.ic)
    return _cropped(problem, padded)


def conv_backward_weights(problem: Problem, x: np.ndarray, dy: np.ndarray) -> np.ndarray:
    """g(G, V) (eq. 9.11): x of x_shape, dy of y_shape -> kernel_shape."""
    padded = _padded(problem, x)
    g = np.asarray(dy, np.float64).reshape(-1, problem.groups, problem.oc // problem.groups)
    dw = np.zeros(_grouped(problem, problem.kernel_shape))
    for k, window in _windows(problem):
        v = padded[window].reshape(-1, problem.groups, problem.ic // problem.groups)
        dw[k] = np.einsum("pgc,pgf->cgf", v, g, optimize=True)
    return dw.reshape(problem.kernel_shape)


def max_pool(problem: Problem, x: np.ndarray) -> np.ndarray:
    """The largest element of each window; padding never wins."""
    padded = _padded(problem, x, -np.inf)
    return np.max([padded[window] for _, window in _windows(problem)], axis=0)


def max_pool_gradient(problem: Problem, x: np.ndarray, dy: np.ndarray) -> np.ndarray:
    """dy at the first cell of each window that is its maximum."""
    padded, y = _padded(problem, x, -np.inf), max_pool(problem, x)
    dx, free = np.zeros(padded.shape), np.ones(y.shape, bool)
    for _, window in _windows(problem):
        wins = free & (padded[window] == y)
        dx[window] += np.where(wins, dy, 0)
        free &= ~wins
    return _cropped(problem, dx)


def average_pool(problem: Problem, x: np.ndarray) -> np.ndarray:
    """The mean of each window's elements inside the image."""
    padded = _padded(problem, x)
    return sum(padded[window] for _, window in _windows(problem)) / _cells(problem)


def average_pool_gradient(problem: Problem, dy: np.ndarray) -> np.ndarray:
    """dy spread over the cells that were averaged."""
    dx = _padded(problem, np.zeros(problem.x_shape))
    for _, window in _windows(problem):
        dx[window] += dy / _cells(problem)
    return _cropped(problem, dx)


def _cells(problem: Problem) -> np.ndarray:
    """How many of each window's cells lie inside the image."""
    ones = _padded(problem, np.ones(problem.x_shape))
    return sum(ones[window] for _, window in _windows(problem))


def _padded(problem: Problem, x: np.ndarray, fill: float = 0.0) -> np.ndarray:
    pads = [(0, 0), *((p, p) for p in problem.padding), (0, 0)]
    return np.pad(np.asarray(x, np.float64), pads, constant_values=fill)


def _cropped(problem: Problem, padded: np.ndarray) -> np.ndarray:
    inside = zip(problem.padding, problem.input_size, strict=True)
    return padded[(slice(None), *(slice(p, p + i) for p, i in inside))]


def _grouped(problem: Problem, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape with its channels split by group."""
    return (*shape[:-1], problem.groups, shape[-1] // problem.groups)


def _windows(problem: Problem) -> Iterator[tuple[tuple[int, ...], tuple[slice, ...]]]:
    """Each kernel position and the slice of the padded input that meets it."""
    for k in product(*map(range, problem.kernel_size)):
        axes = zip(k, problem.dilation, problem.strides, problem.output_size, strict=True)
        yield k, (slice(None), *(slice(t * d, t * d + s * (o - 1) + 1, s) for t, d, s, o in axes))
