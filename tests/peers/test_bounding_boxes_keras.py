"""`utils.bounding_boxes` beside Keras."""

import itertools

import numpy as np
import pytest

from pyconv.utils import bounding_boxes as ours
from pyconv.utils.bounding_boxes.formats import FORMATS

keras = pytest.importorskip("keras", reason="Keras, the peer, is not installed")
pytestmark = pytest.mark.peer
theirs = keras.utils.bounding_boxes

RNG = np.random.default_rng(0)
CORNERS = RNG.uniform(0, 20, (3, 5, 4)).astype("float32")
CORNERS[..., 2:] += CORNERS[..., :2]
LABELS = RNG.integers(0, 4, (3, 5)).astype("int32")
HEIGHT, WIDTH = 30, 50


def same(name, *args, **kwargs):
    """Compares a function's results for equal arguments."""
    expected = getattr(theirs, name)(*copied(args), **kwargs)
    found = getattr(ours, name)(*copied(args), **kwargs)
    for key in expected if isinstance(expected, dict) else [None]:
        a, b = (x if key is None else x[key] for x in (found, expected))
        np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-5, err_msg=str(key))
        assert np.asarray(a).dtype == np.asarray(b).dtype or np.asarray(b).dtype == "int64"


def copied(args):
    """Keras writes into the dicts it is given."""
    return [dict(a) if isinstance(a, dict) else a for a in args]


def test_formats():
    for source, target in itertools.product(FORMATS, FORMATS):
        same("convert_format", CORNERS, source, target, height=HEIGHT, width=WIDTH)


@pytest.mark.parametrize("shape", [(5, 4), (4,), (0, 4), (2, 0, 4), (1, 1, 4)], ids=str)
def test_formats_of_few_boxes(shape):
    boxes = np.resize(CORNERS, shape)
    same("convert_format", boxes.astype("int64"), "Rel_XYWH", "YXYX", HEIGHT, WIDTH)
    same("convert_format", {"boxes": boxes, "labels": LABELS}, "xyxy", "xywh")


def test_clips_and_shifts():
    for boxes in (CORNERS - 8, np.round(CORNERS).astype("int32") - 8):
        data = {"boxes": boxes, "labels": LABELS, "more": LABELS}
        same("clip_to_image_size", data, height=9, width=14)
        same("clip_to_image_size", {"boxes": boxes[0]}, height=9, width=14)
        same("crop", boxes, 3, 5, 11, 12)
        same("pad", boxes, 3, 5)
    relative = {"boxes": CORNERS / 20 - 0.4, "labels": LABELS}
    same("clip_to_image_size", relative, bounding_box_format="rel_xyxy")


@pytest.mark.parametrize("centre", [{}, {"center_x": 0.2, "center_y": 0.9}], ids=str)
def test_affine_transforms(centre):
    numbers = RNG.uniform(-1, 1, (6, 3)).astype("float32")
    degrees, moves = numbers[:3] * [[180], [30], [30]], [*numbers[3:5], numbers[5] + 2]
    angle, shear_x, shear_y = degrees.astype("float32")
    moves = (angle, *moves, shear_x, shear_y, float(HEIGHT), float(WIDTH))
    same("affine_transform", CORNERS, *moves, **centre)


@pytest.mark.parametrize("encoded", ["center_xywh", "center_yxhw"])
@pytest.mark.parametrize("variance", [None, [0.1, 0.1, 0.2, 0.2]])
def test_offsets_from_anchors(encoded, variance):
    anchors, options = (
        CORNERS[0] + np.float32([0, 1, 2, 3]),
        (encoded, variance, (HEIGHT, WIDTH, 3)),
    )
    for boxes in (CORNERS, CORNERS[1]):
        same("encode_box_to_deltas", anchors, boxes, "xyxy", "xywh", *options)
        same("encode_box_to_deltas", anchors, boxes, "yxyx", "rel_xyxy", *options)
        offsets = boxes / 100
        same("decode_deltas_to_boxes", anchors, offsets, "xyxy", "rel_yxyx", *options)
        back = ours.decode_deltas_to_boxes(
            anchors,
            ours.encode_box_to_deltas(anchors, boxes, "xyxy", "xyxy", *options),
            "xyxy", "xyxy", *options,
        )  # fmt: skip
        np.testing.assert_allclose(back, boxes, rtol=1e-4, atol=1e-4)
    levels = {"p3": anchors, "p4": anchors * 2}
    same("decode_deltas_to_boxes", levels, {k: a / 50 for k, a in levels.items()}, "xyxy", "xyxy")


def test_overlaps():
    other = np.roll(CORNERS, 1, axis=1)[:, :4] + 1
    other[:, 2] = -1
    for first, second in itertools.product((CORNERS, CORNERS[0]), (other, other[0])):
        for name in ("xyxy", "yxyx", "xywh", "center_xywh"):
            same("compute_iou", first, second, name)
        same("compute_iou", first / 30, second / 30, "rel_xyxy", image_shape=(HEIGHT, WIDTH, 3))
    for first, second in ((CORNERS, other), (CORNERS[0], other[0])):
        same("compute_iou", first, second, "xyxy", use_masking=True, mask_val=-2)
    for name in ("xyxy", "center_yxhw", "xywh"):
        same("compute_ciou", CORNERS, np.roll(CORNERS, 1, axis=1), name)
        same("compute_ciou", CORNERS[0], CORNERS[0], name)


MISTAKES = [
    (ValueError, "convert_format", (CORNERS[..., :3], "xyxy", "xywh")),
    (ValueError, "convert_format", (CORNERS, "xyxy", "xyyx")),
    (ValueError, "convert_format", (CORNERS, "rel_xyxy", "xyxy")),
    (ValueError, "clip_to_image_size", ({"boxes": CORNERS},)),
    (NotImplementedError, "clip_to_image_size", ({"boxes": CORNERS}, 1, 1, "xywh")),
    (NotImplementedError, "crop", (CORNERS, 1, 1, 1, 1, "xywh")),
    (NotImplementedError, "pad", (CORNERS, 1, 1, 1, 1, "xywh")),
    (ValueError, "encode_box_to_deltas", (CORNERS[0], CORNERS, "xyxy", "xyxy", "xyxy")),
    (ValueError, "decode_deltas_to_boxes",
     (CORNERS[0], CORNERS, "xyxy", "xyxy", "center_xywh", [1.0, 2.0])),
    (ValueError, "compute_iou", (CORNERS, CORNERS[0, 0], "xyxy")),
    (ValueError, "compute_iou", (CORNERS, CORNERS, "rel_xyxy")),
    (ValueError, "compute_ciou", (CORNERS, CORNERS, "rel_xyxy")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("error", "name", "args"), MISTAKES, ids=lambda x: getattr(x, "__name__", None)
)
def test_mistakes(error, name, args):
    for package in (theirs, ours):
        with pytest.raises(error):
            getattr(package, name)(*copied(args))
