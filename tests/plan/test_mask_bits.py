"""Activations' masks as bits: the same gradients, from less memory."""

import numpy as np
import pytest

import pyconv
from pyconv import Variable, layers, losses, ops, optimizers
from pyconv.graph import as_tensor, gradients
from pyconv.plan import Function, lower, masks

CHANNELS = (1, 7, 8, 9, 15, 16, 17, 33)


def without(monkeypatch):
    monkeypatch.setattr(lower, "masks", lambda units: [])


@pytest.fixture
def everywhere(monkeypatch):
    """Bits also where a stripe has the activation in its cache."""
    monkeypatch.setattr(masks, "CACHED", -1)


def activations(kind: str, c: int):
    """(outputs, inputs) of a network whose activations' gradients read masks in some way."""
    inputs = layers.Input((9, 10, 3))
    x = layers.Conv2D(c, 3, padding="same", activation="relu")(inputs)
    if kind == "kept":
        x = layers.Conv2D(c, 3, padding="same", activation="relu6")(x)
        x = layers.Conv2D(c, 1, activation="relu")(x)
    if kind == "residual":
        y = layers.BatchNormalization()(layers.Conv2D(c, 3, padding="same")(x))
        x = layers.ReLU()(layers.Add()([x, y]))
        y = layers.Conv2D(c, 3, padding="same")(x)
        x = layers.ReLU(6.0)(layers.Add()([x, y]))
    if kind == "consumers":
        y = layers.Conv2D(c, 3, padding="same", activation="relu")(x)
        z = layers.Conv2DTranspose(c, 3, padding="same", activation="relu")(x)
        x = layers.Add()([layers.Concatenate()([y, z]), layers.Concatenate()([x, x])])
    if kind == "dropped":
        x = layers.Dropout(0.5)(x)
        x = layers.AveragePooling2D(2)(x)
        x = layers.Dense(c, activation="relu")(layers.Flatten()(x))
        return layers.Dropout(0.5)(x), inputs
    return layers.GlobalAveragePooling2D()(x), inputs


def training(kind: str, c: int):
    """(weights after two steps, ops, bytes of the arena)."""
    pyconv.utils.set_random_seed(0)
    x, inputs = activations(kind, c)
    model = pyconv.Model(inputs, layers.Dense(4)(x))
    model.compile(optimizers.SGD(0.1), losses.SparseCategoricalCrossentropy(from_logits=True))
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(5, 9, 10, 3)).astype(np.float32), rng.integers(0, 4, 5)
    for _ in range(2):
        model.train_on_batch(x, y)
    profile = model.profile(x, y, steps=1)
    arena = model.memory_report(5).train.arena
    return [v.numpy() for v in model.variables], profile.ops, arena


KINDS = ("kept", "residual", "consumers", "dropped")


@pytest.mark.parametrize("c", CHANNELS)
@pytest.mark.parametrize("kind", KINDS)
def test_training_has_the_bits_that_it_has_without(kind, c, everywhere, monkeypatch):
    ours, found, _ = training(kind, c)
    without(monkeypatch)
    theirs, plain, _ = training(kind, c)
    fused = kind in ("kept", "residual")  # sweeps of their own read bits of whole bytes alone
    if fused or c % 8 == 0:
        assert sum(op.nbytes for op in found) < sum(op.nbytes for op in plain)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("kind", KINDS)
