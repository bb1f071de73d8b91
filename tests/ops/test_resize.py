"""Resizing against a literal sum over pixels, and against PyTorch's and Keras' results."""

from itertools import product

import numpy as np
import pytest

import pyconv
from pyconv import ops
from pyconv.layers import Input
from tests.ops.oracle import check_op

RNG = np.random.default_rng(13)


def keys(t, a):
    t = abs(t)
    if t <= 1:
        return (a + 2) * t**3 - (a + 3) * t**2 + 1
    return a * t**3 - 5 * a * t**2 + 8 * a * t - 4 * a if t < 2 else 0.0


def lanczos(t, radius):
    return np.sinc(t) * np.sinc(t / radius) if abs(t) < radius else 0.0


KERNELS = {
    "bilinear": lambda t: max(0.0, 1 - abs(t)),
    "bicubic": lambda t: keys(t, -0.5),
    "lanczos3": lambda t: lanczos(t, 3),
    "lanczos5": lambda t: lanczos(t, 5),
}


def matrix_of(i, o, interpolation, align_corners, antialias):
    """(o, i): weights w((q - s) / widening), normed, over the pixels q of the image."""
    matrix = np.zeros((o, i))
    for p in range(o):
        s = (p * (i - 1) / (o - 1) if o > 1 else 0.0) if align_corners else (p + 0.5) * i / o - 0.5
        if interpolation == "nearest":
            matrix[p, min(int(np.floor(s + 0.5)), i - 1)] = 1
            continue
        if interpolation == "bicubic" and not (align_corners or antialias):
            s = np.round(s * 1024) / 1024  # as TensorFlow, which has a table of weights
        widening = max(1.0, i / o) if antialias else 1.0
        matrix[p] = [KERNELS[interpolation]((q - s) / widening) for q in range(i)]
        matrix[p] /= matrix[p].sum()
    return matrix


def reference(x, size, interpolation="bilinear", align_corners=False, antialias=False):
    for axis, o in enumerate(size, start=1):
        matrix = matrix_of(x.shape[axis], o, interpolation, align_corners, antialias)
        x = np.moveaxis(np.tensordot(matrix, x, (1, axis)), 0, axis)
    return x


SIZES = [((5,), (8,)), ((4, 6), (8, 3)), ((3, 4), (1, 9)), ((1, 2), (3, 2)), ((2, 3, 4), (5, 3, 2))]


@pytest.mark.parametrize("interpolation", ["nearest", *KERNELS])
@pytest.mark.parametrize(("sizes", "new"), SIZES, ids=str)
def test_value_and_gradient(sizes, new, interpolation):
    for align_corners, antialias in ((False, False), (True, False), (False, True)):
        x = RNG.normal(size=(2, *sizes, 1))
        arguments = (new, interpolation, align_corners, antialias)
        check_op(
            lambda x: ops.resize(x, *arguments),
            lambda x: reference(x, *arguments),
            x,
            second=False,
            tolerance=2e-5,
        )


def test_second_derivative():
    check_op(
        lambda x: ops.square(ops.resize(x, (5, 2))),
        lambda x: reference(x, (5, 2)) ** 2,
        RNG.normal(size=(2, 3, 4, 2)),
    )


def test_upsampling_repeats():
    x = RNG.normal(size=(2, 3, 4, 5)).astype(np.float32)
    expected = x.repeat(2, axis=1).repeat(3, axis=2)
    for convention in ("keras", "torch"):
        y = ops.upsample(x, (2, 3), convention=convention)
        np.testing.assert_array_equal(y, expected)
    y = ops.upsample(x, 2, "bilinear")
    np.testing.assert_array_equal(y, ops.resize(x, (6, 8)))


