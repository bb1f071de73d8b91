"""Layers that change images beside Keras, where their factors leave nothing to chance."""

import numpy as np
import pytest

from pyconv import layers
from tests.peers.keras_pair import compare_configs

keras = pytest.importorskip("keras", reason="Keras, the peer, is not installed")
pytestmark = pytest.mark.peer

IMAGES = np.random.default_rng(0).uniform(0, 255, (4, 8, 7, 3)).astype("float32")
UNIT = {"value_range": (0, 1)}


def same(a):
    """Bounds of one number."""
    return (a, a)


CASES = [
    ("AutoContrast", {}),
    ("AutoContrast", UNIT),
    ("CenterCrop", {"height": 4, "width": 4}),
    ("ContrastLimitedAdaptiveHistogramEqualization", {"tile_grid_size": (2, 3)}),
    ("ContrastLimitedAdaptiveHistogramEqualization", {**UNIT, "clip_limit": 0,
                                                      "tile_grid_size": (3, 3)}),
    ("Equalization", {}),
    ("Equalization", {**UNIT, "bins": 64}),
    ("RandAugment", {"num_ops": 0}),
    ("RandomBrightness", {"factor": same(0.2)}),
    ("RandomBrightness", {"factor": same(-0.2), **UNIT}),
    ("RandomColorDegeneration", {"factor": same(0.4)}),
    ("RandomColorJitter", {}),
    ("RandomColorJitter", {"brightness_factor": same(0.1), "contrast_factor": same(0.0),
                           "saturation_factor": same(0.4)}),
    ("RandomContrast", {"factor": same(0.0)}),
    ("RandomErasing", {"factor": 0.0}),
    ("RandomGaussianBlur", {"factor": same(1), "sigma": same(0.7), "kernel_size": 5}),
    ("RandomGrayscale", {"factor": 0.0}),
    ("RandomGrayscale", {"factor": 1.0}),
    ("RandomHue", {"factor": same(0.0)}),
    ("RandomHue", {"factor": same(1.0), **UNIT}),
    ("RandomInvert", {"factor": same(1)}),
    ("RandomInvert", {"factor": same(1), **UNIT}),
    ("RandomPosterization", {"factor": same(3)}),
    ("RandomPosterization", {"factor": same(5), **UNIT}),
    ("RandomRotation", {"factor": same(-0.3), "fill_mode": "constant",
                        "interpolation": "nearest"}),
    ("RandomRotation", {"factor": same(0.1)}),
    ("RandomRotation", {"factor": same(0.25), "interpolation": "nearest"}),
    ("RandomSaturation", {"factor": same(0.3)}),
    ("RandomSaturation", {"factor": same(0.7)}),
    ("RandomSaturation", {"factor": same(0.7), **UNIT}),
    ("RandomSharpness", {"factor": same(0.1), **UNIT}),
    ("RandomSharpness", {"factor": same(0.9)}),
    ("RandomShear", {}),
    ("RandomTranslation", {"height_factor": same(0.2), "width_factor": same(-0.3)}),
    ("RandomTranslation", {"height_factor": same(0.5), "width_factor": same(0.5),
                           "interpolation": "nearest", "fill_mode": "constant"}),
    ("RandomElasticTransform", {"scale": 0.0}),
    ("RandomZoom", {"height_factor": same(-0.2), "width_factor": same(0.3),
                    "fill_mode": "constant", "fill_value": 9.0}),
    ("RandomZoom", {"height_factor": same(0.2)}),
    ("Resizing", {"height": 5, "width": 5}),
    ("Solarization", {}),
    ("Solarization", UNIT),
]  # fmt: skip


@pytest.mark.parametrize(("name", "arguments"), CASES, ids=str)
def test_values_and_configs(name, arguments):
    ours, theirs = getattr(layers, name)(**arguments), getattr(keras.layers, name)(**arguments)
    compare_configs(ours, theirs)
    batch = IMAGES / 255 if arguments.get("value_range") == (0, 1) else IMAGES
    for images in (batch, batch[0])[: 1 if name == "Equalization" else 2]:
        for training in ({}, {"training": True}, {"training": False}):
            expected = np.asarray(theirs(images, **training))
            bound = 2e-5 * max(1.0, np.abs(expected).max())
            np.testing.assert_allclose(ours(images, **training), expected, rtol=0, atol=bound)
    assert ours.compute_output_shape((None, 8, 7, 3)) == theirs.compute_output_shape(
        (None, 8, 7, 3)
    )


INTEGERS = [
    ("ContrastLimitedAdaptiveHistogramEqualization", {"tile_grid_size": (2, 2)}, True),
    ("RandomGrayscale", {"factor": 1.0}, True),
    ("RandomHue", {"factor": same(0.3)}, False),
    ("RandomCrop", {"height": 8, "width": 5}, False),
    ("RandomRotation", {"factor": same(0.5)}, True),
    ("RandomSharpness", {"factor": same(0.1)}, True),
    ("Equalization", {}, False),
    ("Resizing", {"height": 4, "width": 14, "interpolation": "nearest"}, True),
    ("CenterCrop", {"height": 4, "width": 3}, True),
]


@pytest.mark.parametrize(("name", "arguments", "training"), INTEGERS, ids=str)
def test_integers_and_lists(name, arguments, training):
    ours, theirs = getattr(layers, name)(**arguments), getattr(keras.layers, name)(**arguments)
    kinds = [IMAGES.astype("uint8"), IMAGES.astype("int32"), IMAGES[0].tolist()]
    for images in kinds[: 2 if name == "RandomGrayscale" else 3]:  # Keras' takes no lists
        found, expected = (np.asarray(f(images, training=training)) for f in (ours, theirs))
        assert found.dtype == expected.dtype
        whole = found.dtype.kind in "iu"  # the fraction is cut off: that of 2.9999 is not
        np.testing.assert_allclose(found * 1.0, expected * 1.0, atol=1 if whole else 0.005)


@pytest.mark.parametrize("name", ["RandAugment", "RandomColorDegeneration", "RandomGrayscale"])
def test_grey_images(name):
    options = {"RandAugment": {}, "RandomGrayscale": {"factor": 1.0}}.get(name, {"factor": 0.5})
    assert getattr(layers, name)(**options)(IMAGES[..., :1]).shape == (4, 8, 7, 1)


@pytest.mark.parametrize("size", [(8, 7), (10, 9), (4, 7), (9, 3), (7, 7)], ids=str)
def test_crops_without_choice(size):
    for training in (True, False):
        ours, theirs = layers.RandomCrop(*size), keras.layers.RandomCrop(*size)
        expected = np.asarray(theirs(IMAGES, training=training))
        np.testing.assert_allclose(ours(IMAGES, training=training), expected, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize(
    "name",
    [
        "AugMix",
        "CutMix",
        "MixUp",
        "RandAugment",
        "RandomElasticTransform",
        "RandomErasing",
        "RandomFlip",
        "RandomPerspective",
    ],  # fmt: skip
)
def test_configs_of_what_is_always_random(name):
    compare_configs(getattr(layers, name)(), getattr(keras.layers, name)())
