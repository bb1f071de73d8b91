"""Metrics against their definitions, at once and within a step."""

import numpy as np
import pytest

from pyconv import layers, metrics, models, ops
from pyconv.plan import Function

RNG = np.random.default_rng(1)


def close(a, b):
    np.testing.assert_allclose(np.asarray(a), b, rtol=2e-6, atol=1e-6)


def test_mean_and_sum():
    values, weights = RNG.normal(size=(5, 3)), RNG.uniform(size=5)
    mean = metrics.Mean()
    assert mean.result() == 0.0
    mean.update_state(values)
    close(mean.result(), values.mean())
    mean.update_state(7.0)
    close(mean.result(), (values.mean(1).sum() + 7.0) / 6)
    mean.reset_state()
    mean.update_state(values, sample_weight=weights)
    close(mean.result(), (values.mean(1) * weights).sum() / weights.sum())
    total = metrics.Sum()
    total.update_state(values)
    total.update_state(values, sample_weight=weights)
    close(total.result(), values.sum() + (values.sum(1) * weights).sum())


def test_weights_of_positions():
    values, weights = RNG.normal(size=(4, 3)), RNG.uniform(size=(4, 3))
    mean = metrics.Mean()
    mean.update_state(values, sample_weight=weights)
    close(mean.result(), (values * weights).mean(1).sum() / weights.mean(1).sum())


def one_hot(labels, classes):
    return np.eye(classes)[labels]


@pytest.mark.parametrize("shape", [(9,), (4, 3)])
def test_accuracies(shape):
    p = RNG.uniform(size=(*shape, 5))
    labels = RNG.integers(0, 5, shape)
    expected = (p.argmax(-1) == labels).mean()
    close(metrics.SparseCategoricalAccuracy()(labels, p), expected)
    close(metrics.SparseCategoricalAccuracy()(labels[..., None], p), expected)
    close(metrics.CategoricalAccuracy()(one_hot(labels, 5), p), expected)
    close(metrics.Accuracy()(labels, p.argmax(-1)), expected)


def test_binary_accuracy():
    t, p = np.array([[1], [0], [1], [0]]), np.array([[0.6], [0.5], [0.5], [0.9]])
    close(metrics.BinaryAccuracy()(t, p), 0.5)
    close(metrics.BinaryAccuracy(threshold=0.95)(t, p), 0.5)
    close(metrics.BinaryAccuracy()(t[:, 0], p), 0.5)


def test_errors_and_crossentropies():
    t, p = RNG.uniform(0.1, 0.9, size=(2, 6, 3))
    close(metrics.MeanSquaredError()(t, p), ((t - p) ** 2).mean())
    close(metrics.MeanAbsoluteError()(t, p), np.abs(t - p).mean())
    q = p / p.sum(-1, keepdims=True)
    close(metrics.CategoricalCrossentropy()(t, p), -(t * np.log(q)).sum(-1).mean())
    close(metrics.BinaryCrossentropy()(t, p), -(t * np.log(p) + (1 - t) * np.log(1 - p)).mean())
    labels = RNG.integers(0, 3, 6)
    close(
        metrics.SparseCategoricalCrossentropy()(labels, p), -np.log(q[np.arange(6), labels]).mean()
    )


def test_within_a_step_the_state_accumulates_over_batches_of_different_size():
    metric = metrics.SparseCategoricalAccuracy()

    def step(y, p, w):
        metric.update_state(y, p, w)
        return []

    function = Function(step)
    hits = weight = 0.0
    for n in (5, 3, 5):
        p = RNG.uniform(size=(n, 4)).astype("float32")
        y = RNG.integers(0, 4, n).astype("int32")
        w = RNG.uniform(size=n).astype("float32")
        function(y, p, w)
        hits += ((p.argmax(-1) == y) * w).sum()
        weight += w.sum()
    close(metric.result(), hits / weight)


