"""Applications: their arguments, and Keras' own networks layer by layer."""

import h5py
import numpy as np
import pytest

import pyconv
from pyconv import applications, layers
from pyconv.applications.published import published
from pyconv.layers.weights import sketched_weights

SHAPE = (32, 32, 3)


def randomized(model):
    """The model with weights of unit scale, moving variances positive."""
    rng = np.random.default_rng(0)
    scale = {"gamma": 1.0, "moving_variance": 1.0, "variance": 1.0}
    for weight in model.weights:
        value = rng.standard_normal(weight.shape, np.float32)
        weight.assign(
            np.abs(scale[weight.name] + 0.1 * value)
            if weight.name in scale
            else value * np.sqrt(1 / max(1, np.prod(weight.shape[:-1])))
        )
    return model


@pytest.mark.parametrize(
    ("name", "options", "parameters"),
    [
        ("LeNet5", {}, 61_706),
        ("AlexNet", {}, 62_378_344),
        ("AlexNet", {"groups": 2}, 60_965_224),
        ("AllConvolutional", {}, 1_369_738),
        ("GoogLeNet", {}, 6_998_552),
        ("NetworkInNetwork", {}, 966_986),
        ("SqueezeNet", {}, 1_248_424),
        ("ResNet20", {}, 274_042),
        ("ResNet20", {"shortcut": "identity"}, 271_098),
        ("ResNet56", {}, 860_026),
        ("ResNet110", {}, 1_739_002),
        ("ResNet18", {}, 11_699_112),
        ("ResNet34", {}, 21_814_696),
        ("ResNet18V2", {}, 11_695_528),
        ("ResNet34V2", {}, 21_811_112),
        ("UNet", {}, 31_030_658),
    ],
)
def test_parameters_of_networks_that_keras_lacks(name, options, parameters):
    assert getattr(applications, name)(**options).count_params() == parameters


def test_the_layers_of_alexnet_have_the_parameters_of_the_paper():
    counts = [layer.count_params() for layer in applications.AlexNet().layers if layer.weights]
    convolutions = [34_944, 614_656, 885_120, 1_327_488, 884_992]
    assert counts == [*convolutions, 37_752_832, 16_781_312, 4_097_000]


def test_an_identity_shortcut_takes_every_second_pixel_and_adds_channels_of_zeros():
    x = np.random.default_rng(0).standard_normal((2, 8, 8, 16)).astype("float32")
    inputs = pyconv.Input(x.shape[1:])
    around = applications.resnet_cifar._identity(inputs, 32, 2, "test")
    y = pyconv.Model(inputs, around).predict(x, verbose=0)
    np.testing.assert_array_equal(y[..., 8:24], x[:, ::2, ::2])
    assert not y[..., :8].any() and not y[..., 24:].any()


@pytest.mark.parametrize(
    "name", ["AllConvolutional", "GoogLeNet", "NetworkInNetwork", "SqueezeNet", "AlexNet", "LeNet5"]
)
def test_outputs_of_networks_that_keras_lacks(name):
    network = getattr(applications, name)
    size = {"LeNet5": 28, "AlexNet": 67}.get(name, 40)
    shape = (size, size, 1 if name == "LeNet5" else 3)
    x = np.random.default_rng(0).standard_normal((2, *shape), np.float32)
    y = network(input_shape=shape, classes=7).predict_on_batch(x)
    assert y.shape == (2, 7)
    np.testing.assert_allclose(y.sum(1), 1, rtol=1e-5)
    features = network(include_top=False, pooling="avg", input_shape=shape)
    assert features.predict_on_batch(x).shape == (2, features.layers[-2].output.shape[-1])


def test_pooling_and_free_sizes_without_a_classifier():
    model = applications.MobileNet(weights=None, include_top=False, alpha=0.25, pooling="max")
    assert model.input_shape == (None, None, None, 3)
    assert model.predict(np.ones((1, 40, 64, 3)), verbose=0).shape == (1, 256)


def test_an_input_tensor_becomes_the_first_layers_input():
    inputs = pyconv.Input((28, 28, 2))
    gray = layers.Conv2D(1, 1)(inputs)
    model = applications.LeNet5(input_tensor=gray, classes=3, classifier_activation=None)
    assert model.input_shape == (None, 28, 28, 2)
    assert model.output_shape == (None, 3)
    assert model.layers[0].output is inputs


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weights": "nowhere.h5"}, "weights"),
        ({"pooling": "sum"}, "pooling"),
        ({"input_shape": (224, 224)}, "input_shape"),
        ({"input_shape": (None, None, 3)}, "include_top=False"),
        ({"input_shape": (16, 224, 3)}, "at least 32"),
    ],
)
def test_arguments_that_do_not_fit_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        applications.VGG16(**{"weights": None} | options)


