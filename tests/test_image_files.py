"""Image files, data sets of folders, windows over series and splits beside Keras'."""

import io

import numpy as np
import pytest

import pyconv
from pyconv import utils

pytest.importorskip("PIL", reason="Pillow is not installed")


@pytest.fixture(scope="module")
def keras():
    return pytest.importorskip("keras", reason="Keras, the peer, is not installed")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Images of many sizes in folders, also within folders, and files that are none."""
    base = tmp_path_factory.mktemp("images")
    rng = np.random.default_rng(0)
    for kind, count in (("cats", 5), ("dogs", 4), ("a b", 2)):
        for i in range(count):
            place = base / kind / ("more" if i == 3 else "")
            place.mkdir(parents=True, exist_ok=True)
            x = rng.integers(0, 256, (*rng.integers(3, 30, 2), 3))
            utils.save_img(place / f"{i}.{'PNG' if i else 'png'}", x, scale=False)
    (base / "cats" / "notes.txt").write_text("none")
    (base / ".hidden").mkdir()
    return base


def batches(data):
    return [tuple(np.asarray(p) for p in (b if isinstance(b, tuple) else (b,))) for b in data]


@pytest.mark.peer
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"label_mode": "categorical", "interpolation": "nearest", "batch_size": 3},
        {"label_mode": "binary", "class_names": ["dogs", "cats"], "image_size": (9, 20)},
        {"labels": None, "interpolation": "bicubic"},
        {"label_mode": None, "crop_to_aspect_ratio": True, "image_size": (10, 14)},
        {"pad_to_aspect_ratio": True, "image_size": (13, 8), "interpolation": "nearest"},
        {"pad_to_aspect_ratio": True, "image_size": 12},
        {"labels": list(range(11)), "color_mode": "rgba"},
        {"data_format": "channels_first", "interpolation": "lanczos3"},
        {"crop_to_aspect_ratio": True, "data_format": "channels_first", "image_size": (6, 5)},
        {"validation_split": 0.3, "subset": "validation"},
        {"batch_size": None},
    ],
)
def test_images_of_folders_are_keras_own(keras, folder, options, capsys):
    options = {"image_size": (8, 8), "shuffle": False} | options
    ours = utils.image_dataset_from_directory(folder, **options)
    said = capsys.readouterr().out
    theirs = keras.utils.image_dataset_from_directory(str(folder), **options)
    assert said == capsys.readouterr().out
    assert ours.file_paths == theirs.file_paths and ours.class_names == theirs.class_names
    given, expected = batches(ours), batches(theirs)
    assert len(ours) == len(given) == len(expected)
    for a, b in zip(given, expected, strict=True):
        for x, y in zip(a, b, strict=True):
            assert x.dtype == y.dtype and x.shape == y.shape
            np.testing.assert_allclose(x, y, atol=1e-3)


@pytest.mark.peer
@pytest.mark.parametrize("subset", ["training", "validation", "both"])
def test_shuffled_splits_are_keras_own(keras, folder, subset):
    options = {"validation_split": 0.4, "subset": subset, "seed": 7, "image_size": (4, 4)}
    ours = utils.image_dataset_from_directory(folder, **options)
    theirs = keras.utils.image_dataset_from_directory(str(folder), **options)
    for a, b in zip(*(x if subset == "both" else [x] for x in (ours, theirs)), strict=True):
        assert a.file_paths == b.file_paths
        assert sorted(int(y) for _, ys in a for y in ys) == sorted(
            int(y) for _, ys in b for y in np.asarray(ys)
        )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"validation_split": 0.2}, "subset"),
        ({"validation_split": 0.2, "subset": "training"}, "seed"),
        ({"validation_split": 2, "subset": "training"}, "between 0 and 1"),
        ({"labels": [0, 1]}, "label for each of 11"),
        ({"labels": "some"}, "labels"),
        ({"label_mode": "binary"}, "two classes"),
        ({"label_mode": "multi"}, "label_mode"),
        ({"color_mode": "cmyk"}, "color_mode"),
        ({"interpolation": "gaussian"}, "interpolation"),
        ({"class_names": ["birds"]}, "class_names"),
        ({"crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True}, "both"),
    ],
)
def test_arguments_that_do_not_fit_are_named(folder, options, message):
    with pytest.raises(ValueError, match=message):
        utils.image_dataset_from_directory(folder, **options)


def test_a_model_trains_on_a_folder(folder):
    options = {"image_size": (8, 8), "batch_size": 4, "validation_split": 0.3, "seed": 1}
    train, val = utils.image_dataset_from_directory(folder, subset="both", verbose=False, **options)
    rescaled = train.map(lambda x, y: (x / 255.0, y)).cache().prefetch(utils.Dataset)
    model = pyconv.Sequential(
        [pyconv.Input((8, 8, 3)), pyconv.layers.Flatten(), pyconv.layers.Dense(3)]
    )
    model.compile("sgd", pyconv.losses.SparseCategoricalCrossentropy(from_logits=True))
    history = model.fit(rescaled, validation_data=val, epochs=2, verbose=0)
    assert set(history.history) == {"loss", "val_loss"}
    assert model.predict(val, verbose=0).shape == (3, 3)
    for images, labels in train.take(1):
        assert images.numpy().shape == (4, 8, 8, 3) and labels.numpy().shape == (4,)


@pytest.mark.peer
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"target_size": (5, 7)},
        {"target_size": (6, 4), "interpolation": "bilinear", "keep_aspect_ratio": True},
        {"color_mode": "grayscale", "target_size": (9, 9), "interpolation": "lanczos"},
        {"color_mode": "rgba", "interpolation": "hamming", "target_size": (3, 3)},
    ],
)
def test_loaded_images_are_keras_own(keras, folder, options):
    path = folder / "cats" / "0.png"
    for data_format in ("channels_last", "channels_first"):
        ours, theirs = (
            u.img_to_array(u.load_img(path, **options), data_format) for u in (utils, keras.utils)
        )
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours, theirs)
    whole = utils.load_img(io.BytesIO(path.read_bytes()))
    assert whole.size == utils.load_img(str(path)).size


@pytest.mark.peer
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("scale", [True, False])
def test_images_of_arrays_are_keras_own(keras, channels, scale, tmp_path):
    x = np.random.default_rng(0).uniform(0, 200, (4, 5, channels))
    images = [u.array_to_img(x, scale=scale) for u in (utils, keras.utils)]
    assert images[0].mode == images[1].mode
    np.testing.assert_array_equal(*map(np.asarray, images))
    np.testing.assert_array_equal(
        np.asarray(utils.array_to_img(x.transpose(2, 0, 1), "channels_first", scale=scale)),
        np.asarray(images[0]),
    )
    for suffix in ("png", "bmp") if channels == 3 else ("png",):
        utils.save_img(tmp_path / f"a.{suffix}", x, scale=scale)
        mode = {1: "grayscale", 3: "rgb", 4: "rgba"}[channels]
        read = utils.load_img(tmp_path / f"a.{suffix}", color_mode=mode)
        np.testing.assert_array_equal(np.asarray(read), np.asarray(images[0]))


def test_jpeg_drops_transparency(tmp_path):
    with pytest.warns(UserWarning, match="transparency"):
        utils.save_img(tmp_path / "a.jpg", np.ones((8, 8, 4)))
    assert utils.load_img(tmp_path / "a.jpg").size == (8, 8)


def test_what_is_no_image_is_named(tmp_path):
    for call in (
        lambda: utils.array_to_img(np.ones((2, 2))),
        lambda: utils.array_to_img(np.ones((2, 2, 2))),
        lambda: utils.img_to_array(np.ones(3)),
        lambda: utils.load_img(tmp_path / "a.png", color_mode="cmyk"),
    ):
        with pytest.raises(ValueError, match="expected"):
            call()
    with pytest.raises(TypeError, match="path"):
        utils.load_img(3)


@pytest.mark.peer
@pytest.mark.parametrize(
    "options",
    [
        {"sequence_length": 5},
        {"sequence_length": 4, "sequence_stride": 3, "sampling_rate": 2, "batch_size": 2},
        {"sequence_length": 3, "start_index": 4, "end_index": 17},
        {"sequence_length": 3, "batch_size": None},
        {"sequence_length": 3, "shuffle": True, "seed": 3},
        {"sequence_length": 3, "sampling_rate": 0},
        {"sequence_length": 3, "start_index": 30},
    ],
)
@pytest.mark.parametrize("labelled", [True, False])
def test_windows_are_keras_own(keras, options, labelled):
    data, targets = np.arange(40.0).reshape(20, 2), np.arange(20) if labelled else None
    results = []
    for u in (utils, keras.utils):
        try:
            results.append(batches(u.timeseries_dataset_from_array(data, targets, **options)))
        except ValueError:
            results.append([])
    if options.get("shuffle"):
        results = [
            [tuple(np.sort(np.concatenate(p), 0) for p in zip(*r, strict=True))] for r in results
        ]
    for a, b in zip(*results, strict=True):
        for x, y in zip(a, b, strict=True):
            np.testing.assert_array_equal(x, y)


@pytest.mark.peer
@pytest.mark.parametrize(
    "options",
    [
        {"left_size": 0.3},
        {"right_size": 2},
        {"left_size": 3, "right_size": 2},
        {"left_size": 0.25, "right_size": 0.5, "shuffle": True, "seed": 3},
        {"left_size": 0.9, "right_size": 0.25},
        {"left_size": 11},
        {"left_size": "a"},
        {},
    ],
)
def test_halves_are_keras_own(keras, options):
    arrays = np.arange(10), np.arange(20).reshape(10, 2)
    for data in (arrays[1], arrays, list(arrays)):
        results = []
        for u in (utils, keras.utils):
            try:
                results.append([batches(half) for half in u.split_dataset(data, **options)])
            except (TypeError, ValueError) as error:
                results.append(type(error))
        if isinstance(results[1], type):
            assert results[0] is results[1]
            continue
        for a, b in zip(*results, strict=True):
            assert [[p.tolist() for p in row] for row in a] == [[p.tolist() for p in r] for r in b]
