"""Loss, its gradient and accuracy in one sweep over the logits."""

import numpy as np
import pytest

import pyconv
from pyconv import Sequential, layers, losses, ops
from pyconv.graph import gradients
from pyconv.metrics.functions import categorical_accuracy, sparse_categorical_accuracy
from pyconv.plan import Function

RECORDS = {"sparse": "sparse_cross_entropy", "dense": "cross_entropy"}
LOSSES = {"sparse": ops.sparse_softmax_cross_entropy, "dense": ops.softmax_cross_entropy}
ACCURACIES = {
    "sparse": sparse_categorical_accuracy,
    "dense": categorical_accuracy,
}


def batch(kind, n, classes, seed=0):
    rng = np.random.default_rng(seed)
    z = rng.normal(0, 2, (n, classes)).astype(np.float32)
    if kind == "sparse":
        return z, rng.integers(0, classes, n).astype(np.int32)
    targets = rng.uniform(0, 1, (n, classes))
    return z, (targets / targets.sum(-1, keepdims=True)).astype(np.float32)


def whole(kind, soften=False):
    """Loss of each row, gradient of their mean, accuracy of each row: logits or their softmax."""

    def step(z, y):
        loss = LOSSES[kind](z, y)
        mean = ops.mean(loss)
        scores = ops.softmax(z) if soften else z
        flows = gradients(mean, ops.ones_like(mean), [z])
        return [loss, *flows, ACCURACIES[kind](y, scores)]

    return Function(step)


def parts(kind, soften=False):
    """The same in plans of their own."""

    def gradient(z, y):
        mean = ops.mean(LOSSES[kind](z, y))
        return gradients(mean, ops.ones_like(mean), [z])

    def accuracy(z, y):
        return [ACCURACIES[kind](y, ops.softmax(z) if soften else z)]

    steps = [lambda z, y: [LOSSES[kind](z, y)], gradient, accuracy]
    return lambda z, y: [Function(step)(z, y)[0] for step in steps]


def names(function, *arrays):
    return [name for name, _ in function.executable(arrays).plan.ops]


def oracle(kind, z, y):
    z = np.float64(z)
    t = np.eye(z.shape[1])[y] if kind == "sparse" else np.float64(y)
    log_sum = np.log(np.exp(z - z.max(-1, keepdims=True)).sum(-1, keepdims=True))
    log_p = z - z.max(-1, keepdims=True) - log_sum
    flow = (np.exp(log_p) * t.sum(-1, keepdims=True) - t) / len(z)
    return [-(t * log_p).sum(-1), flow, t.argmax(-1) == z.argmax(-1)]