def test_the_outputs_of_valid_unets_lack_a_border():
    for size, out in ((572, 388), (188, 4), (204, 20)):
        model = applications.UNet(input_shape=(size, size, 1), filters=2)
        assert model.output_shape == (None, out, out, 2)
    same = applications.UNet(filters=2, depth=2, padding="same", classes=3)
    assert same.output_shape == (None, None, None, 3)
    x = np.random.default_rng(0).standard_normal((1, 20, 28, 1), np.float32)
    y = same.predict_on_batch(x)
    assert y.shape == (1, 20, 28, 3)
    np.testing.assert_allclose(y.sum(-1), 1, rtol=1e-5)


def test_a_transducers_outputs_follow_its_inputs():
    model = applications.SpatialTransducer(classes=4, dilation_rates=(1, 2, 4))
    for size in ((9, 7), (12, 20)):
        assert model.predict_on_batch(np.ones((2, *size, 3))).shape == (2, *size, 4)
    with pytest.raises(ValueError, match="dilation_rates"):
        applications.SpatialTransducer(dilation_rates=(1, 2))


def test_the_deconvolution_network_mirrors_vgg16():
    with sketched_weights() as sketches:
        model = applications.DeconvolutionNetwork()
    trained = sum(np.prod(s.shape) for s in sketches if "moving" not in s.name)
    assert model.output_shape == (None, 224, 224, 21) and trained == 251_805_653
    small = applications.DeconvolutionNetwork(
        input_shape=(32, 64, 3), filters=(2, 2, 4, 4, 4), dense_filters=8, classes=3
    )
    y = small.predict_on_batch(np.random.default_rng(0).standard_normal((2, 32, 64, 3)))
    assert y.shape == (2, 32, 64, 3)
    with pytest.raises(ValueError, match="32 divides"):
        applications.DeconvolutionNetwork(input_shape=(40, 64, 3))


def test_class_maps_become_coherent_regions():
    rng = np.random.default_rng(0)
    truth = np.zeros((40, 40), int)
    truth[5:20, 5:30], truth[25:38, 3:15] = 2, 1
    maps = 0.6 * np.eye(4)[truth] + rng.uniform(0, 0.9, (40, 40, 4))
    assert (maps.argmax(-1) != truth).mean() > 0.1
    found = applications.combine_class_maps(maps, least_share=0.02)
    assert found.dtype == np.int32 and (found != truth).mean() < 0.05
    assert 3 not in found  # no region of it is large enough
    with pytest.raises(ValueError, match="odd"):
        applications.combine_class_maps(maps, smoothing=4)
    with pytest.raises(ValueError, match="classes"):
        applications.combine_class_maps(maps[0])


def yolo_loss(y_true, y_pred, boxes=2):
    """Equation 3 of the paper, cell by cell, in float64."""
    total = np.zeros(len(y_true))
    _, rows, columns, _ = y_true.shape
    for n, i, j in np.ndindex(y_true.shape[:3]):
        t, p = y_true[n, i, j].astype(float), y_pred[n, i, j].astype(float)
        candidates = p[: 5 * boxes].reshape(boxes, 5)
        mine = None
        if t[4]:
            overlaps = [overlap(t[:4], b[:4], rows, columns) for b in candidates]
            mine = int(np.argmax(overlaps))
            total[n] += 5 * ((t[:4] - candidates[mine, :4]) ** 2).sum()
            total[n] += (candidates[mine, 4] - overlaps[mine]) ** 2
            total[n] += ((t[5 * boxes :] - p[5 * boxes :]) ** 2).sum()
        total[n] += 0.5 * sum(b[4] ** 2 for k, b in enumerate(candidates) if k != mine)
    return total


def overlap(a, b, rows, columns):
    sides = []
    for axis, count in ((0, columns), (1, rows)):
        ends = [(x[axis] / count - x[2 + axis] ** 2 / 2, x[axis] / count + x[2 + axis] ** 2 / 2)
                for x in (a, b)]  # fmt: skip
        sides.append(max(0.0, min(e[1] for e in ends) - max(e[0] for e in ends)))
    area = sides[0] * sides[1]
    return area / ((a[2] * a[3]) ** 2 + (b[2] * b[3]) ** 2 - area)


def grid_targets(rng, rows=3, columns=4):
    boxes = [np.sort(rng.uniform(0, 1, (4, 2, 2)), 1).reshape(4, 4) for _ in range(2)]
    labels = [rng.integers(0, 5, 4) for _ in boxes]
    return pyconv.ops.encode_grid(boxes, labels, (rows, columns), 5)


