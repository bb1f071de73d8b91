"""compile, fit, evaluate, predict and their kind."""

import gc
import os
import resource
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import pyconv
from pyconv import callbacks, losses, metrics, ops
from pyconv.layers import (
    BatchNormalization,
    Conv1D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling1D,
)
from pyconv.models import Input, Model, Sequential
from pyconv.optimizers import SGD, schedules
from tests.models.problems import classes, classifier

RNG = np.random.default_rng(0)


def test_fit_learns_and_history_has_keras_keys_in_order():
    x, y = classes(200)
    model = classifier(metrics=["accuracy"])
    history = model.fit(x, y, epochs=30, verbose=0, validation_split=0.2)
    assert list(history.history) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert history.epoch == list(range(30)) and model.history is history
    assert history.history["accuracy"][-1] > 0.9 > history.history["accuracy"][0]
    assert all(isinstance(v, float) for v in history.history["loss"])


def test_running_means_count_examples_of_partial_batches():
    x, y = classes(10)
    model = classifier(optimizer=SGD(0.0), metrics=["acc"])
    p = model.predict(x, verbose=0).astype("float64")
    loss, accuracy = -np.log(p[np.arange(10), y]).mean(), (p.argmax(1) == y).mean()
    logs = model.fit(x, y, batch_size=4, verbose=0).history
    assert logs["loss"] == pytest.approx([loss], rel=1e-5)
    assert logs["acc"] == pytest.approx([accuracy])
    assert model.evaluate(x, y, batch_size=3, verbose=0) == pytest.approx(
        [loss, accuracy], rel=1e-5
    )
    named = model.evaluate(x, y, verbose=0, return_dict=True)
    assert named == pytest.approx({"loss": loss, "acc": accuracy}, rel=1e-5)


def test_on_batch_methods_return_the_batch_alone():
    x, y = classes(8)
    model = classifier(optimizer=SGD(0.0), metrics=["accuracy"])
    parts = [(x[i : i + 4], y[i : i + 4]) for i in (0, 4)]
    expected = [model.evaluate(*part, verbose=0) for part in parts]
    for method in (model.train_on_batch, model.test_on_batch):
        for part, values in zip(parts, expected, strict=True):
            assert method(*part) == pytest.approx(values, rel=1e-6)
            named = method(*part, return_dict=True)
            assert list(named) == ["accuracy", "loss"]
            assert named["loss"] == pytest.approx(values[0], rel=1e-6)
    assert list(model.evaluate(x, y, verbose=0, return_dict=True)) == ["accuracy", "loss"]


@pytest.mark.parametrize(
    ("steps", "sizes", "means"),
    [
        (2, [2, 2, 2, 2], [2.5, 8.5, 2.5, 8.5]),  # rows 0..5, 6..11, and again
        (3, [3, 1, 3, 1], [4.0, 10.0, 4.0, 10.0]),
        (5, [4, 4, 4, 4], [5.5] * 4),
    ],
)
def test_steps_per_epoch_goes_on_where_it_stopped(steps, sizes, means):
    """Observed in Keras 3.15.1 with TensorFlow: 12 rows, batches of 3."""
    x, y = np.ones((12, 4)), np.arange(12.0)[:, None]
    model = Sequential([Input((4,)), Dense(1)])
    model.compile(SGD(0.0), loss=lambda t, p: ops.mean(t) + 0.0 * ops.mean(p))
    ended = []
    count = callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: ended.append(0),
        on_train_batch_end=lambda batch, logs: ended.append(ended.pop() + 1),
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        logs = model.fit(
            x, y, batch_size=3, epochs=4, steps_per_epoch=steps, shuffle=False, verbose=0,
            callbacks=[count], validation_data=(x, y), validation_batch_size=3, validation_steps=2,
        ).history  # fmt: skip
    assert ended == sizes
    assert logs["loss"] == pytest.approx(means)
    assert logs["val_loss"] == pytest.approx([2.5] * 4)  # validation starts anew
    assert ["the data ran out" in str(w.message) for w in caught] == [True] * sum(
        size < steps for size in sizes
    )


