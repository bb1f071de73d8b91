"""Losses against their equations in float64, and against Keras' treatment of probabilities."""

import numpy as np
import pytest

from pyconv import losses, ops
from pyconv.graph import placeholder
from pyconv.plan import Function

RNG = np.random.default_rng(0)
EPSILON = 1e-7


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def close(a, b, tolerance=2e-6):
    np.testing.assert_allclose(np.asarray(a), b, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("shape", [(5, 3), (1, 1), (4, 2, 6)])
def test_regression_losses(shape):
    t, p = RNG.normal(size=(2, *shape))
    close(losses.mean_squared_error(t, p), ((t - p) ** 2).mean(-1))
    close(losses.mean_absolute_error(t, p), np.abs(t - p).mean(-1))
    close(losses.MeanSquaredError()(t, p), ((t - p) ** 2).mean())
    close(losses.MeanAbsoluteError(reduction="sum")(t, p), np.abs(t - p).mean(-1).sum())


@pytest.mark.parametrize("shape", [(7,), (3, 4), (2, 3, 2)])
def test_sparse_crossentropy_of_logits_over_any_leading_axes(shape):
    z = RNG.normal(scale=5, size=(*shape, 4))
    labels = RNG.integers(0, 4, shape)
    expected = -np.log(np.take_along_axis(softmax(z), labels[..., None], -1)[..., 0])
    close(losses.sparse_categorical_crossentropy(labels, z, from_logits=True), expected, 1e-5)
    close(losses.SparseCategoricalCrossentropy(from_logits=True)(labels, z), expected.mean(), 1e-5)
    column = losses.sparse_categorical_crossentropy(labels[..., None], z, from_logits=True)
    close(column, expected, 1e-5)


def test_sparse_crossentropy_of_probabilities_clips_then_renormalises():
    p = np.array([[0.2, 0.3, 0.1], [0.0, 1.0, 0.0]])
    clipped = np.clip(p, EPSILON, 1 - EPSILON)
    expected = -np.log(clipped / clipped.sum(-1, keepdims=True))[[0, 1], [2, 0]]
    close(losses.sparse_categorical_crossentropy([2, 0], p), expected, 1e-5)


def test_categorical_crossentropy_of_probabilities_divides_by_the_sum_then_clips():
    t = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    p = np.array([[0.2, 0.3, 0.1], [0.0, 2.0, 0.0]])
    q = np.clip(p / p.sum(-1, keepdims=True), EPSILON, 1 - EPSILON)
    close(losses.categorical_crossentropy(t, p), -(t * np.log(q)).sum(-1), 1e-5)
    assert losses.categorical_crossentropy(t, p)[1] == pytest.approx(16.118, abs=1e-3)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_label_smoothing(smoothing):
    z = RNG.normal(size=(6, 5))
    t = np.eye(5)[RNG.integers(0, 5, 6)]
    smooth = t * (1 - smoothing) + smoothing / 5
    expected = -(smooth * np.log(softmax(z))).sum(-1)
    loss = losses.CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing)
    close(loss(t, z), expected.mean(), 1e-5)
    half = t * (1 - smoothing) + smoothing / 2
    p = 1 / (1 + np.exp(-z))
    binary = -(half * np.log(p) + (1 - half) * np.log(1 - p)).mean()
    loss = losses.BinaryCrossentropy(from_logits=True, label_smoothing=smoothing)
    close(loss(t, z), binary, 1e-5)


def test_binary_crossentropy_clips_probabilities():
    t, p = np.array([[1.0], [0.0], [1.0]]), np.array([[0.7], [0.2], [0.0]])
    q = np.clip(p, np.float32(EPSILON), np.float32(1 - EPSILON))
    close(losses.binary_crossentropy(t, p), -(t * np.log(q) + (1 - t) * np.log(1 - q))[:, 0], 1e-5)


def test_a_softmax_behind_the_outputs_is_undone():
    extreme = np.array([[0.0, 200.0]], "float32")

    def loss(z):
        y_true = ops.cast(ops.zeros_like(z[:, 0]), "int32")
        return [losses.sparse_categorical_crossentropy(y_true, ops.softmax(z))]

    close(Function(loss)(extreme)[0], [200.0])
    lost = Function(
        lambda z: [
            losses.sparse_categorical_crossentropy(
                ops.cast(ops.zeros_like(z[:, 0]), "int32"), ops.reshape(ops.softmax(z), (-1, 2))
            )
        ]
    )
    assert lost(extreme)[0][0] == pytest.approx(16.118, abs=1e-3)


def test_a_sigmoid_behind_the_outputs_is_undone():
    extreme = np.array([[-200.0]], "float32")
    loss = Function(lambda z: [losses.binary_crossentropy(ops.ones_like(z), ops.sigmoid(z))])
    close(loss(extreme)[0], [200.0])


@pytest.mark.parametrize(("activation", "name"), [("softmax", "binary"), ("sigmoid", "categorical"),
                                                 ("sigmoid", "sparse_categorical")])  # fmt: skip
def test_either_activation_is_undone_whatever_the_loss(activation, name):
    """As Keras 3.15.1 does: the loss takes the logits, not the probabilities."""
    z = RNG.normal(size=(4, 3)).astype("float32")
    labels = np.array([0, 2, 1, 2])
    t = labels.astype("int32") if name.startswith("sparse") else np.eye(3, dtype="float32")[labels]
    function = getattr(losses, f"{name}_crossentropy")
    found = Function(lambda x, y: [function(y, getattr(ops, activation)(x))])(z, t)[0]
    z, one_hot = z.astype("float64"), np.eye(3)[labels]
    if name == "binary":
        expected = (np.log1p(np.exp(z)) - one_hot * z).mean(1)
    else:
        expected = np.log(np.exp(z).sum(1)) - (one_hot * z).sum(1)
    close(found, expected)