@pytest.mark.parametrize(
    ("y", "p", "kind"),
    [
        ((8,), (8, 1), metrics.BinaryAccuracy),
        ((8, 1), (8, 1), metrics.BinaryAccuracy),
        ((8,), (8, 3), metrics.SparseCategoricalAccuracy),
        ((8, 1), (8, 3), metrics.SparseCategoricalAccuracy),
        ((8, 5, 5), (8, 5, 5, 3), metrics.SparseCategoricalAccuracy),
        ((8, 3), (8, 3), metrics.CategoricalAccuracy),
    ],
)
def test_accuracy_is_resolved_by_shapes(y, p, kind):
    for name in ("accuracy", "acc"):
        metric = metrics.resolve(name, np.zeros(y), np.zeros(p))
        assert type(metric) is kind
        assert metric.name == name


def test_resolve_functions_strings_and_instances():
    assert metrics.resolve("mse", np.zeros(1), np.zeros(1)).name == "mse"
    ours = metrics.MeanSquaredError(name="mine")
    assert metrics.resolve(ours, None, None) is ours

    def largest(y_true, y_pred):
        return ops.max(y_pred, axis=-1)

    metric = metrics.resolve(largest, None, None)
    assert metric.name == "largest"
    close(metric([0.0], [[1.0, 3.0]]), 3.0)


def test_a_metric_of_several_numbers_has_arrays_in_logs():
    x, y = np.eye(4, dtype="float32"), np.eye(4, 3, dtype="float32")
    model = models.Sequential([layers.Input((4,)), layers.Dense(3, activation="softmax")])
    model.compile("sgd", "mse", metrics=[metrics.F1Score(name="f")])
    assert model.fit(x, y, verbose=0).history["f"][0].shape == (3,)
    loss, score = model.evaluate(x, y, verbose=0)
    assert type(loss) is float and score.shape == (3,)


def test_state_is_made_of_variables_and_metrics_that_are_attributes():
    class Both(metrics.Metric):
        def __init__(self):
            super().__init__()
            self.mean = metrics.Mean()
            self.ones = self.add_weight(shape=(2,), initializer="ones", name="ones")

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.mean.update_state(y_pred)

        def result(self):
            return {"mean": self.mean.result(), "one": self.ones[0]}

    both = Both()
    assert [v.name for v in both.variables] == ["ones", "total", "count"]
    both.update_state(None, [1.0, 3.0])
    assert {k: float(v) for k, v in both.result().items()} == {"mean": 2.0, "one": 1.0}
    both.reset_state()
    assert {k: float(v) for k, v in both.result().items()} == {"mean": 0.0, "one": 0.0}
    with pytest.raises(RuntimeError, match="super"):
        type("Early", (metrics.Metric,), {"__init__": lambda self: self.add_weight()})()


def test_wrong_arguments():
    with pytest.raises(ValueError, match="expected a name of metrics, one of .*received 'acuracy'"):
        metrics.get("acuracy")
    with pytest.raises(ValueError, match="expected the policy"):
        metrics.Mean(dtype="float16")
    with pytest.raises(ValueError, match="expected targets of shape"):
        metrics.CategoricalAccuracy()(np.ones((2, 3)), np.ones((2, 4)))
    with pytest.raises(TypeError, match="expected a metric"):
        metrics.check(3)


def test_confusion_matrix_counts_weighted_pairs():
    rng = np.random.default_rng(0)
    y_true, y_pred = rng.integers(0, 4, (2, 6, 5))
    weights = rng.integers(0, 3, (6, 5)).astype("int32")
    metric = metrics.ConfusionMatrix(4, ignore_class=2)
    expected = np.zeros((4, 4))
    for _ in range(2):
        metric.update_state(y_true, y_pred, sample_weight=weights)
        kept = y_true != 2
        np.add.at(expected, (y_true[kept], y_pred[kept]), weights[kept])
    np.testing.assert_array_equal(metric.result(), expected)
    metric.reset_state()
    probabilities = rng.random((6, 5, 4)).astype("float32")
    metric = metrics.ConfusionMatrix.from_config(metric.get_config() | {"sparse_y_pred": False})
    metric.update_state(y_true, probabilities)
    assert int(metric.result().sum()) == int((y_true != 2).sum())
