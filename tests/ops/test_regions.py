"""Crops and regions of interest against their definitions, pixel by pixel, and TensorFlow."""

import numpy as np
import pytest

from pyconv import layers, ops
from pyconv.graph import gradients
from pyconv.plan import Function
from tests.ops.oracle import check_op

RNG = np.random.default_rng(0)


def images(*shape):
    return RNG.standard_normal(shape).astype("float32")


def bilinear(image, y, x):
    """The image (height, width, c) at a point within it."""
    h, w = image.shape[:2]
    top, left = min(int(np.floor(y)), h - 1), min(int(np.floor(x)), w - 1)
    bottom, right = min(top + 1, h - 1), min(left + 1, w - 1)
    v, u = y - top, x - left
    upper = (1 - u) * image[top, left] + u * image[top, right]
    lower = (1 - u) * image[bottom, left] + u * image[bottom, right]
    return (1 - v) * upper + v * lower


def nearest(image, y, x):
    return image[int(np.floor(y + 0.5)), int(np.floor(x + 0.5))]


def crop(image, box, size, read=bilinear, outside=0.0):
    """TensorFlow's rule, one pixel after another; box: y1, x1, y2, x2."""
    result = np.empty((*size, image.shape[2]))
    for i in np.ndindex(size):
        point = []
        for a in range(2):
            first, last, end = box[a], box[a + 2], image.shape[a] - 1
            if size[a] > 1:
                point.append(first * end + i[a] * (last - first) * end / (size[a] - 1))
            else:
                point.append(0.5 * (first + last) * end)
        within = all(0 <= p <= n - 1 for p, n in zip(point, image.shape, strict=False))
        result[i] = read(image, *point) if within else outside
    return result


def align(image, box, cells, scale, ratio, aligned):
    """torchvision's rule, one sample after another; box: x1, y1, x2, y2."""
    left, top, right, bottom = (b * scale - 0.5 * aligned for b in box)
    height, width = bottom - top, right - left
    if not aligned:
        height, width = max(height, 1.0), max(width, 1.0)
    result = np.zeros((*cells, image.shape[2]))
    for i, j in np.ndindex(cells):
        for k, m in np.ndindex(ratio, ratio):
            y = top + (i + (k + 0.5) / ratio) * height / cells[0]
            x = left + (j + (m + 0.5) / ratio) * width / cells[1]
            if -1 <= y <= image.shape[0] and -1 <= x <= image.shape[1]:
                y = min(max(y, 0.0), image.shape[0] - 1.0)
                x = min(max(x, 0.0), image.shape[1] - 1.0)
                result[i, j] += bilinear(image, y, x) / ratio**2
    return result


def each(function, x, boxes, *args):
    """function(image, box, *args) for the boxes (n, k, 4) of images (n, ...)."""
    return np.array(
        [[function(i, b, *args) for b in some] for i, some in zip(x, boxes, strict=True)]
    )


def within(*shape):
    """Boxes in the unit square."""
    return np.sort(RNG.uniform(0.02, 0.98, (*shape, 2, 2)), axis=-2).reshape(*shape, 4)


def beyond(*shape):
    """Boxes that are mirrored, or reach outside the unit square."""
    return RNG.uniform(-0.4, 1.4, (*shape, 4))


@pytest.mark.parametrize("size", [(3, 4), (1, 2), (5, 1), (9, 9)])
@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
@pytest.mark.parametrize("channels", [1, 3, 9])
def test_crop_and_resize(size, interpolation, channels):
    x, boxes = images(2, 6, 7, channels), np.concatenate([within(2, 2), beyond(2, 3)], axis=1)
    read = bilinear if interpolation == "bilinear" else nearest
    expected = each(crop, np.float64(x), np.float32(boxes), size, read, 0.5)
    got = ops.crop_and_resize(x, boxes, size, None, interpolation, 0.5)
    np.testing.assert_allclose(got, expected, atol=1e-4)
    owners = np.repeat(np.int32([0, 1]), 5)
    listed = ops.crop_and_resize(x, boxes.reshape(-1, 4), size, owners, interpolation, 0.5)
    np.testing.assert_array_equal(listed, got.reshape(-1, *size, channels))


