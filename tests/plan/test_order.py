"""The order of records: what packs and gradients of large kernels may take at once."""

import numpy as np
import pytest

from pyconv import Variable, ops
from pyconv.graph import gradients
from pyconv.ops.update import SCALARS, update
from pyconv.plan import Function

WIDTH, LAYERS = 320, 6
KERNEL = 4 * WIDTH * WIDTH  # bytes


def training(momentum=0.9):
    """(variables, a step of layers whose kernels are updated alone)."""
    rng = np.random.default_rng(0)
    kernels = [
        Variable(rng.normal(0, WIDTH**-0.5, (WIDTH, WIDTH)).astype(np.float32))
        for _ in range(LAYERS)
    ]
    biases = [Variable(np.zeros(WIDTH, np.float32)) for _ in range(LAYERS)]
    variables = [v for pair in zip(kernels, biases, strict=True) for v in pair]
    scalars = Variable(np.float32([0.1 * 0.01, 0.0, 0.1, momentum] + [0.0] * (SCALARS - 4)))
    states = [[Variable(np.zeros(v.shape, np.float32)) for v in variables]] if momentum else []

    def losses(x, labels):
        for kernel, bias in zip(kernels, biases, strict=True):
            x = ops.relu(ops.dense(x, kernel, bias))
        return ops.sparse_softmax_cross_entropy(x, labels)

    def step(x, labels):
        loss = ops.mean(losses(x, labels))
        found = gradients(loss, ops.ones_like(loss), [v.leaf for v in variables])
        decay = [any(v is kernel for kernel in kernels) for v in variables]
        update("momentum" if momentum else "sgd", scalars, variables, found, states, decay)
        return [loss]

    return variables, Function(step)


def batch(n=4):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(n, WIDTH)).astype(np.float32)
    return x, rng.integers(0, WIDTH, n).astype(np.int32)


def test_kernels_are_packed_and_gradients_kept_one_at_a_time():
    _, step = training()
    plan = step.executable(batch()).plan
    assert plan.memory(4)["arena"] < 2 * KERNEL
    names = [name for name, _ in plan.ops]
    updates = [i for i, name in enumerate(names) if name == "update"]
    assert len(updates) == LAYERS + 1
    after_gradients = [place for place in updates if names[place - 1] == "conv_backward_weights"]
    assert len(after_gradients) == LAYERS  # all but the sweep over the biases


def test_updates_one_by_one_are_those_of_the_equation():
    variables, step = training()
    rng = np.random.default_rng(2)
    for v in variables:
        v.assign(rng.normal(0, 0.05, v.shape).astype(np.float32))
    before = [v.numpy().astype(np.float64) for v in variables]
    found = plain_gradients(variables)
    step(*batch())
    for v, w, g in zip(variables, before, found, strict=True):
        decayed = w - w * (0.1 * 0.01 if w.ndim == 2 else 0.0)
        np.testing.assert_allclose(v.numpy(), decayed - 0.1 * g, rtol=1e-5, atol=1e-7)


def plain_gradients(variables):
    """Gradients of a step that updates nothing."""

    def step(x, labels):
        for kernel, bias in zip(variables[::2], variables[1::2], strict=True):
            x = ops.relu(ops.dense(x, kernel, bias))
        loss = ops.mean(ops.sparse_softmax_cross_entropy(x, labels))
        return gradients(loss, ops.ones_like(loss), [v.leaf for v in variables])

    return Function(step)(*batch())


def test_a_step_that_fails_updates_no_large_kernel():
    variables, step = training()
    before = [v.numpy() for v in variables]
    x, labels = batch()
    labels[-1] = WIDTH
    with pytest.raises(ValueError, match=f"received {WIDTH}"):
        step(x, labels)
    for variable, value in zip(variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)
