"""What becomes one op record: epilogues of convolutions, batch normalization in their weights."""

import numpy as np
import pytest

import pyconv
from pyconv import Model, Variable, layers, ops
from pyconv.graph import gradients
from pyconv.plan import Function


def names(function, *arrays):
    """The ops of a step; what is done ahead is left out."""
    plan = function.executable(arrays).plan
    return [name for name, _ in plan.ops[plan.prologue :]]


def predictor(*stack, size):
    inputs = layers.Input(size)
    outputs = inputs
    for layer in stack:
        outputs = layer(outputs)
    model = Model(inputs, outputs)
    rng = np.random.default_rng(0)
    for v in model.variables:
        v.assign(rng.uniform(0.5, 1.5, v.shape))
    return model


CASES = {
    "conv": (layers.Conv2D, {"filters": 5, "kernel_size": 3, "use_bias": False}),
    "bias": (layers.Conv2D, {"filters": 5, "kernel_size": 3, "strides": 2}),
    "grouped": (layers.Conv2D, {"filters": 8, "kernel_size": 3, "groups": 2}),
    "depthwise": (layers.DepthwiseConv2D, {"kernel_size": 3, "depth_multiplier": 2}),
    "dense": (layers.Dense, {"units": 7}),
    "transposed": (layers.Conv2DTranspose, {"filters": 3, "kernel_size": 3, "strides": 2}),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("most", [None, 6.0])
def test_prediction_folds_batch_normalization(name, most):
    cls, kwargs = CASES[name]
    conv, normalization = cls(**kwargs), layers.BatchNormalization()
    x = np.random.default_rng(1).normal(size=(3, 6, 7, 4)).astype(np.float32)
    model = predictor(conv, normalization, layers.ReLU(most), size=x.shape[1:])

    def expected():
        gamma, beta, mean, variance = map(np.float64, normalization.get_weights())
        y = (conv(x) - mean) / np.sqrt(variance + 1e-3) * gamma + beta
        return np.clip(y, 0, most)

    forward = Function(lambda x: [model(x)])
    assert len(names(forward, x)) == 1
    np.testing.assert_allclose(forward(x)[0], expected(), rtol=1e-4, atol=1e-4)
    for variable in model.variables:  # each is folded in anew
        variable.assign(variable.numpy() + 0.25)
        np.testing.assert_allclose(forward(x)[0], expected(), rtol=1e-4, atol=1e-4)


def test_a_group_of_transposed_channels_is_scaled():
    rng = np.random.default_rng(0)
    kernel = Variable(rng.normal(size=(3, 2, 6)))
    mean, variance = (Variable(rng.uniform(0.5, 1.5, 4)) for _ in range(2))
    x = rng.normal(size=(2, 5, 6)).astype(np.float32)

    def raw(x):
        return ops.conv_transpose(x, kernel, groups=2)

    folded = Function(lambda x: [ops.batch_normalization(raw(x), mean, variance, -1)])
    assert names(folded, x) == ["conv_backward_data"]
    y = Function(lambda x: [raw(x)])(x)[0]
    expected = (y - mean.numpy()) / np.sqrt(variance.numpy() + 1e-3)
    np.testing.assert_allclose(folded(x)[0], expected, rtol=1e-4, atol=1e-5)


def test_a_residual_block_predicts_in_two_records():
    inputs = layers.Input((8, 8, 16))
    y = layers.Conv2D(16, 3, padding="same", use_bias=False)(inputs)
    y = layers.ReLU()(layers.BatchNormalization()(y))
    y = layers.Conv2D(16, 3, padding="same", use_bias=False)(y)
    y = layers.ReLU()(layers.Add()([inputs, layers.BatchNormalization()(y)]))
    model = Model(inputs, y)
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 16)).astype(np.float32)
    assert names(Function(lambda x: [model(x)]), x) == ["conv_forward"] * 2


