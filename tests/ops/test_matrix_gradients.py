"""Gradients of inverses, determinants, solutions and factors: central differences in double."""

import numpy as np
import pytest

from pyconv import GradientTape, ops

RNG = np.random.default_rng(0)
ROOT = RNG.normal(size=(2, 3, 3))
MATRICES = ROOT @ np.swapaxes(ROOT, -1, -2) + 2 * np.eye(3)
COLUMNS = RNG.normal(size=(2, 3, 2))

CASES = {
    "inv": (ops.inv, np.linalg.inv, [MATRICES]),
    "det": (ops.det, np.linalg.det, [MATRICES]),
    "logdet": (ops.logdet, lambda x: np.linalg.slogdet(x)[1], [MATRICES]),
    "cholesky": (
        ops.cholesky,
        lambda x: np.linalg.cholesky((x + np.swapaxes(x, -1, -2)) / 2),
        [MATRICES],
    ),
    "solve": (ops.solve, np.linalg.solve, [MATRICES, COLUMNS]),
    "solve of vectors": (ops.solve, np.linalg.solve, [MATRICES[0], COLUMNS[0, :, 0]]),
    "upper": (
        ops.solve_triangular,
        lambda a, b: np.linalg.solve(np.triu(a), b),
        [MATRICES, COLUMNS],
    ),
    "lower": (
        lambda a, b: ops.solve_triangular(a, b, lower=True),
        lambda a, b: np.linalg.solve(np.tril(a), b),
        [MATRICES, COLUMNS],
    ),
}


def slope(f, operands, seed, which, step=1e-6):
    """d sum(seed f) / d one of the operands, element by element."""
    result = np.zeros(operands[which].shape)
    for at in np.ndindex(result.shape):
        values = []
        for sign in (1, -1):
            moved = [np.array(x) for x in operands]
            moved[which][at] += sign * step
            values.append(np.sum(seed * f(*moved)))
        result[at] = (values[0] - values[1]) / (2 * step)
    return result


@pytest.mark.parametrize("name", CASES)
def test_first_derivatives(name):
    op, reference, operands = CASES[name]
    arrays = [ops.convert_to_tensor(x.astype("float32")) for x in operands]
    seed = RNG.normal(size=np.shape(reference(*operands)))
    with GradientTape() as tape:
        tape.watch(arrays)
        y = op(*arrays)
        total = ops.sum(y * seed.astype("float32"))
    np.testing.assert_allclose(y, reference(*operands), rtol=1e-4, atol=1e-5)
    for which, found in enumerate(tape.gradient(total, arrays)):
        expected = slope(reference, operands, seed, which)
        np.testing.assert_allclose(found, expected, rtol=2e-3, atol=2e-4)


def test_derivatives_nest():
    """d^2 log det X / dX^2 along one direction D is -tr(X^-1 D X^-1 D)."""
    x = ops.convert_to_tensor(MATRICES[0].astype("float32"))
    direction = COLUMNS[0] @ COLUMNS[0].T
    with GradientTape() as outer:
        outer.watch(x)
        with GradientTape() as tape:
            tape.watch(x)
            y = ops.logdet(x)
        first = ops.sum(tape.gradient(y, x) * direction.astype("float32"))
    second = np.sum(outer.gradient(first, x) * direction)
    product = np.linalg.inv(MATRICES[0]) @ direction
    assert second == pytest.approx(-np.trace(product @ product), rel=1e-3)
