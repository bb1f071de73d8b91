"""Layers against Keras: the same weights and data give the same outputs and gradients."""

import inspect

import numpy as np
import pytest

from pyconv import activations, layers
from tests.layers.contract import random_array, run_with_gradients

keras = pytest.importorskip("keras", reason="Keras, the peer, is not installed")
tf = pytest.importorskip("tensorflow", reason="Keras' backend is not installed")
pytestmark = pytest.mark.peer


def compare(ours, theirs, x, rtol=2e-5, atol=2e-5):
    """Outputs, and the gradients of sum(y^3) / 3 for the input and the trainable weights."""
    ours.build(x.shape)
    theirs.build(x.shape)
    if ours.get_weights():
        theirs.set_weights(ours.get_weights())
    y, *gradients = run_with_gradients(ours, x)
    leaf = tf.Variable(x)
    with tf.GradientTape() as tape:
        expected = theirs(leaf, training=True)
        target = tf.reduce_sum(expected**3 / 3)
    np.testing.assert_allclose(y, expected, rtol=rtol, atol=atol)
    sources = [leaf, *(v.value for v in theirs.trainable_variables)]
    for gradient, other in zip(gradients, tape.gradient(target, sources), strict=True):
        scale = max(np.abs(other).max(), 1e-3)
        np.testing.assert_allclose(gradient / scale, other / scale, rtol=20 * rtol, atol=atol)


# not sparsemax: that of Keras 3.15 adds up cumulative sums, and its results do not sum to 1
ACTIVATIONS = """
    celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh
    leaky_relu linear log_sigmoid log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax
    softplus softsign sparse_plus sparse_sigmoid squareplus swish tanh tanh_shrink
"""


@pytest.mark.parametrize("name", ACTIVATIONS.split())
def test_activation(name):
    x = 3 * random_array(16, 10)
    compare(layers.Activation(name), keras.layers.Activation(name), x)


def test_no_activation_is_missing():
    functions = {v for v in vars(keras.activations).values() if callable(v)}
    names = {f.__name__ for f in functions} - {"get", "serialize", "deserialize"}
    assert {name for name in names if not callable(getattr(activations, name, None))} == set()


RANDOM = {"gamma_initializer": "random_uniform", "beta_initializer": "random_normal"}
SEPARABLE = {"depth_multiplier": 2, "bias_initializer": "random_normal", "activation": "tanh"}
LAYERS = [
    ("SeparableConv1D", {"filters": 5, "kernel_size": 3, "strides": 2, **SEPARABLE}, (8, 3)),
    (
        "SeparableConv2D",
        {"filters": 5, "kernel_size": (3, 2), "padding": "same", **SEPARABLE},
        (7, 6, 4),
    ),
    (
        "SeparableConv2D",
        {"filters": 5, "kernel_size": 3, "dilation_rate": 2, **SEPARABLE},
        (7, 6, 4),
    ),
    ("LayerNormalization", {**RANDOM}, (4, 3, 8)),
    ("LayerNormalization", {"axis": [1, 2], "epsilon": 1e-5, **RANDOM}, (4, 3, 8)),
    ("LayerNormalization", {"axis": [1, 3], "center": False}, (4, 3, 8)),
    ("LayerNormalization", {"rms_scaling": True}, (4, 3, 8)),
    ("GroupNormalization", {"groups": 4, **RANDOM}, (4, 3, 8)),
    ("GroupNormalization", {"groups": -1, "axis": 1, **RANDOM}, (4, 3)),
    ("RMSNormalization", {}, (4, 8)),
    ("RMSNormalization", {"axis": [1, 2]}, (4, 8)),
    ("UnitNormalization", {"axis": 1}, (4, 8)),
    ("PReLU", {"alpha_initializer": "random_normal"}, (4, 8)),
    ("PReLU", {"alpha_initializer": "random_normal", "shared_axes": [1, 2]}, (4, 3, 8)),
    ("Softmax", {"axis": (1, 2)}, (4, 3, 8)),
    ("Softmax", {"axis": 1}, (4, 3, 8)),
    ("Cropping1D", {}, (5, 3)),
    ("Cropping2D", {"cropping": ((1, 0), (0, 2))}, (4, 5, 3)),
    ("Cropping3D", {}, (3, 4, 5, 2)),
    ("ZeroPadding2D", {"padding": ((1, 0), (0, 2))}, (4, 5, 3)),
    ("AdaptiveAveragePooling1D", {"output_size": 3}, (7, 2)),
    ("AdaptiveAveragePooling2D", {"output_size": (2, 5)}, (5, 3, 3)),
    ("AdaptiveAveragePooling3D", {"output_size": 2}, (3, 4, 5, 2)),
    ("AdaptiveMaxPooling1D", {"output_size": 3}, (7, 2)),
    ("AdaptiveMaxPooling2D", {"output_size": (2, 5)}, (5, 3, 3)),
    ("AdaptiveMaxPooling3D", {"output_size": 2}, (3, 4, 5, 2)),
]


