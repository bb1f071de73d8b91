"""Random changes of images: what each image becomes, seeds, inference, and Keras' results where
the factor leaves nothing to chance."""

import numpy as np
import pytest

import pyconv
from pyconv import layers
from tests.layers.contract import random_array, run, run_with_gradients

IMAGES = np.random.default_rng(1).uniform(0, 255, (40, 5, 6, 3)).astype("float32")
RANDOM = [
    ("RandomFlip", {}),
    ("RandomBrightness", {"factor": 0.3}),
    ("RandomContrast", {"factor": 0.3}),
    ("PCAColorShift", {"eigenvalues": [9, 4, 1], "eigenvectors": np.eye(3).tolist()}),
    ("Cutout", {"size": 3}),
    ("RandomErasing", {}),
    ("RandomRotation", {"factor": 0.2}),
    ("RandomTranslation", {"height_factor": 0.2, "width_factor": 0.3}),
    ("RandomZoom", {"height_factor": 0.2, "width_factor": 0.3}),
]


@pytest.mark.parametrize(("name", "kwargs"), RANDOM, ids=str)
def test_seed_inference_and_channels_first(name, kwargs):
    cls = getattr(layers, name)
    layer = cls(seed=3, **kwargs)
    np.testing.assert_array_equal(run(layer, IMAGES, training=False), IMAGES)
    y = run(layer, IMAGES, training=True)
    assert (run(layer, IMAGES, training=True) != y).any()
    np.testing.assert_array_equal(run(cls(seed=3, **kwargs), IMAGES, training=True), y)
    first = cls(seed=3, data_format="channels_first", **kwargs)
    moved = run(first, np.moveaxis(IMAGES, -1, 1).copy(), training=True)
    if kwargs or name == "RandomFlip":  # noise is drawn channels last
        np.testing.assert_array_equal(np.moveaxis(moved, 1, -1), y)
    integers = layer(IMAGES.astype("int32"))
    assert integers.dtype == np.float32


def test_training_with_a_seed_repeats():
    def train():
        pyconv.utils.set_random_seed(1)
        model = pyconv.Sequential(
            [layers.RandomFlip(), layers.Cutout(2), layers.Flatten(), layers.Dense(1)]
        )
        model.compile("sgd", "mse")
        model.fit(IMAGES / 255, np.arange(40.0)[:, None] / 40, epochs=2, batch_size=8, verbose=0)
        return model.get_weights()

    for first, second in zip(train(), train(), strict=True):
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    ("mode", "axes"), [("horizontal", 1), ("vertical", 0), ("horizontal_and_vertical", (0, 1))]
)
def test_flip(mode, axes):
    y = run(layers.RandomFlip(mode, seed=2), IMAGES, training=True)
    flipped = [np.array_equal(b, np.flip(a, axes)) for a, b in zip(IMAGES, y, strict=True)]
    kept = [np.array_equal(a, b) for a, b in zip(IMAGES, y, strict=True)]
    assert 8 < sum(flipped) < 32
    assert sum(flipped) + sum(kept) == 40


def test_brightness_and_contrast():
    y = run(layers.RandomBrightness(0.2, (-1000, 1000), seed=1), IMAGES, training=True)
    shift = (y - IMAGES)[:, 0, 0, 0]
    np.testing.assert_allclose(y - IMAGES, shift[:, None, None, None] + 0 * y, atol=1e-3)
    assert -400 <= shift.min() < -200 < 200 < shift.max() <= 400
    y = run(layers.RandomContrast((0.5, 0.25), (-1e4, 1e4), seed=1), IMAGES, training=True)
    mean = np.float64(IMAGES).mean((1, 2), keepdims=True)
    contrast = ((y - mean) / (IMAGES - mean)).reshape(40, -1)
    np.testing.assert_allclose(contrast, contrast[:, :1] + 0 * contrast, rtol=1e-2)
    assert 0.75 - 1e-3 <= contrast.min() < 0.85 < 1.4 < contrast.max() <= 1.5 + 1e-3
    clipped = run(layers.RandomContrast(1.0, (50, 60), seed=1), IMAGES, training=True)
    assert (clipped.min(), clipped.max()) == (50, 60)


