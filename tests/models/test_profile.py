"""`Model.profile`: what is counted, and that it changes nothing. Times are not judged."""

import numpy as np
import pytest

from pyconv import Input, Sequential, core, layers, ops, utils, visualize
from pyconv.analysis.profile import Profile
from pyconv.analysis.roofs import roofs
from pyconv.plan import Function

FORWARD, DATA, WEIGHTS = "conv_forward", "conv_backward_data", "conv_backward_weights"


def network():
    model = Sequential(
        [
            Input((12, 12, 3)),
            layers.Conv2D(8, 3, padding="same", activation="relu", name="first"),
            layers.DepthwiseConv2D(3, strides=2, name="depth"),
            layers.Conv2D(12, 3, groups=2, name="groups"),
            layers.Conv2DTranspose(4, 3, strides=2, name="transpose"),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(5, name="dense"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def batch(n=9):
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, 12, 12, 3)).astype(np.float32), rng.integers(0, 5, n)


def test_operations_are_those_of_the_layers():
    model = network()
    x, y = batch()
    found = model.profile(x, steps=1)
    assert found.kind == "predict" and found.examples == 9
    assert (
        sum(op.operations for op in found.ops)
        == 2 * 9 * utils.cost(model).convolution.multiply_adds
    )
    trained = model.profile(x, y, steps=1)
    for layer in ("depth", "groups", "transpose", "dense"):
        count = {op.op: op.operations for op in trained.ops if op.layer == layer and op.operations}
        assert count.keys() == {FORWARD, DATA, WEIGHTS} and len(set(count.values())) == 1
    assert DATA not in {op.op for op in trained.ops if op.layer == "first"}


def test_bytes_are_those_of_the_arrays():
    model = Sequential([Input((6, 6, 4)), layers.Conv2D(8, 3, use_bias=False)])
    [op] = model.profile(np.zeros((5, 6, 6, 4), np.float32), steps=1).ops
    arrays = 4 * 5 * (6 * 6 * 4 + 4 * 4 * 8)
    assert arrays < op.nbytes < arrays + 8 * 4 * 9 * 4 * 16


def total(ops, field):
    return sum(getattr(op, field) for op in ops)


def test_groups_add_up_and_rates_follow():
    model = network()
    found = model.profile(*batch(), steps=2)
    assert isinstance(found, Profile)
    for groups in (found.by_layer(), found.by_op(), found.by_layer_and_op()):
        for field in ("operations", "nbytes", "calls"):
            assert sum(getattr(g, field) for g in groups) == sum(
                getattr(o, field) for o in found.ops
            )
        np.testing.assert_allclose(
            sum(g.seconds for g in groups), sum(o.seconds for o in found.ops)
        )
        assert groups == sorted(groups, key=lambda g: -g.seconds)
    names = {op.layer for op in found.by_layer()}
    assert {
        "first",
        "depth",
        "groups",
        "transpose",
        "dense",
        "loss",
        "metrics",
        "optimizer",
    } <= names
    op = max(found.ops, key=lambda op: op.operations)
    assert op.flops * op.seconds == pytest.approx(op.operations)
    assert found.part_of_peak(op) == op.flops / roofs().flops
    text = str(found)
    assert text.startswith("training step, 9 examples") and "transpose" in text and FORWARD in text


def test_steps_leave_no_trace():
    model = network()
    x, y = batch()
    before = [v.numpy() for v in model.variables]
    model.profile(x, y, steps=3)
    model.profile(x, steps=1)
    for variable, value in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)
    assert int(model.optimizer.iterations.numpy()) == 0
    expected = model.predict_on_batch(x)
    model.train_on_batch(x, y)
    assert not np.array_equal(model.predict_on_batch(x), expected)


def test_times_of_slices_on_all_threads_add_up_to_no_more_than_the_run():
    function = Function(lambda x: [ops.exp(ops.tanh(x) * 2.0) + x])
    x = np.ones((4000, 500), np.float32)
    executable = function.executable((x,))
    assert executable.plan.stripes
    for threads in (1, 2):
        core.set_num_threads(threads)
        try:
            seconds = np.zeros(len(executable.plan.ops))
            [y] = executable.compute(function.arena, len(x), (x,), seconds)
        finally:
            core.set_num_threads(0)
        assert (seconds > 0).all() and seconds.sum() < 60
        np.testing.assert_allclose(y, np.exp(np.tanh(1) * 2) + 1, rtol=1e-6)


def test_wrong_arguments():
    model = network()
    x, y = batch()
    with pytest.raises(ValueError, match="steps"):
        model.profile(x, steps=0)
    with pytest.raises(ValueError, match="expected a compiled model"):
        Sequential([Input((12, 12, 3)), layers.Flatten()]).profile(x, y)
    with pytest.raises(ValueError, match="expected shape"):
        model.profile(x[:, :5])


def test_the_picture():
    pytest.importorskip("matplotlib")
    found = network().profile(*batch(), steps=1)
    left, right = visualize.roofline(found).axes
    kinds = [text.get_text() for text in left.get_legend().get_texts()]
    assert set(kinds) == {FORWARD, DATA, WEIGHTS}
    assert len(right.patches) == min(14, len(found.by_layer_and_op()))
