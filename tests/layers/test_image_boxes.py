"""Boxes, masks and labels that go with images: they follow what is drawn in them."""

import numpy as np
import pytest

import pyconv
from pyconv import layers
from pyconv.utils import bounding_boxes
from pyconv.utils.bounding_boxes.formats import FORMATS

HEIGHT, WIDTH = 40, 60
MOVING = [
    (layers.RandomFlip, {"mode": "horizontal"}),
    (layers.RandomFlip, {"mode": "vertical"}),
    (layers.RandomFlip, {}),
    (layers.RandomRotation, {"factor": 0.3, "fill_mode": "constant"}),
    (layers.RandomTranslation, {"height_factor": 0.3, "width_factor": 0.2,
                                "fill_mode": "constant"}),
    (layers.RandomZoom, {"height_factor": 0.3, "width_factor": 0.4, "fill_mode": "constant"}),
    (layers.RandomZoom, {"height_factor": (-0.3, -0.1), "fill_mode": "constant"}),
    (layers.RandomShear, {"x_factor": 0.4, "y_factor": 0.3, "fill_mode": "constant"}),
    (layers.RandomPerspective, {"scale": 0.4}),
    (layers.RandomPerspective, {"factor": 0.5, "scale": 0.3}),
    (layers.RandomCrop, {"height": 30, "width": 31}),
    (layers.RandomCrop, {"height": 30, "width": 70}),
    (layers.RandomCrop, {"height": 90, "width": 80}),
    (layers.CenterCrop, {"height": 30, "width": 40}),
    (layers.CenterCrop, {"height": 60, "width": 30}),
    (layers.Resizing, {"height": 30, "width": 50}),
    (layers.Resizing, {"height": 50, "width": 45, "pad_to_aspect_ratio": True}),
    (layers.Resizing, {"height": 50, "width": 45, "crop_to_aspect_ratio": True}),
]  # fmt: skip


def scene(n=24, seed=0):
    """Images of one rectangle each, and the box around it."""
    rng = np.random.default_rng(seed)
    images, boxes = np.zeros((n, HEIGHT, WIDTH, 1), "float32"), np.zeros((n, 1, 4), "float32")
    for image, box in zip(images, boxes[:, 0], strict=True):
        top, left = rng.integers(4, 20), rng.integers(4, 30)
        bottom, right = top + rng.integers(8, 16), left + rng.integers(8, 26)
        image[top:bottom, left:right] = 255
        box[:] = left, top, right, bottom
    return images, boxes


def around(mask):
    """The box around what is not 0, or None."""
    rows, columns = np.nonzero(mask[..., 0])
    if not len(rows):
        return None
    return [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]


def seeded(cls, seed):
    """The argument that makes the draws the same, for layers that draw."""
    return {} if cls in (layers.CenterCrop, layers.Resizing) else {"seed": seed}


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize(("cls", "options"), MOVING, ids=str)
def test_boxes_follow_the_rectangles(cls, options, data_format):
    """Within the pixel by which Keras' boxes are off, since they count from pixels' middles."""
    images, boxes = scene()
    masks = (images > 0).astype("uint8")
    if data_format == "channels_first":
        images, masks = (np.moveaxis(x, -1, 1).copy() for x in (images, masks))
    options = {**options, "data_format": data_format, **seeded(cls, 1)}
    layer = cls(**options, bounding_box_format="xyxy")
    data = {"images": images, "segmentation_masks": masks, "labels": np.arange(24),
            "bounding_boxes": {"boxes": boxes, "labels": np.arange(24)[:, None]}}  # fmt: skip
    y = layer(data, training=True)
    np.testing.assert_array_equal(y["labels"], np.arange(24))
    masks = np.asarray(y["segmentation_masks"])
    masks = np.moveaxis(masks, 1, -1) if data_format == "channels_first" else masks
    assert follow(y["bounding_boxes"], masks) > 3