def test_free_sizes():
    inputs = Input((None, None, 2))
    model = pyconv.Model(inputs, ops.resize(ops.upsample(inputs, 2, "bilinear"), (3, 5)))
    for size in ((4, 6), (7, 2)):
        x = RNG.normal(size=(3, *size, 2)).astype(np.float32)
        twice = reference(x, (2 * size[0], 2 * size[1]))
        y = model.predict(x, verbose=0)
        np.testing.assert_allclose(y, reference(twice, (3, 5)), rtol=1e-5, atol=1e-5)


def test_messages():
    x = np.zeros((1, 4, 4, 1))
    cases = [
        ((x, (2, 2), "cubic"), {}, "`interpolation`"),
        ((x, (2, 2)), {"convention": "tf"}, "`convention`"),
        ((x, (2, 2)), {"antialias": True, "align_corners": True}, "without `align_corners`"),
        ((x, (2, 2, 2)), {}, "size: expected"),
        ((x, 0), {}, "size: expected"),
        ((x[0, 0], 2), {}, "spatial axes"),
        ((np.zeros((1, 0, 1)), 2), {}, "with pixels"),
    ]
    for args, kwargs, message in cases:
        with pytest.raises(ValueError, match=message):
            ops.resize(*args, **kwargs)


@pytest.mark.peer
@pytest.mark.parametrize("align_corners", [False, True])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_torch(rank, align_corners):
    torch = pytest.importorskip("torch")
    linear = {1: "linear", 2: "bilinear", 3: "trilinear"}[rank]
    modes = [(linear, "bilinear", align_corners)]
    modes += [("bicubic", "bicubic", align_corners)] if rank == 2 else []
    modes += [("nearest", "nearest", None)] if not align_corners else []
    for (theirs, ours, corners), (old, new) in product(modes, [(5, 8), (7, 3), (4, 12), (6, 6)]):
        sizes, news = (old, 4, 3)[:rank], (new, 5, 7)[:rank]
        x = RNG.normal(size=(2, *sizes, 9)).astype(np.float32)
        expected = torch.nn.functional.interpolate(
            torch.tensor(np.moveaxis(x, -1, 1).copy()), news, mode=theirs, align_corners=corners
        )
        y = ops.resize(x, news, ours, bool(corners), convention="torch")
        expected = np.moveaxis(expected.numpy(), 1, -1)
        np.testing.assert_allclose(y, expected, rtol=2e-5, atol=2e-5)


@pytest.mark.peer
def test_torch_antialias_and_nearest():
    functional = pytest.importorskip("torch").nn.functional
    import torch

    x = RNG.normal(size=(2, 11, 9, 3)).astype(np.float32)
    image = torch.tensor(x.transpose(0, 3, 1, 2).copy())
    for size in ((5, 4), (20, 3), (1, 13)):
        for mode in ("bilinear", "bicubic"):
            y = ops.resize(x, size, mode, antialias=True, convention="torch")
            expected = functional.interpolate(image, size, mode=mode, antialias=True)
            expected = expected.numpy().transpose(0, 2, 3, 1)
            np.testing.assert_allclose(y, expected, rtol=2e-5, atol=2e-5)
        for mode, convention in (("nearest", "torch"), ("nearest-exact", "keras")):
            y = ops.resize(x, size, "nearest", convention=convention)
            expected = functional.interpolate(image, size, mode=mode).numpy()
            np.testing.assert_array_equal(y, expected.transpose(0, 2, 3, 1))


@pytest.mark.peer
@pytest.mark.parametrize("interpolation", ["nearest", *KERNELS])
def test_keras(interpolation):
    image = pytest.importorskip("keras").ops.image
    for old, new in (((4, 6), (8, 12)), ((8, 12), (4, 3)), ((5, 7), (20, 14)), ((9, 6), (5, 11))):
        x = RNG.normal(size=(2, *old, 3)).astype(np.float32)
        for antialias in (False, True):
            y = ops.resize(x, new, interpolation, antialias=antialias)
            expected = np.asarray(image.resize(x, new, interpolation, antialias=antialias))
            np.testing.assert_allclose(y, expected, rtol=3e-5, atol=3e-5)