def test_the_loss_of_yolo_is_the_papers():
    rng = np.random.default_rng(0)
    y_true = grid_targets(rng)
    y_pred = (y_true + rng.normal(0, 0.2, y_true.shape)).astype("float32")
    loss = applications.YOLOv1Loss(reduction="none")
    np.testing.assert_allclose(loss(y_true, y_pred), yolo_loss(y_true, y_pred), rtol=1e-4)
    mean = applications.YOLOv1Loss.from_config(applications.YOLOv1Loss().get_config())
    assert float(mean(y_true, y_pred)) == pytest.approx(yolo_loss(y_true, y_pred).mean(), rel=1e-4)


def test_yolo_learns_and_detects():
    pyconv.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    model = applications.YOLOv1(input_shape=(64, 128, 3), classes=5, width=1 / 64)
    x = rng.standard_normal((2, 64, 128, 3)).astype("float32")
    y = grid_targets(rng, 1, 2)
    model.compile(pyconv.optimizers.Adam(3e-3), applications.YOLOv1Loss())
    losses = model.fit(x, y, epochs=100, verbose=0).history["loss"]
    assert losses[-1] < 0.5 * losses[0]
    found = applications.detect(y, max_boxes=3)
    assert len(found) == 2
    for boxes, labels, scores in found:
        assert boxes.shape == (len(labels), 4) and (scores == 1).all()
    with pytest.raises(ValueError, match="64 divides"):
        applications.YOLOv1(input_shape=(100, 128, 3))


def test_a_network_learns():
    pyconv.utils.set_random_seed(0)
    model = applications.ResNet20(classes=2, input_shape=(16, 16, 3))
    model.compile(pyconv.optimizers.SGD(0.05, momentum=0.9), "sparse_categorical_crossentropy")
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 32)
    x = rng.standard_normal((32, 16, 16, 3)) + y[:, None, None, None]
    losses = model.fit(x, y, epochs=8, verbose=0).history["loss"]
    assert losses[-1] < 0.2 * losses[0]


@pytest.mark.parametrize("mode", ["caffe", "tf", "torch"])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_pixels_are_kept_and_prepared(mode, data_format):
    x = np.random.default_rng(0).integers(0, 256, (2, 3, 4, 3), np.uint8)
    expected = x / 255.0
    if mode == "tf":
        expected = 2 * expected - 1
    elif mode == "torch":
        expected = (expected - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    else:
        expected = x[..., ::-1] - np.array([103.939, 116.779, 123.68])
    first = data_format == "channels_first"
    result = applications.imagenet.preprocess_input(
        np.moveaxis(x, -1, 1) if first else x, data_format, mode
    )
    assert result.dtype == np.float32
    result = np.moveaxis(result, 1, -1) if first else result
    np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-5)
    given = np.moveaxis(x, -1, 1) if first else x
    inputs = pyconv.Input(given.shape[1:])
    outputs = applications.imagenet.preprocess_input(inputs, data_format, mode)
    within = pyconv.Model(inputs, outputs).predict(given, verbose=0)
    within = np.moveaxis(within, 1, -1) if first else within
    np.testing.assert_allclose(within, expected, rtol=1e-5, atol=1e-4)


def test_predictions_without_class_names_say_where_to_put_them(tmp_path):
    with pytest.raises(FileNotFoundError, match="imagenet_class_index.json"):
        applications.vgg16.decode_predictions(np.eye(1000)[:1], class_index=tmp_path / "none")
    with pytest.raises(ValueError, match="1000"):
        applications.vgg16.decode_predictions(np.eye(10))


KERAS = {  # the smallest shapes that they take, and how few channels
    "ConvNeXtTiny": {"input_shape": SHAPE},
    "DenseNet121": {"input_shape": SHAPE},
    "EfficientNetB0": {"input_shape": (40, 64, 3)},
    "EfficientNetV2B0": {"input_shape": (40, 64, 3)},
    "EfficientNetV2S": {"input_shape": SHAPE},
    "InceptionResNetV2": {"input_shape": (75, 75, 3)},
    "InceptionV3": {"input_shape": (75, 75, 3)},
    "MobileNet": {"input_shape": SHAPE, "alpha": 0.25},
    "MobileNetV2": {"input_shape": (33, 64, 3), "alpha": 0.35},
    "MobileNetV3Small": {"input_shape": (33, 64, 3), "alpha": 0.75},
    "MobileNetV3Large": {"input_shape": SHAPE, "minimalistic": True},
    "ResNet50": {"input_shape": SHAPE},
    "ResNet50V2": {"input_shape": SHAPE},
    "VGG16": {"input_shape": SHAPE, "include_top": False, "pooling": "avg"},
    "VGG19": {"input_shape": SHAPE, "include_top": False},
    "Xception": {"input_shape": (71, 71, 3)},
}