def test_a_whole_image_is_itself():
    x = images(2, 5, 4, 3)
    whole = np.float32([[[0, 0, 1, 1]]] * 2)
    np.testing.assert_allclose(ops.crop_and_resize(x, whole, (5, 4))[:, 0], x, atol=1e-6)
    mirrored = np.float32([[[0, 1, 1, 0]]] * 2)
    crops = ops.crop_and_resize(x, mirrored, (5, 4))[:, 0]
    np.testing.assert_allclose(crops, x[:, :, ::-1], atol=1e-6)
    boxes = np.float32([[[0, 0, 4, 5]]] * 2)  # aligned: cells of one pixel, one sample each
    aligned = ops.roi_align(x, boxes, (5, 4), sampling_ratio=1, aligned=True)
    np.testing.assert_allclose(aligned[:, 0], x, atol=1e-6)


def test_gradients_of_crop_and_resize():
    check_op(
        lambda x, boxes: ops.crop_and_resize(x, boxes, (3, 2)),
        lambda x, boxes: each(crop, x, boxes, (3, 2)),
        images(2, 4, 5, 2),
        within(2, 2),
    )


@pytest.mark.parametrize("aligned", [False, True])
@pytest.mark.parametrize(
    ("cells", "scale", "ratio"), [((2, 3), 1.0, 2), ((1, 1), 0.5, 1), ((4, 2), 0.25, 3)], ids=str
)
def test_roi_align(aligned, cells, scale, ratio):
    x = images(2, 6, 8, 5)
    units = np.float64([8, 6, 8, 6]) / scale
    boxes = np.concatenate([within(2, 3) * units, beyond(2, 4) * units], axis=1)
    boxes[:, 0, 2:] = boxes[:, 0, :2] + 0.1  # smaller than a pixel
    expected = each(align, np.float64(x), np.float32(boxes), cells, scale, ratio, aligned)
    got = ops.roi_align(x, boxes, cells, scale, ratio, aligned)
    np.testing.assert_allclose(got, expected, atol=1e-4)
    owners = np.repeat(np.int32([0, 1]), 7)
    listed = ops.roi_align(
        x, ops.convert_boxes(boxes.reshape(-1, 4), "xyxy", "yxyx"), cells, scale, ratio, aligned,
        owners, "yxyx",
    )  # fmt: skip
    np.testing.assert_array_equal(listed, got.reshape(-1, *cells, 5))


def test_gradients_of_roi_align():
    check_op(
        lambda x, boxes: ops.roi_align(x, boxes, (2, 1), aligned=True),
        lambda x, boxes: each(align, x, boxes, (2, 1), 1.0, 2, True),
        images(2, 4, 5, 2),
        within(2, 2) * [3, 2, 3, 2] + 1,
        tolerance=2e-5,
    )


def test_numbers_that_are_none():
    """A box without numbers gives the fill value, and disturbs no other."""
    x, boxes = images(1, 4, 4, 2), np.float32([[[0, 0, 1, 1], [np.nan, 0, 1, 2]]])
    y = ops.crop_and_resize(x, boxes, (4, 4), extrapolation_value=7.0)
    np.testing.assert_allclose(y[0, 0], x[0], atol=1e-6)
    assert (y[0, 1] == 7).all()
    assert (ops.roi_align(x, boxes[:, 1:], 2) == 0).all()


def test_any_number_of_images_in_a_plan():
    plan = Function(lambda x, boxes: [ops.crop_and_resize(x, boxes, 3), ops.roi_align(x, boxes, 2)])
    x, boxes = images(3, 5, 5, 2), np.float32(within(3, 4))
    whole = plan(x, boxes)
    for n in (0, 1, 2):
        for part, all_of_it in zip(plan(x[:n], boxes[:n]), whole, strict=True):
            np.testing.assert_array_equal(part, all_of_it[:n])
    assert ops.crop_and_resize(x, np.zeros((3, 0, 4)), 3).shape == (3, 0, 3, 3, 2)


