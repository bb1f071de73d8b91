"""Every loss against Keras: values, weights, gradients, configs, and training with each."""

import numpy as np
import pytest

import pyconv
from pyconv import losses, ops
from pyconv.graph import as_tensor, gradients
from pyconv.plan import Function

keras = pytest.importorskip("keras", reason="Keras, the peer, is not installed")
tf = pytest.importorskip("tensorflow", reason="Keras' backend is not installed")
pytestmark = [pytest.mark.peer, pytest.mark.filterwarnings("ignore")]

RNG = np.random.default_rng(3)


def normal(*shape):
    return RNG.normal(size=shape).astype("float32")


def shares(*shape):
    return RNG.uniform(0.02, 0.98, size=shape).astype("float32")


def rows(*shape):
    x = shares(*shape)
    return x / x.sum(-1, keepdims=True)


def columns(*shape):
    x = shares(*shape)
    return x / x.sum(1, keepdims=True)


def one_hot(*shape):
    return np.eye(shape[-1], dtype="float32")[RNG.integers(0, shape[-1], shape[:-1])]


def flags(*shape):
    return RNG.integers(0, 2, shape).astype("float32")


def labels(*shape):
    return RNG.integers(0, shape[-1], shape[:-1]).astype("int32")


def signs(*shape):
    return 2 * flags(*shape) - 1


NUMBERS = "MeanSquaredError MeanAbsoluteError MeanAbsolutePercentageError LogCosh Huber"
NUMBERS += " MeanSquaredLogarithmicError CosineSimilarity"
# (class, its arguments, makes targets, makes outputs)
CASES = [
    *((name, {}, normal, normal) for name in NUMBERS.split()),
    ("Huber", {"delta": 0.3}, normal, normal),
    ("CosineSimilarity", {"axis": 1}, normal, normal),
    ("Poisson", {}, shares, shares),
    ("KLDivergence", {}, rows, rows),
    ("Hinge", {}, signs, normal),
    ("Hinge", {}, flags, normal),
    ("Hinge", {}, normal, normal),
    ("SquaredHinge", {}, flags, normal),
    ("CategoricalHinge", {}, one_hot, normal),
    ("BinaryCrossentropy", {}, flags, shares),
    ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, flags, normal),
    ("BinaryCrossentropy", {"axis": 1}, flags, shares),
    ("BinaryFocalCrossentropy", {}, flags, shares),
    ("BinaryFocalCrossentropy", {"from_logits": True, "gamma": 1.5}, flags, normal),
    (
        "BinaryFocalCrossentropy",
        {"apply_class_balancing": True, "alpha": 0.3, "label_smoothing": 0.1},
        flags,
        shares,
    ),
    ("CategoricalCrossentropy", {}, one_hot, shares),
    ("CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.2}, one_hot, normal),
    ("CategoricalCrossentropy", {"axis": 1}, columns, shares),
    ("CategoricalCrossentropy", {"axis": 1, "from_logits": True}, columns, normal),
    ("CategoricalFocalCrossentropy", {}, one_hot, shares),
    ("CategoricalFocalCrossentropy", {"from_logits": True, "alpha": 0.5}, one_hot, normal),
    ("CategoricalFocalCrossentropy", {"label_smoothing": 0.1, "axis": 1}, one_hot, shares),
    ("SparseCategoricalCrossentropy", {}, labels, shares),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, labels, normal),
    ("SparseCategoricalCrossentropy", {"ignore_class": 1}, labels, shares),
    ("SparseCategoricalCrossentropy", {"ignore_class": 0, "from_logits": True}, labels, normal),
    ("CategoricalGeneralizedCrossEntropy", {}, labels, rows),
    ("CategoricalGeneralizedCrossEntropy", {"q": 0.8}, labels, rows),
    ("Dice", {}, flags, shares),
    ("Dice", {"axis": (1, 2)}, flags, shares),
    ("Tversky", {}, flags, shares),
    ("Tversky", {"alpha": 0.3, "beta": 0.9, "axis": (1, 2)}, flags, shares),
]
REDUCTIONS = ["sum_over_batch_size", "mean", "mean_with_sample_weight", "sum", "none", None]


def close(ours, theirs, tolerance=1e-5):
    np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), rtol=tolerance, atol=tolerance)


def weights_for(values):
    """Weights of every shape that Keras takes for values of a shape."""
    shapes = {values, tuple(1 for _ in values), (*values[:1], *(1 for _ in values[1:])), ()}
    return [None, *(shares(*shape) for shape in sorted(shapes))]


