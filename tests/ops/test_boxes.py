"""Boxes: formats, overlaps, grids of cells, suppression."""

import numpy as np
import pytest

import pyconv
from pyconv import ops
from pyconv.plan import Function
from tests.ops.oracle import check_op


def random_boxes(*shape, seed=0):
    """Boxes (..., 4) by their corners, in the unit square or a little beyond it."""
    rng = np.random.default_rng(seed)
    corner, size = rng.uniform(-0.1, 0.8, (*shape, 2)), rng.uniform(0.05, 0.6, (*shape, 2))
    return np.concatenate([corner, corner + size], axis=-1).astype("float32")


def iou(a, b):
    """Intersection / union of two boxes (left, top, right, bottom), in float64."""
    width = max(min(a[2], b[2]) - max(a[0], b[0]), 0.0)
    height = max(min(a[3], b[3]) - max(a[1], b[1]), 0.0)
    shared = width * height
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared
    return shared / union if shared else 0.0


def all_iou(a, b):
    return np.array([[iou(p, q) for q in b] for p in a])


@pytest.mark.parametrize("target", ["xyxy", "yxyx", "xywh", "cxcywh"])
def test_formats_are_inverse_of_each_other(target):
    boxes = random_boxes(2, 5)
    there = ops.convert_boxes(boxes, "xyxy", target)
    np.testing.assert_allclose(ops.convert_boxes(there, target, "xyxy"), boxes, atol=1e-6)
    left, top, right, bottom = np.moveaxis(boxes.astype("float64"), -1, 0)
    expected = {
        "xyxy": (left, top, right, bottom),
        "yxyx": (top, left, bottom, right),
        "xywh": (left, top, right - left, bottom - top),
        "cxcywh": ((left + right) / 2, (top + bottom) / 2, right - left, bottom - top),
    }[target]
    np.testing.assert_allclose(there, np.stack(expected, axis=-1), atol=1e-6)


def test_box_iou():
    a, b = random_boxes(4), random_boxes(3, seed=1)
    check_op(ops.box_iou, all_iou, a, b, tolerance=3e-6, second=False)
    whole = ops.box_iou(np.stack([a, a[::-1]]), np.stack([b, b]))
    np.testing.assert_allclose(whole[1], all_iou(a[::-1], b), atol=1e-6)
    by_centres = [ops.convert_boxes(x, "xyxy", "cxcywh") for x in (a, b)]
    np.testing.assert_allclose(ops.box_iou(*by_centres, "cxcywh"), all_iou(a, b), atol=1e-6)


def test_overlap_of_boxes_without_area():
    point, box = np.float32([[0.5, 0.5, 0.5, 0.5]]), np.float32([[0, 0, 1, 1]])
    assert ops.box_iou(point, point) == ops.box_iou(point, box) == 0
    assert ops.box_iou(box, box) == 1


def test_mistakes_are_named():
    with pytest.raises(ValueError, match=r"boxes: expected shape \(..., boxes, 4\)"):
        ops.box_iou(np.zeros((3, 5)), np.zeros((3, 4)))
    with pytest.raises(ValueError, match="`box_format`"):
        ops.convert_boxes(np.zeros((3, 4)), "xyxy", "xxyy")
    with pytest.raises(ValueError, match="boxes_per_cell=3"):
        ops.decode_grid(np.zeros((1, 7, 7, 12)), boxes_per_cell=3)
    with pytest.raises(ValueError, match="labels from 0 to 2, received 3"):
        ops.encode_grid([[[0, 0, 1, 1]]], [[3]], (7, 7), classes=3)
    with pytest.raises(ValueError, match="centre"):
        ops.encode_grid([[[0, 0, 30, 30]]], [[0]], (7, 7), classes=3)
    with pytest.raises(ValueError, match="as many lists"):
        ops.encode_grid([[[0, 0, 1, 1]]], [], (7, 7), classes=3)
    with pytest.raises(ValueError, match="a label for each of 1 boxes"):
        ops.encode_grid([[[0, 0, 1, 1]]], [[0, 1]], (7, 7), classes=3)
    with pytest.raises(ValueError, match="`max_output_size` to be a positive integer"):
        ops.non_maximum_suppression(np.zeros((3, 4)), np.zeros(3), 0)
    with pytest.raises(ValueError, match=r"scores \(n, k\)"):
        ops.non_maximum_suppression(np.zeros((3, 4)), np.zeros(2), 1)
    with pytest.raises(ValueError, match="int32"):
        ops.non_maximum_suppression(np.zeros((3, 4)), np.zeros(3), 1, classes=np.zeros(3))


