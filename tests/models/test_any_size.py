"""Models whose spatial sizes are free: every size, lists of sizes, ops between layers."""

import numpy as np
import pytest

import pyconv
from pyconv import layers, ops
from pyconv.layers.spatial import SpatialLayer
from pyconv.models import Input, Model, Sequential
from tests.layers.test_contract import CASES

RNG = np.random.default_rng(3)


def rows(*shape):
    return RNG.normal(size=shape).astype("float32")


def with_sizes(sizes, channels, channels_first):
    return (channels, *sizes) if channels_first else (*sizes, channels)


def network(sizes, data_format="channels_last"):
    """A convolutional network for so many sizes, which may be None."""
    rank, first = len(sizes), data_format == "channels_first"
    part = {name: getattr(layers, f"{name}{rank}D") for name in (
        "Conv", "MaxPooling", "AveragePooling", "ZeroPadding", "GlobalAveragePooling")}  # fmt: skip
    transpose = getattr(layers, f"Conv{rank}DTranspose")
    form = {"data_format": data_format}
    x = Input(with_sizes(sizes, 2, first))
    a = part["Conv"](4, 3, strides=2, padding="same", activation="relu", **form)(x)
    b = part["MaxPooling"](2, padding="same", **form)(x)
    y = layers.Concatenate(axis=1 if first else -1)([a, b])
    y = transpose(3, 3, strides=2, **form)(part["ZeroPadding"](1, **form)(y))
    y = layers.BatchNormalization(axis=1 if first else -1)(part["AveragePooling"](2, **form)(y))
    return Model(x, layers.Dense(5, activation="softmax")(part["GlobalAveragePooling"](**form)(y)))


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_a_model_of_free_sizes_is_that_of_each_size(rank, data_format):
    free = network((None,) * rank, data_format)
    free.compile("sgd", "sparse_categorical_crossentropy")
    for sizes in ((5, 6, 4)[:rank], (8, 3, 7)[:rank], (1, 1, 1)[:rank]):
        fixed = network(sizes, data_format)
        fixed.set_weights(free.get_weights())
        fixed.compile("sgd", "sparse_categorical_crossentropy")
        x = rows(3, *with_sizes(sizes, 2, data_format == "channels_first"))
        y = RNG.integers(0, 5, 3)
        for method in ("predict", "predict_on_batch"):
            np.testing.assert_array_equal(getattr(free, method)(x), getattr(fixed, method)(x))
        for method in ("evaluate", "train_on_batch"):
            assert getattr(free, method)(x, y) == getattr(fixed, method)(x, y)
        free.fit(x, y, batch_size=2, shuffle=False, verbose=0)
        fixed.fit(x, y, batch_size=2, shuffle=False, verbose=0)
        for a, b in zip(free.get_weights(), fixed.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)


SPATIAL = [case for case in CASES if issubclass(getattr(layers, case[0]), SpatialLayer)]


@pytest.mark.parametrize(("name", "kwargs", "shape"), SPATIAL, ids=str)
def test_layers_describe_free_sizes(name, kwargs, shape):
    layer = getattr(layers, name)(**kwargs)
    channel = 0 if layer.data_format == "channels_first" else len(shape) - 1
    free = tuple(size if i == channel else None for i, size in enumerate(shape))
    try:
        described = tuple(layer(Input(free)).shape)
    except ValueError as error:
        assert "known" in str(error) or "fixed" in str(error)
        return
    if kwargs.get("input_size"):
        return
    larger = tuple(size if i == channel else 2 * size for i, size in enumerate(shape))
    both = [layer.compute_output_shape((None, *sizes)) for sizes in (shape, larger)]
    for free_size, *sizes in zip(described, *both, strict=True):
        assert free_size is None if sizes[0] != sizes[1] else free_size in (None, sizes[0])


def literal_softmax(a, axis):
    exponentials = np.exp(a - a.max(axis, keepdims=True))
    return exponentials / exponentials.sum(axis, keepdims=True)


