"""Applications: their arguments, and Keras' own networks layer by layer."""

import numpy as np
import pytest

import pyconv
from pyconv import applications, layers

SHAPE = (32, 32, 3)


def randomized(model):
    """The model with weights of unit scale, moving variances positive."""
    rng = np.random.default_rng(0)
    scale = {"gamma": 1.0, "moving_variance": 1.0}
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
    model = applications.MobileNet(include_top=False, alpha=0.25, pooling="max")
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
        ({"weights": "imagenet"}, "weights"),
        ({"pooling": "sum"}, "pooling"),
        ({"input_shape": (224, 224)}, "input_shape"),
        ({"input_shape": (None, None, 3)}, "include_top=False"),
        ({"input_shape": (16, 224, 3)}, "at least 32"),
    ],
)
def test_arguments_that_do_not_fit_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        applications.VGG16(**options)


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


def test_predictions_without_class_names_say_where_to_put_them(tmp_path):
    with pytest.raises(FileNotFoundError, match="imagenet_class_index.json"):
        applications.vgg16.decode_predictions(np.eye(1000)[:1], class_index=tmp_path / "none")
    with pytest.raises(ValueError, match="1000"):
        applications.vgg16.decode_predictions(np.eye(10))


KERAS = {  # the smallest shapes that they take, and how few channels
    "DenseNet121": {"input_shape": SHAPE},
    "InceptionV3": {"input_shape": (75, 75, 3)},
    "MobileNet": {"input_shape": SHAPE, "alpha": 0.25},
    "MobileNetV2": {"input_shape": (33, 64, 3), "alpha": 0.35},
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
    ours = randomized(getattr(applications, name)(**options))
    assert ours.name == theirs.name
    assert ours.count_params() == theirs.count_params()
    assert [v.shape for v in ours.weights] == [v.shape for v in theirs.weights]
    given = [layer.name for layer in ours.layers if layer.weights]
    expected = [layer.name for layer in theirs.layers if layer.weights]
    if name != "InceptionV3":  # its layers have no names of their own
        assert [plain(n) for n in given] == [plain(n) for n in expected]
    theirs.set_weights(ours.get_weights())
    x = np.random.default_rng(1).standard_normal((2, *options["input_shape"]), np.float32)
    y = np.asarray(theirs(x))
    np.testing.assert_allclose(ours.predict_on_batch(x), y, rtol=1e-3, atol=1e-4 * np.abs(y).max())


def plain(name):
    """A layer's name without the number that a layer without a name of its own gets."""
    return name.rstrip("0123456789").rstrip("_") if name.startswith(AUTOMATIC) else name


AUTOMATIC = ("conv2d", "batch_normalization")


@pytest.mark.peer
@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    ["VGG16", "VGG19", "ResNet101", "ResNet152", "ResNet101V2", "ResNet152V2"]
    + ["DenseNet169", "DenseNet201", "MobileNet", "MobileNetV2", "ResNet50", "Xception"],
)
def test_weights_of_the_whole_network_have_keras_shapes(keras, name):
    theirs = getattr(keras.applications, name)(weights=None)
    ours = getattr(applications, name)()
    assert [v.shape for v in ours.weights] == [v.shape for v in theirs.weights]