@pytest.mark.filterwarnings("ignore:You passed `rms_scaling")
@pytest.mark.parametrize(("name", "kwargs", "shape"), LAYERS, ids=str)
def test_layer(name, kwargs, shape):
    theirs = {key: value for key, value in kwargs.items() if not key.endswith("initializer")}
    compare(
        getattr(layers, name)(**kwargs),
        getattr(keras.layers, name)(**theirs),
        random_array(3, *shape),
    )


IMAGES = np.random.default_rng(2).uniform(0, 255, (2, 6, 9, 3)).astype("float32")
WARPS = [
    ("RandomRotation", {"factor": (0.1, 0.1)}),
    ("RandomRotation", {"factor": (-0.25, -0.25)}),
    ("RandomRotation", {"factor": (0.4, 0.4), "interpolation": "nearest"}),
    ("RandomTranslation", {"height_factor": (0.3, 0.3), "width_factor": (-0.25, -0.25)}),
    ("RandomTranslation", {"height_factor": (0.9, 0.9), "width_factor": (-0.8, -0.8)}),
    ("RandomZoom", {"height_factor": (0.3, 0.3)}),
    ("RandomZoom", {"height_factor": (-0.3, -0.3), "width_factor": (0.9, 0.9)}),
]
EXACT = [
    ("RandomBrightness", {"factor": (0.1, 0.1)}),
    ("RandomBrightness", {"factor": (-0.3, -0.3), "value_range": (10, 200)}),
    ("RandomContrast", {"factor": (0.0, 0.0)}),
    ("CenterCrop", {"height": 3, "width": 4}),
    ("CenterCrop", {"height": 6, "width": 9}),
    ("CenterCrop", {"height": 8, "width": 5}),
    ("CenterCrop", {"height": 4, "width": 12}),
    ("RandomErasing", {"factor": (0, 0)}),
]
# not wrap: TensorFlow's has the period size - 1, Keras' other backends have this package's
FILLS = ["reflect", "constant", "nearest"]


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize(
    ("name", "kwargs"),
    [*((n, k | {"fill_mode": f, "fill_value": 7.0}) for n, k in WARPS for f in FILLS), *EXACT],
    ids=str,
)
def test_augmentation(name, kwargs, data_format):
    x = IMAGES if data_format == "channels_last" else np.moveaxis(IMAGES, -1, 1).copy()
    kwargs = kwargs | {"data_format": data_format}
    expected = getattr(keras.layers, name)(**kwargs)(x, training=True)
    y = getattr(layers, name)(**kwargs)(x, training=True)
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=2e-3)


def test_augmentation_defaults():
    names = ["Flip", "Rotation", "Translation", "Zoom", "Brightness", "Contrast", "Crop", "Erasing"]
    for name in (*(f"Random{n}" for n in names), "CenterCrop", "GaussianNoise", "PReLU"):
        ours, theirs = (
            inspect.signature(getattr(m, name).__init__) for m in (layers, keras.layers)
        )
        for key, parameter in theirs.parameters.items():
            if key not in ("self", "name", "kwargs"):
                assert ours.parameters[key].default == parameter.default, (name, key)
