"""Equivariance and invariance under translation, rotation and reflection."""

import numpy as np
import pytest

import pyconv
from pyconv import layers
from pyconv.utils import (
    equivariance_error,
    invariance_error,
    reflection,
    rotation,
    shift_response,
    translation,
)


@pytest.fixture
def x():
    return np.random.default_rng(1).normal(size=(3, 12, 12, 2)).astype("float32")


def test_transforms_move_single_pixels():
    image = np.zeros((1, 5, 5, 1))
    image[0, 1, 3] = 1
    assert translation((1, -2))(image)[0, 2, 1] == 1
    assert translation((0, 2))(image)[0, 1, 0] == 1  # came in again
    assert translation(2, "constant")(image).sum() == 0
    assert translation((-1, 0), "constant")(image)[0, 0, 3] == 1
    assert rotation(90)(image)[0, 1, 1] == 1
    assert rotation(-90)(image)[0, 3, 3] == 1
    assert reflection()(image)[0, 1, 1] == reflection(0)(image)[0, 3, 3] == 1


def test_any_angle_agrees_with_quarter_turns():
    pytest.importorskip("scipy")
    image = np.random.default_rng(0).normal(size=(2, 7, 7, 3))
    assert np.allclose(rotation(90 + 1e-9)(image), rotation(90)(image), atol=1e-6)


def test_convolution_commutes_with_translation_not_with_rotation(x):
    model = pyconv.Sequential([pyconv.Input((12, 12, 2)), layers.Conv2D(4, 3, activation="relu")])

    def inside(y):  # where a shift of 1 brought nothing from the other side
        return y[:, 1:-1, 1:-1]

    error = equivariance_error(lambda x: inside(model(x)), x, translation((1, 1)))
    assert error > 0.5  # cut before the outputs were shifted: other pixels
    shifted, plain = model(translation((1, 1))(x)), model(x)
    assert np.array_equal(inside(shifted), inside(translation((1, 1))(plain)))
    assert equivariance_error(model, x, rotation(90)) > 0.1
    assert equivariance_error(model, x, reflection()) > 0.1


def test_symmetric_kernel_commutes_with_all_symmetries_of_the_square(x):
    kernel = np.array([[1.0, 2, 1], [2, -3, 2], [1, 2, 1]], "float32")[..., None, None]
    layer = layers.DepthwiseConv2D(
        3, padding="same", depthwise_initializer=np.tile(kernel, (1, 1, 2, 1))
    )
    for transform in (rotation(90), rotation(180), rotation(270), reflection(0), reflection(1)):
        assert equivariance_error(layer, x, transform) < 1e-6


def test_error_is_the_relative_distance(x):
    error = equivariance_error(lambda x: 2 * x + 1, x, lambda x: 3 * x)
    want = np.linalg.norm((6 * x + 1) - 3 * (2 * x + 1)) / np.linalg.norm(2 * x + 1)
    assert error == pytest.approx(want, rel=1e-5)
    assert invariance_error(layers.GlobalAveragePooling2D(), x, rotation(90)) < 1e-5
    assert invariance_error(layers.Flatten(), x, rotation(90)) > 0.5


def test_shift_response_is_the_mean_cosine(x):
    def f(x):
        return np.abs(x[:, ::2, ::2])

    repeated = f(x).repeat(2, 1).repeat(2, 2)
    moved = f(np.roll(x, 1, axis=2)).repeat(2, 1).repeat(2, 2)
    pairs = zip(moved.reshape(3, -1), np.roll(repeated, 1, axis=2).reshape(3, -1), strict=True)
    want = np.mean([a @ b / np.linalg.norm(a) / np.linalg.norm(b) for a, b in pairs])
    assert shift_response(f, x, [0, 1, (0, 2)]) == pytest.approx([1, want, 1], abs=1e-6)


def test_bad_arguments_say_so(x):
    with pytest.raises(ValueError, match="`mode`.*'mirror'"):
        translation(1, "mirror")
    with pytest.raises(ValueError, match="expected 2 offsets"):
        translation((1, 2, 3))(x)
    with pytest.raises(ValueError, match="one of 2 spatial axes"):
        reflection(2)(x)
    with pytest.raises(ValueError, match=r"\(n, height, width, channels\)"):
        rotation(90)(x[0])
    with pytest.raises(ValueError, match="pass an `output_transform`"):
        equivariance_error(lambda x: x, x[:, :6], rotation(90), lambda y: y)
    with pytest.raises(ValueError, match="whose size divides"):
        shift_response(lambda x: x[:, :5], x, [1])


def test_max_blur_pooling_follows_shifts_better_than_strided_max_pooling():
    """Zhang 2019, section 3: blurring before subsampling makes networks more shift-equivariant."""
    x = np.random.default_rng(0).normal(size=(8, 32, 32, 1)).astype("float32")

    def responses(pooling):
        pyconv.utils.set_random_seed(0)
        model = pyconv.Sequential([pyconv.Input((32, 32, 1))])
        for filters in (8, 8):
            model.add(layers.Conv2D(filters, 3, padding="same", activation="relu"))
            model.add(pooling(2, padding="same"))
        return shift_response(model, x, [0, 1, 2, 3, 4])

    plain, blurred = responses(layers.MaxPooling2D), responses(layers.MaxBlurPooling2D)
    assert plain[0] == pytest.approx(1) and blurred[0] == pytest.approx(1)
    assert (blurred[1:4] > plain[1:4] + 0.01).all()
    assert plain[4] > plain[2]  # two poolings of stride 2 follow shifts by 4, but for the border