@pytest.mark.parametrize(
    ("symbolic", "literal"),
    [
        (lambda x: ops.sum(x, axis=1, keepdims=True), lambda a: a.sum(1, keepdims=True)),
        (lambda x: ops.mean(x, axis=(1, 2)), lambda a: a.mean((1, 2))),
        (lambda x: ops.moments(x, axes=(1, 2))[1], lambda a: a.var((1, 2))),
        (lambda x: ops.expand_dims(x, 1), lambda a: a[:, None]),
        (lambda x: x[:, 1:, ::2], lambda a: a[:, 1:, ::2]),
        (lambda x: x[:, -1, -2:, :2], lambda a: a[:, -1, -2:, :2]),
        (lambda x: ops.flip(x, (1, 2)), lambda a: a[:, ::-1, ::-1]),
        (lambda x: ops.pad(x, [(0, 0), (1, 0), (0, 2), (0, 0)]),
         lambda a: np.pad(a, [(0, 0), (1, 0), (0, 2), (0, 0)])),
        (lambda x: ops.concatenate([x, ops.flip(x, 1)], 1),
         lambda a: np.concatenate([a, a[:, ::-1]], 1)),
        (lambda x: ops.stack([x, -x], -1), lambda a: np.stack([a, -a], -1)),
        (lambda x: ops.where(x > 0, x, 0.5), lambda a: np.where(a > 0, a, 0.5)),
        (lambda x: ops.softmax(x, axis=1), lambda a: literal_softmax(a, 1)),
        (lambda x: 1 - x / ops.sum(ops.abs(x), axis=(1, 2, 3), keepdims=True),
         lambda a: 1 - a / np.abs(a).sum((1, 2, 3), keepdims=True)),
        (lambda x: layers.Reshape((-1, 3))(x) * 2, lambda a: a.reshape(2, -1, 3) * 2),
        (lambda x: ops.conv_transpose(x, np.ones((2, 2, 1, 3)), strides=2),
         lambda a: np.kron(a.sum(-1), np.ones((1, 2, 2)))[..., None]),
        (lambda x: x, lambda a: a),
    ],
)  # fmt: skip
def test_ops_between_layers_take_every_size(symbolic, literal):
    x = Input((None, None, 3))
    model = Model(x, symbolic(x))
    for sizes in ((5, 7), (4, 4), (2, 2)):
        a = rows(2, *sizes, 3)
        expected = literal(a.astype("float64"))
        for y in (model.predict_on_batch(a), model(a)):
            np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)


def test_where_with_a_number_is_part_of_a_model_of_fixed_size():
    x = Input((3,))
    a = rows(4, 3)
    model = Model(x, ops.where(x > 0, x, -1.0))
    np.testing.assert_array_equal(model.predict_on_batch(a), np.where(a > 0, a, -1))


def test_joining_a_free_and_a_known_size_gives_the_known_one():
    joined = layers.Concatenate()([Input((None, 6, 2)), Input((5, None, 3))])
    assert joined.shape == (None, 5, 6, 5)
    with pytest.raises(ValueError, match="differ on axis 3 only"):
        layers.Concatenate()([Input((None, 6, 2)), Input((None, 5, 3))])


def test_dense_after_flattening_free_sizes_names_the_fix():
    with pytest.raises(ValueError, match=r"layer d: .*\(None, None\).*pool globally"):
        Sequential([Input((None, None, 3)), layers.Flatten(), layers.Dense(2, name="d")])


