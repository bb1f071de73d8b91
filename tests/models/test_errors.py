"""Bad input, bad names and bad numbers: what is said, and that nothing changes."""

import warnings

import numpy as np
import pytest

from pyconv import ops
from pyconv.layers import Dense
from pyconv.models import Input, Model, Sequential
from pyconv.optimizers import SGD
from tests.models.problems import classes, classifier


def test_nan_warns_once_and_says_where():
    x, y = classes(12)
    model = classifier(optimizer=SGD(1.0))
    broken = x.copy()
    broken[5] = np.nan
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(broken, y, batch_size=4, epochs=2, verbose=0, shuffle=False)
    messages = [str(w.message) for w in caught if w.category is RuntimeWarning]
    assert len(messages) == 1
    assert "epoch 1, batch 2" in messages[0] and "smaller learning rate" in messages[0]


def test_labels_out_of_range_change_nothing():
    x, y = classes(6)
    model = classifier()
    model.train_on_batch(x, y)
    weights = model.get_weights()
    bad = y.copy()
    bad[3] = 7
    with pytest.raises(ValueError, match="labels from 0 to 2, received 7"):
        model.train_on_batch(x, bad)
    assert all(map(np.array_equal, model.get_weights(), weights))
    assert int(model.optimizer.iterations.numpy()) == 1


def test_no_loss():
    model = Sequential([Input((4,)), Dense(3)])
    model.compile("sgd")
    with pytest.raises(ValueError, match="expected a loss to compute"):
        model.train_on_batch(np.ones((2, 4)), np.ones((2, 3)))


@pytest.mark.parametrize(
    ("act", "error", "message"),
    [
        (lambda m, x, y: m.fit(x[:, :3], y), ValueError, r"expected shape \(None, 4\).*received"),
        (lambda m, x, y: m.fit(x[:, :, None, None], y), ValueError, "reshape the data"),
        (lambda m, x, y: m.fit(x[:4], y), ValueError, "as many rows in every array"),
        (lambda m, x, y: m.fit(x[:0], y[:0]), ValueError, "at least one example"),
        (lambda m, x, y: m.fit(None, y), ValueError, "expected `x`"),
        (lambda m, x, y: m.fit([], y), ValueError, "expected `x`"),
        (lambda m, x, y: m.fit(x.astype(str), y), TypeError, "expected numbers, received dtype"),
        (lambda m, x, y: m.fit(x.astype(complex), y), TypeError, "complex"),
        (lambda m, x, y: m.fit(x, np.eye(3)[y]), ValueError, "use categorical_crossentropy"),
        (lambda m, x, y: m.fit(x), ValueError, "received y=None"),
        (lambda m, x, y: m.fit(x, y, batch_size=0), ValueError, "`batch_size` to be an integer"),
        (lambda m, x, y: m.fit(x, y, validation_split=1.5), ValueError, "between 0 and 1"),
        (lambda m, x, y: m.fit([(x, y)], validation_split=0.5), ValueError, "expected arrays with"),
        (lambda m, x, y: m.fit([(x, y)], y), ValueError, "put them into its batches"),
        (lambda m, x, y: m.fit(x, y, validation_data=(x, y, y, y)), ValueError, "received 4 parts"),
        (lambda m, x, y: m.fit(x, y, sample_weight=np.ones(3)), ValueError, "as many rows"),
        (lambda m, x, y: m.fit(x, y, class_weight=[1, 2]), ValueError, "dict from class label"),
        (lambda m, x, y: m.fit(x, y, callbacks=[3]), TypeError, "expected callbacks"),
        (lambda m, x, y: m.fit({"wrong": x}, y), ValueError, "dict with the keys"),
        (lambda m, x, y: m.fit(x, y * 2**33), ValueError, "integers that int32 can hold"),
        (lambda m, x, y: m.fit(x, y + 0.5), ValueError, "y: expected integers.*received [012].5"),
        (lambda m, x, y: m.fit(x, y * np.nan), ValueError, "y: expected integers.*received nan"),
        (lambda m, x, y: m.fit(x, y * 1e10 + 1e10), ValueError, "received .0000000000.0"),
        (lambda m, x, y: m.train_on_batch(x, np.float32(y + 0.5)), ValueError, "received [012].5"),
        (lambda m, x, y: m.evaluate(iter([(x, y + 0.5)])), ValueError, "received [012].5"),
        (lambda m, x, y: m.fit(x, y, validation_freq=0), ValueError, "`validation_freq` to be an"),
        (lambda m, x, y: m.fit(x, y, epochs=1.5), ValueError, "`epochs` to be an integer of at"),
        (lambda m, x, y: m.fit(x, y, epochs=-1), ValueError, "at least 0, received -1"),
        (lambda m, x, y: m.fit(x, y, class_weight={"a": 1}), ValueError, "dict from class label"),
        (lambda m, x, y: m.fit(x, y, class_weight={1: "a"}), ValueError, "dict from class label"),
        (lambda m, x, y: m.fit(memoryview(x), y), TypeError, "wrap memory with numpy.asarray"),
        (lambda m, x, y: m.predict(x[:, :2]), ValueError, "expected shape"),
        (lambda m, x, y: m.predict_on_batch(x[:, :2]), ValueError, "expected shape"),
        (lambda m, x, y: m.compile("sgd", "crossentrpy"), ValueError, "the name of a loss"),
        (lambda m, x, y: m.compile("sgdd", "mse"), ValueError, "expected a name of optimizers"),
        (lambda m, x, y: m.compile("sgd", "mse", metrics=["acuracy"]), ValueError, "of metrics"),
        (lambda m, x, y: m.compile("sgd", ["mse", "mse"]) or m.fit(x, y), ValueError, "list of 1"),
    ],
)  # fmt: skip
def test_wrong_input_says_what_was_expected_and_changes_nothing(act, error, message):
    x, y = classes(6)
    model = classifier()
    weights = model.get_weights()
    with pytest.raises(error, match=message):
        act(model, x, y)
    assert all(map(np.array_equal, model.get_weights(), weights))