def follow(bounding_boxes, masks):
    """How many boxes are seen to be around their masks; labels count from 0."""
    whole = 0
    boxes, labels = (np.asarray(bounding_boxes[name])[:, 0] for name in ("boxes", "labels"))
    height, width = masks.shape[1:3]
    for i, (mask, box, label) in enumerate(zip(masks, boxes, labels, strict=True)):
        found, empty = around(mask > 0.5), np.prod(box[2:] - box[:2]) == 0
        assert label == (-1 if empty else i)
        if found is None:
            assert np.min(box[2:] - box[:2]) < 2
        elif np.min(found[:2]) > 0 and found[2] < width and found[3] < height:
            np.testing.assert_allclose(box, found, atol=2.0, err_msg=f"image {i}")
            whole += 1
        else:  # corners that turned out of the image still count
            assert np.all(box[:2] < np.add(found[:2], 2)) and np.all(
                box[2:] > np.add(found[2:], -2)
            )
    return whole


def test_chains_move_boxes_in_their_order():
    images, boxes = scene()
    images, masks = np.repeat(images, 3, axis=-1), (images > 0).astype("uint8")
    for seed in range(6):
        layer = layers.RandAugment(factor=0.1, num_ops=4, seed=seed, bounding_box_format="xyxy")
        layer.steps = layer.steps[:3]  # those that move
        for step in layer.steps:
            step.fill_mode = "constant"
        data = {"boxes": boxes, "labels": np.arange(24)[:, None]}
        y = layer({"images": images, "segmentation_masks": masks, "bounding_boxes": data})
        grown = np.asarray(y["bounding_boxes"]["boxes"])  # boxes around boxes
        for mask, box in zip(np.asarray(y["segmentation_masks"]), grown[:, 0], strict=True):
            found = around(mask)
            if found is not None:
                assert np.all(box[:2] < np.add(found[:2], 2))
                assert np.all(box[2:] > np.add(found[2:], -2))


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(("cls", "options"), MOVING, ids=str)
def test_formats_tell_the_same_boxes(cls, options, name):
    images, boxes = scene(6)
    draws = seeded(cls, 7)

    def moved(form, boxes):
        layer = cls(**options, **draws, bounding_box_format=form)
        data = {"images": images, "bounding_boxes": {"boxes": boxes, "labels": np.ones((6, 1))}}
        return layer(data)["bounding_boxes"]["boxes"], layer

    expected, layer = moved("xyxy", boxes)
    form = bounding_boxes.convert_format(boxes, "xyxy", name, HEIGHT, WIDTH)
    found, _ = moved(name, form)
    sizes = layer.sizes_after((HEIGHT, WIDTH))
    back = bounding_boxes.convert_format(found, name, "xyxy", *sizes)
    np.testing.assert_allclose(back, expected, atol=1e-3)


@pytest.mark.parametrize(("cls", "options"), MOVING, ids=str)
def test_single_images_no_boxes_and_fillers(cls, options):
    images, boxes = scene(1)
    layer = cls(**options, bounding_box_format="xyxy")
    none = {"boxes": np.zeros((1, 0, 4)), "labels": np.zeros((1, 0), "int32")}
    y = layer({"images": images, "bounding_boxes": none})
    assert y["bounding_boxes"]["boxes"].shape == (1, 0, 4)
    fillers = np.concatenate([boxes, np.zeros((1, 2, 4)), np.full((1, 1, 4), -1)], axis=1)
    labels = np.array([[3, -1, -1, -1]])
    y = layer({"images": images, "bounding_boxes": {"boxes": fillers, "labels": labels}})
    assert np.asarray(y["bounding_boxes"]["labels"])[0, 1:].tolist() == [-1, -1, -1]
    y = layer({"images": images[0], "bounding_boxes": {"boxes": fillers[0], "labels": labels[0]}})
    assert y["bounding_boxes"]["boxes"].shape == (4, 4)
    assert y["bounding_boxes"]["labels"].shape == (4,)
    assert y["images"].ndim == 3
    hot = np.eye(4, dtype="float32")[None, :, :2]
    y = layer({"images": images, "bounding_boxes": {"boxes": fillers, "labels": hot}})
    assert y["bounding_boxes"]["labels"].shape == (1, 4, 2)


