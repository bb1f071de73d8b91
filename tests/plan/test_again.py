"""Normalized maps that are made again for the backward pass."""

import numpy as np
import pytest

import pyconv
from pyconv import layers, losses, optimizers
from pyconv.plan import lower


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
