"""Lookups, text and hashing against tables made by hand."""

import numpy as np
import pytest

from pyconv import Input, Sequential, layers
from pyconv.utils.fingerprints import farm_fingerprint, joined_fingerprint, sip_hash
from pyconv.utils.strings import as_strings

#: FarmHash's fingerprints, as TensorFlow has them, of patterns by their length.
FARM = {
    0: 0x9AE16A3B2F90404F,
    1: 0x47A24C13B17E583E,
    5: 0x84ECB798B403D75C,
    12: 0xC6C812F1D8583338,
    20: 0xFC38D3304FBBD965,
    40: 0xC99D4003D5C8BAC3,
    64: 0x99CEF40B2C6F98EC,
    65: 0x062C410B763BEF3D,
    200: 0x02CF7F5990A1B14F,
}


def pattern(size):
    return bytes((7 * i + size) % 256 for i in range(size))


def test_farm_fingerprints():
    assert {size: farm_fingerprint(pattern(size)) for size in FARM} == FARM


def test_sip_hash_of_its_paper():
    """The vector of the paper's appendix, and the first of the reference implementation."""
    key = (0x0706050403020100, 0x0F0E0D0C0B0A0908)
    assert sip_hash(bytes(range(15)), key) == 0xA129CA6149BE45E5
    assert sip_hash(b"", key) == 0x726FDB47DD0E0E31


def test_fingerprints_of_pairs_have_an_order():
    a, b = farm_fingerprint(b"a"), farm_fingerprint(b"b")
    assert joined_fingerprint(a, b) != joined_fingerprint(b, a)


@pytest.mark.parametrize(
    "strings",
    ["a", b"a", ["a", b"b"], np.array(["a", "b"]), np.array([b"a"], object), [["a"], ["b"]]],
    ids=repr,
)
def test_kinds_of_strings(strings):
    layer = layers.StringLookup(vocabulary=["b", "a"])
    found = layer(strings)
    assert found.shape == np.shape(strings) and found.dtype == np.int64
    expected = {b"a": 2, b"b": 1}
    assert found.ravel().tolist() == [expected[s] for s in as_strings(strings).ravel().tolist()]


def test_modes_by_hand():
    rows = [["a", "b", "a"], ["z", "", "b"]]
    expected = {
        "int": [[2, 3, 2], [1, 0, 3]],
        "multi_hot": [[0, 1, 1], [1, 0, 1]],
        "count": [[0, 2, 1], [1, 0, 1]],
        "one_hot": [[[0, 1, 0], [0, 0, 1], [0, 1, 0]], [[1, 0, 0], [0, 0, 0], [0, 0, 1]]],
    }
    for mode, values in expected.items():
        layer = layers.StringLookup(vocabulary=["a", "b"], mask_token="", output_mode=mode)
        assert layer(rows).tolist() == values


def test_adapt_orders_by_count_then_from_behind():
    layer = layers.StringLookup(max_tokens=4)
    layer.adapt(["b", "a", "c", "c", "[UNK]", "[UNK]", "[UNK]"])
    assert layer.get_vocabulary() == ["[UNK]", "c", "b", "a"]


def test_inverse_document_frequencies():
    layer = layers.TextVectorization(output_mode="tf_idf")
    layer.adapt(["a a b", "b", "c"])
    assert layer.get_vocabulary() == ["[UNK]", "b", "a", "c"]
    b, a = np.log(1 + 3 / (1 + 2)), np.log(1 + 3 / (1 + 1))
    expected = [[(b + a + a) / 3, 0, 2 * a, 0], [0, b, 0, 0]]
    np.testing.assert_allclose(layer(["a a q", "b"]), expected, rtol=1e-6)


def test_text_by_hand():
    layer = layers.TextVectorization(vocabulary=["the", "cat", "the cat"], ngrams=2)
    found = layer(["The, cat!", "cat", ""])
    assert found.tolist() == [[2, 3, 4], [3, 0, 0], [0, 0, 0]]


def test_functions_of_text():
    layer = layers.TextVectorization(
        standardize=lambda texts: np.char.replace(np.char.lower(texts), "<br />", " "),
        split=lambda texts: [text.split("-") for text in texts.tolist()],
        vocabulary=["ä", "b c"],
    )
    assert layer(["Ä-B<br />C", "x"]).tolist() == [[2, 3], [1, 0]]