def test_mistakes_are_named():
    x = images(2, 4, 4, 1)
    with pytest.raises(ValueError, match=r"crop_and_resize: expected images .* boxes \(n, k, 4\)"):
        ops.crop_and_resize(x, np.zeros((3, 4)), 2)
    with pytest.raises(ValueError, match="roi_align: expected images"):
        ops.roi_align(x, np.zeros((3, 4)), 2, box_indices=np.zeros(2, np.int32))
    with pytest.raises(ValueError, match="crop_size"):
        ops.crop_and_resize(x, np.zeros((2, 1, 4)), 0)
    with pytest.raises(ValueError, match="sampling_ratio"):
        ops.roi_align(x, np.zeros((2, 1, 4)), 2, sampling_ratio=-1)
    with pytest.raises(ValueError, match="`interpolation`"):
        ops.crop_and_resize(x, np.zeros((2, 1, 4)), 2, interpolation="cubic")
    with pytest.raises(ValueError, match="image"):
        ops.crop_and_resize(x, np.zeros((1, 4)), 2, np.int32([2]))


def test_layers_in_the_other_layout():
    x, boxes = images(2, 3, 5, 6), np.float32(within(2, 2))
    last = np.ascontiguousarray(np.moveaxis(x, 1, -1))
    for layer in (layers.CropAndResize, layers.RoIAlign):
        first = layer((2, 3), data_format="channels_first")([x, boxes])
        np.testing.assert_array_equal(np.moveaxis(first, 2, -1), layer((2, 3))([last, boxes]))


def test_layers_take_a_pair():
    x = np.zeros((1, 8, 8, 2), "float32")
    with pytest.raises(ValueError, match=r"expected a list \[images, boxes\]"):
        layers.RoIAlign(2)([x])
    with pytest.raises(ValueError, match=r"expected a list \[boxes, scores\]"):
        layers.NonMaximumSuppression(2)(np.zeros((1, 5, 4), "float32"))


def test_suppression_layer():
    boxes = np.float32([[[0, 0, 2, 2], [0, 0, 2, 2.2], [0, 0, 2, 1.9], [5, 5, 6, 6]]])
    scores = np.float32([[[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.3, 0.2]]])
    apart = layers.NonMaximumSuppression(4, score_threshold=0.25)([boxes, scores])[0]
    assert apart[:, 5].tolist() == [0, 1, 0, -1]
    np.testing.assert_array_equal(apart[:3, :4], boxes[0, [0, 1, 3]])
    np.testing.assert_allclose(apart[:, 4], [0.9, 0.8, 0.3, 0], atol=1e-6)
    together = layers.NonMaximumSuppression(4, per_class=False)([boxes, scores])[0]
    assert together[:, 5].tolist() == [0, 0, -1, -1]


@pytest.mark.peer
@pytest.mark.parametrize("method", ["bilinear", "nearest"])
def test_as_tensorflow(method):
    tf = pytest.importorskip("tensorflow")
    for size in ((4, 5), (1, 3), (7, 1)):
        x, boxes = images(3, 6, 5, 4), np.float32(np.concatenate([within(6), beyond(6)]))
        owners = RNG.integers(0, 3, 12).astype("int32")
        with tf.GradientTape() as tape:
            variables = [tf.Variable(x), tf.Variable(boxes)]
            want = tf.image.crop_and_resize(*variables, owners, size, method, 0.25)
            loss = tf.reduce_sum(want * want)
        got = ops.crop_and_resize(x, boxes, size, owners, method, 0.25)
        np.testing.assert_allclose(got, want, atol=1e-4)
        if method == "bilinear":
            _check_gradients(x, boxes, owners, size, tape.gradient(loss, variables))


def _check_gradients(x, boxes, owners, size, expected):
    def step(x, boxes):
        y = ops.crop_and_resize(x, boxes, size, owners, extrapolation_value=0.25)
        return gradients(y, y * 2.0, [x, boxes])

    for got, want in zip(Function(step, batched=False)(x, boxes), expected, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-3, atol=2e-3)


def test_indices_of_boxes_are_integers():
    with pytest.raises(ValueError, match="box_indices: expected integers"):
        ops.crop_and_resize(np.ones((1, 4, 4, 1)), np.zeros((1, 4)), 2, box_indices=[0.5])
