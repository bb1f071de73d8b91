"""Pictures show the right numbers, in colours that are honest about zero, and leak nothing."""

import subprocess
import sys

import numpy as np
import pytest

import pyconv
from pyconv import interpret, layers, visualize

pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def model():
    pyconv.utils.set_random_seed(0)
    return pyconv.Sequential(
        [
            pyconv.Input((8, 8, 1)),
            layers.Conv2D(6, 3, activation="relu", name="maps"),
            layers.Flatten(),
            layers.Dense(3, name="scores"),
        ]
    )


@pytest.fixture
def x():
    return np.random.default_rng(0).uniform(size=(2, 8, 8, 1)).astype("float32")


def drawn(figure, panel=0):
    """The last image of a panel, after the whole figure was drawn."""
    figure.canvas.draw()
    return figure.axes[panel].images[-1]


def symmetric(artist):
    low, high = artist.get_clim()
    return low == -high and artist.get_cmap().name == "RdBu_r"


def test_nothing_goes_through_pyplot():
    code = (
        "import sys, pyconv; assert 'matplotlib' not in sys.modules\n"
        "pyconv.visualize.matrix([[1.0]]).savefig('/dev/null', format='png')\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_kernels_of_one_channel_are_tiles_in_order():
    kernel = np.random.default_rng(0).normal(size=(3, 3, 1, 4))
    artist = drawn(visualize.kernels(kernel, columns=2))
    image = artist.get_array()
    assert image.shape == (7, 7) and symmetric(artist)
    assert artist.get_clim()[1] == np.abs(kernel).max()
    assert np.allclose(image[:3, 4:], kernel[..., 0, 1])
    assert np.allclose(image[4:, :3], kernel[..., 0, 2])
    assert image.mask[3].all()  # the gap


def test_kernels_of_many_channels_have_a_row_for_each():
    kernel = np.random.default_rng(0).normal(size=(2, 2, 4, 5))
    image = drawn(visualize.kernels(kernel)).get_array()
    assert np.allclose(image[3:5, 6:8], kernel[..., 1, 2])


def test_kernels_of_three_channels_are_colours_around_gray():
    kernel = np.random.default_rng(0).normal(size=(2, 2, 3, 2))
    image = drawn(visualize.kernels(kernel, columns=2)).get_array()
    largest = np.abs(kernel).max(axis=(0, 1, 2))
    assert np.allclose(image[:, :2], 0.5 + kernel[..., 0] / (2 * largest[0]))
    assert np.allclose(image[:, 3:], 0.5 + kernel[..., 1] / (2 * largest[1]))


def test_kernels_over_time_and_volumes():
    kernel = np.random.default_rng(0).normal(size=(5, 2, 3))
    assert np.allclose(
        drawn(visualize.kernels(kernel, columns=1)).get_array()[3:5], kernel[..., 1].T
    )
    kernel = np.random.default_rng(0).normal(size=(3, 2, 2, 1, 2))
    assert np.allclose(drawn(visualize.kernels(kernel)).get_array()[3:, 6:], kernel[2, ..., 0, 1])


def test_normalized_kernels_reach_one(model):
    image = drawn(visualize.kernels(model.get_layer("maps"), normalize=True)).get_array()
    assert np.abs(image).max() == 1


def test_feature_maps_show_the_maps(model, x):
    artist = drawn(visualize.feature_maps(model, x[:1], "maps", columns=3))
    maps = interpret.up_to(model, "maps")(x[:1])[0]
    assert np.allclose(artist.get_array()[:6, 7:13], maps[..., 1])
    assert artist.get_clim() == pytest.approx((0, maps.max()))


def test_attributions_stand_beneath_their_images(model, x):
    for draw, compute in (
        (visualize.saliency, interpret.saliency),
        (visualize.occlusion, interpret.occlusion),
    ):
        figure = draw(model, x, 1)
        values = compute(model, x, 1)
        for i in range(2):
            assert np.allclose(drawn(figure, i).get_array(), x[i, ..., 0])
            assert np.allclose(drawn(figure, 2 + i).get_array(), values[i])
    assert symmetric(drawn(figure, 2))


def test_synthesized_inputs(model, x):
    figure = visualize.maximizing_inputs(model, [0, 2], steps=5)
    found = interpret.maximize(model, [0, 2], steps=5)
    assert np.allclose(drawn(figure, 1).get_array(), found[1, ..., 0])
    assert symmetric(drawn(figure, 1)) and figure.axes[1].get_title() == "unit 2"
    figure = visualize.reconstructions(model, x, layer="maps")
    found = interpret.reconstruct(model, x, layer="maps")
    assert np.allclose(drawn(figure, 3).get_array(), found[1, ..., 0])
    pytest.importorskip("scipy")
    figure = visualize.inversions(model, x, ["maps", "scores"], steps=2)
    assert [figure.axes[i].get_title() for i in (0, 2, 4)] == ["image", "maps", "scores"]


def test_reverse_correlation(model):
    figure = visualize.reverse_correlation(model, [1], "maps", seed=3)
    found = interpret.reverse_correlation(model, 1, "maps", seed=3)
    assert np.allclose(drawn(figure).get_array(), found[..., 0]) and symmetric(drawn(figure))


def test_dissection_names_the_best_channels(model, x):
    on = interpret.up_to(model, "maps")(x)[..., 3]
    masks = np.zeros((2, 8, 8), bool)
    masks[:, 1:7, 1:7] = on > np.quantile(on, 0.8)
    figure = visualize.dissection(model, x, {"a": masks}, "maps", quantile=0.2, top=2)
    scores, _ = interpret.dissect(model, x, {"a": masks}, "maps", quantile=0.2)
    best = int(scores[:, 0].argmax())
    title = figure.axes[0].get_title(loc="left")
    assert title == f"channel {best}: a, IoU {scores[best, 0]:.2f}"
    shade = drawn(figure).get_array()[..., 3]
    assert set(np.unique(shade)) == {0, 0.7}


def test_images_keep_their_values_or_are_scaled():
    figure = visualize.images([np.full((2, 2), 0.25), np.array([[[-2.0], [2.0]]])], ["a", "b"])
    assert np.all(drawn(figure).get_array() == 0.25)
    assert drawn(figure, 1).get_array().tolist() == [[0, 1]]
    colour = np.full((2, 2, 3), 255, "uint8")
    assert np.all(drawn(visualize.images([colour])).get_array() == 1)


def test_boxes_surround_their_pixels():
    figure = visualize.boxes(
        np.zeros((20, 30, 3)), [[5, 2, 10, 4]], ["cat"], [0.875], box_format="xywh"
    )
    (box,) = figure.axes[0].patches
    assert box.get_xy() == (4.5, 1.5) and (box.get_width(), box.get_height()) == (10, 4)
    assert figure.axes[0].texts[0].get_text() == "cat 0.88"


def test_segmentation_covers_classes_and_not_the_background():
    labels = np.array([[0, 1], [2, 2]])
    figure = visualize.segmentation(np.zeros((2, 2, 3)), labels, {1: "a", 2: "b"}, alpha=0.25)
    cover = drawn(figure).get_array()
    assert cover[..., 3].tolist() == [[0, 0.25], [0.25, 0.25]]
    assert (cover[1, 0] == cover[1, 1]).all() and not (cover[0, 1] == cover[1, 0]).all()
    assert [t.get_text() for t in figure.legends[0].get_texts()] == ["a", "b"]


def test_receptive_fields_frame_the_pixels_that_units_see():
    model = pyconv.Sequential(
        [
            pyconv.Input((20, 30, 1)),
            layers.Conv2D(2, 3, name="a"),
            layers.ReLU(name="same"),
            layers.MaxPooling2D(2, name="b"),
            layers.Conv2D(2, 3, name="c"),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )
    image = np.zeros((20, 30, 1))
    frames = visualize.receptive_field(model, image, (7, 12)).axes[0].patches
    assert [f.get_label() for f in frames] == ["a: 3 x 3", "b: 4 x 4", "c: 8 x 8"]
    for frame in frames:
        left, top = (int(v + 0.5) for v in frame.get_xy())
        assert abs(top + (frame.get_height() - 1) / 2 - 7) <= 1
        assert abs(left + (frame.get_width() - 1) / 2 - 12) <= 1
    only = visualize.receptive_field(model, image, (0, 0), ["c"]).axes[0].patches
    assert [f.get_xy() for f in only] == [(-0.5, -0.5)]
    with pytest.raises(ValueError, match="`place`"):
        visualize.receptive_field(model, image, (20, 0))
    with pytest.raises(ValueError, match="expected layers with maps"):
        visualize.receptive_field(model, image, layers=["dense"])


def test_matrix_of_a_dense_layer_has_outputs_as_rows(model):
    layer = model.get_layer("scores")
    artist = drawn(visualize.matrix(layer))
    assert np.allclose(artist.get_array(), np.asarray(layer.kernel).T) and symmetric(artist)
    sparse = pytest.importorskip("scipy.sparse")
    image = drawn(visualize.matrix(sparse.eye(3))).get_array()
    assert np.array_equal(image, np.eye(3))


def test_curves_pair_training_and_validation(model):
    logs = {"loss": [3.0, 2.0], "acc": [0.1, 0.5], "val_loss": [3.5, 2.5], "val_acc": [0.2, 0.4]}
    figure = visualize.curves(logs)
    assert [ax.get_title() for ax in figure.axes] == ["loss", "acc"]
    training, validation = figure.axes[0].lines
    assert training.get_xydata().tolist() == [[1, 3], [2, 2]]
    assert validation.get_ydata().tolist() == [3.5, 2.5]
    history = pyconv.callbacks.History()
    history.on_epoch_end(0, {"loss": 1.0})
    assert visualize.curves(history).axes[0].lines[0].get_ydata().tolist() == [1.0]


def test_bad_arguments_say_so(model, x):
    with pytest.raises(ValueError, match="expected a built layer"):
        visualize.kernels(np.ones((3, 3)))
    for columns, kernel in ((0, np.ones((3, 3, 1, 4))), (2, np.ones((3, 3, 1, 0)))):
        with pytest.raises(ValueError, match="expected (`columns`|a built layer)"):
            visualize.kernels(kernel, columns)
    with pytest.raises(ValueError, match=r"`boxes` of shape \(k, 4\)"):
        visualize.boxes(x[0], [[1, 2, 3]])
    for names in ({2: "a"}, ["a"]):
        with pytest.raises(ValueError, match="`names` for all classes"):
            visualize.segmentation(x[0], np.ones(x.shape[1:3], int), names)
    with pytest.raises(ValueError, match="expected `history`"):
        visualize.curves("loss")
    with pytest.raises(ValueError, match=r"x\[:1\]"):
        visualize.feature_maps(model, x, "maps")
    with pytest.raises(ValueError, match="a title for each"):
        visualize.images(x, ["one"])
    with pytest.raises(ValueError, match="`scores` for 1 boxes"):
        visualize.boxes(x[0], [[0, 0, 1, 1]], scores=[1, 2])
    with pytest.raises(ValueError, match="`labels` of the image's size"):
        visualize.segmentation(x[0], np.zeros((4, 4)))
    with pytest.raises(ValueError, match="expected a matrix"):
        visualize.matrix(np.ones(3))
    with pytest.raises(ValueError, match="at least one epoch"):
        visualize.curves({})
    with pytest.raises(ValueError, match="expected an image"):
        visualize.images([np.zeros(3)])
