"""Every metric against Keras: several batches, weights, configs, within a step, and in fit."""

import numpy as np
import pytest

import pyconv
from pyconv import metrics
from pyconv.plan import Function

keras = pytest.importorskip("keras", reason="Keras, the peer, is not installed")
pytestmark = [pytest.mark.peer, pytest.mark.filterwarnings("ignore")]

RNG = np.random.default_rng(4)


def normal(*shape):
    return RNG.normal(size=shape).astype("float32")


def shares(*shape):
    return RNG.uniform(0.02, 0.98, size=shape).astype("float32")


def coarse(*shape):
    """Probabilities of which many are equal, also 0 and 1."""
    return (RNG.integers(0, 11, shape) / 10).astype("float32")


def rows(*shape):
    x = shares(*shape)
    return x / x.sum(-1, keepdims=True)


def one_hot(*shape):
    return np.eye(shape[-1], dtype="float32")[RNG.integers(0, shape[-1], shape[:-1])]


def flags(*shape):
    return RNG.integers(0, 2, shape).astype("float32")


def labels(*shape):
    return RNG.integers(0, shape[-1], shape[:-1]).astype("int32")


def classes(*shape):
    return RNG.integers(0, 3, shape).astype("int32")


FLAT, DEEP = (6, 4), (6, 3, 4)
# (class, its arguments, makes targets, makes outputs, shapes of outputs)
WRAPPERS = [
    ("Accuracy", {}, classes, classes),
    ("BinaryAccuracy", {}, flags, coarse),
    ("BinaryAccuracy", {"threshold": 0.8}, flags, coarse),
    ("CategoricalAccuracy", {}, one_hot, coarse),
    ("SparseCategoricalAccuracy", {}, labels, coarse),
    ("TopKCategoricalAccuracy", {"k": 2}, one_hot, coarse),
    ("SparseTopKCategoricalAccuracy", {"k": 2}, labels, coarse),
    ("SparseTopKCategoricalAccuracy", {"k": 2, "from_sorted_ids": True}, labels, classes),
    ("BinaryCrossentropy", {}, flags, shares),
    ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, flags, normal),
    ("CategoricalCrossentropy", {"label_smoothing": 0.1}, one_hot, shares),
    ("CategoricalCrossentropy", {"from_logits": True}, one_hot, normal),
    ("SparseCategoricalCrossentropy", {}, labels, shares),
    ("SparseCategoricalCrossentropy", {"from_logits": True, "ignore_class": 1}, labels, normal),
    ("KLDivergence", {}, rows, rows),
    ("Poisson", {}, shares, shares),
    ("MeanSquaredError", {}, normal, normal),
    ("RootMeanSquaredError", {}, normal, normal),
    ("MeanAbsoluteError", {}, normal, normal),
    ("MeanAbsolutePercentageError", {}, normal, normal),
    ("MeanSquaredLogarithmicError", {}, shares, shares),
    ("LogCoshError", {}, normal, normal),
    ("CosineSimilarity", {}, normal, normal),
    ("CosineSimilarity", {"axis": 1}, normal, normal),
    ("PearsonCorrelation", {}, normal, normal),
    ("PearsonCorrelation", {"axis": 1}, normal, normal),
    ("ConcordanceCorrelation", {}, normal, normal),
    ("Hinge", {}, flags, normal),
    ("SquaredHinge", {}, flags, normal),
    ("CategoricalHinge", {}, one_hot, normal),
]
COUNTS = [
    *((name, {}) for name in ("TruePositives", "FalsePositives", "TrueNegatives")),
    ("FalseNegatives", {"thresholds": [0.3, 0.7, 0.9]}),
    ("TruePositives", {"thresholds": [0, 0.25, 0.5, 0.75, 1]}),
    ("Precision", {}),
    ("Precision", {"thresholds": 0.3}),
    ("Precision", {"thresholds": [0.0, 0.5, 1.0]}),
    ("Recall", {"thresholds": [0.2, 0.9]}),
    ("PrecisionAtRecall", {"recall": 0.6}),
    ("RecallAtPrecision", {"precision": 0.5, "num_thresholds": 7}),
    ("RecallAtPrecision", {"precision": 0.99}),
    ("SensitivityAtSpecificity", {"specificity": 0.5}),
    ("SensitivityAtSpecificity", {"specificity": 0.5, "num_thresholds": 1}),
    ("SpecificityAtSensitivity", {"sensitivity": 0.5}),
    ("AUC", {}),
    ("AUC", {"num_thresholds": 11, "summation_method": "majoring"}),
    ("AUC", {"curve": "PR"}),
    ("AUC", {"curve": "PR", "summation_method": "minoring", "thresholds": [0.2, 0.5]}),
    ("AUC", {"curve": "PRGAIN", "num_thresholds": 20}),
]
FLAT_ONLY = [
    ("Precision", {"top_k": 2}, flags, coarse),
    ("Precision", {"class_id": 1}, flags, coarse),
    ("Recall", {"top_k": 2, "class_id": 2}, flags, coarse),
    ("Recall", {"top_k": 1, "thresholds": [0.5]}, one_hot, shares),
    ("SpecificityAtSensitivity", {"sensitivity": 0.3, "class_id": 3}, flags, coarse),
    ("AUC", {"multi_label": True}, flags, coarse),
    ("AUC", {"multi_label": True, "num_labels": 4, "curve": "PR"}, flags, coarse),
    ("AUC", {"multi_label": True, "label_weights": [1.0, 0.5, 2.0, 0.0]}, flags, coarse),
    ("AUC", {"label_weights": [1.0, 0.5, 2.0, 0.0], "from_logits": True}, flags, normal),
    ("AUC", {"multi_label": True, "thresholds": [0.3, 0.5, 0.9]}, flags, coarse),
    ("F1Score", {}, one_hot, coarse),
    ("F1Score", {"average": "macro", "threshold": 0.5}, flags, coarse),
    ("FBetaScore", {"average": "micro", "beta": 2.0}, one_hot, coarse),
    ("FBetaScore", {"average": "weighted", "beta": 0.5}, one_hot, coarse),
    ("R2Score", {}, normal, normal),
    ("R2Score", {"class_aggregation": None}, normal, normal),
    ("R2Score", {"class_aggregation": "variance_weighted_average"}, normal, normal),
    ("R2Score", {"num_regressors": 2}, normal, normal),
]
OVERLAPS = [
    ("IoU", {"num_classes": 3, "target_class_ids": [0, 2]}, classes, classes),
    ("MeanIoU", {"num_classes": 3}, classes, classes),
    ("MeanIoU", {"num_classes": 4, "ignore_class": 1}, classes, classes),
    ("MeanIoU", {"num_classes": 2}, classes, classes),
    ("MeanIoU", {"num_classes": 4, "sparse_y_pred": False}, labels, coarse),
    ("IoU", {"num_classes": 4, "target_class_ids": [1], "sparse_y_true": False,
             "sparse_y_pred": False}, one_hot, coarse),
    ("BinaryIoU", {}, flags, coarse),
    ("BinaryIoU", {"target_class_ids": [1], "threshold": 0.3, "dtype": "float32"}, flags, coarse),
    ("OneHotIoU", {"num_classes": 4, "target_class_ids": [0, 1]}, one_hot, coarse),
    ("OneHotMeanIoU", {"num_classes": 4, "ignore_class": 2}, one_hot, coarse),
]  # fmt: skip
CASES = [
    *((*case, shape) for case in WRAPPERS for shape in (FLAT, DEEP)),
    *((*case, flags, coarse, FLAT) for case in COUNTS),
    *((*case, flags, coarse, shape) for case in COUNTS[3:8:2] for shape in (DEEP, (6,), (6, 1))),
    *((*case, FLAT) for case in FLAT_ONLY),
    *((*case, shape) for case in OVERLAPS for shape in (FLAT, DEEP)),
]
CASES = [case for case in CASES if not (case[1].get("axis") == 1 and case[4] == FLAT)]


