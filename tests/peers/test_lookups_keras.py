"""Lookups, hashing and text: the numbers, dtypes, vocabularies and configs of installed Keras."""

import itertools

import numpy as np
import pytest

import pyconv
from pyconv.utils.nest import map_structure

pytestmark = pytest.mark.peer

WORDS = ["a", "z", "c", "m", "b"]
TEXTS = ["The cat, the CAT!", "on the mat; Ünder", "", "a  dog\tbarks -- the end"]
NUMBERS = [[10, 99, -7], [30, 20, 0]]
MODES = ("int", "one_hot", "multi_hot", "count")
VECTORS = [np.array([[-1.5, 1.0, 3.4, 0.5], [0, 3, 1.3, 0]]), np.array([1.0, 2]), np.float32(1.5)]
VECTORS += [np.array([[1.0], [5.0]]), np.arange(12.0).reshape(2, 3, 2) - 4]


def strings(k, nested):
    """Strings as each side has them."""
    if k is pyconv:
        return np.array(nested)
    import tensorflow as tf

    return tf.constant(nested)


def adapted(layer, *data, **options):
    layer.adapt(*data, **options)
    return layer


def string_lookups():
    inputs = (WORDS, [WORDS[:2], WORDS[2:4]], [["a"], ["b"]], "a", [[["a"], ["b"]], [["m"], ["c"]]])
    for mode, x, mask in itertools.product(MODES, inputs, (None, "m")):
        yield (
            f"string-{mode}-{np.shape(x)}-{mask}",
            lambda k, mode=mode, x=x, mask=mask: (
                layer := k.layers.StringLookup(
                    vocabulary=["a", "b", "c"], output_mode=mode, mask_token=mask
                ),
                layer(strings(k, x)),
            ),
        )
    for options in (
        {"num_oov_indices": 3},
        {"num_oov_indices": 3, "salt": [5, 9]},
        {"num_oov_indices": 4, "salt": 7, "mask_token": ""},
        {"max_tokens": 9, "pad_to_max_tokens": True, "output_mode": "count"},
        {"output_mode": "tf_idf", "idf_weights": [0.5, 2.0], "max_tokens": 5},
        {
            "output_mode": "tf_idf",
            "idf_weights": [0.5, 2.0],
            "max_tokens": 5,
            "pad_to_max_tokens": True,
        },
        {"vocabulary": ["[UNK]", "a", "b"]},
        {"vocabulary": np.array(["b", "Ü"])},
    ):
        options = {"vocabulary": ["a", "b"]} | options
        yield (
            f"string-{options}",
            lambda k, options=options: (
                layer := k.layers.StringLookup(**options),
                layer(strings(k, [["a", "q", "r"], ["s", "b", ""]])),
            ),
        )
    yield (
        "string-inverted",
        lambda k: (
            layer := k.layers.StringLookup(vocabulary=["a", "b"], invert=True, mask_token=""),
            layer(np.array([[0, 1, 2, 3, 9]])),
        ),
    )
    for mode in (*MODES, "tf_idf"):
        yield (
            f"string-adapt-{mode}",
            lambda k, mode=mode: (
                layer := adapted(
                    k.layers.StringLookup(output_mode=mode, max_tokens=4),
                    [["a", "b", "b"], ["c", "c", "[UNK]"]],
                ),
                layer(strings(k, [["a", "b"], ["c", "q"]])),
            ),
        )
    yield (
        "string-batches",
        lambda k: (
            layer := adapted(
                k.layers.StringLookup(), iter([strings(k, ["a", "b"]), strings(k, ["b"])]), steps=2
            ),
            layer(["a", "b"]),
        ),
    )