@pytest.mark.parametrize(("name", "kwargs", "target", "output"), CASES, ids=str)
def test_values(name, kwargs, target, output):
    t, p = target(4, 3, 5), output(4, 3, 5)
    values = getattr(keras.losses, name)(**kwargs, reduction=None)(t, p)
    weights = weights_for(tuple(values.shape))
    for i, reduction in enumerate(REDUCTIONS):
        ours, theirs = (
            getattr(module.losses, name)(**kwargs, reduction=reduction)
            for module in (pyconv, keras)
        )
        for w in weights if i == 0 else (None, weights[1 + i % (len(weights) - 1)]):
            close(ours(t, p, w), theirs(t, p, w))


@pytest.mark.parametrize(("name", "kwargs", "target", "output"), CASES, ids=str)
def test_gradients_within_a_step(name, kwargs, target, output):
    t, p, w = target(4, 3, 5), output(4, 3, 5), shares(4, 3)
    ours, theirs = (getattr(m.losses, name)(**kwargs) for m in (pyconv, keras))
    w = w if theirs.call(t, p).shape == (4, 3) else None

    def step(t, p, *w):
        loss = ours(t, p, *w)
        return [loss, *gradients(loss, ops.ones_like(loss), [as_tensor(p)])]

    loss, gradient = Function(step)(*(x for x in (t, p, w) if x is not None))
    leaf = tf.Variable(p)
    with tf.GradientTape() as tape:
        expected = theirs(t, leaf, w)
    close(loss, expected)
    close(gradient, tape.gradient(expected, leaf), 2e-5)


def test_circle():
    x = normal(8, 4)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    y = np.array([0, 0, 1, 1, 2, 2, 0, 3])
    for kwargs in ({}, {"gamma": 8.0, "margin": 0.2}, {"remove_diagonal": False}):
        ours, theirs = (m.losses.Circle(**kwargs) for m in (pyconv, keras))
        close(ours(y, x), theirs(y, x), 1e-4)
        close(ours(y, x, shares(8) * 0 + 2), theirs(y, x, shares(8) * 0 + 2), 1e-4)
    reference = {"ref_labels": y[:5], "ref_embeddings": x[:5], "remove_diagonal": False}
    close(losses.circle(y, x, **reference), keras.losses.circle(y, x, **reference), 1e-4)


def test_ctc():
    z, y = 2 * normal(5, 9, 6), RNG.integers(1, 6, (5, 4)).astype("int32")
    y[0, 1], y[2, 2:], y[3, 1:] = y[0, 0], 0, 0
    arguments = (y, z, np.array([4, 4, 2, 1, 3]), np.array([9, 8, 9, 5, 9]))
    close(ops.ctc_loss(*arguments), keras.ops.ctc_loss(*arguments))
    leaf = tf.Variable(z)
    with tf.GradientTape() as tape:
        expected = keras.losses.CTC()(y, leaf)

    def step(y, z):
        loss = losses.CTC()(y, z)
        return [loss, *gradients(loss, ops.ones_like(loss), [as_tensor(z)])]

    loss, gradient = Function(step)(y, z)
    close(loss, expected)
    close(gradient, tape.gradient(expected, leaf))


@pytest.mark.parametrize(
    "kwargs",
    [
        {},
        {"merge_repeated": False, "mask_index": 2},
        {"strategy": "beam_search", "beam_width": 5, "top_paths": 2, "mask_index": 1},
    ],
)
def test_ctc_decode(kwargs):
    z, lengths = 2 * normal(4, 7, 5), np.array([7, 7, 5, 3], "int32")
    (labels_, scores), expected = (m.ops.ctc_decode(z, lengths, **kwargs) for m in (pyconv, keras))
    np.testing.assert_array_equal(labels_, expected[0])
    close(scores, expected[1])


@pytest.mark.parametrize(("name", "kwargs", "target", "output"), CASES, ids=str)
def test_configs(name, kwargs, target, output):
    """Keras opens our configs, and we its."""
    ours, theirs = (getattr(m.losses, name)(**kwargs) for m in (pyconv, keras))
    config = theirs.get_config()
    assert {key: value for key, value in ours.get_config().items() if key in config} == config
    t, p = target(4, 3, 5), output(4, 3, 5)
    if name != "CategoricalGeneralizedCrossEntropy":  # Keras does not find its own
        close(keras.losses.deserialize(losses.serialize(ours))(t, p), ours(t, p))
    close(losses.deserialize(losses.serialize(ours))(t, p), ours(t, p))
    assert losses.deserialize(keras.losses.serialize(theirs)).get_config()["name"] == theirs.name