@pytest.mark.parametrize(
    ("options", "names", "listed"),
    [  # the list repeats what has a metric's name, as Keras' does
        ({"metrics": ["acc"], "weighted_metrics": ["acc"]}, "acc weighted_acc",
         "acc acc weighted_acc"),
        ({"weighted_metrics": ["accuracy"]}, "accuracy", "accuracy"),
        ({"weighted_metrics": ["accuracy"] * 2}, "accuracy weighted_accuracy",
         "accuracy accuracy weighted_accuracy"),
        ({"metrics": ["accuracy"] * 3}, "accuracy accuracy_1 accuracy_2",
         "accuracy accuracy accuracy accuracy_1 accuracy_2"),
        ({"metrics": ["acc"], "weighted_metrics": ["acc"] * 2}, "acc weighted_acc weighted_acc_1",
         "acc acc acc weighted_acc weighted_acc_1"),
        ({"metrics": [lambda t, p: ops.mean(p), lambda t, p: ops.max(p)]}, "lambda lambda_1",
         "lambda lambda lambda_1"),
        ({"metrics": []}, "", ""),
    ],
)  # fmt: skip
def test_metrics_of_equal_names_are_all_kept(options, names, listed):
    x, y = classes(9)
    names = names.split()
    model = classifier(optimizer=SGD(0.0), **options)
    w = np.arange(1.0, 10.0)
    logs = model.evaluate(x, y, sample_weight=w, batch_size=9, verbose=0, return_dict=True)
    assert list(logs) == sorted(["loss", *names])
    assert model.metrics_names == ["loss", "compile_metrics"][: 1 + bool(names)]
    hits = model.predict(x, verbose=0).argmax(1) == y
    if "weighted_acc" in names:
        assert logs["acc"] == pytest.approx(hits.mean())
        assert logs["weighted_acc"] == pytest.approx((hits * w).sum() / w.sum())
    values = model.evaluate(x, y, sample_weight=w, batch_size=9, verbose=0)
    expected = [logs[name] for name in ("loss", *listed.split())]
    assert values == (expected if names else logs["loss"])


def test_empty_lists_of_metrics_for_two_outputs_are_none():
    x, kind = classes(6)
    for options in ({"metrics": []}, {"weighted_metrics": []}, {"metrics": {}}):
        model = two_headed(["mse", "sparse_categorical_crossentropy"], **options)
        logs = model.evaluate(x, [np.ones((6, 1)), kind], verbose=0, return_dict=True)
        assert list(logs) == ["kind_loss", "loss", "size_loss"]
    model = two_headed(
        ["mse", "sparse_categorical_crossentropy"],
        metrics={"kind": ["acc"]}, weighted_metrics={"kind": ["acc"]},
    )  # fmt: skip
    model.evaluate(x, [np.ones((6, 1)), kind], verbose=0)
    assert [k for k, _ in model.metrics[1].named] == ["kind_acc", "kind_weighted_acc"]


def test_the_seed_repeats_a_run_and_shuffles_differ():
    x, y = classes(40)
    runs = []
    for seed in (1, 1, 2):
        pyconv.utils.set_random_seed(seed)
        model = Sequential([Input((4,)), Dense(8), Dropout(0.3), Dense(3)])
        model.compile("sgd", losses.SparseCategoricalCrossentropy(from_logits=True))
        runs.append((model.fit(x, y, epochs=3, verbose=0).history["loss"], model.get_weights()))
    assert runs[0][0] == runs[1][0] != runs[2][0]
    assert all(map(np.array_equal, runs[0][1], runs[1][1]))


def test_weights_of_classes_and_examples():
    x, y = classes(12)
    model = classifier(optimizer=SGD(0.0), weighted_metrics=["accuracy"])
    p = model.predict(x, verbose=0).astype("float64")
    values, hits = -np.log(p[np.arange(12), y]), p.argmax(1) == y
    w = np.where(y == 1, 3.0, 1.0)
    weighted = model.fit(x, y, batch_size=12, verbose=0, class_weight={1: 3.0}).history
    assert weighted["loss"] == pytest.approx([(values * w).mean()], rel=1e-5)
    assert weighted["accuracy"] == pytest.approx([(hits * w).sum() / w.sum()], rel=1e-5)
    logs = model.evaluate(x, y, sample_weight=w, batch_size=12, verbose=0)
    assert logs[0] == pytest.approx((values * w).mean(), rel=1e-5)
    assert model.train_on_batch(x, y, class_weight={1: 3.0}) == pytest.approx(logs, rel=1e-5)
    validated = model.fit(
        x, y, verbose=0, class_weight={1: 3.0}, validation_data=(x, y, w), validation_batch_size=12
    ).history
    assert validated["val_loss"] == pytest.approx([(values * w).mean()], rel=1e-5)


def two_headed(loss, **options):
    x = Input((4,))
    model = Model(x, [Dense(1, name="size")(x), Dense(3, name="kind", activation="softmax")(x)])
    model.compile(SGD(0.0), loss, **options)
    return model


