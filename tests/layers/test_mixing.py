"""Images mixed with one another and by chains of layers; dicts of images, labels and masks."""

import numpy as np
import pytest

from pyconv import layers

IMAGES = np.random.default_rng(1).uniform(0, 255, (6, 8, 9, 3)).astype("float32")
LABELS = np.eye(6, dtype="float32")


def test_mix_up_mixes_images_as_labels():
    y = layers.MixUp(alpha=0.4, seed=2)({"images": IMAGES, "labels": LABELS})
    expected = np.tensordot(np.asarray(y["labels"]), IMAGES, 1)
    np.testing.assert_allclose(y["images"], expected, rtol=1e-4)


def test_cut_mix_takes_rectangles_of_one_other_image():
    layer = layers.CutMix(seed=3)
    y = layer({"images": IMAGES, "labels": LABELS})
    changed = 0
    for i, image in enumerate(np.asarray(y["images"])):
        others = [j for j in range(6) if y["labels"][i, j] > 0 and j != i]
        other = IMAGES[others[0]] if others else IMAGES[i]
        from_other = (image != IMAGES[i]).any(-1)
        np.testing.assert_array_equal(image[from_other], other[from_other])
        rows, columns = from_other.any(1).sum(), from_other.any(0).sum()
        assert from_other.sum() == rows * columns
        changed += from_other.any()
    assert changed > 1


@pytest.mark.parametrize("cls", [layers.MixUp, layers.CutMix])
def test_mixing_leaves_inference_and_single_images_and_refuses_models(cls):
    layer = cls(seed=1)
    np.testing.assert_array_equal(layer(IMAGES, training=False), IMAGES)
    np.testing.assert_allclose(layer(IMAGES[0]), IMAGES[0], rtol=1e-5)
    np.testing.assert_array_equal(cls(seed=5)(IMAGES), cls(seed=5)(IMAGES))
    with pytest.raises(ValueError, match="expected arrays"):
        layer(layers.Input((8, 9, 3)))
    config = layer.get_config()
    assert cls.from_config(config).get_config() == config


@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.RandAugment(seed=1),
        lambda: layers.AugMix(seed=1, alpha=0.5),
        lambda: layers.AugMix(seed=1, all_ops=False),
        lambda: layers.Pipeline([layers.RandomFlip(seed=1), layers.RandomHue(0.5, seed=2)]),
    ],
)
def test_chains_stay_within_the_range_and_come_back_from_configs(make):
    layer = make()
    for x in (IMAGES, IMAGES[0]):
        y = np.asarray(layer(x))
        assert y.shape == x.shape
        assert y.min() >= -0.01
        assert y.max() <= 255.01
    assert (y != IMAGES[0]).any()
    np.testing.assert_array_equal(layer(IMAGES, training=False), IMAGES)
    config = layer.get_config()
    assert type(layer).from_config(config).get_config() == config


def test_masks_move_with_their_images():
    masks = (IMAGES[..., :1] > 128).astype("float32")
    for layer in (
        layers.RandomFlip(seed=1),
        layers.RandomRotation(0.3, interpolation="nearest", seed=2),
        layers.RandomShear(0.5, 0.5, interpolation="nearest", seed=3),
        layers.RandomCrop(4, 5, seed=4),
        layers.RandomPerspective(scale=0.5, interpolation="nearest", seed=5),
        layers.RandomElasticTransform(interpolation="nearest", seed=6),
    ):
        y = layer({"images": IMAGES, "segmentation_masks": masks, "labels": LABELS})
        np.testing.assert_array_equal(
            y["segmentation_masks"], (np.asarray(y["images"])[..., :1] > 128).astype("float32")
        )
        np.testing.assert_array_equal(y["labels"], LABELS)


def test_colours_leave_masks():
    masks = np.ones((6, 8, 9, 1), "float32")
    y = layers.RandomBrightness(0.5, seed=1)({"images": IMAGES, "segmentation_masks": masks})
    np.testing.assert_array_equal(y["segmentation_masks"], masks)


def test_calls_of_a_model_augment_unless_somebody_says_so():
    """As in Keras: data_augmentation(images) trains, within a model what the model does counts."""
    import pyconv

    model = pyconv.Sequential([layers.RandomInvert((1.0, 1.0))])
    np.testing.assert_allclose(model(IMAGES), 255 - IMAGES, rtol=1e-5)
    np.testing.assert_array_equal(model(IMAGES, training=False), IMAGES)
    np.testing.assert_array_equal(model.predict(IMAGES, verbose=0), IMAGES)
