"""Steps on arrays that look as those of a step before: what differs from those is noticed."""

import numpy as np
import pytest

from pyconv import Input, Model, Sequential, core, layers
from pyconv.config import set_conv_algorithm
from pyconv.utils import set_random_seed

X = np.random.default_rng(0).normal(size=(6, 8, 8, 2)).astype("float32")
Y = np.random.default_rng(1).integers(0, 3, 6)


def classifier(loss="sparse_categorical_crossentropy"):
    set_random_seed(0)
    model = Sequential(
        [Input((8, 8, 2)), layers.Conv2D(16, 3), layers.Flatten(), layers.Dense(3, "softmax")]
    )
    model.compile("sgd", loss, metrics=["accuracy"])
    return model


def trained(batches):
    """What train_on_batch returns of each batch, and the weights that are left."""
    model = classifier()
    return [model.train_on_batch(*batch) for batch in batches], model.get_weights()


BATCHES = [
    (X, Y),
    (X[::-1], Y[::-1]),
    (X[:4], Y[:4]),
    (X.astype("float64"), Y.astype("int32")),
    (X, Y.astype("int32")),
    (X.tolist(), Y.tolist()),
    (X, Y[:, None]),
    (X, Y, np.ones(6)),
    (X, Y),
]


def test_batches_of_any_form_train_as_ever():
    kinds = [(np.float32(x), np.int32(y), *w) for x, y, *w in BATCHES]
    for known, plain in zip(trained(BATCHES), trained(kinds), strict=True):
        for a, b in zip(known, plain, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("method", ["train_on_batch", "test_on_batch"])
def test_bad_batches_after_good_ones_are_refused(method):
    step = getattr(classifier(), method)
    step(X, Y)
    step(X, Y)
    for x, y, message in (
        (X, Y + 2**40, "int32"),
        (X, Y + 3, "class labels from 0 to 2"),
        (X, Y[:5], "as many rows"),
        (X[:0], Y[:0], "at least 1"),
        (X[:, :7], Y, "expected shape"),
        (X, Y + 0.5, "integers"),
    ):
        with pytest.raises(ValueError, match=message):
            step(x, y)
    assert np.isfinite(step(X, Y)).all()


def test_plans_that_are_made_again_are_used():
    model = classifier()
    for _ in range(3):
        before = model.predict_on_batch(X)
    try:
        set_conv_algorithm("reference")
        after, expected = model.predict_on_batch(X), classifier().predict_on_batch(X)
    finally:
        set_conv_algorithm("auto")
    np.testing.assert_array_equal(after, expected)
    assert not np.array_equal(after, before)
    assert model.predict_on_batch(X[:0]).shape == (0, 3)


@pytest.mark.parametrize("method", ["train_on_batch", "test_on_batch", "predict_on_batch"])
def test_models_that_their_first_batch_describes_make_plans_once(method):
    calls = []

    class Noted(layers.Layer):
        def call(self, inputs):
            calls.append(inputs)
            return inputs

    model = Sequential([Noted(), layers.Flatten(), layers.Dense(3, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    batch = (X,) if method == "predict_on_batch" else (X, Y)
    getattr(model, method)(*batch)
    once = len(calls)
    getattr(model, method)(*batch)
    assert len(calls) == once


def test_labels_that_are_floats_are_looked_at_each_time():
    model = classifier()
    model.train_on_batch(X, np.float32(Y))
    with pytest.raises(ValueError, match="integers"):
        model.train_on_batch(X, np.float32(Y + 0.5))


@pytest.mark.parametrize("dtype", [">i4", ">i8", ">f4"])
def test_targets_of_the_other_byte_order_are_turned_each_time(dtype):
    known, plain = classifier("mse"), classifier("mse")
    y = np.eye(3)[Y]
    for _ in range(3):
        assert known.train_on_batch(X, y.astype(dtype)) == plain.train_on_batch(X, y.tolist())


def test_what_runs_ahead_of_plans_runs_on_each_batch():
    x = Input((3,), dtype="int32")
    hashed = layers.Hashing(5)(x)
    columns = [layers.Embedding(9, 2)(x), layers.Embedding(5, 2)(hashed)]
    model = Model(x, layers.Concatenate()(columns))
    values = np.random.default_rng(0).integers(0, 9, (4, 3)).astype("int32")
    for batch in (values, values, 8 - values):
        expected = model.predict(batch, verbose=0)
        np.testing.assert_array_equal(model.predict_on_batch(batch), expected)


def test_a_form_is_type_numbers_sizes_and_order():
    form = core.Form((X, Y))
    assert form.fits((X[:1], Y[:1])) and form.fits((X + 1, Y + 1))
    for other in (
        (X,), (X, Y[:5]), (X[:0], Y[:0]), (X[::2], Y[::2]), (X, Y.astype("int32")), (X, Y[:, None]),
        (X.astype(">f4"), Y), (X[..., 0], Y), (X[:, :7].copy(), Y), (X, Y.tolist()),
        (X.view(np.recarray), Y),
    ):  # fmt: skip
        assert not form.fits(other)


def test_narrowed_integers():
    values = np.array([[0, -1], [2**31 - 1, -(2**31)]])
    narrow = np.frombuffer(core.narrow(values), np.int32)
    np.testing.assert_array_equal(narrow, values.ravel())
    assert core.narrow(values + 1) is None
    assert core.narrow(values - 1) is None
    assert core.narrow(values[:0]) == b""
