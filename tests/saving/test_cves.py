"""The published vulnerabilities of Keras' model files, each with a file that makes use of it."""

import io
import json
import pickle
import tarfile

import h5py
import numpy as np
import pytest

import pyconv as keras
from pyconv import layers, saving
from tests.saving import forgery

REFUSED = (TypeError, ValueError)


@pytest.fixture
def mark(tmp_path):
    """A file that exists only where an attack succeeded."""
    path = tmp_path / "attacked"
    yield path
    assert not path.exists()


def refused(path, match=None, **kwargs):
    with pytest.raises(REFUSED, match=match) as caught:
        saving.load_model(path, **kwargs)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def lambda_layer(mark):
    function = {"class_name": "__lambda__", "config": {"value": [forgery.code(mark), None, None]}}
    return forgery.layer("Lambda", name="lambda", function=function)


@pytest.mark.parametrize("safe_mode", [True, False])
def test_cve_2024_3660(tmp_path, mark, safe_mode):
    """Bytecode in a Lambda layer runs when the model is loaded or called."""
    path = forgery.archive(tmp_path / "m.keras", forgery.sequential(lambda_layer(mark)))
    refused(path, safe_mode=safe_mode)


@pytest.mark.parametrize(
    "module, name",
    [
        ("os", "system"),
        ("builtins", "eval"),
        ("subprocess", "Popen"),
        ("shutil", "rmtree"),
        ("pyconv.saving.files", "os"),
        ("pyconv.layers", "__class__"),
        ("keras.src.saving.saving_lib", "os"),
        ("keras.layers.core", "os"),
        ("", "eval"),
        (None, "eval"),
        (7, "eval"),
    ],
)
@pytest.mark.parametrize("kind", ["class", "function"])
def test_cve_2025_1550(tmp_path, mark, module, name, kind):
    """A config names any module and function, and its arguments."""
    command = f"touch {mark}"
    if kind == "class":
        entry = forgery.layer(name, module, name=command)
    else:
        function = {"module": module, "class_name": "function", "config": name}
        entry = forgery.layer("Activation", name="a", activation=function)
    entry["inbound_nodes"] = [{"args": [command], "kwargs": {}}]
    path = forgery.archive(tmp_path / "m.keras", forgery.sequential(entry))
    refused(path)
    functional = forgery.layer(
        "Functional", "keras.src.models.functional", "Functional", name="m",
        layers=[{**entry, "name": "a"}], input_layers=[["a", 0, 0]], output_layers=[["a", 0, 0]],
    )  # fmt: skip
    refused(forgery.archive(tmp_path / "f.keras", functional))


@pytest.mark.parametrize(
    "name",
    [
        "keras.utils.get_file",
        "keras.models.load_model",
        "keras.saving.load_model",
        "keras.saving.deserialize_keras_object",
        "keras.config.enable_unsafe_deserialization",
        "keras.utils.load_img",
        "pyconv.utils.get_file",
        "pyconv.saving.load_model",
        "keras.activations.get",
        "keras.losses.deserialize",
    ],
)
def test_cve_2025_8747(tmp_path, mark, name):
    """The library's own functions as layers: they fetch and write files."""
    module, _, last = name.rpartition(".")
    arguments = {"origin": "http://localhost:1/x", "fname": str(mark), "cache_dir": str(tmp_path)}
    function = {"module": module, "class_name": "function", "config": last, "registered_name": last}
    for entry in (
        forgery.layer("Lambda", name="l", function=function, arguments=arguments),
        forgery.layer("Activation", name="l", activation=function),
        forgery.layer(last, module, last, **arguments),
    ):
        refused(forgery.archive(tmp_path / "m.keras", forgery.sequential(entry)))


def test_cve_2025_9905(tmp_path, mark):
    """The older format: Lambda layers whose code ran whatever safe_mode said."""
    function = [forgery.code(mark), None, None]
    config = {
        "class_name": "Sequential",
        "config": {
            "name": "m",
            "layers": [
                {"class_name": "InputLayer", "config": {"batch_input_shape": [None, 4]}},
                {
                    "class_name": "Lambda",
                    "config": {"name": "l", "function": function, "function_type": "lambda"},
                },
            ],
        },
    }
    path = str(tmp_path / "m.h5")
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(config)
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = np.zeros(0, "S1")
    refused(path, match="code")


def test_cve_2025_9906(tmp_path, mark):
    """A config that first switches the safe mode off, then brings code: there is no such switch."""
    switch = {
        "module": "keras.config",
        "class_name": "function",
        "config": "enable_unsafe_deserialization",
        "registered_name": "enable_unsafe_deserialization",
    }
    entry = forgery.layer("Activation", name="a", activation=switch)
    path = forgery.archive(tmp_path / "m.keras", forgery.sequential(entry, lambda_layer(mark)))
    refused(path)
    with pytest.raises(RuntimeError, match="no switch"):
        keras.config.enable_unsafe_deserialization()
    refused(forgery.archive(tmp_path / "n.keras", forgery.sequential(lambda_layer(mark))))