def test_color_shift_has_the_covariance_of_the_paper():
    layer = layers.PCAColorShift(0.1, seed=4)
    data = random_array(30, 4, 5, 3) @ random_array(3, 3, seed=1)
    layer.adapt(data)
    values, vectors = np.linalg.eigh(np.cov(data.reshape(-1, 3).T.astype("float64"), bias=True))
    lengths = np.linalg.norm(layer.directions.numpy(), axis=1)
    np.testing.assert_allclose(lengths, values, rtol=1e-5)
    np.testing.assert_allclose(
        np.abs(layer.directions.numpy() @ vectors), np.diag(values), atol=1e-5
    )
    x = np.zeros((4000, 2, 1, 3), "float32")
    y = run(layer, x, training=True)
    np.testing.assert_array_equal(y[:, 0], y[:, 1])
    amounts = y[:, 0, 0] @ vectors / values
    np.testing.assert_allclose(np.cov(amounts.T), 0.01 * np.eye(3), atol=8e-4)
    first = layers.PCAColorShift(data_format="channels_first")
    first.adapt(np.moveaxis(data, -1, 1))
    np.testing.assert_allclose(first.directions, layer.directions, atol=1e-5)


def squares(y):
    """(rows, columns) of the box around the zeros of each image, all of which are within it."""
    for image in y[..., 0]:
        rows, columns = np.nonzero(image == 0)
        if len(rows):
            sides = np.ptp(rows) + 1, np.ptp(columns) + 1
            assert len(rows) == sides[0] * sides[1]
            yield rows.min(), columns.min(), *sides