def test_colours_leave_boxes():
    images, boxes = scene(2)
    images = np.repeat(images, 3, axis=-1)
    data = {"images": images, "bounding_boxes": {"boxes": boxes - 9, "labels": np.ones((2, 1))}}
    for layer in (
        layers.RandomBrightness(0.5, bounding_box_format="xywh"),
        layers.AutoContrast(bounding_box_format="xywh"),
        layers.RandomErasing(bounding_box_format="xywh"),
        layers.AugMix(bounding_box_format="xywh"),
        layers.RandomFlip(bounding_box_format="xywh"),
    ):
        training = not isinstance(layer, layers.RandomFlip)
        y = layer(data, training=training)["bounding_boxes"]
        np.testing.assert_array_equal(y["boxes"], boxes - 9)
        np.testing.assert_array_equal(y["labels"], np.ones((2, 1)))


def test_mix_up_has_the_boxes_of_both():
    images, boxes = scene(5)
    labels = np.arange(5)[:, None]
    layer = layers.MixUp(alpha=1.0, seed=3, bounding_box_format="xyxy")
    y = layer({"images": images, "segmentation_masks": images,
               "bounding_boxes": {"boxes": boxes, "labels": labels}})  # fmt: skip
    both = y["bounding_boxes"]
    np.testing.assert_array_equal(both["labels"][:, 0], np.arange(5))
    np.testing.assert_array_equal(both["boxes"][:, 1], boxes[np.asarray(both["labels"])[:, 1], 0])
    np.testing.assert_array_equal(y["images"], y["segmentation_masks"])


@pytest.mark.parametrize("count", [0, 1, 3, 5])
@pytest.mark.parametrize("batched", [True, False])
def test_max_num_bounding_boxes(count, batched):
    boxes = np.random.default_rng(1).uniform(0, 9, (2, count, 4)).astype("float32")
    labels = np.arange(2 * count).reshape(2, count)
    images = np.zeros((2, 8, 8, 3), "uint8")
    layer = layers.MaxNumBoundingBoxes(3, fill_value=-2, bounding_box_format="xywh")
    first = slice(None) if batched else 0
    data = {"boxes": boxes[first], "labels": labels[first]}
    y = layer({"images": images[first], "bounding_boxes": data, "labels": labels[first]})
    assert y["images"].dtype == np.uint8
    kept = np.full((2, 3, 4), -2.0), np.full((2, 3), -2)
    kept[0][:, :count], kept[1][:, :count] = boxes[:, :3], labels[:, :3]
    np.testing.assert_array_equal(y["bounding_boxes"]["boxes"], kept[0][first])
    np.testing.assert_array_equal(y["bounding_boxes"]["labels"], kept[1][first])
    assert y["bounding_boxes"]["labels"].dtype == np.int64


def test_what_is_drawn_may_be_drawn_before():
    """Keras' protocol: one transformation for images, boxes and masks that come one by one."""
    images, boxes = scene(8)
    layer = layers.RandomRotation(0.2, fill_mode="constant", bounding_box_format="xyxy")
    drawn = layer.get_random_transformation(images, seed=4)
    again = layer.get_random_transformation({"images": images}, seed=4)
    np.testing.assert_array_equal(drawn["angle"], again["angle"])
    first = layer.transform_images(images, drawn)
    np.testing.assert_array_equal(layer.transform_images(images, again), first)
    moved = layer.transform_bounding_boxes({"boxes": boxes, "labels": np.ones((8, 1))}, drawn)
    for image, box in zip(np.asarray(first), np.asarray(moved["boxes"]), strict=True):
        np.testing.assert_allclose(around(image > 128), box[0], atol=2)
    assert layer.get_random_transformation(images, training=False) is None
    shared = layer.transform_bounding_boxes({"boxes": boxes[0], "labels": np.ones(1)}, drawn)
    assert shared["boxes"].shape == (8, 1, 4)
    np.testing.assert_array_equal(shared["boxes"][0], moved["boxes"][0])


