"""Gradients of deep networks, layer by layer, beside PyTorch's in float64."""

import numpy as np
import pytest

import pyconv
from benchmarks.peers.graph import calls
from pyconv import layers, ops
from pyconv.graph import as_tensor, gradients
from pyconv.losses import SparseCategoricalCrossentropy
from pyconv.plan import Function

torch = pytest.importorskip("torch", reason="torch, the peer, is not installed")

#: Relative root mean square, where no unit is at a kink; PyTorch's float32 comes to 4e-5. A single
#: ReLU that switches makes it 1e-3.
BOUND = 5e-5
CLASSES = 10


def normalized(x, layer, activation="linear"):
    return layers.Activation(activation)(layers.BatchNormalization()(layer(x)))


def residual(activation):
    """ResNet-20's body."""
    options = {"padding": "same", "use_bias": False}
    x = inputs = layers.Input((16, 16, 3))
    x = normalized(x, layers.Conv2D(16, 3, **options), activation)
    for filters in (16, 32, 64):
        for block in range(3):
            strides = 2 if filters > 16 and block == 0 else 1
            y = normalized(x, layers.Conv2D(filters, 3, strides=strides, **options), activation)
            y = normalized(y, layers.Conv2D(filters, 3, **options))
            if strides == 2:
                x = normalized(x, layers.Conv2D(filters, 1, strides=2, **options))
            x = layers.Activation(activation)(layers.Add()([x, y]))
    return inputs, x


def separable(activation):
    """MobileNet's body."""
    options = {"padding": "same", "use_bias": False}
    x = inputs = layers.Input((48, 48, 3))
    x = normalized(x, layers.Conv2D(32, 3, strides=2, **options), activation)
    for filters in (64, -128, 128, -256, 256, -512, *[512] * 5, -1024, 1024):
        strides = 2 if filters < 0 else 1
        x = normalized(x, layers.DepthwiseConv2D(3, strides=strides, **options), activation)
        x = normalized(x, layers.Conv2D(abs(filters), 1, **options), activation)
    return inputs, x


def own_gradients(model, x, y):
    """By the name of the layer: of its kernel, or of its normalization's gamma."""
    loss = SparseCategoricalCrossentropy(from_logits=True)
    weighted = [call.layer for call in calls(model) if call.layer.trainable_variables]

    def traced(x, y):
        value = loss(y, model(x, training=True))
        variables = [as_tensor(layer.trainable_variables[0]) for layer in weighted]
        return gradients(value, ops.ones_like(value), variables)

    return dict(zip([layer.name for layer in weighted], Function(traced)(x, y), strict=True))


def float64_gradients(model, x, y):
    """The same of PyTorch's model; kernels are (filters, channels, spatial...)."""
    from benchmarks.peers.torch_models import translate

    peer = translate(model, exact=True).double().train()
    logits = peer(torch.from_numpy(x).double().movedim(-1, 1))
    torch.nn.functional.cross_entropy(logits, torch.from_numpy(y).long()).backward()
    return {name: module.weight.grad.numpy() for name, module in peer.named_modules()
            if hasattr(module, "weight")}  # fmt: skip


def as_peers(kernel):
    """(spatial..., channels, filters), of a depthwise one (channels, 1), as the peer has it."""
    if kernel.ndim < 2:
        return kernel
    if kernel.shape[-1] == 1 and kernel.ndim == 4:
        return kernel.transpose(2, 3, 0, 1)
    return kernel.transpose(kernel.ndim - 1, kernel.ndim - 2, *range(kernel.ndim - 2))


@pytest.mark.peer
@pytest.mark.parametrize(
    "body,activation", [(residual, "relu"), (residual, "sigmoid"), (separable, "sigmoid")]
)
def test_gradients_are_those_in_float64(body, activation):
    pyconv.utils.set_random_seed(0)
    inputs, features = body(activation)
    outputs = layers.Dense(CLASSES)(layers.GlobalAveragePooling2D()(features))
    model = pyconv.Model(inputs, outputs)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((4, *inputs.shape[1:]), np.float32)
    y = rng.integers(0, CLASSES, 4, np.int32)
    own, expected = own_gradients(model, x, y), float64_gradients(model, x, y)
    assert own.keys() == expected.keys()
    for name, gradient in own.items():
        error = np.linalg.norm(as_peers(gradient) - expected[name])
        assert error <= BOUND * np.linalg.norm(expected[name]), name
