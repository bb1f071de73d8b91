"""Layers against PyTorch: the same weights and data give the same outputs and gradients."""

import numpy as np
import pytest

from pyconv import layers
from tests.layers.contract import random_array, run_with_gradients

torch = pytest.importorskip("torch", reason="PyTorch, the peer, is not installed")
nn = torch.nn
pytestmark = pytest.mark.peer

RTOL, ATOL = 2e-5, 2e-5


def to_torch(x):
    """Channels first, as a leaf that gathers a gradient."""
    return torch.tensor(np.moveaxis(x, -1, 1), requires_grad=True)


def from_torch(tensor):
    return np.moveaxis(tensor.detach().numpy(), 1, -1)


def kernel_to_torch(kernel):
    """(k..., ic, oc) -> (oc, ic, k...)."""
    return torch.tensor(np.moveaxis(kernel, (-1, -2), (0, 1)))


def compare(layer, module, x, weights=()):
    """Outputs and the gradients of sum(y^3) / 3 for the input and these torch parameters."""
    y, dx, *gradients = run_with_gradients(layer, x)
    leaf = to_torch(x)
    expected = module(leaf)
    (expected**3 / 3).sum().backward()
    np.testing.assert_allclose(y, from_torch(expected), rtol=RTOL, atol=ATOL)
    np.testing.assert_allclose(dx, from_torch(leaf.grad), rtol=RTOL, atol=10 * ATOL)
    for gradient, weight in zip(gradients, weights, strict=True):
        expected = weight.grad.numpy()
        if expected.ndim > 1:
            expected = np.moveaxis(expected, (0, 1), (-1, -2))
        gradient = gradient.reshape(expected.shape)  # a depthwise kernel's last two axes are one
        scale = np.abs(expected).max()
        np.testing.assert_allclose(gradient / scale, expected / scale, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("shape", "kwargs"),
    [
        ((40, 3), {"filters": 15, "kernel_size": 3, "strides": 2}),
        ((12, 11, 8), {"filters": 33, "kernel_size": (3, 2), "dilation_rate": 2}),
        ((12, 11, 8), {"filters": 12, "kernel_size": 5, "strides": (2, 3), "groups": 4}),
        ((6, 5, 7, 2), {"filters": 4, "kernel_size": 3}),
    ],
    ids=str,
)
def test_conv(shape, kwargs):
    rank = len(shape) - 1
    layer = getattr(layers, f"Conv{rank}D")(bias_initializer="random_normal", **kwargs)
    layer.build((None, *shape))
    module = getattr(nn, f"Conv{rank}d")(
        shape[-1],
        kwargs["filters"],
        kwargs["kernel_size"],
        kwargs.get("strides", 1),
        dilation=kwargs.get("dilation_rate", 1),
        groups=kwargs.get("groups", 1),
    )
    _load(module, layer)
    compare(layer, module, random_array(4, *shape), [module.weight, module.bias])


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
def test_padding_modes(rank, mode):
    shape = (7, 6, 5)[:rank] + (4,)
    layer = getattr(layers, f"Conv{rank}D")(6, 3, 2, padding=2, padding_mode=mode, groups=2)
    layer.build((None, *shape))
    module = getattr(nn, f"Conv{rank}d")(4, 6, 3, 2, padding=2, padding_mode=mode, groups=2)
    _load(module, layer)
    compare(layer, module, random_array(3, *shape), [module.weight, module.bias])


def _load(module, layer):
    kernel, bias = layer.get_weights()
    module.weight.data = kernel_to_torch(kernel).contiguous()
    module.bias.data = torch.tensor(bias)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_separable_conv(rank):
    """PyTorch has it as two convolutions, the first in as many groups as channels."""
    shape = (7, 6, 5)[:rank] + (9,)
    layer = getattr(layers, f"SeparableConv{rank}D")(
        8, 3, strides=2, depth_multiplier=2, bias_initializer="random_normal"
    )
    layer.build((None, *shape))
    conv = getattr(nn, f"Conv{rank}d")
    module = nn.Sequential(conv(9, 18, 3, 2, groups=9, bias=False), conv(18, 8, 1))
    depthwise, pointwise, bias = layer.get_weights()
    module[0].weight.data = kernel_to_torch(depthwise.reshape(*depthwise.shape[:-2], 1, 18))
    module[1].weight.data = kernel_to_torch(pointwise).contiguous()
    module[1].bias.data = torch.tensor(bias)
    weights = [module[0].weight, module[1].weight, module[1].bias]
    compare(layer, module, random_array(4, *shape), weights)


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize(("kernel_size", "strides"), [(3, 1), (3, 2), (2, 2)])
def test_conv_transpose(rank, kernel_size, strides):
    layer = getattr(layers, f"Conv{rank}DTranspose")(5, kernel_size, strides)
    shape = (4, 3, 5)[:rank] + (6,)
    layer.build((None, *shape))
    module = getattr(nn, f"ConvTranspose{rank}d")(6, 5, kernel_size, strides)
    _load(module, layer)
    compare(layer, module, random_array(2, *shape), [module.weight, module.bias])


def test_dense():
    layer = layers.Dense(17, bias_initializer="random_normal")
    layer.build((None, 65))
    module = nn.Linear(65, 17)
    _load(module, layer)
    compare(layer, module, random_array(9, 65), [module.weight, module.bias])


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("name", ["Max", "Avg"])
def test_pooling(name, rank):
    layer = getattr(layers, f"{name}Pool{rank}D")(3, strides=2)
    module = getattr(nn, f"{name}Pool{rank}d")(3, 2)
    compare(layer, module, random_array(3, *(7, 8, 9)[:rank], 5))


def test_batch_normalization():
    layer = layers.BatchNormalization(momentum=0.9, gamma_initializer="random_uniform")
    module = nn.BatchNorm2d(6, eps=1e-3, momentum=0.1)
    x = random_array(8, 5, 4, 6) * 3 + 1
    layer.build(x.shape)
    module.weight.data = torch.tensor(layer.gamma.numpy())
    compare(layer, module, x, [module.weight, module.bias])
    np.testing.assert_allclose(layer.moving_mean, module.running_mean, rtol=1e-5, atol=1e-6)
    biased = (module.running_var - 0.9) * (159 / 160) + 0.9  # PyTorch keeps the unbiased variance
    np.testing.assert_allclose(layer.moving_variance, biased, rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("elu", nn.ELU()),
        ("gelu", nn.GELU()),
        ("hard_sigmoid", nn.Hardsigmoid()),
        ("leaky_relu", nn.LeakyReLU(0.2)),
        ("log_softmax", nn.LogSoftmax(-1)),
        ("relu", nn.ReLU()),
        ("relu6", nn.ReLU6()),
        ("selu", nn.SELU()),
        ("sigmoid", nn.Sigmoid()),
        ("silu", nn.SiLU()),
        ("softmax", nn.Softmax(-1)),
        ("softplus", nn.Softplus()),
        ("softsign", nn.Softsign()),
        ("tanh", nn.Tanh()),
    ],
)
def test_activation(name, module):
    compare(layers.Activation(name), module, 4 * random_array(16, 9))