@pytest.mark.parametrize("kind", RECORDS)
@pytest.mark.parametrize("soften", [False, True])
@pytest.mark.parametrize(("n", "classes"), [(1, 1), (5, 7), (40, 10), (33, 16), (9, 17), (7, 1000)])
def test_one_record_makes_the_bits_of_three(kind, soften, n, classes):
    z, y = batch(kind, n, classes)
    function = whole(kind, soften)
    records = names(function, z, y)
    assert records.count(RECORDS[kind]) == 1
    assert not {"softmax", "convert", "reduce"} & set(records[:-1])
    results = function(z, y)
    for joint, alone in zip(results, parts(kind, soften)(z, y), strict=True):
        np.testing.assert_array_equal(joint, alone)
    for joint, expected in zip(results, oracle(kind, z, y), strict=True):
        np.testing.assert_allclose(joint, expected, rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("kind", RECORDS)
@pytest.mark.parametrize("soften", [False, True])
def test_numbers_that_are_not_finite(kind, soften):
    z, y = batch(kind, 40, 10)
    z[::4, 3], z[1::4, 5], z[2::4, 1], z[3::8] = np.nan, np.inf, -np.inf, -np.inf
    for joint, alone in zip(whole(kind, soften)(z, y), parts(kind, soften)(z, y), strict=True):
        np.testing.assert_array_equal(joint, alone)


@pytest.mark.parametrize("kind", RECORDS)
def test_no_examples(kind):
    z, y = batch(kind, 0, 10)
    assert [r.shape for r in whole(kind)(z, y)] == [(0,), (0, 10), (0,)]


@pytest.mark.parametrize("kind", RECORDS)
def test_the_bits_of_one_thread(kind):
    z, y = batch(kind, 5000, 10)
    function, before, results = whole(kind), pyconv.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            pyconv.set_num_threads(threads)
            results.append(function(z, y))
    finally:
        pyconv.set_num_threads(before)
    for others in results[1:]:
        for first, other in zip(results[0], others, strict=True):
            np.testing.assert_array_equal(first, other)


def test_a_gradient_that_needs_the_loss_comes_after_it():
    def step(z, y):
        loss = ops.sparse_softmax_cross_entropy(z, y)
        total = ops.sum(ops.square(loss))
        return [loss, *gradients(total, ops.ones_like(total), [z])]

    z, y = batch("sparse", 20, 10)
    function = Function(step)
    assert names(function, z, y).count("sparse_cross_entropy") == 2
    loss, flow, _ = oracle("sparse", z, y)
    np.testing.assert_allclose(function(z, y)[0], loss, rtol=1e-5, atol=1e-6)
    expected = 2 * loss[:, np.newaxis] * flow * len(z)
    np.testing.assert_allclose(function(z, y)[1], expected, rtol=1e-4, atol=1e-5)


def test_other_labels_are_not_joined():
    z, y = batch("sparse", 20, 10)
    function = Function(lambda z, *labels: [LOSSES["sparse"](z, y) for y in labels])
    for result, labels in zip(function(z, y, 9 - y), (y, 9 - y), strict=True):
        np.testing.assert_allclose(result, oracle("sparse", z, labels)[0], rtol=1e-5, atol=1e-6)


def test_labels_that_were_floats_are_the_same():
    """Metrics get labels as float32, losses as int32."""

    def step(z, y):
        labels = ops.cast(ops.cast(y, "float32"), "float32")
        mean = ops.mean(ops.sparse_softmax_cross_entropy(z, ops.cast(y, "int32")))
        accuracy = sparse_categorical_accuracy(labels, z)
        return [*gradients(mean, ops.ones_like(mean), [z]), accuracy]

    z, y = batch("sparse", 20, 10)
    records = names(Function(step), z, y)
    assert records.count("sparse_cross_entropy") == 1
    assert "convert" not in records
    np.testing.assert_array_equal(Function(step)(z, y)[1], oracle("sparse", z, y)[2])


def test_what_needs_the_loss_comes_behind_the_record():
    """The loss is read between its node and the gradient's."""

    def step(z, y):
        loss = ops.sparse_softmax_cross_entropy(z, y)
        doubled = loss * 2.0
        weights = ops.exp(ops.negative(ops.cast(y, "float32")))
        total = ops.sum(loss * weights)
        return [doubled, *gradients(total, ops.ones_like(total), [z]), doubled + 1.0]

    z, y = batch("sparse", 20, 10)
    function = Function(step)
    assert names(function, z, y).count("sparse_cross_entropy") == 1
    loss, flow, _ = oracle("sparse", z, y)
    expected = [2 * loss, flow * len(z) * np.exp(-y)[:, np.newaxis], 2 * loss + 1]
    for got, want in zip(function(z, y), expected, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=2e-6)


def classifier(kind, softmax, **options):
    pyconv.utils.set_random_seed(0)
    head = "softmax" if softmax else None
    model = Sequential([layers.Input((6,)), layers.Dense(10, activation=head)])
    loss = losses.SparseCategoricalCrossentropy if kind == "sparse" else (
        losses.CategoricalCrossentropy)  # fmt: skip
    model.compile("sgd", loss(from_logits=not softmax, **options), metrics=["accuracy"])
    return model


def step_records(model, x, y):
    model.train_on_batch(x, y)
    plan = next(iter(model.steps._functions.values())).executable((x, y)).plan
    return [name for name, _ in plan.ops]


@pytest.mark.parametrize("kind", RECORDS)
@pytest.mark.parametrize("softmax", [False, True])
def test_a_training_step_with_accuracy_sweeps_once(kind, softmax):
    x = np.random.default_rng(0).normal(size=(30, 6)).astype(np.float32)
    _, y = batch(kind, 30, 10)
    records = step_records(classifier(kind, softmax), x, y)
    assert records.count(RECORDS[kind]) == 1
    assert "softmax" not in records
    assert "convert" not in records


@pytest.mark.parametrize("softmax", [False, True])
def test_smoothed_targets_are_others_than_those_of_the_accuracy(softmax):
    x = np.random.default_rng(0).normal(size=(30, 6)).astype(np.float32)
    _, y = batch("dense", 30, 10)
    model = classifier("dense", softmax, label_smoothing=0.1)
    assert step_records(model, x, y).count("cross_entropy") == 2


@pytest.mark.parametrize("kind", RECORDS)
@pytest.mark.parametrize("softmax", [False, True])
def test_training_reports_the_loss_and_accuracy_before_the_step(kind, softmax):
    x = np.random.default_rng(0).normal(size=(30, 6)).astype(np.float32)
    _, y = batch(kind, 30, 10)
    weights = np.random.default_rng(1).uniform(0, 2, 30).astype(np.float32)
    model = classifier(kind, softmax)
    kernel, bias = map(np.float64, model.get_weights())
    z = x @ kernel + bias
    loss, _, correct = oracle(kind, z, y)
    logs = model.train_on_batch(x, y, sample_weight=weights, return_dict=True)
    np.testing.assert_allclose(logs["loss"], (loss * weights).mean(), rtol=1e-5)
    np.testing.assert_allclose(logs["accuracy"], correct.mean(), rtol=1e-6)


def test_accuracy_takes_labels_that_are_no_class():
    accuracy = Function(lambda z, y: [sparse_categorical_accuracy(y, z)])
    z = np.float32([[1, 2], [2, 1], [1, 2]])
    np.testing.assert_array_equal(accuracy(z, np.int32([1, 255, -1]))[0], [1, 0, 0])
