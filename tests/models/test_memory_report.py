"""`Model.memory_report` against what the core allocates, and what models hold."""

import numpy as np
import pytest

from pyconv import Input, Model, Sequential, layers


def network(**options):
    model = Sequential(
        [
            Input((16, 16, 3)),
            layers.Conv2D(24, 3, activation="relu", name="first"),
            layers.BatchNormalization(name="normal"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(300, name="wide"),
            layers.Dense(5, name="last"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], **options)
    return model


def batch(n):
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, 16, 16, 3)).astype(np.float32), rng.integers(0, 5, n)


@pytest.mark.parametrize("n", [1, 2, 33])
def test_blocks_are_what_runs_allocate(n):
    model = network()
    report = model.memory_report(batch_size=n)
    assert model.steps.arena.nbytes == 0, "nothing has run"
    x, y = batch(n)
    model.predict_on_batch(x)
    assert model.steps.arena.nbytes == report.predict.block
    model.train_on_batch(x, y)
    assert model.steps.arena.nbytes == max(report.train.block, report.predict.block)


def test_parts_and_layers_add_up():
    model = network()
    report = model.memory_report(batch_size=20)
    assert report.batch_size == 20
    for step in (report.train, report.predict):
        parts = ("weights", "optimizer", "metrics", "packed")
        assert step.total == step.block + sum(getattr(step, part) for part in parts)
        assert sum(step.layers.values()) == step.arena
        assert step.weights == sum(v.view.nbytes for v in model.variables)  # as they are kept
    assert report.train.optimizer > 2 * 4 * model.count_params() * 0.9
    assert report.train.layers["first"] >= 20 * 14 * 14 * 24 * 4
    assert report.predict.packed > 0 and report.train.total > report.predict.total


def test_a_report_changes_nothing():
    model = network()
    before = [v.numpy() for v in model.variables]
    model.memory_report()
    for v, value in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(v.numpy(), value)
    assert int(model.optimizer.iterations.numpy()) == 0
    text = str(model.memory_report(batch_size=7))
    assert text.startswith("7 examples") and "training step" in text and "first" in text


def test_several_inputs_and_a_loss_of_arrays():
    a, b = Input((4,), name="a"), Input((4,), name="b")
    model = Model({"a": a, "b": b}, layers.Dense(3)(layers.Add()([a, b])))
    assert model.memory_report().train is None
    model.compile("sgd", "mse")
    assert model.memory_report().train.optimizer >= 4


def test_wrong_arguments():
    free = Sequential([Input((None, 3)), layers.Conv1D(2, 3)])
    with pytest.raises(ValueError, match="expected known sizes"):
        free.memory_report()
    with pytest.raises(ValueError, match="batch_size"):
        network().memory_report(batch_size=0)


def test_prediction_loops_keep_one_block():
    model = network()
    x, _ = batch(40)
    model.predict_on_batch(x)
    block = model.steps.arena.nbytes
    for n in (1, 40, 7, 40, 33):
        model.predict_on_batch(x[:n])
    assert model.steps.arena.nbytes == block