def close(ours, theirs, tolerance=2e-5):
    np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), rtol=tolerance, atol=tolerance)


def pairs(name, kwargs):
    return [getattr(module.metrics, name)(**kwargs) for module in (pyconv, keras)]


def batches(name, kwargs, target, output, shape):
    """Three batches; the later ones have weights of examples where Keras takes them."""
    unweighted = shape == DEEP and ((name, kwargs) in COUNTS or "ignore_class" in kwargs)
    for n in (6, 6, 2):
        y, p = target(n, *shape[1:]), output(n, *shape[1:])
        yield (
            (y, p) if n == 6 and shape != FLAT or unweighted or "IoU" in name else (y, p, shares(n))
        )


@pytest.mark.parametrize(("name", "kwargs", "target", "output", "shape"), CASES, ids=str)
def test_results(name, kwargs, target, output, shape):
    """At once, and within a step of any batch size."""
    ours, theirs = pairs(name, kwargs)
    traced = pairs(name, kwargs)[0]
    step = Function(lambda *batch: traced.update_state(*batch) or [])
    for batch in batches(name, kwargs, target, output, shape):
        for update in (ours.update_state, theirs.update_state, step):
            update(*batch)
        close(ours.result(), theirs.result())
        close(traced.result(), theirs.result())
    for a, b in zip(ours.variables, theirs.variables, strict=True):
        assert a.name == b.name
        close(a, b, 1e-4)
    ours.reset_state()
    assert not any(v.numpy().any() for v in ours.variables)


