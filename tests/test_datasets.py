"""Data sets: the generator of MNIST-1D and the files of both."""

import builtins
import hashlib

import numpy as np
import pytest

from pyconv.datasets import mnist, mnist1d, permute_pixels


def splits(n=4, shape=(40,), dtype="float64"):
    """Valid arrays of both splits, by name."""
    rng = np.random.default_rng(0)
    arrays = {}
    for split in ("train", "test"):
        arrays["x_" + split] = (255 * rng.random((n, *shape))).astype(dtype)
        arrays["y_" + split] = rng.integers(0, 10, n).astype("uint8")
    return arrays


def test_mnist1d_shapes_and_statistics():
    (x_train, y_train), (x_test, y_test) = mnist1d.load_data()
    assert (x_train.shape, x_test.shape) == ((4000, 40), (1000, 40))
    assert {x_train.dtype, x_test.dtype} == {np.dtype("float32")}
    assert {y_train.dtype, y_test.dtype} == {np.dtype("int64")}
    x, y = np.concatenate([x_train, x_test]), np.concatenate([y_train, y_test])
    np.testing.assert_array_equal(np.bincount(y), np.full(10, 500))
    assert abs(x.mean(dtype="float64")) < 1e-6
    assert abs(x.std(dtype="float64") - 1) < 1e-6


def test_mnist1d_is_the_published_set():
    """Labels, first values and rounded checksum of the set that Greydanus and Kobak published."""
    (x_train, y_train), (x_test, y_test) = mnist1d.load_data()
    assert y_train[:12].tolist() == [2, 6, 4, 5, 6, 6, 6, 0, 3, 1, 6, 9]
    assert y_test[:12].tolist() == [2, 6, 3, 9, 4, 3, 1, 9, 5, 2, 0, 7]
    head = [-0.33200568, -0.47191036, -0.7786971, -1.0097408, -0.8823526, 0.10393481]
    np.testing.assert_allclose(x_train[0, :6], head, atol=1e-6)
    head = [-0.07877078, -0.2107317, -0.09175138, 0.28267112, 0.32605815, 0.03842867]
    np.testing.assert_allclose(x_test[0, :6], head, atol=1e-6)
    assert abs(x_train.std(dtype="float64") - 0.9976480) < 1e-6


def test_mnist1d_seed():
    same, again, other = (mnist1d.load_data(num_samples=50, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(same[0][0], again[0][0])
    assert not np.array_equal(same[0][0], other[0][0])


def test_mnist1d_leaves_the_global_generator_alone():
    np.random.seed(0)
    expected = np.random.rand()
    np.random.seed(0)
    mnist1d.load_data(num_samples=10)
    assert np.random.rand() == expected


def test_mnist1d_without_disturbance_repeats_its_templates():
    (x_train, y_train), _ = mnist1d.load_data(
        num_samples=40,
        padding=(48, 48),
        scale_coeff=0.0,
        max_translation=1,
        corr_noise_scale=0.0,
        iid_noise_scale=0.0,
        shear_scale=0.0,
        final_seq_length=60,
    )
    for digit in range(10):
        of_digit = x_train[y_train == digit]
        np.testing.assert_allclose(of_digit, of_digit[:1].repeat(len(of_digit), 0), atol=1e-6)
        correlation = np.corrcoef(of_digit[0, :12], mnist1d.TEMPLATES[digit])[0, 1]
        assert correlation > 1 - 1e-6


def test_mnist1d_arguments():
    (x_train, _), (x_test, _) = mnist1d.load_data(
        num_samples=20, train_split=0.5, final_seq_length=17
    )
    assert x_train.shape == x_test.shape == (10, 17)


@pytest.mark.parametrize("num_samples", [0, -10, 15])
def test_mnist1d_refuses_unequal_classes(num_samples):
    with pytest.raises(ValueError, match="positive multiple of 10"):
        mnist1d.load_data(num_samples=num_samples)


@pytest.mark.parametrize("train_split", [0, 1, 1.5])
def test_mnist1d_refuses_an_empty_split(train_split):
    with pytest.raises(ValueError, match="train_split"):
        mnist1d.load_data(train_split=train_split)


def test_mnist1d_reads_a_file(tmp_path):
    arrays = splits()
    np.savez(tmp_path / "set.npz", **arrays)
    (x_train, y_train), (x_test, y_test) = mnist1d.load_data(tmp_path / "set.npz")
    np.testing.assert_array_equal(x_train, arrays["x_train"].astype("float32"))
    np.testing.assert_array_equal(y_test, arrays["y_test"])
    assert (x_test.dtype, y_train.dtype) == (np.dtype("float32"), np.dtype("int64"))


def remove_labels(arrays):
    del arrays["y_test"]


def flatten_examples(arrays):
    arrays["x_train"] = arrays["x_train"].ravel()


def drop_a_label(arrays):
    arrays["y_train"] = arrays["y_train"][1:]


def float_labels(arrays):
    arrays["y_test"] = arrays["y_test"].astype("float32")


def complex_examples(arrays):
    arrays["x_test"] = arrays["x_test"].astype("complex64")


def pickled_examples(arrays):
    arrays["x_train"] = arrays["x_train"].astype(object)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (remove_labels, "missing y_test"),
        (flatten_examples, r"x_train of shape \(n, any\).*received \(160,\)"),
        (drop_a_label, r"y_train of shape \(4,\)"),
        (float_labels, "integers in y_test"),
        (complex_examples, "numbers in x_test"),
        (pickled_examples, "expected numeric arrays"),
    ],
)
def test_damaged_files(tmp_path, damage, message):
    arrays = splits()
    damage(arrays)
    np.savez(tmp_path / "set.npz", **arrays)
    with pytest.raises(ValueError, match=message):
        mnist1d.load_data(tmp_path / "set.npz")