def test_names():
    """Every string that `keras.losses.get` knows gives the same function or class."""
    from keras.src.losses import ALL_OBJECTS_DICT

    for name in set(ALL_OBJECTS_DICT) - {"LossFunctionWrapper"}:
        ours, theirs = losses.get(name), keras.losses.get(name)
        named = "__name__" if hasattr(theirs, "__name__") else "name"
        assert getattr(ours, named).rstrip("_1") == getattr(theirs, named).rstrip("_1"), name
    for wrong in ("mss", "logcosh", 3):
        for module in (pyconv, keras):
            with pytest.raises(ValueError):
                module.losses.get(wrong)


def test_masks_of_predictions():
    t, p, w = normal(4, 3, 5), normal(4, 3, 5), shares(4, 3)
    mask = flags(4, 3) > 0
    for reduction in REDUCTIONS:
        ours, theirs = (m.losses.MeanSquaredError(reduction=reduction) for m in (pyconv, keras))
        for weights in (None, w, w[:, :1]):
            a, b = ops.add(p, 0.0), tf.constant(p)
            a._keras_mask = b._keras_mask = mask
            close(ours(t, a, weights), theirs(t, b, weights))


# (loss, the last activation, makes targets); all reductions and per-example weights occur
TRAINING = [
    *((name, {}, None, normal) for name in NUMBERS.split() if "Log" not in name),
    ("LogCosh", {"reduction": "sum"}, None, normal),
    ("MeanSquaredLogarithmicError", {}, "softplus", shares),
    ("MeanSquaredError", {"reduction": "none"}, "tanh", normal),
    ("MeanSquaredError", {"reduction": "mean_with_sample_weight"}, "tanh", normal),
    ("Poisson", {}, "exponential", shares),
    ("KLDivergence", {}, "softmax", rows),
    ("Hinge", {}, None, flags),
    ("SquaredHinge", {}, "tanh", signs),
    ("CategoricalHinge", {}, None, one_hot),
    ("BinaryCrossentropy", {}, "sigmoid", flags),
    ("BinaryCrossentropy", {}, "softmax", flags),
    ("BinaryCrossentropy", {"label_smoothing": 0.1}, "softmax", flags),
    ("BinaryFocalCrossentropy", {}, "sigmoid", flags),
    ("BinaryFocalCrossentropy", {"from_logits": True}, None, flags),
    ("CategoricalCrossentropy", {}, "softmax", one_hot),
    ("CategoricalCrossentropy", {}, "softplus", one_hot),
    ("CategoricalFocalCrossentropy", {}, "softmax", one_hot),
    ("SparseCategoricalCrossentropy", {}, "softmax", labels),
    ("SparseCategoricalCrossentropy", {"ignore_class": 2}, "softmax", labels),
    ("CategoricalGeneralizedCrossEntropy", {}, "softmax", labels),
    ("Circle", {"gamma": 4.0}, None, labels),
    ("Dice", {}, "sigmoid", flags),
    ("Tversky", {"axis": 1}, "sigmoid", flags),
]


@pytest.mark.parametrize(("name", "kwargs", "activation", "target"), TRAINING, ids=str)
def test_training(name, kwargs, activation, target):
    """Two epochs of 10 examples in batches of 4, 4 and 2."""
    x, y = normal(10, 6), target(10, 5)
    weights = None if kwargs.get("axis") or name in ("Dice", "Tversky") else shares(10)
    # percentages of small targets have large gradients, with which small differences would grow
    rate = 1e-4 if name == "MeanAbsolutePercentageError" else 0.1
    histories, models, start = [], [], None
    for module in (keras, pyconv):
        inputs = module.layers.Input((6,))
        hidden = module.layers.Dense(8, activation="tanh")(inputs)
        outputs = module.layers.Dense(5, activation=activation)(hidden)
        model = module.models.Model(inputs, outputs)
        start = start or model.get_weights()
        model.set_weights(start)
        loss = getattr(module.losses, name)(**kwargs)
        model.compile(module.optimizers.SGD(rate), loss, run_eagerly=module is keras)
        fitted = model.fit(
            x, y, batch_size=4, epochs=2, sample_weight=weights, shuffle=False, verbose=0
        )
        histories.append(fitted.history["loss"])
        models.append(model)
    np.testing.assert_allclose(histories[1], histories[0], rtol=1e-4)
    for ours, theirs in zip(models[1].get_weights(), models[0].get_weights(), strict=True):
        close(ours, theirs, 1e-4)