def decoded(y, boxes_per_cell):
    """Boxes by their corners, confidences and probabilities: YOLO v1's grid, cell by cell."""
    rows, columns, _ = y.shape
    boxes, confidences, probabilities = [], [], []
    for row in range(rows):
        for column in range(columns):
            for b in range(boxes_per_cell):
                x, v, w, h, confidence = y[row, column, 5 * b : 5 * b + 5]
                cx, cy, w, h = (column + x) / columns, (row + v) / rows, w * w, h * h
                boxes.append([cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2])
                confidences.append(confidence)
                probabilities.append(y[row, column, 5 * boxes_per_cell :])
    return np.array(boxes), np.array(confidences), np.array(probabilities)


@pytest.mark.parametrize(("grid", "per_cell", "classes"), [((7, 7), 2, 20), ((2, 3), 1, 0)])
def test_decode_grid(grid, per_cell, classes):
    y = np.random.default_rng(0).uniform(0, 1, (2, *grid, 5 * per_cell + classes))
    results = ops.decode_grid(y, per_cell)
    for i in range(2):
        for got, expected in zip(results, decoded(y[i], per_cell), strict=True):
            np.testing.assert_allclose(got[i], expected, atol=1e-6)


def test_gradient_of_decoding():
    y = np.random.default_rng(0).uniform(0.2, 1, (1, 2, 2, 7))
    check_op(lambda x: ops.decode_grid(x, 1)[0], lambda x: decoded(x[0], 1)[0][None], y)


def test_decoding_undoes_encoding():
    boxes = [random_boxes(3, seed=1), random_boxes(0), [[0.9, 0.9, 1.1, 1.1]]]
    labels = [[1, 0, 2], [], [2]]
    y = ops.encode_grid(boxes, labels, (7, 5), classes=3)
    assert y.shape == (3, 7, 5, 13) and y.dtype == np.float32
    found, confidences, probabilities = ops.decode_grid(y)
    assert (confidences.sum(axis=1) == [6, 0, 2]).all()
    for i in range(3):
        hits = np.flatnonzero(confidences[i])[::2]
        order = np.argsort(probabilities[i, hits].argmax(-1))
        expected = np.reshape(boxes[i], (-1, 4))[np.argsort(labels[i])]
        np.testing.assert_allclose(found[i, hits[order]], expected, atol=1e-6)


def test_the_first_object_has_the_cell():
    box = [0.1, 0.1, 0.3, 0.3]
    y = ops.encode_grid([[box, box]], [[1, 0]], (2, 2), classes=2, boxes_per_cell=1)
    assert y[0, 0, 0, 5:].tolist() == [0, 1] and y[..., 4].sum() == 1
    corner = ops.encode_grid([[[0.5, 0.5, 1.5, 1.5]]], [[0]], (2, 2), classes=1)
    assert corner[0, 1, 1, 4] == 1  # a centre on the far border is in the last cell


def kept_boxes(boxes, scores, size, threshold, least, classes):
    """The textbook's greedy loop."""
    left = [i for i in np.argsort(-scores, kind="stable") if scores[i] > least]
    kept = []
    while left and len(kept) < size:
        best = left.pop(0)
        kept.append(best)
        left = [
            i for i in left
            if classes[i] != classes[best] or iou(boxes[best], boxes[i]) <= threshold
        ]  # fmt: skip
    return kept


@pytest.mark.parametrize("k", [1, 2, 7, 60])
@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.5, 1.0])
def test_suppression(k, threshold):
    boxes, rng = random_boxes(3, k, seed=k), np.random.default_rng(k)
    scores = (rng.integers(0, 20, (3, k)) / 20).astype("float32")  # ties
    classes = rng.integers(0, 2, (3, k)).astype("int32")
    for given in (None, classes):
        indices, counts = ops.non_maximum_suppression(boxes, scores, 9, threshold, 0.2, given)
        assert indices.dtype == counts.dtype == np.int32
        for i in range(3):
            same = np.zeros(k) if given is None else classes[i]
            kept = kept_boxes(boxes[i].astype("float64"), scores[i], 9, threshold, 0.2, same)
            assert indices[i].tolist() == kept + [-1] * (9 - len(kept))
            assert counts[i] == len(kept)