def integer_lookups():
    for options in (
        {},
        {"num_oov_indices": 3, "mask_token": 0},
        {"num_oov_indices": 3, "oov_method": "farmhash"},
        {"num_oov_indices": 3, "oov_method": "farmhash", "salt": 3},
        {"output_mode": "one_hot"},
        {"output_mode": "multi_hot", "mask_token": 0},
        {"output_mode": "count"},
        {"max_tokens": 6, "output_mode": "count", "pad_to_max_tokens": True},
    ):
        yield (
            f"integer-{options}",
            lambda k, options=options: (
                layer := k.layers.IntegerLookup(vocabulary=[10, 20, 30], **options),
                layer(np.array(NUMBERS)),
                layer(NUMBERS),
            ),
        )
    yield (
        "integer-inverted",
        lambda k: (
            layer := k.layers.IntegerLookup(vocabulary=[10, 20, 30], invert=True, mask_token=0),
            layer(np.array([[0, 1], [2, 9]])),
        ),
    )
    yield (
        "integer-tf_idf",
        lambda k: (
            layer := adapted(
                k.layers.IntegerLookup(output_mode="tf_idf"), np.array([[1, 2, 2], [3, 3, 2]])
            ),
            layer(np.array([[1, 2, 9], [3, 3, 3]])),
        ),
    )
    yield (
        "integer-large",
        lambda k: (
            layer := adapted(k.layers.IntegerLookup(), np.array([2**40, 2**40 + 1, 2**40])),
            layer(np.array([2**40 + 1, 2**40, 5])),
        ),
    )


def texts():
    for options in (
        {},
        {"output_mode": "multi_hot"},
        {"output_mode": "count"},
        {"output_mode": "tf_idf"},
        {"output_mode": "tf_idf", "max_tokens": 30, "pad_to_max_tokens": True},
        {"output_mode": "multi_hot", "max_tokens": 30, "pad_to_max_tokens": True},
        {"max_tokens": 5},
        {"ngrams": 2},
        {"ngrams": (2, 3), "output_mode": "count"},
        {"split": "character"},
        {"split": None},
        {"split": None, "output_sequence_length": 3},
        {"split": None, "output_mode": "count"},
        {"standardize": None},
        {"standardize": "lower"},
        {"standardize": "strip_punctuation"},
        {"output_sequence_length": 2},
        {"output_sequence_length": 9},
    ):
        yield (
            f"text-{options}",
            lambda k, options=options: (
                layer := adapted(k.layers.TextVectorization(**options), TEXTS),
                layer(strings(k, TEXTS)),
                layer([["the dog and the cat"], ["mat"]]),
            ),
        )
    yield (
        "text-scalar",
        lambda k: (
            layer := k.layers.TextVectorization(vocabulary=["a", "b"]),
            layer("b c a"),
            layer([[["a b"], ["c"]]]),
        ),
    )
    yield (
        "text-batches",
        lambda k: (
            layer := adapted(
                k.layers.TextVectorization(output_mode="tf_idf"),
                iter([strings(k, TEXTS[:2]), strings(k, TEXTS[2:])]),
            ),
            layer(strings(k, TEXTS)),
        ),
    )


def hashes():
    inputs = [["A", "B", "Ü" * 40, ""], [["A"], ["B"]], [["A", "B"], ["C", "C"]]]
    options = [{}, {"salt": [133, 137]}, {"salt": 9}, {"mask_value": "A"}]
    options += [{"output_mode": mode} for mode in MODES[1:]]
    for x, option in itertools.product(inputs, options):
        yield (
            f"hash-{np.shape(x)}-{option}",
            lambda k, x=x, option=option: (
                layer := k.layers.Hashing(5, **option),
                layer(strings(k, x)),
            ),
        )
    for x in (np.array([1, 2, -300]), np.array([1.7, 2.0, -300.2]), [[1, 2]]):
        yield (
            f"hash-{x}",
            lambda k, x=x: (
                layer := k.layers.Hashing(7, mask_value=2),
                layer(x),
            ),
        )
    yield "hash-int32", lambda k: (layer := k.layers.Hashing(7, dtype="int32"), layer([1]))
    for mode in ("int", "one_hot"):
        yield (
            f"crossing-{mode}",
            lambda k, mode=mode: (
                layer := k.layers.HashedCrossing(6, output_mode=mode),
                layer((["A", "B", "A"], [101, 101, -102], ["x", "y", "Ü"])),
                layer((np.array([[3], [4]]), np.array([[5], [-6]]))),
                layer(("A", 5)),
            ),
        )