def test_several_outputs_have_losses_weights_and_metrics_of_their_own():
    x, kind = classes(10)
    size = RNG.normal(size=(10, 1)).astype("float32")
    model = two_headed(
        ["mse", "sparse_categorical_crossentropy"],
        loss_weights={"size": 2.0, "kind": 0.5},
        metrics={"size": ["mae"], "kind": "accuracy"},
    )
    a, b = (out.astype("float64") for out in model.predict(x, verbose=0))
    mse, ce = ((a - size) ** 2).mean(1), -np.log(b[np.arange(10), kind])
    expected = {
        "loss": 2 * mse.mean() + 0.5 * ce.mean(),
        "size_loss": np.mean([mse[:4].mean(), mse[4:8].mean(), mse[8:].mean()]),  # as Keras
        "kind_loss": np.mean([ce[:4].mean(), ce[4:8].mean(), ce[8:].mean()]),
        "size_mae": np.abs(a - size).mean(),
        "kind_accuracy": (b.argmax(1) == kind).mean(),
    }
    logs = model.evaluate(x, [size, kind], batch_size=4, verbose=0, return_dict=True)
    assert logs == pytest.approx(expected, rel=1e-5)
    logs = model.fit(x, {"kind": kind, "size": size}, verbose=0).history
    assert list(logs) == sorted(expected)
    only = two_headed({"kind": "sparse_categorical_crossentropy"})
    assert only.evaluate(x, [size, kind], verbose=0) > 0


def test_gradients_of_a_loss_for_each_example_add_up():
    x, y = RNG.normal(size=(6, 4)), RNG.normal(size=(6, 3))
    weights = []
    for reduction, rate in (("none", 0.1), ("sum", 0.1), ("mean", 0.6)):
        model = Sequential([Input((4,)), Dense(3, kernel_initializer="ones")])
        model.compile(SGD(rate), losses.MeanSquaredError(reduction=reduction))
        model.train_on_batch(x, y)
        weights.append(model.get_weights()[0])
    np.testing.assert_allclose(weights[0], weights[1], rtol=1e-5)
    np.testing.assert_allclose(weights[0], weights[2], rtol=1e-5)


def test_iterables_generators_and_functions():
    x, y = classes(12)
    model = classifier(optimizer=SGD(0.0))
    expected = model.evaluate(x, y, verbose=0)
    parts = [(x[i : i + 5], y[i : i + 5]) for i in range(0, 12, 5)]

    class Indexed:
        def __len__(self):
            return len(parts)

        def __getitem__(self, i):
            return parts[i]

    for source in (parts, Indexed(), lambda: iter(parts)):
        losses_ = model.fit(source, epochs=2, verbose=0).history["loss"]
        assert losses_ == pytest.approx([expected] * 2, rel=1e-5)
    assert model.evaluate(iter(parts), verbose=0) == pytest.approx(expected, rel=1e-5)
    assert model.predict([(part,) for part, _ in parts], verbose=0).shape == (12, 3)

    def forever():
        while True:
            yield from parts

    logs = model.fit(forever(), epochs=2, steps_per_epoch=3, verbose=0).history
    assert logs["loss"] == pytest.approx([expected] * 2, rel=1e-5)
    with pytest.warns(RuntimeWarning, match="the data ran out"):
        model.fit(iter(parts), epochs=2, verbose=0)


def test_validation_frequency_and_initial_epoch():
    x, y = classes(12)
    model = classifier()
    options = {"verbose": 0, "validation_data": (x, y)}
    assert len(model.fit(x, y, epochs=5, validation_freq=2, **options).history["val_loss"]) == 2
    assert len(model.fit(x, y, epochs=5, validation_freq=[1], **options).history["val_loss"]) == 1
    assert model.fit(x, y, epochs=5, initial_epoch=3, verbose=0).epoch == [3, 4]


def test_other_dtypes_and_orders_of_the_data_make_no_difference():
    x, y = classes(20)
    results = []
    for x_, y_ in [
        (x, y),
        (x.astype("float64"), y.astype("uint8")),
        (np.asfortranarray(x), y.astype("int32")[:, None]),
        (x.tolist(), y.tolist()),
        (np.repeat(x, 2, axis=0)[::2], y.astype("float32")),
    ]:
        pyconv.utils.set_random_seed(5)
        results.append(classifier().fit(x_, y_, epochs=2, verbose=0).history["loss"])
    assert all(r == results[0] for r in results)