def test_what_an_integer_input_cannot_hold():
    x = Input((2,), dtype="int32")
    model = Model(x, ops.cast(x, "float32") * 2.0)
    np.testing.assert_array_equal(model.predict(np.array([[1.0, -3.0]]), verbose=0), [[2, -6]])
    for value in (0.5, np.nan, np.inf, -(2.0**31) - 1, 2.0**31, np.float32(2.0**31)):
        bad = np.array([[1, value]])
        for method in (model.predict, model.predict_on_batch):
            with pytest.raises(ValueError, match="expected integers that int32 can hold, received"):
                method(bad)
    for value in (2**31, -(2**31) - 1):
        with pytest.raises(ValueError, match=f"received {value}"):
            model.predict_on_batch(np.array([[1, value]]))


def test_a_number_for_each_batch_is_no_prediction():
    x = Input((2,))
    model = Model(x, ops.sum(x))
    assert model.predict(np.ones((3, 2)), verbose=0) == 6.0
    with pytest.raises(ValueError, match="expected outputs with a row for each example"):
        model.predict(np.ones((3, 2)), batch_size=2, verbose=0)


def test_a_constraint_that_cannot_be_called():
    model = classifier()
    model.layers[0].kernel.constraint = "non_neg"
    with pytest.raises(TypeError, match="expected `constraint` as a function.*'non_neg'"):
        model.train_on_batch(*classes(4))


def test_uncompiled_and_unbuilt_models():
    model = Sequential([Dense(2)])
    with pytest.raises(ValueError, match="expected a compiled model"):
        model.fit(np.ones((2, 2)), np.ones((2, 2)))
    with pytest.raises(AttributeError, match="not built"):
        _ = model.inputs

    class Custom(Model):
        def train_step(self, data):
            return [data]

    custom = Custom()
    custom.compile("sgd", "mse")
    with pytest.raises(TypeError, match="expected a step to return a dict"):
        custom.fit(np.ones((2, 2)), np.ones((2, 2)), verbose=0)