def test_cve_2025_49655(tmp_path, mark):
    """TorchModuleWrapper brings a pickle."""

    class Payload:
        def __reduce__(self):
            return open, (str(mark), "w")

    module = {"class_name": "__bytes__", "config": {"value": pickle.dumps(Payload(), 0).decode()}}
    for name in ("TorchModuleWrapper", "FlaxLayer", "JaxLayer", "TFSMLayer"):
        entry = forgery.layer(name, name="t", module=module, filepath=str(mark))
        refused(forgery.archive(tmp_path / "m.keras", forgery.sequential(entry)), match=name)


@pytest.mark.parametrize("name", ["StringLookup", "IntegerLookup", "TextVectorization"])
def test_cve_2025_12058(tmp_path, name):
    """A vocabulary is the name of a file, which is read."""
    secret = tmp_path / "secret.txt"
    secret.write_text("password")
    entry = forgery.layer(name, name="s", vocabulary=str(secret))
    path = forgery.archive(tmp_path / "m.keras", forgery.sequential(entry))
    assert "password" not in refused(path)


def test_cve_2025_12060(tmp_path):
    """`get_file` unpacks archives: no member leaves the folder."""
    origin = tmp_path / "evil.tar.gz"
    with tarfile.open(origin, "w:gz") as target:
        for name in ("../outside.txt", "inside.txt"):
            member = tarfile.TarInfo(name)
            member.size = 4
            target.addfile(member, io.BytesIO(b"evil"))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path)
        target.addfile(link)
        through = tarfile.TarInfo("link/through.txt")
        through.size = 4
        target.addfile(through, io.BytesIO(b"evil"))
    cache = tmp_path / "cache"
    try:
        keras.utils.get_file(
            "evil.tar.gz", origin.as_uri(), extract=True, cache_dir=str(cache), cache_subdir="d"
        )
    except Exception as error:  # refusing the archive is as good
        assert not isinstance(error, (SystemExit, MemoryError))
    assert not [p for p in tmp_path.rglob("outside.txt") if p.parent != cache / "d" / "evil.tar"]
    assert not (tmp_path / "through.txt").exists()


def dense(units=3):
    return forgery.layer("Dense", name="dense", units=units)


def dense_file(tmp_path, make, units=3):
    """A model of one Dense layer whose kernel `make(group)` puts into the file."""
    file = io.BytesIO()
    with h5py.File(file, "w") as target:
        group = target.create_group("layers/dense/vars")
        group["1"] = np.zeros(units if units < 100 else 3, "float32")
        make(group)
    members = {"model.weights.h5": file.getvalue()}
    return forgery.archive(tmp_path / "m.keras", forgery.sequential(dense(units)), members)


def test_cve_2026_0897(tmp_path):
    """Arrays that declare more than the file holds: memory is taken before anything is compared."""

    def bomb(group):
        group.create_dataset("0", (10**7, 10**7), "float32", chunks=(1000, 1000))

    assert "holds" in refused(dense_file(tmp_path, bomb))

    def compressed(group):
        group.create_dataset("0", data=np.zeros((4000, 3000), "float32"), compression="gzip")

    assert "holds" in refused(dense_file(tmp_path, compressed))

    def ordinary(group):
        group["0"] = np.zeros((4, 3), "float32")

    assert "asks for a weight" in refused(dense_file(tmp_path, ordinary, units=10**12))


def test_cve_2026_1669(tmp_path):
    """Arrays whose numbers are in other files of the host."""
    secret = tmp_path / "secret"
    secret.write_bytes(bytes(48))
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["kernel"] = np.ones((4, 3), "float32")
    layout = h5py.VirtualLayout((4, 3), "float32")
    layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "kernel", (4, 3))

    def external(group):
        group.create_dataset("0", (4, 3), "float32", external=[(str(secret), 0, 48)])

    def link(group):
        group["0"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "/kernel")

    def soft(group):
        group["0"] = h5py.SoftLink("/layers/dense/vars/1")

    def virtual(group):
        group.create_virtual_dataset("0", layout)

    for attack, what in ((external, "other files"), (link, "External"), (soft, "Soft"),
                         (virtual, "other files")):  # fmt: skip
        assert what in refused(dense_file(tmp_path, attack))


def test_cve_2026_12481(mark):
    """A Lambda layer that is made from its config directly, outside of `load_model`."""
    entry = lambda_layer(mark)
    with pytest.raises(REFUSED):
        layers.deserialize(entry)
    with pytest.raises(REFUSED):
        saving.deserialize_keras_object(entry)
    with pytest.raises(REFUSED):
        saving.deserialize_keras_object(entry, safe_mode=False)
    with pytest.raises(REFUSED):
        keras.Sequential.from_config(forgery.sequential(entry)["config"])
    with pytest.raises(REFUSED):
        keras.models.model_from_json(json.dumps(forgery.sequential(entry)))
    if hasattr(layers, "Lambda"):
        for config in (entry["config"], {"function": [forgery.code(mark), None, None]}):
            with pytest.raises(REFUSED):
                layers.Lambda.from_config(config)(np.ones((1, 4), "float32"))
