"""Keras' functions of images against Keras, SciPy and index arithmetic."""

import pickle

import numpy as np
import pytest

import pyconv
from pyconv import ops
from pyconv.layers import Input
from tests.ops.oracle import check_op
from tests.ops.test_grid_sample import reference

RNG = np.random.default_rng(15)
TURN = [0.81, -0.59, 1.33, 0.61, 0.79, -0.43, 0.013, 0.017]  # no pixel falls on a pixel


def warped(x, transforms, fill_mode):
    """Each pixel read where its transform puts it."""
    n, height, width, _ = x.shape
    points = np.zeros((n, height, width, 2))
    for i, row, column in np.ndindex(n, height, width):
        a, b, c = np.append(transforms[i], 1.0).reshape(3, 3) @ [column, row, 1]
        points[i, row, column] = b / c, a / c
    return reference(x, points, fill_mode)


@pytest.mark.parametrize("fill_mode", ["constant", "nearest", "reflect", "wrap"])
def test_affine_transform(fill_mode):
    x = RNG.normal(size=(2, 3, 4, 1))
    transforms = np.array([TURN, [1.13, 0.21, -0.77, 0.11, 0.93, 0.37, 0, 0]])
    check_op(
        lambda x, t: ops.image.affine_transform(x, t, fill_mode=fill_mode),
        lambda x, t: warped(x, t, fill_mode),
        x,
        transforms,
        tolerance=2e-4,
        second=False,
    )
    one = ops.image.affine_transform(x[0].transpose(2, 0, 1), TURN, "bilinear", fill_mode,
                                     data_format="channels_first")  # fmt: skip
    expected = warped(x[:1], [TURN], fill_mode)[0].transpose(2, 0, 1)
    np.testing.assert_allclose(one, expected, rtol=1e-4, atol=1e-4)


def test_crop_and_pad():
    x = RNG.normal(size=(2, 5, 6, 3)).astype(np.float32)
    np.testing.assert_array_equal(
        ops.image.crop_images(x, 1, 2, target_height=3, right_cropping=1), x[:, 1:4, 2:5]
    )
    first = x.transpose(0, 3, 1, 2)
    y = ops.image.pad_images(first, bottom_padding=1, target_height=8, left_padding=0,
                             target_width=7, data_format="channels_first")  # fmt: skip
    np.testing.assert_array_equal(y, np.pad(first, [(0, 0), (0, 0), (2, 1), (0, 1)]))


def test_free_sizes_and_pickles():
    inputs = Input((None, None, 2))
    x = ops.image.resize(inputs, (6, 4), crop_to_aspect_ratio=True)
    x = ops.image.affine_transform(x, TURN)
    model = pyconv.Model(inputs, ops.image.crop_images(x, 1, 1, 0, 0))
    images = RNG.normal(size=(2, 5, 9, 2)).astype(np.float32)
    expected = ops.image.resize(images, (6, 4), crop_to_aspect_ratio=True)
    expected = ops.image.affine_transform(expected, TURN)[:, 1:, 1:]
    np.testing.assert_allclose(model.predict(images, verbose=0), expected, rtol=1e-5, atol=1e-5)
    assert pickle.loads(pickle.dumps(ops.image.resize)) is ops.image.resize


def test_messages():
    x = np.zeros((1, 4, 5, 1))
    cases = [
        (ops.image.resize, (x[0, 0], (2, 2)), {}, "one image of 3 axes"),
        (ops.image.resize, (x, (2, 2)), {"fill_mode": "wrap"}, "`fill_mode`"),
        (ops.image.resize, (x, (2, 2)), {"data_format": "nhwc"}, "`data_format`"),
        (ops.image.crop_images, (x, 1, 1), {}, "two of three numbers from 0 for the rows"),
        (ops.image.crop_images, (x, 3, 0, 3, 0), {}, "rows that fit an image with 4"),
        (ops.image.pad_images, (x, 0, 0, 0), {"target_width": 4}, "columns that fit"),
        (ops.image.affine_transform, (x, np.zeros(6)), {}, "transform \\(8,\\)"),
        (ops.image.map_coordinates, (x[0, 0], np.zeros((3, 2)), 1), {}, "as many coordinates"),
        (ops.image.map_coordinates, (x[0, 0], np.zeros((2, 2)), 3), {}, "`order`"),
    ]
    for function, args, kwargs, message in cases:
        with pytest.raises(ValueError, match=message):
            function(*args, **kwargs)


@pytest.mark.peer
@pytest.mark.parametrize("order", [0, 1])
def test_scipy(order):
    scipy = pytest.importorskip("scipy.ndimage")
    modes = ("constant", "nearest", "reflect", "mirror", "wrap")
    names = {"constant": "grid-constant", "wrap": "grid-wrap"}
    for shape in ((7,), (4, 5), (3, 4, 5)):
        x = RNG.normal(size=shape)
        points = RNG.uniform(-9, 12, (len(shape), 3, 20))
        for mode in modes:
            y = ops.image.map_coordinates(x, points, order, mode, 0.5)
            expected = scipy.map_coordinates(
                x, np.float32(points), order=order, mode=names.get(mode, mode), cval=0.5
            )
            np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("dtype", ["uint8", "int32"])
def test_resized_integers_are_rounded_to_theirs(dtype):
    x = np.array([[[0], [255], [3]]], dtype)
    exact = ops.image.resize(x.astype("float32"), (1, 7), "bicubic")
    resized = ops.image.resize(x, (1, 7), "bicubic")
    assert resized.dtype == dtype and np.min(exact) < 0
    limits = np.iinfo(dtype)
    np.testing.assert_array_equal(resized, np.clip(np.round(exact), limits.min, limits.max))


@pytest.mark.peer
def test_keras():
    image = pytest.importorskip("keras").ops.image
    x = RNG.normal(size=(2, 6, 9, 3)).astype(np.float32)
    for fill_mode in ("constant", "nearest", "reflect"):
        for interpolation in ("bilinear", "nearest"):
            args = (x, np.float32(TURN), interpolation, fill_mode, 0.7)
            np.testing.assert_allclose(
                ops.image.affine_transform(*args), image.affine_transform(*args),
                rtol=1e-4, atol=1e-4,
            )  # fmt: skip
    for size in ((4, 4), (12, 5), (3, 20)):
        for name in ("crop_to_aspect_ratio", "pad_to_aspect_ratio"):
            kwargs = {name: True, "fill_value": 0.3}
            np.testing.assert_allclose(
                ops.image.resize(x, size, **kwargs), image.resize(x, size, **kwargs),
                rtol=1e-5, atol=1e-5,
            )  # fmt: skip


@pytest.mark.peer
def test_layers_of_keras():
    theirs, ours = pytest.importorskip("keras").layers, pyconv.layers
    x = RNG.normal(size=(2, 4, 5, 3)).astype(np.float32)
    cases = [
        ("UpSampling1D", {"size": 3}, x[0]),
        ("UpSampling2D", {"size": (2, 3)}, x),
        ("UpSampling2D", {"interpolation": "bilinear"}, x),
        ("UpSampling2D", {"interpolation": "bicubic"}, x),
        ("UpSampling3D", {"size": (2, 1, 3)}, x[None]),
        ("Resizing", {"height": 3, "width": 8, "interpolation": "nearest"}, x),
    ]
    for name, kwargs, inputs in cases:
        y = getattr(ours, name)(**kwargs)(inputs)
        expected = np.asarray(getattr(theirs, name)(**kwargs)(inputs))
        np.testing.assert_allclose(y, expected, rtol=2e-5, atol=2e-5)