@pytest.fixture(scope="module")
def keras():
    return pytest.importorskip("keras", reason="Keras, the peer, is not installed")


QUICK = ("MobileNet", "MobileNetV2", "VGG16")


@pytest.mark.peer
@pytest.mark.parametrize(
    "name", [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in KERAS]
)
def test_a_network_is_keras_own(keras, name):
    options = KERAS[name] | {"classes": 10, "classifier_activation": None}
    if not options.get("include_top", True):
        options = KERAS[name]
    keras.backend.clear_session()
    theirs = getattr(keras.applications, name)(weights=None, **options)
    ours = randomized(getattr(applications, name)(weights=None, **options))
    assert ours.name == theirs.name
    assert ours.count_params() == theirs.count_params()
    assert [v.shape for v in ours.weights] == [v.shape for v in theirs.weights]
    given = [layer.name for layer in ours.layers if layer.weights]
    expected = [layer.name for layer in theirs.layers if layer.weights]
    if not name.startswith("Inception"):  # its layers have no names of their own
        assert [plain(n) for n in given] == [plain(n) for n in expected]
    theirs.set_weights(ours.get_weights())
    x = np.random.default_rng(1).standard_normal((2, *options["input_shape"]), np.float32)
    y = np.asarray(theirs(x))
    np.testing.assert_allclose(ours.predict_on_batch(x), y, rtol=1e-3, atol=1e-4 * np.abs(y).max())


@pytest.mark.peer
@pytest.mark.parametrize("include_top", [True, False])
def test_weight_files_of_keras_are_read(keras, include_top, tmp_path):
    from keras.src.legacy.saving import legacy_h5_format

    options = {"input_shape": (32, 32, 3), "alpha": 0.25, "include_top": include_top}
    theirs = keras.applications.MobileNet(weights=None, **options)
    theirs.set_weights(randomized(applications.MobileNet(weights=None, **options)).get_weights())
    with h5py.File(tmp_path / "old.h5", "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, theirs)
    theirs.save_weights(tmp_path / "new.weights.h5")
    x = np.random.default_rng(1).standard_normal((2, 32, 32, 3), np.float32)
    y = np.asarray(theirs(x))
    for name in ("old.h5", "new.weights.h5"):
        ours = applications.MobileNet(weights=tmp_path / name, **options)
        np.testing.assert_allclose(ours.predict_on_batch(x), y, rtol=1e-3, atol=1e-5)


def test_published_weights_come_from_the_cache_of_keras(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "models").mkdir()
    options = {"include_top": False, "input_shape": SHAPE}
    model = randomized(applications.VGG16(weights=None, **options))
    name, url, digest = published("vgg16", include_top=False)
    with h5py.File(tmp_path / "models" / name, "w") as file:
        file.attrs["layer_names"] = [layer.name.encode() for layer in model.layers]
        for layer in model.layers:
            group = file.create_group(layer.name)
            group.attrs["weight_names"] = [v.name.encode() for v in layer.weights]
            for variable in layer.weights:
                group[variable.name] = variable.numpy()
    assert url.endswith(f"vgg16/{name}") and len(digest) == 32
    again = applications.VGG16(**options)
    np.testing.assert_array_equal(again.get_weights()[0], model.get_weights()[0])
    with pytest.raises(ValueError, match="no hash"):
        applications.MobileNet(**options)


def plain(name):
    """A layer's name without the number that a layer without a name of its own gets."""
    return name.rstrip("0123456789").rstrip("_") if name.startswith(AUTOMATIC) else name


AUTOMATIC = ("conv2d", "batch_normalization")


@pytest.mark.peer
@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    ["VGG16", "VGG19", "ResNet101", "ResNet152", "ResNet101V2", "ResNet152V2"]
    + [*(f"EfficientNetB{i}" for i in range(8)), *(f"EfficientNetV2{x}" for x in "SML")]
    + [*(f"EfficientNetV2B{i}" for i in range(4)), "MobileNetV3Large", "MobileNetV3Small"]
    + ["DenseNet169", "DenseNet201", "MobileNet", "MobileNetV2", "ResNet50", "Xception"],
)
def test_weights_of_the_whole_network_have_keras_shapes(keras, name):
    theirs = getattr(keras.applications, name)(weights=None)
    ours = getattr(applications, name)(weights=None)
    assert [v.shape for v in ours.weights] == [v.shape for v in theirs.weights]