@pytest.mark.parametrize("activation", ["relu", "relu6"])
def test_the_mask_of_an_activation_ends_backward_data(activation):
    rng = np.random.default_rng(0)
    kernels = [Variable(rng.normal(size=(3, 3, 4, 4))) for _ in range(2)]
    x = rng.normal(size=(3, 6, 5, 4)).astype(np.float32)
    act = getattr(ops, activation)

    def step(x):
        h = ops.conv(x, kernels[0], padding="same")
        y = ops.conv(act(h), kernels[1], padding="same")
        return gradients(y, y, [h, x])

    function = Function(step)
    assert "binary" not in names(function, x)
    dh, dx = function(x)
    h, z = Function(lambda x: _parts(x, kernels, act))(x)
    dz = ops.conv_transpose(ops.conv(z, kernels[1], padding="same"), kernels[1], padding="same")
    most = 6 if activation == "relu6" else np.inf
    masked = np.where((h > 0) & (h < most), dz, 0)
    np.testing.assert_allclose(dh, masked, rtol=1e-4, atol=1e-3)
    expected = ops.conv_transpose(masked, kernels[0], padding="same")
    np.testing.assert_allclose(dx, expected, rtol=1e-4, atol=1e-2)


def _parts(x, kernels, act):
    h = ops.conv(x, kernels[0], padding="same")
    return [h, act(h)]


def test_gradients_that_meet_are_added_by_a_convolution():
    rng = np.random.default_rng(0)
    kernel = Variable(rng.normal(size=(3, 4, 4)))
    x = rng.normal(size=(3, 9, 4)).astype(np.float32)

    def step(x):
        h = ops.relu(x)
        y = h + ops.conv(h, kernel, padding="same")
        return gradients(y, y, [x])

    assert names(Function(step), x).count("binary") == 0
    dx = Function(step)(x)[0]

    def separately(x):
        h = ops.relu(x)
        y = h + ops.conv(h, kernel, padding="same")
        return [h, y]

    h, y = Function(separately)(x)
    back = ops.conv_transpose(y, kernel, padding="same")
    np.testing.assert_allclose(dx, np.where(h > 0, y + back, 0), rtol=1e-4, atol=1e-4)


def test_training_normalizes_in_one_sweep_each_way():
    model = predictor(
        layers.Conv2D(8, 3, use_bias=False), layers.BatchNormalization(), layers.ReLU(),
        layers.Conv2D(8, 3, use_bias=False), size=(9, 9, 3),
    )  # fmt: skip
    x = np.random.default_rng(0).normal(size=(4, 9, 9, 3)).astype(np.float32)

    def step(x):
        y = model(x, training=True)
        return gradients(y, y, [v.leaf for v in model.trainable_variables])

    ops_of_step = names(Function(step), x)
    assert ops_of_step.count("normalize") == 2 + 1  # once more for the kernel's gradient
    assert ops_of_step.count("centred_sums") == 1
    assert ops_of_step.count("moments") == 1


def test_kernels_that_are_only_packed_are_not_kept():
    kernels = [Variable(np.ones((64, 64), np.float32)) for _ in range(4)]
    scale = Variable(np.ones(64, np.float32))

    def forward(x):
        for kernel in kernels:
            x = ops.relu(ops.dense(x, kernel * scale))
        return [x]

    function = Function(forward)
    x = np.ones((2, 64), np.float32)
    function(x)
    scale.assign(np.full(64, 1 / 64))
    np.testing.assert_allclose(function(x)[0], np.ones((2, 64)), rtol=1e-5)
    plan = function.executable((x,)).plan
    assert plan.memory(2)["arena"] < 2 * 4 * 64 * 64