def test_from_logits_behind_a_softmax_warns():
    z = placeholder((None, 3))
    labels = placeholder((None,), "int32")
    with pytest.warns(UserWarning, match="from_logits=True"):
        losses.sparse_categorical_crossentropy(labels, ops.softmax(z), from_logits=True)


def test_sample_weights_of_leading_axes():
    t, p = RNG.normal(size=(2, 4, 3, 2))
    values = ((t - p) ** 2).mean(-1)
    example, position = RNG.uniform(size=4), RNG.uniform(size=(4, 3))
    loss = losses.MeanSquaredError()
    close(loss(t, p, example), (values * example[:, None]).mean())
    close(loss(t, p, position), (values * position).mean())
    close(loss(t, p, example[:, None]), (values * example[:, None]).mean())
    close(loss(t, p, position[0]), (values * position[0]).mean())  # repeated as NumPy does
    with pytest.raises(ValueError, match="expected `sample_weight` of shape"):
        loss(t, p, np.ones(2))


def test_ignored_class_counts_nothing():
    z = RNG.normal(size=(2, 3, 4))
    labels = np.array([[0, 255, 2], [255, 255, 1]])
    counted = labels != 255
    safe = np.where(counted, labels, 0)
    values = -np.log(np.take_along_axis(softmax(z), safe[..., None], -1)[..., 0]) * counted
    loss = losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=255)
    close(loss(labels, z), values.sum() / counted.sum(), 1e-5)


def test_reductions_and_user_losses():
    class Cubed(losses.Loss):
        def call(self, y_true, y_pred):
            return ops.abs(y_true - y_pred) ** 3.0

    t, p = np.array([1, 2, 4]), np.array([1.5, 0.0, 4.0])
    values = np.abs(t - p) ** 3
    close(Cubed(reduction="none")(t, p), values)
    close(Cubed(reduction="sum")(t, p), values.sum())
    close(Cubed()(t, p), values.mean())


def test_get_finds_functions_classes_and_configs():
    assert losses.get("mse") is losses.mean_squared_error
    assert losses.get("sparse_categorical_crossentropy") is losses.sparse_categorical_crossentropy
    assert isinstance(losses.get("BinaryCrossentropy"), losses.BinaryCrossentropy)
    assert isinstance(losses.get(losses.MeanSquaredError), losses.MeanSquaredError)
    config = losses.CategoricalCrossentropy(label_smoothing=0.1).get_config()
    again = losses.get({"class_name": "CategoricalCrossentropy", "config": config})
    assert again.get_config() == config
    assert "delta" not in losses.Huber().get_config()  # as in Keras, which never writes it
    assert losses.get(losses.serialize(losses.Huber(2.0))).get_config()["delta"] == 2.0
    assert losses.get(None) is None
    with pytest.raises(ValueError, match="expected the name of a loss, one of .*received 'mss'"):
        losses.get("mss")
    with pytest.raises(ValueError, match="expected a loss"):
        losses.get(3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: losses.mean_squared_error(np.ones((4, 3)), np.ones((4, 2))), "targets of shape"),
        (lambda: losses.categorical_crossentropy([1, 0], np.ones((2, 3))), "class labels of shape"),
        (lambda: losses.sparse_categorical_crossentropy(np.ones((2, 3)), np.ones((2, 3))),
         "for one-hot targets use categorical_crossentropy"),
        (lambda: losses.sparse_categorical_crossentropy([0, 3], np.ones((2, 3))), "labels"),
        (lambda: losses.sparse_categorical_crossentropy([0, -1], np.ones((2, 3))), "labels"),
        (lambda: losses.sparse_categorical_crossentropy([[1]], np.ones((1, 2, 1)), axis=1),
         "classes on the last axis"),
        (lambda: losses.MeanSquaredError(reduction="median"), "expected a `reduction`"),
        (lambda: losses.MeanSquaredError(dtype="float64"), "expected the policy"),
        (lambda: losses.categorical_crossentropy([[1.0]], [[1.0]], label_smoothing=2), "smoothing"),
    ],
)  # fmt: skip
def test_wrong_arguments(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.peer
def test_like_torch():
    torch = pytest.importorskip("torch")
    z = RNG.normal(scale=3, size=(16, 7)).astype("float32")
    labels = RNG.integers(0, 7, 16)
    t = RNG.uniform(size=(16, 7)).astype("float32")
    ours = losses.SparseCategoricalCrossentropy(from_logits=True)(labels, z)
    theirs = torch.nn.functional.cross_entropy(torch.tensor(z), torch.tensor(labels))
    close(ours, theirs.item(), 1e-5)
    ours = losses.BinaryCrossentropy(from_logits=True)(t, z)
    theirs = torch.nn.functional.binary_cross_entropy_with_logits(torch.tensor(z), torch.tensor(t))
    close(ours, theirs.item(), 1e-5)


@pytest.mark.parametrize("target", [1.0, np.array([1.0, -1.0]), np.ones((3, 2))])
def test_targets_are_repeated_along_axes_that_they_lack(target):
    p = np.random.default_rng(0).standard_normal((4, 3, 2))
    close(losses.Hinge()(target, p), np.maximum(1 - target * p, 0).mean())
    close(losses.MeanSquaredError()(target, p), ((target - p) ** 2).mean())
    with pytest.raises(ValueError, match="expected targets of shape"):
        losses.MeanSquaredError()(np.ones(3), p)