def test_regularizers_and_activity_losses_are_part_of_the_loss():
    x, y = classes(6)
    dense = Dense(3, kernel_regularizer=pyconv.regularizers.L2(0.1), activity_regularizer="l1")
    model = Sequential([Input((4,)), dense])
    model.compile(SGD(0.1), losses.SparseCategoricalCrossentropy(from_logits=True))
    kernel = dense.get_weights()[0].astype("float64")
    z = x @ kernel
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    data = -np.log(p[np.arange(6), y]).mean()
    expected = data + 0.1 * (kernel**2).sum() + 0.01 * np.abs(z).sum() / 6  # per example
    assert model.evaluate(x, y, verbose=0) == pytest.approx(expected, rel=1e-5)
    gradient = x.T @ (p - np.eye(3)[y] + 0.01 * np.sign(z)) / 6 + 0.2 * kernel
    model.train_on_batch(x, y)
    np.testing.assert_allclose(
        dense.get_weights()[0], kernel - 0.1 * gradient, rtol=1e-4, atol=1e-6
    )


def test_batch_statistics_move_in_training_only():
    model = Sequential([Input((2,)), BatchNormalization(momentum=0.5), Dense(1)])
    model.compile(SGD(0.0), "mse")
    x = RNG.normal(3.0, 2.0, size=(64, 2)).astype("float32")
    norm = model.layers[0]
    model.evaluate(x, np.zeros((64, 1)), verbose=0)
    np.testing.assert_array_equal(norm.moving_mean.numpy(), [0.0, 0.0])
    model.train_on_batch(x, np.zeros((64, 1)))
    np.testing.assert_allclose(norm.moving_mean.numpy(), 0.5 * x.mean(0), rtol=1e-5)
    norm.trainable = False
    model.compile(SGD(0.0), "mse")
    before = norm.moving_mean.numpy()
    model.train_on_batch(x, np.zeros((64, 1)))
    np.testing.assert_array_equal(norm.moving_mean.numpy(), before)


def test_frozen_layers_do_not_change():
    x, y = classes(8)
    model = classifier()
    model.layers[0].trainable = False
    model.compile(SGD(0.5, momentum=0.9), "sparse_categorical_crossentropy")
    frozen, free = model.layers[0].get_weights(), model.layers[1].get_weights()
    model.train_on_batch(x, y)
    assert all(map(np.array_equal, model.layers[0].get_weights(), frozen))
    assert not np.array_equal(model.layers[1].get_weights()[0], free[0])


def test_a_frozen_model_computes_loss_and_metrics_and_says_so():
    x, y = classes(8)
    model = classifier()
    for layer in model.layers:
        layer.trainable = False
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    weights = model.get_weights()
    with pytest.warns(UserWarning, match="expected weights to train, received none"):
        logs = model.fit(x, y, epochs=2, verbose=0).history
    expected = model.evaluate(x, y, verbose=0, return_dict=True)
    assert logs == {key: [pytest.approx(value, rel=1e-6)] * 2 for key, value in expected.items()}
    assert all(map(np.array_equal, model.get_weights(), weights))
    assert int(model.optimizer.iterations.numpy()) == 0


def test_a_schedule_and_a_new_rate_need_no_new_plan():
    x, y = classes(8)
    model = classifier(optimizer=SGD(schedules.PiecewiseConstantDecay([0], [0.5, 0.0])))
    model.train_on_batch(x, y)
    weights = model.get_weights()
    model.train_on_batch(x, y)
    assert all(map(np.array_equal, model.get_weights(), weights))
    model = classifier(optimizer=SGD(0.0))
    weights = model.get_weights()
    model.train_on_batch(x, y)
    assert all(map(np.array_equal, model.get_weights(), weights))
    model.optimizer.learning_rate = 0.5
    model.train_on_batch(x, y)
    assert not np.array_equal(model.get_weights()[0], weights[0])
    (function,) = model.steps._functions.values()
    assert len(function.executables) == 1
    assert int(model.optimizer.iterations.numpy()) == 2


def test_functions_as_losses_and_metrics_and_a_compute_loss_of_ones_own():
    x, y = classes(9)
    target = np.eye(3)[y]

    def cubed(y_true, y_pred):
        return ops.mean(ops.abs(y_true - y_pred) ** 3.0, axis=-1)

    model = classifier(optimizer=SGD(0.0), loss=cubed, metrics=[cubed])
    p = model.predict(x, verbose=0)
    expected = (np.abs(target - p) ** 3).mean()
    logs = model.evaluate(x, target.astype(int), verbose=0, return_dict=True)
    assert logs == pytest.approx({"loss": expected, "cubed": expected}, rel=1e-5)

    class Twice(Sequential):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return ops.mean(ops.square(y - y_pred)) * 2.0

    twice = Twice([Input((4,)), Dense(3)])
    twice.compile(SGD(0.0))
    error = twice.predict(x, verbose=0) - target
    assert twice.evaluate(x, target, verbose=0) == pytest.approx(2 * (error**2).mean(), rel=1e-5)


