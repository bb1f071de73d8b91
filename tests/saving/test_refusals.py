"""Files that are damaged, or ask for what no model is: one line, and nothing has changed."""

import io
import json
import os
import warnings
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

import pyconv as keras
from pyconv import layers, saving
from tests.saving import forgery

REFUSED = (TypeError, ValueError)


def model():
    x = layers.Input((4,), name="x")
    return keras.Model(x, layers.Dense(3, name="dense")(x))


@pytest.fixture
def saved(tmp_path):
    path = str(tmp_path / "good.keras")
    model().save(path)
    return path


def members(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def refused(path, match, load=saving.load_model):
    with pytest.raises(REFUSED, match=match) as caught:
        load(str(path))
    assert "\n" not in str(caught.value)


def test_no_file(tmp_path):
    refused(tmp_path / "none.keras", "not found")
    refused(tmp_path, "not found")
    other = tmp_path / "model.txt"
    other.write_text("")
    refused(other, "ends with")
    with pytest.raises(FileNotFoundError):
        model().load_weights(str(tmp_path / "none.weights.h5"))


@pytest.mark.parametrize("data", [b"", b"PK", b"\x89HDF\r\n\x1a\n", b"{}", bytes(1000)])
@pytest.mark.parametrize("ending", ["keras", "h5", "weights.h5"])
def test_other_kinds_of_files(tmp_path, data, ending):
    path = tmp_path / f"m.{ending}"
    path.write_bytes(data)
    if ending != "weights.h5":
        refused(path, "expected")
    refused(path, "expected", model().load_weights)


def test_truncated_and_corrupt_archives(tmp_path, saved):
    data = Path(saved).read_bytes()
    for size in (10, 100, len(data) // 2, len(data) - 5):
        path = tmp_path / "cut.keras"
        path.write_bytes(data[:size])
        refused(path, "damaged")
    broken = bytearray(data)
    broken[data.index(b"\x89HDF") + 3000] ^= 0xFF
    path.write_bytes(broken)
    refused(path, "damaged")


def test_members_of_archives(tmp_path, saved):
    good = members(saved)
    path = tmp_path / "m.keras"
    config = good["config.json"]
    for name in ("../evil", "/etc/evil", "assets/../../evil", "C:evil", "..\\evil"):
        forgery.archive(path, config, {**good, name: b"x"})
        refused(path, "within the archive")
    forgery.archive(path, config, {"model.weights.h5": None})
    refused(path, "model.weights.h5")
    bomb = forgery.weights({"x": np.zeros(10**7, "float32")})
    forgery.archive(path, config, {"model.weights.h5": bomb}, compression=zipfile.ZIP_DEFLATED)
    refused(path, "times as large")
    forgery.archive(path, config, {"model.weights.h5": bomb}, compression=zipfile.ZIP_DEFLATED)
    data = bytearray(path.read_bytes())
    directory = data.rindex(b"PK\1\2")  # of the last member, whose packed size is at 20
    data[directory + 20 : directory + 24] = (2**31).to_bytes(4, "little")
    path.write_bytes(data)
    refused(path, "archive of")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        forgery.archive(path, config, good)
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("config.json", "{}")
    refused(path, "one 'config.json'")


@pytest.mark.parametrize(
    "config, match",
    [
        ("", "JSON"),
        ("[1, 2]", "config of a model"),
        ("{", "JSON"),
        ('{"class_name": "Sequential", "class_name": "Model", "config": {}}', "twice"),
        ('{"class_name": "Sequential", "config": {"a": NaN}}', "NaN"),
        (b"\xff\xfe{}", "JSON"),
        ("[" * 100000 + "]" * 100000, "nested"),
        ('{"class_name": "a", "config": ' + '{"a": ' * 300 + "1" + "}" * 301, "nested"),
        (json.dumps(forgery.layer("Dense", name="d", units=3)), "file of a model"),
        (json.dumps(forgery.sequential(forgery.layer("Unknown", name="u"))), "Unknown"),
        (json.dumps(forgery.sequential(forgery.layer("Dense", name="d", units=-1))), "units"),
        (json.dumps(forgery.sequential(forgery.layer("Dense", name="d", bad=1))), "bad"),
        (json.dumps(forgery.sequential(7)), "received"),
    ],
)
def test_configs(tmp_path, config, match):
    refused(forgery.archive(tmp_path / "m.keras", config), match)


def graph(*entries, ends=("a", 0, 0)):
    return forgery.layer(
        "Functional", "keras.src.models.functional", "Functional", name="m",
        layers=list(entries), input_layers=[["x", 0, 0]], output_layers=list(ends),
    )  # fmt: skip


def entry(name, *histories):
    tensors = [
        {"class_name": "__keras_tensor__", "config": {"keras_history": list(h)}} for h in histories
    ]
    node = {"args": tensors if len(tensors) == 1 else [tensors], "kwargs": {}}
    made = forgery.layer("Add" if len(tensors) > 1 else "ReLU", name=name)
    return {**made, "name": name, "inbound_nodes": [node]}


ENTRANCE = forgery.layer("InputLayer", batch_shape=[None, 4], name="x")
ENTRANCE |= {"name": "x", "inbound_nodes": []}


@pytest.mark.parametrize(
    "config, match",
    [
        (graph(ENTRANCE, entry("a", ("b", 0, 0)), entry("b", ("a", 0, 0))), "without loops"),
        (graph(ENTRANCE, entry("a", ("a", 0, 0))), "without loops"),
        (graph(ENTRANCE, entry("a", ("x", 0, 0), ("none", 0, 0))), "without loops"),
        (graph(ENTRANCE, entry("a", ("x", 0, 5))), "number 5"),
        (graph(ENTRANCE, entry("a", ("x", 0, -1))), "number -1"),
        (graph(ENTRANCE, entry("a", ("x", 0, 0)), ends=("a", 3, 0)), "call 3"),
        (graph(ENTRANCE, ENTRANCE), "names of their own"),
        (graph(ENTRANCE, {**entry("a", ("x", 0, 0)), "inbound_nodes": [7]}), "args and kwargs"),
        (graph(ENTRANCE, {**entry("a", ("x", 0, 0)), "inbound_nodes": [[]]}), "args and kwargs"),
    ],
)
def test_graphs(tmp_path, config, match):
    refused(forgery.archive(tmp_path / "m.keras", config), match)


def wrong(**arrays):
    return {f"layers/dense/vars/{key}": value for key, value in arrays.items()}


KERNEL, BIAS = np.ones((4, 3), "float32"), np.ones(3, "float32")


@pytest.mark.parametrize(
    "arrays, match",
    [
        ({}, "expected 2 arrays"),
        ({"0": KERNEL}, "expected 2 arrays"),
        ({"0": KERNEL, "1": BIAS, "2": BIAS}, "expected 2 arrays"),
        ({"0": KERNEL.T, "1": BIAS}, r"expected shape \(4, 3\)"),
        ({"0": KERNEL.ravel(), "1": BIAS}, r"expected shape \(4, 3\)"),
        ({"0": KERNEL.astype("complex64"), "1": BIAS}, "real numbers"),
        ({"0": np.full((4, 3), b"x"), "1": BIAS}, "real numbers"),
        ({"0": KERNEL, "one": BIAS}, "array '1'"),
        ({"0/deeper": KERNEL, "1": BIAS}, "group"),
    ],
)
def test_weights_that_do_not_fit(tmp_path, arrays, match):
    """All are checked before the first is set."""
    path = tmp_path / "m.weights.h5"
    path.write_bytes(forgery.weights(wrong(**arrays)))
    net = model()
    before = net.get_weights()
    refused(path, match, net.load_weights)
    for old, new in zip(before, net.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_other_float_dtypes_are_converted(tmp_path):
    path = tmp_path / "m.weights.h5"
    arrays = {"0": KERNEL.astype("float64"), "1": BIAS.astype("float16")}
    path.write_bytes(forgery.weights(wrong(**arrays)))
    net = model()
    net.load_weights(path)
    np.testing.assert_array_equal(net.get_weights()[0], KERNEL)
    large = np.ones((1000, 1000), "float16")
    entry = forgery.layer("Dense", name="dense", units=1000, use_bias=False)
    config = forgery.sequential(entry, shape=(None, 1000))
    members = {"model.weights.h5": forgery.weights(wrong(**{"0": large}))}
    again = saving.load_model(forgery.archive(tmp_path / "m.keras", config, members))
    np.testing.assert_array_equal(again.get_weights()[0], large)


def test_damage_within_the_weights(tmp_path):
    """Also where the array itself cannot be read: nothing is set."""
    file = io.BytesIO()
    with h5py.File(file, "w") as target:
        group = target.create_group("layers/dense/vars")
        noise = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
        group.create_dataset("0", data=noise, compression="gzip", fletcher32=True)
        group["1"] = BIAS
        offset = group["0"].id.get_chunk_info(0).byte_offset
    data = bytearray(file.getvalue())
    data[offset + 5] ^= 0xFF
    path = tmp_path / "m.weights.h5"
    path.write_bytes(data)
    net = model()
    before = net.get_weights()
    refused(path, "damage", net.load_weights)
    np.testing.assert_array_equal(before[1], net.get_weights()[1])


def test_huge_config(tmp_path):
    text = json.dumps({"class_name": "a" * (65 * 2**20), "config": {}})
    refused(forgery.archive(tmp_path / "m.keras", text), "at most")


def test_absurd_sizes(tmp_path):
    """What layers ask for is compared with what the file holds, before memory is taken."""
    for absurd in (
        forgery.layer("Conv2D", name="c", filters=10**9, kernel_size=[3, 3]),
        forgery.layer("Dense", name="d", units=2**40),
        forgery.layer("DepthwiseConv2D", name="c", kernel_size=[10**5, 10**5], padding="same"),
    ):
        config = forgery.sequential(absurd, shape=(None, 8, 8, 3))
        refused(forgery.archive(tmp_path / "m.keras", config), "asks for a weight")


def test_absurd_counts(tmp_path):
    """What costs time or memory without weights has an end, too."""
    for name, absurd in (
        ("RandAugment", {"num_ops": 10**9}),
        ("AugMix", {"num_chains": 10**9}),
        ("AugMix", {"chain_depth": 10**9}),
        ("SpectralNormalization", {"power_iterations": 10**9, "layer": forgery.layer("ReLU")}),
    ):
        config = forgery.sequential(forgery.layer(name, **absurd), shape=(None, 8, 8, 3))
        path = forgery.archive(tmp_path / "m.keras", config)
        refused(path, "at most")
    rank = forgery.sequential(shape=(4,) * 10**6)
    refused(forgery.archive(tmp_path / "m.keras", rank), "axes")
    auc = {"class_name": "AUC", "module": "keras.metrics", "config": {"num_thresholds": 10**11}}
    compiled = {"optimizer": "sgd", "loss": "mse", "metrics": [auc]}
    config = {**forgery.sequential(), "compile_config": compiled}
    refused(forgery.archive(tmp_path / "m.keras", config), "asks for")


def test_failing_to_write_keeps_the_file(tmp_path, saved, monkeypatch):
    before = Path(saved).read_bytes()
    net = model()
    monkeypatch.setattr(layers.Dense, "save_own_variables", lambda self, store: 1 / 0)
    weights = tmp_path / "w.weights.h5"
    weights.write_bytes(b"old")
    for save, path in ((net.save, saved), (net.save_weights, weights)):
        with pytest.raises(ZeroDivisionError):
            save(path)
    monkeypatch.undo()
    monkeypatch.setattr("os.fsync", lambda handle: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        net.save(saved)
    assert Path(saved).read_bytes() == before and weights.read_bytes() == b"old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["good.keras", "w.weights.h5"]


def test_arguments(tmp_path, saved):
    net = model()
    with pytest.raises(ValueError, match="exists"):
        net.save(saved, overwrite=False)
    with pytest.raises(ValueError, match="ends with"):
        net.save(tmp_path / "model")
    with pytest.raises(ValueError, match="ends with"):
        net.save_weights(tmp_path / "model.h5")
    with pytest.raises(ValueError, match="by_name"):
        net.load_weights(saved, by_name=True)
    with pytest.raises(ValueError, match="not built"):
        keras.Sequential([layers.Dense(2)]).load_weights(saved)
    with pytest.raises(FileNotFoundError, match="folder"):
        net.save(tmp_path / "none" / "m.keras")


def test_cyclic_and_deep_configs():
    config = forgery.sequential()
    config["config"]["layers"].append(config)
    with pytest.raises(ValueError, match="nested"):
        saving.deserialize_keras_object(config)


@pytest.mark.skipif(os.name != "posix", reason="pipes have names on POSIX only")
def test_only_a_regular_file_is_replaced(tmp_path):
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    pipe, link = tmp_path / "pipe", tmp_path / "link.keras"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    with pytest.raises(ValueError, match="expected a regular file"):
        model.save(link)
    assert pipe.is_fifo()