def test_suppression_of_what_is_no_number():
    nan, inf = float("nan"), float("inf")
    boxes = np.float32([[0, 0, 1, 1], [nan, 0, 1, 1], [0, 0, inf, 1], [2, 2, 3, 3], [4, 4, 5, 5]])
    scores = np.float32([0.5, 0.9, 0.9, nan, inf])
    indices, count = ops.non_maximum_suppression(boxes, scores, 5)
    assert indices.tolist() == [4, 0, -1, -1, -1] and count == 2


def test_suppression_without_boxes_or_images():
    indices, counts = ops.non_maximum_suppression(np.zeros((2, 0, 4)), np.zeros((2, 0)), 3)
    assert (indices == -1).all() and (counts == 0).all()
    indices, counts = ops.non_maximum_suppression(np.zeros((0, 4, 4)), np.zeros((0, 4)), 3)
    assert indices.shape == (0, 3) and counts.shape == (0,)


def test_suppression_within_a_plan():
    """The number of images is the plan's, and every number of threads gives the same."""
    plan = Function(lambda b, s: list(ops.non_maximum_suppression(b, s, 5, box_format="yxyx")))
    before = pyconv.get_num_threads()
    try:
        for n in (0, 1, 4):
            boxes, scores = random_boxes(n, 33), np.random.default_rng(n).random((n, 33), "float32")
            expected = ops.non_maximum_suppression(boxes, scores, 5)
            for threads in (1, 3):
                pyconv.set_num_threads(threads)
                for got, want in zip(plan(boxes, scores), expected, strict=True):
                    np.testing.assert_array_equal(got, want)
    finally:
        pyconv.set_num_threads(before)


@pytest.mark.peer
def test_suppression_as_tensorflow():
    tf = pytest.importorskip("tensorflow")
    for seed in range(20):
        rng = np.random.default_rng(seed)
        k, threshold, least = int(rng.integers(1, 80)), rng.random(), rng.random() / 2
        boxes = random_boxes(k, seed=seed)
        scores = (rng.integers(0, 30, k) / 30).astype("float32")
        expected = tf.image.non_max_suppression(boxes, scores, 12, threshold, least).numpy()
        indices, count = ops.non_maximum_suppression(
            boxes, scores, 12, threshold, least, box_format="yxyx"
        )
        np.testing.assert_array_equal(indices[:count], expected)


def test_iou_of_small_boxes():
    """Boxes of any size that float32 can multiply, down to an area of 1e-36."""
    for side in (1e-18, 1e-16, 1e-3, 1e18):
        box = np.float32([[0, 0, side, side]])
        np.testing.assert_allclose(ops.box_iou(box, box), [[1]], rtol=1e-6)


def test_classes_as_a_list():
    boxes = [[0.0, 0.0, 1.0, 1.0]] * 2
    assert ops.non_maximum_suppression(boxes, [0.1, 0.2], 2, classes=[0, 1])[1] == 2
    assert ops.non_maximum_suppression(boxes, [0.1, 0.2], 2, classes=[1, 1])[1] == 1
    with pytest.raises(ValueError, match="integers"):
        ops.non_maximum_suppression(boxes, [0.1, 0.2], 2, classes=[0.5, 1.0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"grid_size": "ab"}, "grid_size"),
        ({"grid_size": (0, 2)}, "grid_size"),
        ({"classes": -1}, "`classes`"),
        ({"boxes_per_cell": 0}, "`boxes_per_cell`"),
        ({"boxes_per_cell": 1.5}, "`boxes_per_cell`"),
        ({"labels": None}, "`labels`"),
        ({"labels": [[0.5]]}, "labels: expected integers"),
        ({"boxes": [[[0, 0, 1, 1, 3]]]}, "boxes: expected shape"),
    ],
    ids=str,
)
def test_mistakes_of_grids(change, message):
    arguments = {"boxes": [[[0, 0, 1, 1]]], "labels": [[0]], "grid_size": (2, 2), "classes": 1}
    with pytest.raises(ValueError, match=message):
        ops.encode_grid(**(arguments | change))


def test_a_grid_of_one_number_and_no_boxes():
    assert ops.encode_grid([[], []], [[], []], 3, 1).shape == (2, 3, 3, 11)
    with pytest.raises(ValueError, match="`boxes_per_cell`"):
        ops.decode_grid(np.zeros((1, 2, 2, 10)), 1.5)
