"""Boxes, masks and labels in image layers beside Keras, where nothing is left to chance."""

import copy

import numpy as np
import pytest

from pyconv import layers
from pyconv.utils.bounding_boxes import convert_format
from tests.peers.keras_pair import compare_configs

keras = pytest.importorskip("keras", reason="Keras, the peer, is not installed")
pytestmark = pytest.mark.peer

HEIGHT, WIDTH = 20, 26
RNG = np.random.default_rng(0)
BOXES = np.zeros((3, 6, 4), "float32")
BOXES[:, :4, :2] = RNG.uniform(0, 14, (3, 4, 2))
BOXES[:, :4, 2:] = BOXES[:, :4, :2] + RNG.uniform(1, 6, (3, 4, 2))
BOXES[:, 5] = -1  # two ways to say that there is none
LABELS = np.concatenate([RNG.integers(0, 9, (3, 4)), np.full((3, 2), -1)], axis=1)


def same(a):
    """Bounds of one number."""
    return (a, a)


CASES = [
    ("Resizing", {"height": 12, "width": 30}),
    ("Resizing", {"height": 30, "width": 15, "crop_to_aspect_ratio": True}),
    ("Resizing", {"height": 15, "width": 30, "crop_to_aspect_ratio": True}),
    ("Resizing", {"height": 31, "width": 15, "pad_to_aspect_ratio": True}),
    ("Resizing", {"height": 15, "width": 44, "pad_to_aspect_ratio": True}),
    ("CenterCrop", {"height": 12, "width": 9}),
    ("CenterCrop", {"height": 13, "width": 31}),
    ("CenterCrop", {"height": 40, "width": 31}),
    ("RandomTranslation", {"height_factor": same(0.3), "width_factor": same(-0.2)}),
    ("RandomZoom", {"height_factor": same(0.3), "width_factor": same(-0.2)}),
    ("RandomZoom", {"height_factor": same(-0.4)}),
    ("RandomBrightness", {"factor": same(0.1)}),
    ("RandomErasing", {"factor": 0.0}),
    ("RandomContrast", {"factor": same(0.0)}),
    ("RandomInvert", {"factor": same(1.0)}),
    ("MaxNumBoundingBoxes", {"max_number": 4}),
    ("MaxNumBoundingBoxes", {"max_number": 9, "fill_value": -3}),
]  # fmt: skip
#: Keras takes the boxes of these as "xyxy", or gives "xyxy", whatever the format.
CORNERS_ONLY = [
    ("RandomRotation", {"factor": same(0.25)}),
    ("RandomRotation", {"factor": same(-0.1)}),
    ("RandomPerspective", {"scale": 0.0}),
    ("RandomShear", {}),
]
FORMATS = ("xyxy", "rel_yxyx", "center_xywh", "xywh", "rel_center_xywh")
ALL = [(*case, name) for case in CASES for name in FORMATS]
ALL += [(*case, "xyxy") for case in CORNERS_ONLY]


def inputs(name, data_format, batched):
    images = np.random.default_rng(1).uniform(0, 255, (3, HEIGHT, WIDTH, 3)).astype("float32")
    masks = np.random.default_rng(2).integers(0, 4, (3, HEIGHT, WIDTH, 1)).astype("float32")
    if data_format == "channels_first":
        images, masks = np.moveaxis(images, -1, 1), np.moveaxis(masks, -1, 1)
    boxes = np.array(convert_format(BOXES[:, :5], "xyxy", name, HEIGHT, WIDTH))
    boxes = np.concatenate([boxes, BOXES[:, 5:]], axis=1)
    data = {"images": images, "segmentation_masks": masks, "labels": np.eye(3, dtype="float32"),
            "bounding_boxes": {"boxes": boxes, "labels": LABELS}}  # fmt: skip
    return data if batched else keras.tree.map_structure(lambda x: x[0], data)


@pytest.mark.parametrize(("layer", "arguments", "name"), ALL, ids=str)
def test_dicts(layer, arguments, name):
    for data_format in ("channels_last", "channels_first"):
        options = {**arguments, "bounding_box_format": name, "data_format": data_format}
        ours, theirs = (getattr(p, layer)(**options) for p in (layers, keras.layers))
        if "fill_value" not in arguments:  # which Keras forgets
            compare_configs(ours, theirs)
        for batched in (True, False):
            for training in (True, False):
                compare(ours, theirs, inputs(name, data_format, batched), training)


def compare(ours, theirs, data, training):
    expected = theirs(copy.deepcopy(data), training=training)
    found = ours(data, training=training)
    for key in ("images", "segmentation_masks", "labels"):
        np.testing.assert_allclose(found[key], expected[key], atol=6e-3, err_msg=key)
    for key in ("boxes", "labels"):
        a, b = (np.asarray(d["bounding_boxes"][key]) for d in (found, expected))
        np.testing.assert_allclose(a, b, atol=2e-4, err_msg=key)
        assert a.dtype == b.dtype


def test_perspectives_that_were_drawn():
    start = np.array([[0, 0], [WIDTH - 1, 0], [0, HEIGHT - 1], [WIDTH - 1, HEIGHT - 1]])
    ends = (start + RNG.uniform(-4, 4, (3, 4, 2))).astype("float32")
    drawn = {
        "apply_perspective": np.array([True, False, True]),
        "end_points": ends,
        "start_points": np.float32([start] * 3),
        "input_shape": (3, HEIGHT, WIDTH, 3),
    }
    boxes = {"boxes": BOXES, "labels": LABELS}
    found, expected = (
        package.RandomPerspective(bounding_box_format="xyxy").transform_bounding_boxes(
            dict(boxes), drawn
        )
        for package in (layers, keras.layers)
    )
    np.testing.assert_allclose(found["boxes"], expected["boxes"], atol=1e-3)
    np.testing.assert_array_equal(found["labels"], expected["labels"])
    images = RNG.uniform(0, 1, (3, HEIGHT, WIDTH, 3)).astype("float32")
    found, expected = (
        np.asarray(package.RandomPerspective().transform_images(images, drawn))
        for package in (layers, keras.layers)
    )
    np.testing.assert_allclose(found[:, 2:-2, 2:-2], expected[:, 2:-2, 2:-2], atol=1e-3)


def test_flips_that_were_drawn():
    for mode in ("horizontal", "vertical", "horizontal_and_vertical"):
        drawn = {"flips": np.array([True, False, True]).reshape(3, 1, 1, 1),
                 "input_shape": (3, HEIGHT, WIDTH, 3)}  # fmt: skip
        found, expected = (
            package.RandomFlip(mode, bounding_box_format="yxyx").transform_bounding_boxes(
                {"boxes": BOXES[:, :4, [1, 0, 3, 2]], "labels": LABELS[:, :4]}, drawn
            )
            for package in (layers, keras.layers)
        )
        np.testing.assert_allclose(found["boxes"], expected["boxes"], atol=1e-4)
        np.testing.assert_array_equal(found["labels"], expected["labels"])