def test_the_moving_average_replaces_the_weights_after_fit():
    x, y = classes(8)
    model = classifier(optimizer=SGD(0.5, use_ema=True, ema_momentum=0.5))
    seen = []
    record = callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: seen.append(model.get_weights()[0])
    )
    model.fit(x, y, batch_size=4, verbose=0, callbacks=[record])
    np.testing.assert_allclose(model.get_weights()[0], (seen[0] + seen[1]) / 2, rtol=1e-6)


def test_predict_on_batch_copies_nothing_in_and_returns_fresh_arrays():
    x, _ = classes(4)
    model = classifier()
    first = model.predict_on_batch(x)
    kept = first.copy()
    model.predict_on_batch(x * 2)
    np.testing.assert_array_equal(first, kept)
    for other in (x.astype("float64"), x.tolist(), np.asfortranarray(x)):
        np.testing.assert_array_equal(model.predict_on_batch(other), kept)
    np.testing.assert_array_equal(model.predict_on_batch(x[:1]), model.predict(x, verbose=0)[:1])
    model.set_weights([w * 0 for w in model.get_weights()])
    np.testing.assert_allclose(model.predict_on_batch(x), 1 / 3, rtol=1e-6)


def test_predict_on_batch_of_no_rows():
    x, _ = classes(4)
    model = classifier()
    for _ in range(2):  # at first, and by the fast path
        assert model.predict_on_batch(x[:0]).shape == (0, 3)
    assert [a.shape for a in two_headed("mse").predict_on_batch(x[:0])] == [(0, 1), (0, 3)]


def test_labels_of_pixels():
    x = RNG.normal(size=(5, 6, 1)).astype("float32")
    y = RNG.integers(0, 3, (5, 6))
    model = Sequential([Input((6, 1)), Conv1D(3, 3, padding="same", activation="softmax")])
    model.compile(SGD(0.0), "sparse_categorical_crossentropy", metrics=["accuracy"])
    p = model.predict(x, verbose=0).astype("float64")
    values = -np.log(np.take_along_axis(p, y[..., None], -1)[..., 0])
    weights = RNG.uniform(size=5)
    accuracy = (p.argmax(-1) == y).mean()
    for labels in (y, y[..., None]):
        logs = model.evaluate(x, labels, batch_size=2, verbose=0)
        assert logs == pytest.approx([values.mean(), accuracy], rel=1e-5)
    logs = model.evaluate(x, y, sample_weight=weights, batch_size=5, verbose=0)
    assert logs[0] == pytest.approx((values * weights[:, None]).mean(), rel=1e-5)


def test_two_threads_predict_at_once():
    x, _ = classes(64)
    model = classifier()
    expected = [model.predict_on_batch(x[i : i + 8]) for i in range(0, 64, 8)]

    def work(start):
        for _ in range(50):
            for i in range(8):
                j = (i + start) % 8
                np.testing.assert_array_equal(
                    model.predict_on_batch(x[8 * j : 8 * j + 8]), expected[j]
                )

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, (0, 4)))


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="needs Linux' /proc")
def test_memory_stays_flat_over_calls_of_varying_shape():
    model = Sequential([Input((None, 1)), Conv1D(4, 3), GlobalAveragePooling1D(), Dense(3)])
    model.compile("sgd", losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["acc"])

    def calls(count):
        for i in range(count):
            n, size = 1 + i % 7, 8 + i % 5
            x = np.ones((n, size, 1), "float32")
            model.predict_on_batch(x)
            model.train_on_batch(x, np.zeros(n, "int32"))
        gc.collect()
        with open("/proc/self/statm") as statm:
            return int(statm.read().split()[1]) * resource.getpagesize()

    before = calls(300)
    assert calls(1000) - before < 2**20


def test_the_default_optimizer_and_adam_train():
    x, y = classes(60)
    for options in ({}, {"optimizer": "adam"}):
        model = Sequential([Input((4,)), Dense(16, activation="relu"), Dense(3), Flatten()])
        model.compile(**options, loss=losses.SparseCategoricalCrossentropy(from_logits=True))
        logs = model.fit(x, y, epochs=10, verbose=0).history["loss"]
        assert logs[-1] < logs[0]


def test_metrics_are_named_after_fit():
    x, y = classes(5)
    model = classifier(metrics=["accuracy", metrics.SparseCategoricalAccuracy(name="mine")])
    model.fit(x, y, verbose=0)
    assert model.metrics_names == ["loss", "compile_metrics"]
    assert [m.name for m in model.metrics[1].metrics] == ["accuracy", "mine"]