def test_symbolic_integers():
    """In plans as on arrays, for every mode, with masks and places for unknown integers."""
    numbers = np.array([[5, 7, 0], [9, -4, 5]], "int32")
    options = [{"output_mode": mode} for mode in ("int", "one_hot", "multi_hot", "count")]
    options += [{"num_oov_indices": 3}, {"mask_token": 0}]
    options += [{"mask_token": 0, "output_mode": "count"}]
    for option in options:
        layer = layers.IntegerLookup(vocabulary=[5, 9], **option)
        shifted = layers.Lambda(lambda x: x + 0)
        model = Sequential([Input((3,), dtype="int32"), shifted, layer])
        np.testing.assert_array_equal(model.predict(numbers, verbose=0), layer(numbers))
    layer = layers.IntegerLookup(vocabulary=[5, 9], invert=True, mask_token=0)
    model = Sequential([Input((3,), dtype="int32"), layers.Lambda(lambda x: x + 0), layer])
    places = np.array([[0, 1, 2], [3, 8, 2]])
    np.testing.assert_array_equal(model.predict(places, verbose=0), layer(places))


MISTAKES = {
    "twice": lambda: layers.StringLookup(vocabulary=["a", "a"]),
    "empty": lambda: layers.StringLookup(vocabulary=[]),
    "max_tokens": lambda: layers.StringLookup(max_tokens=1),
    "at most": lambda: layers.StringLookup(max_tokens=2, vocabulary=["a", "b"]),
    "special": lambda: layers.StringLookup(mask_token="a", vocabulary=["b", "a"]),
    "adapt": lambda: layers.StringLookup(vocabulary=["a"]).adapt(["b"]),
    "a vocabulary, received none": lambda: layers.StringLookup()(["a"]),
    "num_oov_indices": lambda: layers.StringLookup(vocabulary=["a"], num_oov_indices=0)(["b"]),
    "is there": lambda: layers.StringLookup(vocabulary="nowhere.txt"),
    "`idf_weights`": lambda: layers.StringLookup(vocabulary=["a"], output_mode="tf_idf"),
    "sparse": lambda: layers.StringLookup(output_mode="count", sparse=True),
    "invert": lambda: layers.IntegerLookup(invert=True, output_mode="count"),
    "salt": lambda: layers.IntegerLookup(salt=3),
    "ragged": lambda: layers.TextVectorization(ragged=True),
    "to split": lambda: layers.TextVectorization(vocabulary=["a"])([["a", "b"]]),
    "ngrams": lambda: layers.TextVectorization(ngrams="2"),
    "output_sequence_length": lambda: layers.TextVectorization(
        output_mode="count", output_sequence_length=3
    ),
    "num_bins": lambda: layers.Hashing(0),
    "dtype": lambda: layers.Hashing(3, dtype="float32"),
    "two features": lambda: layers.HashedCrossing(3)(["a"]),
    "one shape": lambda: layers.HashedCrossing(3)((["a"], ["b", "c"])),
    "strings or integers": lambda: layers.HashedCrossing(3)((["a"], [1.5])),
    "either": lambda: layers.Discretization(),
    "boundaries": lambda: layers.Discretization(num_bins=3)([1.0]),
    "config, received the file": lambda: layers.StringLookup.from_config({"vocabulary": "/x"}),
    "different lengths": lambda: layers.StringLookup(vocabulary=["a"])([["a"], ["b", "c"]]),
}


@pytest.mark.parametrize("message", MISTAKES)
def test_mistakes(message):
    with pytest.raises((ValueError, TypeError, RuntimeError), match=message) as error:
        MISTAKES[message]()
    assert "\n" not in str(error.value)


def test_vectors_keep_their_size():
    layer = layers.StringLookup(output_mode="count")
    layer.adapt(["a", "b"])
    with pytest.raises(RuntimeError, match="pad_to_max_tokens"):
        layer.adapt(["a", "b", "c"])


def test_intervals_in_models():
    x = np.array([[-2.0, 0.5, 0.0], [1.0, 0.49, 7.0]], "float32")
    for mode in ("int", "one_hot", "multi_hot", "count"):
        layer = layers.Discretization([-1.0, 0.5], output_mode=mode)
        model = Sequential([Input((3,)), layer])
        np.testing.assert_array_equal(model.predict(x, verbose=0), layer(x))
    assert layer(x).tolist() == [[1, 1, 1], [0, 1, 2]]


def test_intervals_with_equally_many_numbers():
    layer = layers.Discretization(num_bins=4)
    layer.adapt([np.arange(50.0), np.arange(50.0, 100.0)])
    np.testing.assert_allclose(layer.bin_boundaries, [24, 49, 74], atol=1e-4)