@pytest.mark.parametrize("size", [1, 3, 4, (0.5, 0.25), (2, 9), 20], ids=str)
def test_cutout(size):
    x = np.ones((300, 7, 9, 2), "float32")
    y = run(layers.Cutout(size, seed=6), x, training=True)
    np.testing.assert_array_equal(y[..., 0], y[..., 1])
    boxes = np.array(list(squares(y)))
    assert len(boxes) == 300
    pair = size if isinstance(size, tuple) else (size, size)
    wanted = [
        round(s * n) if isinstance(s, float) else s for s, n in zip(pair, (7, 9), strict=True)
    ]
    for axis, (length, n) in enumerate(zip(wanted, (7, 9), strict=True)):
        possible = {(max(c - length // 2, 0), min(c - length // 2 + length, n)) for c in range(n)}
        found = {(int(a), int(a + s)) for a, s in boxes[:, (axis, axis + 2)]}
        assert found == possible


def test_cutout_stops_gradients_inside():
    y, dx = run_with_gradients(layers.Cutout(3, 2.0, seed=1), np.full((5, 7, 7, 1), 3, "float32"))
    np.testing.assert_array_equal(dx, np.where(y == 2, 0, 9))


def test_erasing():
    x = np.ones((200, 20, 30, 3), "float32")
    y = run(layers.RandomErasing((0.6, 0.6), (0.04, 0.25), 0.0, seed=2), x, training=True)
    boxes = np.array(list(squares(y)))
    assert abs(len(boxes) / 200 - 0.6) < 0.1
    assert boxes[:, 2].min() >= 0.2 * 20 - 1 and boxes[:, 2].max() <= 0.5 * 20 + 1
    assert boxes[:, 3].min() >= 0.2 * 30 - 1 and boxes[:, 3].max() <= 0.5 * 30 + 1
    noisy = run(layers.RandomErasing((1, 1), seed=2), x, training=True)
    assert noisy.min() == 0 and noisy.max() == 255
    colours = run(
        layers.RandomErasing((1, 1), fill_value=[1, 2, 999], seed=2), 0 * x, training=True
    )
    assert {tuple(c) for c in colours.reshape(-1, 3).tolist()} == {(0, 0, 0), (1, 2, 255)}


def test_rotation_by_quarter_turns():
    x = random_array(2, 5, 5, 3)
    for turns in (1, 2, 3):
        y = run(layers.RandomRotation((turns / 4, turns / 4)), x, training=True)
        np.testing.assert_allclose(y, np.rot90(x, turns, (1, 2)), atol=1e-5)


@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
def test_translation_that_wraps_is_a_roll(interpolation):
    x = random_array(2, 4, 8, 3)
    layer = layers.RandomTranslation((0.5, 0.5), (-0.25, -0.25), "wrap", interpolation)
    np.testing.assert_array_equal(run(layer, x, training=True), np.roll(x, (2, -2), (1, 2)))


def test_each_image_is_warped_on_its_own():
    x = np.repeat(random_array(1, 6, 7, 2), 8, axis=0)
    for layer in (
        layers.RandomRotation(0.3, seed=1),
        layers.RandomTranslation(0.3, 0.3, seed=1),
        layers.RandomZoom(0.3, seed=1),
        layers.RandomCrop(3, 3, seed=1),
    ):
        y = run(layer, x, training=True)
        assert len({image.tobytes() for image in y}) > 4


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (4, 5), (5, 6)], ids=str)
def test_random_crop(size):
    y = run(layers.RandomCrop(*size, seed=4), IMAGES, training=True)
    places = set()
    for image, crop in zip(IMAGES, y, strict=True):
        windows = np.lib.stride_tricks.sliding_window_view(image, (*size, 3))[:, :, 0]
        found = np.argwhere((windows == crop).all((2, 3, 4)))
        assert len(found) == 1
        places.add(tuple(found[0]))
    rows, columns = (n - k + 1 for n, k in zip((5, 6), size, strict=True))
    assert len(places) > 0.5 * min(rows * columns, 40)
    assert {p[0] for p in places} == set(range(rows))


def test_crops_in_inference():
    middle = run(layers.CenterCrop(3, 3), IMAGES)
    np.testing.assert_array_equal(middle, IMAGES[:, 1:4, 1:4])
    same = run(layers.RandomCrop(5, 5), IMAGES, training=False)
    np.testing.assert_array_equal(same, IMAGES)
    columns = run(layers.RandomCrop(5, 4), IMAGES, training=True)
    np.testing.assert_array_equal(columns, IMAGES[:, :, 1:5])


def test_crops_of_free_sizes_have_their_size():
    images = layers.Input((None, None, 3))
    assert layers.CenterCrop(4, 5)(images).shape == (None, 4, 5, 3)
    assert layers.RandomCrop(4, 5)(images).shape == (None, 4, 5, 3)


MISTAKES = [
    ("RandomRotation", {"factor": 2}, "expected `factor` to be a number or a pair in"),
    ("RandomRotation", {"factor": 0.1, "fill_mode": "zero"}, "expected `fill_mode` to be one of"),
    ("RandomZoom", {"height_factor": -1.0}, "expected `height_factor`"),
    ("RandomTranslation", {"height_factor": 0, "width_factor": "a"}, "expected `width_factor`"),
    ("RandomCrop", {"height": 0, "width": 3}, "expected `height` to be a positive integer"),
    ("CenterCrop", {"height": 2, "width": 1.5}, "expected `width` to be a positive integer"),
    ("RandomFlip", {"mode": "both"}, "expected `mode` to be one of"),
    ("RandomBrightness", {"factor": 2}, r"expected `factor` to be a number or a pair in \[-1, 1\]"),
    ("RandomContrast", {"factor": (-0.1, 0.5)}, r"`factor` to be a number or a pair in \[0, 1\]"),
    ("RandomContrast", {"factor": 0.5, "value_range": 1}, "expected `value_range` to be two"),
    ("PCAColorShift", {"eigenvalues": [1, 2]}, "expected `eigenvectors` "),
    ("PCAColorShift", {}, "expected eigenvalues before it is trained with"),
    ("PCAColorShift", {"eigenvalues": [1], "eigenvectors": [[1]]}, "for 3 channels, received 1"),
    ("Cutout", {"size": 1.5}, r"a fraction in \(0, 1\].*received 1.5"),
    ("Cutout", {"size": 0}, "expected `size`"),
    ("RandomErasing", {"scale": "a"}, "expected `scale`"),
    ("RandomErasing", {"fill_value": [1, 2]}, "expected `fill_value` to be a number or one for"),
]


@pytest.mark.parametrize(("name", "kwargs", "message"), MISTAKES, ids=str)
def test_messages(name, kwargs, message):
    with pytest.raises(ValueError, match=message):
        getattr(layers, name)(**kwargs)(IMAGES, training=True)


def test_posterization_keeps_the_highest_bits():
    y = run(layers.RandomPosterization((1, 5), seed=1), IMAGES, training=True)
    whole = np.floor(IMAGES).astype(int)
    for image, result in zip(whole, y, strict=True):
        kept = [bits for bits in range(1, 5) if (image >> (8 - bits) << (8 - bits) == result).all()]
        assert kept


def test_configs_have_the_range_of_values_as_keras_does():
    """Sorted into a list by some layers, as it was given by others."""
    assert layers.RandomBrightness(0.1, value_range=(1, 0)).get_config()["value_range"] == [0, 1]
    assert layers.RandomContrast(0.1).get_config()["value_range"] == (0, 255)
    assert layers.RandomContrast(0.1, value_range=[0, 1]).get_config()["value_range"] == [0, 1]
