"""Thirty steps of a small convolutional network: the same bits again, and as torch."""

import numpy as np
import pytest

import pyconv
from pyconv.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D
from pyconv.losses import SparseCategoricalCrossentropy
from pyconv.models import Sequential
from pyconv.optimizers import SGD

STEPS, BATCH, CLASSES = 30, 16, 5


def data(seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(STEPS, BATCH, 9, 8, 2)).astype("float32")
    return x, rng.integers(0, CLASSES, (STEPS, BATCH)).astype("int32")


def network(**options):
    model = Sequential(
        [
            Input((9, 8, 2)),
            Conv2D(6, 3, strides=2, padding="same", activation="relu"),
            Conv2D(8, (3, 2), activation="relu"),
            MaxPooling2D(2, strides=1),
            Flatten(),
            Dense(CLASSES),
        ]
    )
    model.compile(SGD(0.05, **options), loss=SparseCategoricalCrossentropy(from_logits=True))
    return model


def train(model):
    """The loss of each step."""
    losses = []
    for x, y in zip(*data(), strict=True):
        model.reset_metrics()
        losses.append(model.train_on_batch(x, y))
    return losses


@pytest.fixture
def one_thread_after():
    before = pyconv.get_num_threads()
    yield
    pyconv.set_num_threads(before)


def test_the_same_bits_for_any_number_of_threads(one_thread_after):
    results = []
    for threads in (1, 2, 3, 8, 1):
        pyconv.set_num_threads(threads)
        pyconv.utils.set_random_seed(7)
        model = network(momentum=0.9, nesterov=True, weight_decay=0.01)
        results.append((train(model), model.get_weights()))
    for losses, weights in results[1:]:
        assert losses == results[0][0]
        assert all(map(np.array_equal, weights, results[0][1]))


@pytest.mark.peer
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"momentum": 0.9},
        {"momentum": 0.9, "nesterov": True},
        {"momentum": 0.5, "weight_decay": 0.1},
        {"clipnorm": 0.1},
    ],
)
def test_as_torch(options):
    torch = pytest.importorskip("torch")
    pyconv.utils.set_random_seed(3)
    model = network(**options)
    weights = [torch.tensor(w, dtype=torch.float64) for w in model.get_weights()]
    weights = [w.requires_grad_() for w in weights]
    velocities = [torch.zeros_like(w) for w in weights]
    expected = []
    for x, y in zip(*data(), strict=True):
        loss = torch_loss(torch, weights, x, y)
        for w, m, g in zip(weights, velocities, torch.autograd.grad(loss, weights), strict=True):
            update(torch, w, m, g, **options)
        expected.append(loss.item())
    np.testing.assert_allclose(train(model), expected, rtol=2e-5)
    for ours, theirs in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=1e-4, atol=2e-5)


def torch_loss(torch, weights, x, y):
    """The network in float64, channels first; its padding "same" adds 1 row before and after, and
    a column after: ceil(8 / 2) = 4 columns reach 9 wide."""
    f = torch.nn.functional
    k1, b1, k2, b2, k3, b3 = weights
    x = torch.tensor(x, dtype=torch.float64).permute(0, 3, 1, 2)
    x = f.relu(f.conv2d(f.pad(x, (0, 1, 1, 1)), k1.permute(3, 2, 0, 1), b1, stride=2))
    x = f.relu(f.conv2d(x, k2.permute(3, 2, 0, 1), b2))
    x = f.max_pool2d(x, 2, stride=1).permute(0, 2, 3, 1).reshape(len(y), -1)
    return f.cross_entropy(x @ k3 + b3, torch.tensor(y, dtype=torch.int64))


def update(torch, w, m, g, momentum=0.0, nesterov=False, weight_decay=0.0, clipnorm=None):
    """SGD as Keras writes it: the rate is folded into the velocity, the decay is decoupled."""
    with torch.no_grad():
        if clipnorm:
            g = g * clipnorm / max(float(g.norm()), clipnorm)
        w -= w * weight_decay * 0.05
        m.copy_(momentum * m - 0.05 * g)
        w += momentum * m - 0.05 * g if nesterov else m