def test_in_models():
    """Symbolic dicts: the same boxes as at once."""
    images, boxes = scene(4)
    inputs = {
        "images": layers.Input((HEIGHT, WIDTH, 1)),
        "bounding_boxes": {"boxes": layers.Input((1, 4)), "labels": layers.Input((1,))},
    }
    make = lambda: [  # noqa: E731
        layers.RandomRotation((0.25, 0.25), bounding_box_format="rel_xywh"),
        layers.RandomZoom((0.2, 0.2), bounding_box_format="rel_xywh"),
        layers.RandomFlip(seed=1, bounding_box_format="rel_xywh"),
        layers.CenterCrop(30, 30, bounding_box_format="rel_xywh"),
        layers.Resizing(20, 25, bounding_box_format="rel_xywh"),
        layers.MaxNumBoundingBoxes(2, bounding_box_format="rel_xywh"),
    ]
    relative = bounding_boxes.convert_format(boxes, "xyxy", "rel_xywh", HEIGHT, WIDTH)
    data = {"images": images,
            "bounding_boxes": {"boxes": relative, "labels": np.ones((4, 1))}}  # fmt: skip
    model = pyconv.Model(inputs, layers.Pipeline(make())(inputs))
    found, expected = model(data, training=True), layers.Pipeline(make())(data)
    for key in ("boxes", "labels"):
        np.testing.assert_allclose(
            found["bounding_boxes"][key], expected["bounding_boxes"][key], atol=1e-4
        )
    np.testing.assert_allclose(found["images"], expected["images"], atol=1e-2)


MISTAKES = [
    ({"images": 1, "bounding_boxes": 2}, "expected `bounding_boxes` to be a dict with 'boxes'"),
    ({"images": 1, "bounding_boxes": {"boxes": 2}}, "expected `bounding_boxes` to be a dict"),
    ({"bounding_boxes": {"boxes": 2, "labels": 2}}, "expected a dict with 'images'"),
    (
        {"images": 1, "bounding_boxes": {"boxes": 2, "labels": 2}},
        "expected a `bounding_box_format`",
    ),
    ({"images": 1, "segmentation_masks": 2}, "expected `segmentation_masks` with as many axes"),
]


@pytest.mark.parametrize(("data", "message"), MISTAKES, ids=str)
def test_messages(data, message):
    images, boxes = scene(1)
    values = {1: images, 2: boxes}
    data = {
        k: {n: values[i] for n, i in v.items()} if isinstance(v, dict) else values[v]
        for k, v in data.items()
    }
    with pytest.raises(ValueError, match=message):
        layers.RandomFlip()(data)
    for layer in (layers.CutMix(bounding_box_format="xyxy"),
                  layers.RandomElasticTransform(bounding_box_format="xyxy")):  # fmt: skip
        full = {"images": images, "bounding_boxes": {"boxes": boxes, "labels": boxes[..., 0]}}
        with pytest.raises(NotImplementedError, match="use masks"):
            layer(full)


def test_as_many_boxes_of_free_numbers():
    boxes = {"boxes": layers.Input((None, 4)), "labels": layers.Input((None,))}
    layer = layers.MaxNumBoundingBoxes(3, bounding_box_format="xyxy")
    y = layer({"images": layers.Input((8, 8, 3)), "bounding_boxes": boxes})
    assert y["bounding_boxes"]["boxes"].shape == (None, 3, 4)
    assert y["bounding_boxes"]["labels"].shape == (None, 3)


def test_configs_keep_the_format():
    layer = layers.MaxNumBoundingBoxes(3, fill_value=-2)
    assert layers.MaxNumBoundingBoxes.from_config(layer.get_config()).fill_value == -2
    layer = layers.RandomZoom(0.2, bounding_box_format="xywh", name="zoom")
    config = layer.get_config()
    assert config["bounding_box_format"] == "xywh"
    assert layers.RandomZoom.from_config(config).get_config() == config
    assert "bounding_box_format" not in layers.RandomZoom(0.2).get_config()


@pytest.mark.parametrize("name", ["Resizing", "CenterCrop", "RandomCrop"])
def test_shapes_of_layers_to_one_size(name):
    layer = getattr(layers, name)(2, 3)
    assert layer.compute_output_shape((None, 8, 9, 3)) == (None, 2, 3, 3)
    assert layer.compute_output_shape((8, 9, 3)) == (2, 3, 3)
    shapes = {"images": (4, 8, 9, 3), "labels": (4,), "segmentation_masks": (4, 8, 9, 1)}
    expected = {"images": (4, 2, 3, 3), "labels": (4,), "segmentation_masks": (4, 2, 3, 1)}
    assert layer.compute_output_shape(shapes) == expected
    first = getattr(layers, name)(2, 3, data_format="channels_first")
    assert first.compute_output_shape((None, 3, 8, 9)) == (None, 3, 2, 3)
