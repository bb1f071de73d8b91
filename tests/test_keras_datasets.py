"""Data sets in the forms in which Keras caches them, small, in a cache of their own."""

import gzip
import io
import os
import pickle

import numpy as np
import pytest

from pyconv import config, datasets
from pyconv.datasets.pickles import read_npz, read_pickle


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "datasets").mkdir()
    return tmp_path / "datasets"


def write_batch(path, count, **labels):
    data = np.random.default_rng(count).integers(0, 256, (count, 3072), np.uint8)
    batch = {b"data": data, b"filenames": [b"a.png"] * count}
    path.write_bytes(pickle.dumps(batch | {k.encode(): v for k, v in labels.items()}, protocol=2))
    return data.reshape(-1, 3, 32, 32)


def test_cifar10(cache):
    folder = cache / "cifar-10-batches-py-target" / "cifar-10-batches-py"
    folder.mkdir(parents=True)
    train = [write_batch(folder / f"data_batch_{i}", i, labels=[i] * i) for i in range(1, 6)]
    test = write_batch(folder / "test_batch", 7, labels=list(range(7)))
    (x_train, y_train), (x_test, y_test) = datasets.cifar10.load_data()
    np.testing.assert_array_equal(x_train, np.concatenate(train).transpose(0, 2, 3, 1))
    np.testing.assert_array_equal(y_train[:, 0], np.repeat(range(1, 6), range(1, 6)))
    np.testing.assert_array_equal(x_test, test.transpose(0, 2, 3, 1))
    assert x_train.dtype == y_train.dtype == y_test.dtype == "uint8" and y_test.shape == (7, 1)
    config.set_image_data_format("channels_first")
    try:
        np.testing.assert_array_equal(datasets.cifar10.load_data()[1][0], test)
    finally:
        config.set_image_data_format("channels_last")


def test_cifar100(cache):
    folder = cache / "cifar-100-python"
    folder.mkdir()
    for name, count in (("train", 4), ("test", 2)):
        write_batch(folder / name, count, fine_labels=[7] * count, coarse_labels=[1] * count)
    (x, y), (_, coarse) = datasets.cifar100.load_data(), datasets.cifar100.load_data("coarse")[1]
    assert x[0].shape == (4, 32, 32, 3) and (x[1] == 7).all() and y[1].shape == (2, 1)
    assert (coarse == 1).all()
    with pytest.raises(ValueError, match="label_mode"):
        datasets.cifar100.load_data("rough")


def idx(array):
    head = b"\0\0\x08" + bytes([array.ndim]) + np.array(array.shape, ">u4").tobytes()
    return gzip.compress(head + array.tobytes())


def test_fashion_mnist(cache):
    folder = cache / "fashion-mnist"
    folder.mkdir()
    images = np.random.default_rng(0).integers(0, 256, (5, 28, 28), np.uint8)
    for name in ("train", "t10k"):
        (folder / f"{name}-images-idx3-ubyte.gz").write_bytes(idx(images))
        (folder / f"{name}-labels-idx1-ubyte.gz").write_bytes(idx(np.arange(5, dtype=np.uint8)))
    (x_train, y_train), (x_test, _) = datasets.fashion_mnist.load_data()
    np.testing.assert_array_equal(x_train, images)
    np.testing.assert_array_equal(y_train, range(5))
    for content in (idx(images)[:-30], gzip.compress(b"\0\0\x0d\1"), b"no gzip"):
        (folder / "train-images-idx3-ubyte.gz").write_bytes(content)
        with pytest.raises(ValueError, match="expected"):
            datasets.fashion_mnist.load_data()


def test_houses(cache):
    x, y = np.arange(1000.0).reshape(500, 2), np.arange(500.0)
    np.savez(cache / "boston_housing.npz", x=x, y=y)
    np.savez(cache / "california_housing.npz", x=np.tile(x, (2, 1)), y=np.tile(y, 2))
    (x_train, y_train), (x_test, y_test) = datasets.boston_housing.load_data(test_split=0.1)
    assert x_train.shape == (450, 2) and y_test.shape == (50,)
    order = np.arange(500)
    np.random.RandomState(113).shuffle(order)
    np.testing.assert_array_equal(np.concatenate([y_train, y_test]), order)
    np.testing.assert_array_equal(x_test, x[order[450:]])
    (small, _), _ = datasets.california_housing.load_data("small")
    assert small.shape == (480, 2)


def texts(count, seed=0):
    rng = np.random.default_rng(seed)
    rows = np.empty(count, object)
    rows[:] = [rng.integers(1, 50, rng.integers(3, 9)).tolist() for _ in range(count)]
    return rows, rng.integers(0, 2, count)


@pytest.mark.peer
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"num_words": 20, "skip_top": 2, "maxlen": 8},
        {"start_char": None, "oov_char": None, "num_words": 10},
        {"start_char": None, "index_from": None, "seed": 5},
    ],
)
def test_texts_are_keras_own(cache, monkeypatch, options):
    keras = pytest.importorskip("keras", reason="Keras, the peer, is not installed")
    (x, y), (other, z) = texts(40), texts(30, 1)
    np.savez(cache / "imdb.npz", x_train=x, y_train=y, x_test=other, y_test=z)
    np.savez(cache / "reuters.npz", x=x, y=y)
    for name in ("imdb", "reuters"):
        theirs = getattr(keras.datasets, name)
        module = __import__(theirs.load_data.__module__, fromlist=["get_file"])
        monkeypatch.setattr(module, "get_file", lambda fname, **_: os.fspath(cache / fname))
        for ours, expected in zip(
            getattr(datasets, name).load_data(**options), theirs.load_data(**options), strict=True
        ):
            assert [list(row) for row in ours[0]] == [list(row) for row in expected[0]]
            np.testing.assert_array_equal(ours[1], expected[1])


def test_names_of_words_and_topics(cache):
    (cache / "imdb_word_index.json").write_text('{"the": 1}')
    (cache / "reuters_word_index.json").write_text('{"a": 2}')
    assert datasets.imdb.get_word_index() == {"the": 1}
    assert datasets.reuters.get_word_index() == {"a": 2}
    assert len(datasets.reuters.get_label_names()) == 46


class Evil:
    def __reduce__(self):
        return os.system, ("echo pwned",)


def test_pickles_run_nothing(cache, capfd):
    with pytest.raises(ValueError, match="system"):
        read_pickle(io.BytesIO(pickle.dumps({"data": Evil()})))
    rows = np.empty(1, object)
    rows[0] = Evil()
    np.savez(cache / "imdb.npz", **dict.fromkeys(("x_train", "y_train", "x_test", "y_test"), rows))
    with pytest.raises(ValueError, match="system"):
        datasets.imdb.load_data()
    assert "pwned" not in capfd.readouterr().out


def test_broken_files_are_named(cache):
    for content in (b"", pickle.dumps([1, 2])[:-3]):
        with pytest.raises(ValueError, match="whole pickle"):
            read_pickle(io.BytesIO(content))
    (cache / "a.npz").write_bytes(b"PK")
    with pytest.raises(ValueError, match="a.npz"):
        read_npz(cache / "a.npz", ("x",))
    np.savez(cache / "b.npz", y=np.ones(2))
    with pytest.raises(ValueError, match="x"):
        read_npz(cache / "b.npz", ("x",))
    folder = cache / "cifar-100-python"
    folder.mkdir()
    (folder / "train").write_bytes(pickle.dumps({b"data": np.ones((2, 3)), b"fine_labels": [1, 2]}))
    with pytest.raises(ValueError, match="3072"):
        datasets.cifar100.load_data()