def classifier():
    pyconv.utils.set_random_seed(1)
    model = Sequential(
        [
            Input((None, None, 3)),
            layers.Conv2D(6, 3, activation="relu", name="first"),
            layers.MaxPooling2D(2, name="pool"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(4, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def images(n=30):
    """Images of a few sizes, and labels."""
    return [rows(*RNG.integers(5, 8, 2), 3) for _ in range(n)], RNG.integers(0, 4, n)


def segmenter():
    last = layers.Conv2D(5, 3, padding="same", activation="softmax")
    model = Sequential([Input((None, None, 3)), last])
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def test_predictions_of_lists_come_in_the_order_given():
    model, (x, _) = classifier(), images()
    expected = np.concatenate([model.predict_on_batch(a[None]) for a in x])
    np.testing.assert_array_equal(model.predict(x, batch_size=4, verbose=0), expected)
    some = model.predict(x, batch_size=4, verbose=0, steps=2)
    assert len(some) <= 8 and all((row == expected).all(1).any() for row in some)
    maps = segmenter().predict(x, verbose=0)
    assert [y.shape for y in maps] == [(*a.shape[:2], 5) for a in x]
    same = segmenter().predict([x[0], x[0]], verbose=0)
    assert same.shape == (2, *x[0].shape[:2], 5)
    assert segmenter().predict(x[:1], verbose=0).shape == (1, *x[0].shape[:2], 5)


def test_losses_of_lists_are_means_over_the_examples():
    model, (x, y) = classifier(), images()
    each = [model.test_on_batch(a[None], y[i : i + 1]) for i, a in enumerate(x)]
    np.testing.assert_allclose(model.evaluate(x, y, verbose=0), np.mean(each, 0), rtol=1e-5)
    weights = RNG.uniform(size=30)
    weighted = np.mean([w * loss for w, (loss, _) in zip(weights, each, strict=True)])
    found = model.evaluate(x, y, sample_weight=weights, verbose=0)[0]
    np.testing.assert_allclose(found, weighted, rtol=1e-5)


def test_training_on_lists_repeats_with_the_seed_and_learns():
    def weights_after(shuffle, epochs):
        model = classifier()
        pyconv.utils.set_random_seed(5)
        model.fit(x, y, batch_size=4, epochs=epochs, shuffle=shuffle, verbose=0)
        return model.get_weights()

    x, _ = images()
    y = np.array([int(a.mean() > 0) for a in x])
    first, again, other = (weights_after(shuffle, 2) for shuffle in (True, True, False))
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert any((a != b).any() for a, b in zip(first, other, strict=True))
    model = classifier()
    model.optimizer.learning_rate = 0.03
    logs = model.fit(x, y, batch_size=8, epochs=40, verbose=0).history
    assert logs["loss"][-1] < 0.6 * logs["loss"][0]


def test_targets_of_different_sizes_splits_and_weights():
    x, y = images()
    maps = [RNG.integers(0, 5, a.shape[:2]) for a in x]
    model = segmenter()
    pixels = [np.ones(a.shape[:2], "float32") for a in x]
    plain = model.evaluate(x, maps, verbose=0)
    assert model.evaluate(x, maps, sample_weight=pixels, verbose=0) == pytest.approx(plain)
    logs = model.fit(x, maps, validation_split=0.3, verbose=0, class_weight={0: 2.0}).history
    assert np.isfinite([*logs["loss"], *logs["val_loss"]]).all()
    logs = classifier().fit(x, list(y), validation_data=(x[:5], y[:5]), verbose=0).history
    assert set(logs) == {"accuracy", "loss", "val_accuracy", "val_loss"}


def test_a_chain_without_input_learns_its_free_axes_from_a_list():
    model = Sequential([layers.Conv2D(2, 3), layers.GlobalMaxPooling2D()])
    assert model.predict([rows(5, 4, 3), rows(5, 6, 3)], verbose=0).shape == (2, 2)
    assert model.input_shape == (None, 5, None, 3)


def test_lists_for_several_inputs():
    a, b = Input((None, None, 1), name="a"), Input((None, 2), name="b")
    c = layers.GlobalMaxPooling2D()(layers.Conv2D(3, 2)(a))
    model = Model([a, b], layers.Dense(2)(ops.concatenate([c, ops.mean(b, axis=1)], axis=1)))
    images = [rows(*size, 1) for size in ((3, 4), (5, 2), (3, 4), (3, 4))]
    sounds = [rows(size, 2) for size in (3, 3, 3, 7)]
    expected = [
        model.predict_on_batch([i[None], s[None]])[0] for i, s in zip(images, sounds, strict=True)
    ]
    for x in ([images, sounds], {"a": images, "b": sounds}):
        np.testing.assert_array_equal(model.predict(x, batch_size=3, verbose=0), expected)
    same = [images[0]] * 4
    expected = [model.predict_on_batch([same[0][None], s[None]])[0] for s in sounds]
    found = model.predict([np.stack(same), sounds], verbose=0)
    np.testing.assert_array_equal(found, expected)
    model.compile("sgd", "mse")
    history = model.fit([images, sounds], rows(4, 2), epochs=3, batch_size=2, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    with pytest.raises(ValueError, match=r"as many examples .* received \[3, 4\]"):
        model.predict([images, sounds[:3]], verbose=0)
    with pytest.raises(ValueError, match="layer conv2d.* at least as large as the kernel"):
        model.predict([[rows(1, 1, 1), *images[1:]], sounds], verbose=0)


def test_images_without_a_channel_axis():
    model = Sequential([Input((None, None, 1)), layers.GlobalMaxPooling2D()])
    x = [rows(3, 4), rows(5, 2, 1), rows(3, 4)]
    np.testing.assert_array_equal(model.predict(x, verbose=0)[:, 0], [a.max() for a in x])


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda m, x, y: m.predict([*x, rows(2, 9, 3)]), r"layer first: .*\(2, 9\)"),
        (lambda m, x, y: m.fit([*x, rows(3, 9, 3)], [*y, 0]), r"layer pool: .*\(1, 7\)"),
        (lambda m, x, y: m.predict(rows(1, 3, 3, 3)), r"layer pool: .*\(1, 1\)"),
        (lambda m, x, y: m.predict(rows(1, 0, 3, 3)), "layer first: .*at least 1"),
        (lambda m, x, y: m.predict([*x, rows(9, 9, 1)]), r"received \(9, 9, 1\) at 30"),
        (lambda m, x, y: m.fit(x, y[:-1]), r"as many examples .* \[29, 30\]"),
        (lambda m, x, y: m.train_on_batch(x, y), "one batch, whose examples have one size"),
        (lambda m, x, y: m.predict_on_batch(x), "one batch, whose examples have one size"),
        (lambda m, x, y: m.fit(x, y, batch_size=0), "`batch_size`"),
    ],
)
def test_sizes_that_do_not_fit_are_refused_before_any_work(use, message):
    model, (x, y) = classifier(), images()
    before = model.get_weights()
    with pytest.raises(ValueError, match=message):
        use(model, x, y)
    assert all((a == b).all() for a, b in zip(before, model.get_weights(), strict=True))
    assert model.optimizer.iterations.numpy() == 0


def test_memory_is_bounded_over_many_sizes():
    """500 sizes need no more memory than 100: plans of 32 sizes are kept."""
    x = Input((None, 2))
    model = Model(x, layers.GlobalMaxPooling1D()(layers.Conv1D(8, 3)(x)))
    model.compile("sgd", "mse")
    resident = []
    for size in range(3, 503):
        model.train_on_batch(np.ones((1, size, 2), "float32"), np.ones((1, 8), "float32"))
        with open("/proc/self/statm") as file:
            resident.append(int(file.read().split()[1]) * 4096)
    assert resident[-1] - resident[100] < 4e6


def two_convolutions(size, *end):
    """Prince's figure 9.11 up to the pooled 64 channels, then `end`."""
    start = [
        Input((size, size, 3)),
        layers.Conv2D(64, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(4),
        layers.Conv2D(64, 3, padding="same", activation="relu"),
    ]
    return Sequential([*start, *end])


def test_three_networks_for_images():
    """Figure 9.11: a fixed size, a fixed grid, and the average of a map for each class."""
    left = two_convolutions(256, layers.MaxPooling2D(4), layers.Flatten())
    assert left.output_shape == (None, 16384)
    middle = two_convolutions(
        None, layers.AdaptiveMaxPooling2D(3), layers.Flatten(), layers.Dense(1000)
    )
    assert middle.layers[-2].output.shape == (None, 576)
    right = two_convolutions(
        None, layers.MaxPooling2D(4), layers.Conv2D(1000, 1), layers.GlobalAveragePooling2D()
    )
    x = [rows(32, 16, 3), rows(16, 20, 3)]
    for model in (middle, right):
        assert model.predict(x, verbose=0).shape == (2, 1000)