@pytest.mark.parametrize(
    ("name", "kwargs"), [(case[0], case[1]) for case in CASES if case[4] == FLAT], ids=str
)
def test_configs(name, kwargs):
    """Keras opens our configs, and we its."""
    ours, theirs = pairs(name, kwargs | {"name": "x"})
    config = theirs.get_config()
    assert set(config) <= set(ours.get_config())
    if "label_weights" not in kwargs and "threshold" not in kwargs:
        assert {key: value for key, value in ours.get_config().items() if key in config} == config
    again = metrics.deserialize(metrics.serialize(ours))
    assert type(again) is type(ours) and again.get_config() == ours.get_config()
    assert keras.metrics.deserialize(metrics.serialize(ours)).name == "x"
    if "label_weights" not in kwargs:  # of which Keras makes a tensor, which it cannot read
        assert metrics.deserialize(keras.metrics.serialize(theirs)).name == "x"
    assert (ours.direction or "down") == getattr(theirs, "_direction", ours.direction or "down")


def test_means_and_sums():
    values = [normal(4), normal(4, 3), normal(2, 3, 2), np.float32(3)]
    for name in ("Mean", "Sum"):
        ours, theirs = pairs(name, {})
        for v in values:
            weights = [None, np.float32(0.5), shares(*v.shape), shares(*v.shape[:1])]
            for w in weights if v.ndim else weights[:2]:
                ours.update_state(v, w)
                theirs.update_state(v, w)
                close(ours.result(), theirs.result())
                for a, b in zip(ours.variables, theirs.variables, strict=True):
                    close(a, b)


def test_names():
    """Every string that `keras.metrics.get` knows gives the same class, with the same name."""
    from keras.src.metrics import ALL_OBJECTS_DICT

    for name, cls in ALL_OBJECTS_DICT.items():
        if name in ("Metric", "metric") or cls.__name__ in ("MeanMetricWrapper",):
            continue
        try:
            theirs = keras.metrics.get(name)
        except TypeError:  # it has required arguments
            with pytest.raises(TypeError):
                metrics.get(name)
            continue
        assert type(metrics.get(name)).__name__ == type(theirs).__name__
        assert metrics.get(name).name.rstrip("_0123456789") == theirs.name.rstrip("_0123456789")


def test_masks_and_weights_of_positions():
    import tensorflow as tf

    from pyconv import ops

    t, p, mask = normal(6, 3, 4), normal(6, 3, 4), flags(6, 3) > 0
    for weights in (None, shares(6, 3), shares(6, 1)):
        ours, theirs = pairs("MeanSquaredError", {})
        a, b = ops.add(p, 0.0), tf.constant(p)
        a._keras_mask = b._keras_mask = mask
        ours.update_state(t, a, weights)
        theirs.update_state(t, b, weights)
        close(ours.result(), theirs.result())
    for name, kwargs in (("AUC", {}), ("Precision", {}), ("MeanIoU", {"num_classes": 3})):
        ours, theirs = pairs(name, kwargs)
        y = classes(6, 3) if name == "MeanIoU" else flags(6, 3)
        p = classes(6, 3) if name == "MeanIoU" else coarse(6, 3)
        w = RNG.integers(0, 3, (6, 3))
        ours.update_state(y, p, w)
        theirs.update_state(y, p, w)
        close(ours.result(), theirs.result())