def test_file_that_is_no_archive(tmp_path):
    (tmp_path / "set.npz").write_bytes(b"not a zip file")
    with pytest.raises(ValueError, match="expected an .npz archive"):
        mnist1d.load_data(tmp_path / "set.npz")


def test_missing_file(tmp_path):
    for load_data in (mnist1d.load_data, mnist.load_data):
        with pytest.raises(FileNotFoundError, match="check `path`"):
            load_data(str(tmp_path / "absent.npz"))


def test_truncated_file(tmp_path):
    np.savez(tmp_path / "set.npz", **splits())
    content = bytearray((tmp_path / "set.npz").read_bytes())
    content[200:240] = bytes(40)
    (tmp_path / "set.npz").write_bytes(content)
    with pytest.raises(ValueError, match="could not read them"):
        mnist1d.load_data(tmp_path / "set.npz")


def test_mnist_reads_keras_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "datasets").mkdir()
    arrays = splits(shape=(28, 28), dtype="uint8")
    np.savez(tmp_path / "datasets" / "mnist.npz", **arrays)
    (x_train, y_train), (x_test, y_test) = mnist.load_data()
    for name, array in zip(arrays, (x_train, y_train, x_test, y_test), strict=True):
        assert array.dtype == "uint8"
        np.testing.assert_array_equal(array, arrays[name])


def test_mnist_reads_an_absolute_path(tmp_path):
    arrays = splits(shape=(28, 28), dtype="uint8")
    np.savez(tmp_path / "mine.npz", **arrays)
    (x_train, _), _ = mnist.load_data(str(tmp_path / "mine.npz"))
    np.testing.assert_array_equal(x_train, arrays["x_train"])


def test_mnist_downloads_into_the_cache(tmp_path, monkeypatch):
    np.savez(tmp_path / "origin.npz", **splits(shape=(28, 28), dtype="uint8"))
    origin = tmp_path / "origin.npz"
    monkeypatch.setattr(mnist, "URL", origin.as_uri())
    monkeypatch.setattr(mnist, "SHA256", hashlib.sha256(origin.read_bytes()).hexdigest())
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (x_train, _), _ = mnist.load_data()
    assert x_train.shape == (4, 28, 28)
    assert (tmp_path / "datasets" / "mnist.npz").read_bytes() == origin.read_bytes()


def test_mnist_without_network(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError("no route to host")

    monkeypatch.setattr("pooch.retrieve", refuse)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(ConnectionError, match="check the network") as caught:
        mnist.load_data()
    assert "\n" not in str(caught.value)


def test_mnist_without_pooch(tmp_path, monkeypatch):
    real_import = builtins.__import__

    def without_pooch(name, *args, **kwargs):
        if name == "pooch":
            raise ImportError("no pooch")
        return real_import(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_pooch)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(ImportError, match=r"pip install \"pyconv\[datasets\]\""):
        mnist.load_data()


@pytest.mark.parametrize(("shape", "channels"), [((5, 40), False), ((5, 3, 4, 2), True)])
def test_one_permutation_for_all_examples(shape, channels):
    x = np.arange(np.prod(shape), dtype="float32").reshape(shape)
    y, again = (permute_pixels(x, seed=3, channels=channels) for _ in range(2))
    assert y.shape == x.shape and y.dtype == x.dtype
    np.testing.assert_array_equal(y, again)
    assert not np.array_equal(y, x)
    assert not np.array_equal(y, permute_pixels(x, seed=4, channels=channels))
    flat = (5, -1, 2) if channels else (5, -1)
    moved, pixels = y.reshape(flat), x.reshape(flat)
    order = [int(np.argmax((pixels[0] == p).reshape(len(pixels[0]), -1).all(1))) for p in moved[0]]
    assert sorted(order) == list(range(len(order)))
    np.testing.assert_array_equal(moved, pixels[:, order])


def test_examples_without_positions_have_no_pixels():
    with pytest.raises(ValueError, match="permute_pixels: expected examples with positions"):
        permute_pixels(np.zeros(5))
    with pytest.raises(ValueError, match="permute_pixels"):
        permute_pixels(np.zeros((5, 3)), channels=True)
