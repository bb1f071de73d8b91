"""Files as an attacker would make them."""

import base64
import io
import json
import marshal
import zipfile

import h5py
import numpy as np


def code(path) -> str:
    """Bytecode, as Keras keeps that of lambdas, of a function that makes a file."""
    source = f"lambda x: (open({str(path)!r}, 'w').close(), x)[1]"
    function = eval(source)  # noqa: S307
    return base64.b64encode(marshal.dumps(function.__code__)).decode()


def weights(arrays=None) -> bytes:
    """An HDF5 file with arrays by path."""
    file = io.BytesIO()
    with h5py.File(file, "w") as target:
        for path, array in (arrays or {}).items():
            target[path] = np.asarray(array)
    return file.getvalue()


def archive(path, config, members=None, **options) -> str:
    """A .keras file with this config."""
    text = config if isinstance(config, (str, bytes)) else json.dumps(config)
    members = {"metadata.json": "{}", "config.json": text, "model.weights.h5": weights()} | (
        members or {}
    )
    with zipfile.ZipFile(path, "w", **options) as target:
        for name, data in members.items():
            if data is not None:
                target.writestr(name, data)
    return str(path)


def layer(class_name, module="keras.layers", registered_name=None, build_config=None, **config):
    """The entry of a layer in a config."""
    entry = {
        "module": module,
        "class_name": class_name,
        "config": config,
        "registered_name": registered_name,
    }
    return entry | ({"build_config": build_config} if build_config else {})


def sequential(*layers, shape=(None, 4)):
    """The config of a chain of layers."""
    entrance = layer("InputLayer", batch_shape=list(shape), dtype="float32", name="input")
    return layer("Sequential", "keras", name="model", layers=[entrance, *layers])
