"""What compile's losses and metrics become in logs, beside Keras: keys, order, numbers."""

import numpy as np
import pytest

import pyconv

keras = pytest.importorskip("keras", reason="Keras, the peer, is not installed")
pytestmark = [pytest.mark.peer, pytest.mark.filterwarnings("ignore")]

RNG = np.random.default_rng(5)
X = RNG.normal(size=(10, 6)).astype("float32")
ROWS = np.eye(3, dtype="float32")[RNG.integers(0, 3, 10)]
LABELS = ROWS.argmax(1)
BITS = RNG.integers(0, 2, (10, 1)).astype("float32")
NUMBERS = RNG.normal(size=(10, 3)).astype("float32")
WEIGHTS = RNG.uniform(size=10).astype("float32")


# compile's arguments as a function of the module, the last activation, units and targets
SINGLE = [
    (lambda k: {"loss": "mse", "metrics": ["mae", "MSE", "mean_squared_error"]}, None, 3, NUMBERS),
    (lambda k: {"loss": "mae", "metrics": ["mse"], "weighted_metrics": ["mse", "mae"]},
     None, 3, NUMBERS),
    (lambda k: {"loss": "mse", "metrics": ["acc", "Accuracy"], "weighted_metrics": ["accuracy"]},
     "softmax", 3, ROWS),
    (lambda k: {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]},
     "softmax", 3, LABELS),
    (lambda k: {"loss": "sparse_categorical_crossentropy", "metrics": ["acc"]},
     "softmax", 3, LABELS[:, None]),
    (lambda k: {"loss": "bce", "metrics": ["accuracy", k.metrics.AUC(name="auc")]},
     "sigmoid", 1, BITS),
    (lambda k: {"loss": "binary_crossentropy", "metrics": ["accuracy"]}, "sigmoid", 1, BITS[:, 0]),
    (lambda k: {"loss": "crossentropy"}, "sigmoid", 1, BITS),
    (lambda k: {"loss": "ce"}, "softmax", 3, LABELS),
    (lambda k: {"loss": "CE"}, "softmax", 3, ROWS),
    (lambda k: {"loss": "kld",
                "metrics": [k.metrics.Precision(name="p"), k.metrics.Recall(name="r")]},
     "softmax", 3, ROWS),
    (lambda k: {"loss": "mse", "metrics": [k.metrics.MeanSquaredError(name="a") for _ in range(2)]},
     None, 3, NUMBERS),
    (lambda k: {"loss": k.losses.Huber(), "metrics": [k.losses.mean_absolute_error,
                                                      k.losses.Huber(name="h")]}, None, 3, NUMBERS),
    (lambda k: {"loss": "mse", "metrics": [lambda a, b: k.ops.abs(a - b)]}, None, 3, NUMBERS),
    (lambda k: {"loss": lambda a, b: k.ops.mean(k.ops.square(a - b))}, None, 3, NUMBERS),
    (lambda k: {"loss": k.losses.MeanSquaredError(reduction="sum"), "loss_weights": [0.5]},
     None, 3, NUMBERS),
    (lambda k: {"loss": "mse", "metrics": [k.metrics.F1Score(average="macro", name="f")],
                "weighted_metrics": [k.metrics.R2Score(name="r2")]}, "softmax", 3, ROWS),
    (lambda k: {"loss": "categorical_crossentropy",
                "metrics": [k.metrics.TopKCategoricalAccuracy(2, name="top"),
                            k.metrics.OneHotMeanIoU(3, name="iou")]}, "softmax", 3, ROWS),
]  # fmt: skip
SEVERAL = [
    lambda k: {"loss": "mse"},
    lambda k: {"loss": ["mse", "mae"], "loss_weights": [1.0, 0.5]},
    lambda k: {"loss": {"a": "mse", "b": "mae"}, "loss_weights": {"a": 1.0, "b": 0.5},
               "metrics": {"a": ["mae"], "b": ["mse", "mae"]}},
    lambda k: {"loss": ["mse", None], "metrics": [["mae"], ["mse"]]},
    lambda k: {"loss": "mse", "metrics": [["mae"], ["mae", "mse"]],
               "weighted_metrics": [["mae"], ["mae", "mae"]]},
    lambda k: {"loss": "mse", "metrics": {"b": "mae"}},
]  # fmt: skip


def single(module, compiled, activation, units):
    inputs = module.layers.Input((6,))
    outputs = module.layers.Dense(units, activation=activation)(inputs)
    model = module.models.Model(inputs, outputs)
    eagerly = {"run_eagerly": module is keras}  # which saves Keras' tracing
    model.compile(module.optimizers.SGD(0.05), **compiled(module), **eagerly)
    return model


def two_headed(module, compiled):
    inputs = module.layers.Input((6,))
    heads = [module.layers.Dense(3, name=name)(inputs) for name in "ab"]
    model = module.models.Model(inputs, heads)
    model.compile(module.optimizers.SGD(0.05), **compiled(module))
    return model


def check(models, y, weights=None):
    """Keras' running means of the outputs' losses count batches in graph mode only."""
    models[1].set_weights(models[0].get_weights())
    for run in (
        lambda model: model.fit(X, y, batch_size=4, epochs=2, sample_weight=weights,
                                shuffle=False, verbose=0).history,
        lambda model: model.evaluate(X, y, batch_size=4, sample_weight=weights, verbose=0),
    ):  # fmt: skip
        theirs, ours = (run(model) for model in models)
        if isinstance(theirs, dict):
            assert list(ours) == list(theirs)
            ours, theirs = list(ours.values()), list(theirs.values())
        np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("case", range(len(SINGLE)))
def test_single_output(case):
    compiled, activation, units, y = SINGLE[case]
    weights = WEIGHTS if "weighted_metrics" in compiled(pyconv) else None
    check([single(m, compiled, activation, units) for m in (keras, pyconv)], y, weights)


@pytest.mark.parametrize(
    "case", [2, *(pytest.param(i, marks=pytest.mark.slow) for i in (0, 1, 3, 4, 5))]
)
def test_several_outputs(case):
    check([two_headed(m, SEVERAL[case]) for m in (keras, pyconv)], [NUMBERS, ROWS])


@pytest.mark.parametrize("eagerly", [False, True])
def test_losses_of_outputs_count_batches_or_examples(eagerly):
    logs, weights = [], None
    for k in (keras, pyconv):
        x = k.Input((6,))
        outputs = {name: k.layers.Dense(3, name=name)(x) for name in ("u", "v")}
        model = k.Model(x, outputs)
        weights = weights or model.get_weights()
        model.set_weights(weights)
        model.compile("sgd", {"u": "mse", "v": "mae"}, run_eagerly=eagerly)
        targets, own = {"u": NUMBERS, "v": ROWS}, {"u": WEIGHTS, "v": WEIGHTS**2}
        history = model.fit(
            X, targets, sample_weight=own, batch_size=8, shuffle=False, verbose=0
        ).history
        logs.append({key: values[0] for key, values in history.items()})
    assert logs[1] == pytest.approx(logs[0], rel=1e-4)