def test_bits_do_not_know_threads(kind, everywhere):
    before, results = pyconv.get_num_threads(), []
    try:
        for count in (1, 3):
            pyconv.set_num_threads(count)
            results.append(training(kind, 17)[0])
    finally:
        pyconv.set_num_threads(before)
    for one, other in zip(*results, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("activation, last", [(ops.relu, np.inf), (ops.relu6, 6.0)])
@pytest.mark.parametrize("c", CHANNELS)
def test_gradients_nest(c, activation, last, everywhere):
    """y = mean of act(x K): dx = g [0 < x K < last] K^T / pixels; then d/dK of <dx, d>."""
    rng = np.random.default_rng(c)
    x, d = rng.normal(size=(2, 3, 4, 4, 5))
    g, k = rng.normal(size=(3, c)), 3 * rng.normal(size=(5, c))

    def function(x, d, g, k):
        a = activation(ops.conv(x, ops.reshape(k, (1, 1, 5, c))))
        dx, dk = gradients(ops.mean(a, (1, 2)), g, [x, k])
        return [dx, dk, *gradients((dx * d).sum(), as_tensor(np.float32(1)), [g, k])]

    z = x @ k
    assert min(np.abs(z).min(), np.abs(z - last).min()) > 1e-5
    flow = ((z > 0) & (z < last)) / 16.0
    dz = g[:, None, None] * flow
    expected = [
        dz @ k.T,
        np.einsum("nhwi,nhwo->io", x, dz),
        np.einsum("nhwi,nhwo,io->no", d, flow, k),
        np.einsum("nhwi,nhwo->io", d, dz),
    ]
    results = Function(function, batched=False)(*(a.astype(np.float32) for a in (x, d, g, k)))
    for ours, theirs in zip(results, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)


def large(head):
    """A model on maps that are larger than a cache."""
    inputs = layers.Input((66, 64, 16))
    conv = layers.Conv2D(32, 3, padding="same", activation="relu")
    return pyconv.Model(
        inputs, layers.Dense(2)(layers.GlobalAveragePooling2D()(head(conv(inputs))))
    )


def bits_of(model, monkeypatch):
    """(buffers of bits in a training step, bytes of its arena)."""
    made = []

    def noted(units):
        made.extend(masks.masks(units))
        return made

    monkeypatch.setattr(lower, "masks", noted)
    model.compile("sgd", "mse")
    model.train_on_batch(np.zeros((4, *model.input_shape[1:])), np.zeros((4, 2)))
    return made, model.memory_report(4).train.arena


@pytest.mark.parametrize(
    "head",
    [
        lambda x: x,
        layers.AveragePooling2D(2),
        layers.Dropout(0.5),
        lambda x: layers.Concatenate()([x, layers.Conv2D(8, 1)(layers.AveragePooling2D(1)(x))]),
    ],
)
def test_activations_are_not_kept_for_their_masks(head, monkeypatch):
    made, arena = bits_of(large(head), monkeypatch)
    without(monkeypatch)
    model = large(head)
    model.compile("sgd", "mse")
    model.train_on_batch(np.zeros((4, 66, 64, 16)), np.zeros((4, 2)))
    assert len(made) == 1 and made[0].nbytes * 8 >= 66 * 64 * 32
    assert arena <= model.memory_report(4).train.arena


def test_small_maps_of_a_stripe_have_no_bits(monkeypatch):
    stack = [layers.Conv2D(8, 3, activation="relu") for _ in range(3)]
    model = pyconv.Sequential(
        [layers.Input((12, 12, 3)), *stack, layers.Flatten(), layers.Dense(2)]
    )
    assert bits_of(model, monkeypatch)[0] == []


def test_groups_that_share_a_byte_have_no_bits(everywhere, monkeypatch):
    """Of 12 and of 16 channels."""
    for groups, count in ((4, 0), (3, 1)):
        stack = [layers.Conv2D(48, 3, groups=groups, activation="relu"), layers.AveragePooling2D(2)]
        model = pyconv.Sequential(
            [layers.Input((12, 12, 12)), *stack, layers.Flatten(), layers.Dense(2)]
        )
        assert len(bits_of(model, monkeypatch)[0]) == count


def test_an_infinite_activation_lets_gradients_through():
    x, kernel = np.full((1, 1, 1, 1), np.inf, np.float32), Variable(np.ones((1, 1, 1, 1)))
    function = Function(lambda x: gradients(ops.relu(ops.conv(x, kernel)), as_tensor(1.0), [x]))
    assert function(x)[0] == 1