def test_what_lasts_is_computed_ahead():
    weight = Variable(np.float32([1, 4]))
    function = Function(lambda x: [x * ops.sqrt(weight), ops.sqrt(weight) * 2.0])
    x = np.ones((3, 2), np.float32)
    np.testing.assert_array_equal(function(x)[0], [[1, 2]] * 3)
    assert names(function, x) == ["binary", "binary"]
    weight.assign([9, 16])
    np.testing.assert_array_equal(function(x)[0], [[3, 4]] * 3)
    np.testing.assert_array_equal(function(x)[1], [6, 8])


def residual_network(conv, relu, x):
    """A block with its input as the other branch, and one that halves the map; `conv(x, i, stride)`
    ends in batch normalization."""

    def branch(x, i, stride):
        return conv(relu(conv(x, i, stride)), i + 1, 1)

    h = relu(x)
    h = relu(h + branch(h, 0, 1))
    return relu(conv(h, 4, 2) + branch(h, 2, 2))


def residual_training():
    """(kernels, scales and offsets, a step: the output, and gradients of x and of all)."""
    rng = np.random.default_rng(0)
    shapes = [(3, 3, 8, 8), (3, 3, 8, 8), (3, 3, 8, 16), (3, 3, 16, 16), (1, 1, 8, 16)]
    arrays = [rng.normal(0, 0.2, shape) for shape in shapes]
    arrays += [rng.uniform(0.5, 1.5, shape[-1]) for shape in shapes]
    arrays += [rng.normal(0, 0.3, shape[-1]) for shape in shapes]
    variables = [Variable(a) for a in arrays]

    def conv(x, i, stride):
        y = ops.conv(x, variables[i], strides=stride, padding=int(i < 4))
        mean, variance = ops.moments(y, (0, 1, 2))
        gamma, beta = variables[5 + i], variables[10 + i]
        return ops.batch_normalization(y, mean, variance, -1, offset=beta, scale=gamma)

    def step(x, g):
        y = residual_network(conv, ops.relu, x)
        return [y, *gradients(y, g, [x, *(v.leaf for v in variables)])]

    return [v.numpy() for v in variables], Function(step)


def residual_batch(n):
    rng = np.random.default_rng(1)
    x, g = rng.normal(size=(n, 8, 8, 8)), rng.normal(size=(n, 4, 4, 16))
    return x.astype(np.float32), g.astype(np.float32)


def test_residual_training_normalizes_in_sweeps():
    _, step = residual_training()
    records = names(step, *residual_batch(4))
    assert records.count("normalize") == 10 + 2  # again where no residual meets the map
    assert records.count("centred_sums") == records.count("moments") == 5


def test_residual_training_has_the_bits_of_one_thread():
    _, step = residual_training()
    results, before = [], pyconv.get_num_threads()
    try:
        for threads in (1, 2, 3):
            pyconv.set_num_threads(threads)
            results.append(step(*residual_batch(61)))
    finally:
        pyconv.set_num_threads(before)
    for others in results[1:]:
        for first, other in zip(results[0], others, strict=True):
            np.testing.assert_array_equal(first, other)


@pytest.mark.peer
def test_residual_training_against_torch():
    torch = pytest.importorskip("torch")
    arrays, step = residual_training()
    x, g = residual_batch(5)
    leaves = [torch.tensor(np.float64(a), requires_grad=True) for a in (x, *arrays)]

    def conv(x, i, stride):
        kernel, gamma, beta = (leaves[1 + at + i] for at in (0, 5, 10))
        y = torch.nn.functional.conv2d(x, kernel.permute(3, 2, 0, 1), None, stride, int(i < 4))
        return torch.nn.functional.batch_norm(y, None, None, gamma, beta, True, eps=1e-3)

    y = residual_network(conv, torch.relu, leaves[0].permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
    y.backward(torch.tensor(np.float64(g)))
    expected = [y.detach(), *(leaf.grad for leaf in leaves)]
    for ours, theirs in zip(step(x, g), expected, strict=True):
        theirs = theirs.numpy()
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=2e-5 * abs(theirs).max())