def intervals():
    for x, mode in itertools.product(VECTORS, MODES):
        yield (
            f"intervals-{mode}-{np.shape(x)}",
            lambda k, x=x, mode=mode: (
                layer := k.layers.Discretization([0.0, 1.0, 2.0], output_mode=mode),
                layer(x),
            ),
        )
    rows = np.random.default_rng(0).normal(size=(1000, 2))
    for bins, epsilon in ((3, 0.01), (5, 0.05), (7, 0.3)):
        yield (
            f"intervals-adapt-{bins}",
            lambda k, bins=bins, epsilon=epsilon: (
                layer := adapted(k.layers.Discretization(num_bins=bins, epsilon=epsilon), rows),
                layer(rows[:9]),
            ),
        )
        yield (
            f"intervals-batches-{bins}",
            lambda k, bins=bins, epsilon=epsilon: (
                layer := adapted(
                    k.layers.Discretization(num_bins=bins, epsilon=epsilon),
                    [rows[:300], rows[300:700], rows[700:]],
                ),
                layer(rows[:9]),
            ),
        )
    for mode in MODES[1:]:
        for x in ([[[0, 1], [2, 2], [3, 1]]], [[0, 1, 1]], [[[0], [2]]], [1, 2], 3):
            yield (
                f"categories-{mode}-{np.shape(x)}",
                lambda k, x=x, mode=mode: (
                    layer := k.layers.CategoryEncoding(4, output_mode=mode),
                    layer(np.array(x)),
                ),
            )


def pipelines():
    """Within tf.data's graphs, and functions of TensorFlow's strings."""
    import tensorflow as tf

    def data(*columns):
        return tf.data.Dataset.from_tensor_slices(columns if len(columns) > 1 else columns[0])

    yield (
        "tf.data-string",
        lambda k: (
            layer := k.layers.StringLookup(vocabulary=["a", "b"], output_mode="one_hot"),
            *[x for x, _ in data(["a", "z"], [1, 2]).map(lambda x, y: (layer(x[None]), y))],
        ),
    )
    yield (
        "tf.data-hashing",
        lambda k: (
            layer := k.layers.Hashing(3, output_mode="one_hot", dtype="int32"),
            *data(["a", "z"]).map(lambda x: layer(x[None])),
        ),
    )
    yield (
        "tf.data-inverted",
        lambda k: (
            layer := k.layers.StringLookup(vocabulary=["a", "b"], invert=True),
            *data([1, 2, 0]).map(layer),
        ),
    )
    yield (
        "tf.data-text",
        lambda k: (
            layer := adapted(
                k.layers.TextVectorization(output_mode="tf_idf"), data(["a b", "b c"]).batch(1)
            ),
            *data(["a b", "q"]).batch(2).map(layer),
        ),
    )
    yield (
        "tf.data-crossing",
        lambda k: (
            layer := k.layers.HashedCrossing(5),
            *data(["a", "b"], [1, 2]).batch(2).map(lambda *x: layer(x)),
        ),
    )
    yield (
        "tf-functions",
        lambda k: (
            layer := adapted(
                k.layers.TextVectorization(
                    standardize=tf.strings.lower, split=lambda x: tf.strings.split(x, "-")
                ),
                tf.constant(["a-b", "B-c"]),
            ),
            layer(tf.constant(["a-b-B"])),
        ),
    )


CASES = dict(itertools.chain(string_lookups(), integer_lookups(), texts(), hashes(), intervals()))


@pytest.mark.parametrize("name", CASES)
def test_as_in_keras(name):
    keras = pytest.importorskip("keras")
    check(CASES[name](pyconv), CASES[name](keras))


def test_pipelines_as_in_keras():
    keras = pytest.importorskip("keras")
    for _, case in pipelines():
        check(case(pyconv), case(keras), config=False)


def check(own, others, config=True):
    """Compares (layer, results...) of pyconv and of Keras."""
    (layer, *results), (peer, *expected) = own, others
    for result, want in zip(results, expected, strict=True):
        result, want = np.asarray(result), np.asarray(want)
        assert result.dtype == want.dtype and result.shape == want.shape
        if want.dtype.kind == "f":
            np.testing.assert_allclose(result, want, rtol=1e-6)
        else:
            assert result.tolist() == want.tolist()
    if hasattr(peer, "get_vocabulary"):
        assert layer.get_vocabulary() == peer.get_vocabulary()
        assert layer.get_vocabulary(False) == peer.get_vocabulary(False)
        assert layer.vocabulary_size() == peer.vocabulary_size()
    if not config:
        return
    plain = map_structure(str, {**peer.get_config(), "name": 0})
    assert map_structure(str, {**layer.get_config(), "name": 0}) == plain
    again = type(layer).from_config(layer.get_config())
    same = {"name": 0, "vocabulary_size": 0}
    assert {**again.get_config(), **same} == {**layer.get_config(), **same}
