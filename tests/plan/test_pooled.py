"""Max pooling in a convolution's end, and its backward pass without the map: the same bits."""

import numpy as np
import pytest

from pyconv import Sequential, Variable, config, layers, ops
from pyconv.graph import gradients
from pyconv.plan import Function


def names(function, *arrays):
    plan = function.executable(arrays).plan
    return [name for name, _ in plan.ops[plan.prologue :]]


#: channels in, filters, sizes, kernel, arguments of the convolution, pool, its padding
CASES = {
    "winograd": (16, 33, (13, 18), 3, {"padding": "same"}, 2, "valid"),
    "winograd, same": (17, 16, (15, 17), 3, {"padding": "same"}, 2, "same"),
    "winograd, 4x4": (16, 70, (11, 25), 3, {}, 4, "valid"),
    "winograd, wide": (16, 16, (8, 12), 3, {}, (1, 2), "valid"),
    "winograd, 5x5": (16, 16, (12, 13), 5, {"padding": "same"}, 2, "same"),
    "winograd, line": (16, 19, (41,), 3, {"padding": "same"}, 3, "same"),
    "winograd, groups": (34, 34, (14, 14), 3, {"padding": "same", "groups": 2}, 2, "valid"),
    "winograd, 3-D": (16, 16, (3, 9, 10), 3, {"padding": "same"}, (1, 2, 2), "valid"),
    "direct": (1, 32, (28, 29), 3, {}, 2, "valid"),
    "direct, bands": (3, 40, (70, 61), 5, {"padding": "same"}, 3, "valid"),
    "direct, same": (3, 9, (27, 29), 3, {"strides": 2, "padding": "same"}, 2, "same"),
    "direct, dilated": (5, 7, (21, 23), 3, {"dilation_rate": 2, "padding": "same"}, 2, "same"),
    "direct, padding": (3, 8, (4, 5), 3, {"padding": ((30, 31), (9, 9))}, 2, "valid"),
    "direct, pixels": (7, 8, (9, 8), 1, {}, 2, "same"),
    "few filters": (40, 1, (20, 21), 3, {"padding": "same"}, 2, "same"),
    "narrow": (24, 24, (30, 31), 3, {"padding": "same", "groups": 24}, 2, "same"),
}


def convolution(case, activation=ops.relu):
    """(x, a function of x: the map before pooling, one of the map: pooled)."""
    ic, oc, sizes, k, kwargs, pool, padding = CASES[case]
    rng = np.random.default_rng(0)
    groups = kwargs.get("groups", 1)
    kernel = Variable(rng.normal(size=(*(k,) * len(sizes), ic // groups, oc)))
    bias = Variable(rng.normal(size=oc))
    x = rng.normal(size=(3, *sizes, ic)).astype(np.float32)
    return (
        x,
        lambda x: activation(ops.add(ops.conv(x, kernel, **kwargs), bias)),
        lambda a: ops.max_pool(a, pool, padding=padding),
    )


def on_threads(function, *arrays):
    """What it gives on one thread, which two give as well."""
    before = config.get_num_threads()
    results = []
    for count in (1, 2):
        config.set_num_threads(count)
        results.append(function(*arrays))
    config.set_num_threads(before)
    for one, two in zip(*results, strict=True):
        np.testing.assert_array_equal(one, two)
    return results[0]


@pytest.mark.parametrize("case", CASES)
def test_prediction_writes_the_pooled_map_alone(case):
    x, conv, pool = convolution(case)
    x[0, 1, ..., 0] = np.nan
    x[1, -1, ..., -1] = np.inf
    fused = Function(lambda x: [pool(conv(x))])
    apart = Function(lambda x: (lambda a: [pool(a), a])(conv(x)))
    assert "max_pool" not in names(fused, x)
    assert "max_pool" in names(apart, x)
    for n in (1, 3):
        np.testing.assert_array_equal(on_threads(fused, x[:n])[0], apart(x[:n])[0])


def step(conv, pool, keep):
    """The pooled map, and the gradient with respect to x; the map, too, keeps fusion away."""

    def function(x, dy):
        a = conv(x)
        y = pool(a)
        return [y, *gradients(y, dy, [x]), *([a] if keep else [])]

    return Function(function)


def check_training(case, activation):
    x, conv, pool = convolution(case, activation)
    x = np.round(x)  # ties
    dy = np.random.default_rng(1).normal(size=pool(conv(x)).shape).astype(np.float32)
    fused, apart = (step(conv, pool, keep) for keep in (False, True))
    for ours, theirs in zip(on_threads(fused, x, dy), apart(x, dy), strict=False):
        np.testing.assert_array_equal(ours, theirs)
    return names(fused, x, dy)


@pytest.mark.parametrize("case", CASES)
def test_training_keeps_codes_instead_of_the_map(case):
    expected = ["conv_forward", "max_pool_gradient", "conv_backward_data"]
    found = check_training(case, ops.relu)
    assert [name for name in found if name != "conv_pack"] == expected


@pytest.mark.parametrize("activation", [ops.relu6, ops.negative, ops.tanh])
@pytest.mark.parametrize("case", ["winograd, same", "direct"])
def test_training_behind_other_activations(case, activation):
    found = check_training(case, activation)
    assert ("max_pool" in found) == (activation is not ops.relu6)


def test_windows_of_one_pixel_have_codes_too():
    rng = np.random.default_rng(0)
    kernel = Variable(rng.normal(size=(3, 3, 3, 8)))
    x, dy = (rng.normal(size=(2, 6, 6, c)).astype(np.float32) for c in (3, 8))
    results = [
        step(lambda x: ops.conv(x, kernel, padding="same"), pool, False)(x, dy)
        for pool in (lambda a: ops.max_pool(a, 1), lambda a: a)
    ]
    for pooled, plain in zip(*results, strict=True):
        np.testing.assert_array_equal(pooled, plain)


def test_what_follows_pooling_is_not_folded_into_the_convolution():
    rng = np.random.default_rng(0)
    kernel = Variable(rng.normal(size=(3, 3, 3, 8)))
    factor, shift = (Variable(rng.normal(size=8)) for _ in range(2))  # some factors are negative
    x = rng.normal(size=(2, 10, 10, 3)).astype(np.float32)
    zeros, ones = np.zeros(8, np.float32), np.ones(8, np.float32)

    def forward(x):
        y = ops.max_pool(ops.conv(x, kernel), 2)
        return [ops.relu(ops.batch_normalization(y, zeros, ones, -1, shift, factor, 0.0))]

    y = ops.max_pool(ops.conv(x, kernel), 2)
    expected = np.maximum(y * factor.numpy() + shift.numpy(), 0)
    np.testing.assert_allclose(Function(forward)(x)[0], expected, rtol=1e-5, atol=1e-5)


def test_a_model_trains_without_its_maps():
    model = Sequential(
        [
            layers.Input((26, 27, 3)),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(20, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2, padding="same"),
            layers.Flatten(),
            layers.Dense(3),
        ]
    )
    model.compile("sgd", "mse")
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(5, 26, 27, 3)), rng.normal(size=(5, 3))
    found = {op.op for op in model.profile(x, y, steps=1).ops}
    assert "max_pool_gradient" in found and "max_pool" not in found
    assert {op.op for op in model.profile(x, steps=1).ops} == {"conv_forward"}
