"""Normalized maps that are made again for the backward pass."""

import numpy as np
import pytest

import pyconv
from pyconv import Variable, layers, losses, ops, optimizers
from pyconv.graph import as_tensor, gradients
from pyconv.plan import Function, lower


def training(batches: int = 2):
    """(model after some steps of MobileNet's kind of blocks, its plan's ops)."""
    pyconv.utils.set_random_seed(0)
    stack = [layers.Input((12, 10, 3))]
    for filters, strides in ((16, 2), (32, 1)):
        stack += [
            layers.DepthwiseConv2D(3, strides=strides, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(6.0),
            layers.Conv2D(filters, 1, use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(6.0),
        ]
    model = pyconv.Sequential([*stack, layers.GlobalAveragePooling2D(), layers.Dense(4)])
    model.compile(optimizers.SGD(0.1), losses.SparseCategoricalCrossentropy(from_logits=True))
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(9, 12, 10, 3)).astype(np.float32), rng.integers(0, 4, 9)
    for _ in range(batches):
        model.train_on_batch(x, y)
    ops = [op.op for op in model.profile(x, y, steps=1).ops]
    return model, ops, model.memory_report(9)


def test_maps_made_again_are_the_same_bits(monkeypatch):
    model, ops, _ = training()
    monkeypatch.setattr(lower, "again", lambda records: (records, []))
    other, fewer, _ = training()
    assert ops.count("normalize") == fewer.count("normalize") + 3  # the last one is not convolved
    for ours, theirs in zip(model.variables, other.variables, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


@pytest.mark.parametrize("threads", [2, 3])
def test_maps_made_again_do_not_know_threads(threads):
    before, results = pyconv.get_num_threads(), []
    try:
        for count in (1, threads):
            pyconv.set_num_threads(count)
            results.append([v.numpy() for v in training()[0].variables])
    finally:
        pyconv.set_num_threads(before)
    for one, other in zip(*results, strict=True):
        np.testing.assert_array_equal(one, other)


def test_nobody_keeps_maps_that_are_made_again(monkeypatch):
    _, _, report = training(1)
    monkeypatch.setattr(lower, "again", lambda records: (records, []))
    _, _, more = training(1)
    assert report.train.arena < more.train.arena


def updated_twice():
    """(a kernel behind a normalized map, the plan's ops): in the second update of a run the map's
    offset changes before the kernel's gradient is needed."""
    rng = np.random.default_rng(0)
    offset = Variable(np.ones(16))
    kernel, first = (Variable(0.1 * rng.normal(size=(1, 1, 16, 16))) for _ in range(2))
    variables = [offset, kernel, first]
    together, *apart = (optimizers.SGD(0.1) for _ in range(4))

    def slopes(x):
        h = ops.conv(x, first)
        y = ops.batch_normalization(h, *ops.moments(h, [0, 1, 2]), -1, offset)
        loss = ops.mean(ops.square(ops.conv(y, kernel)))
        return gradients(loss, as_tensor(1.0), [as_tensor(v) for v in variables])

    def step(x):
        together.apply(slopes(x), variables)
        for optimizer, slope, variable in zip(apart, slopes(x), variables, strict=True):
            optimizer.apply([slope], [variable])
        return [x]

    function, x = Function(step), rng.normal(size=(9, 12, 10, 16)).astype(np.float32)
    function(x)
    return kernel.numpy(), [name for name, _ in function.executable((x,)).plan.ops]


def test_maps_are_not_made_of_variables_that_have_changed(monkeypatch):
    kernel, found = updated_twice()
    monkeypatch.setattr(lower, "again", lambda records: (records, []))
    expected, fewer = updated_twice()
    assert found.count("normalize") == fewer.count("normalize") + 1  # of the first update alone
    np.testing.assert_array_equal(kernel, expected)
