"""Whole models as files: .keras, and Keras' older .h5."""

from __future__ import annotations

import datetime
import io
import os
import tempfile
import warnings

from pyconv.graph.allowance import allowance
from pyconv.saving import decoding
from pyconv.saving.archive import WEIGHTS, Archive, parse_config, write_archive
from pyconv.saving.assets import assets, load_assets
from pyconv.saving.encoding import serialize_shared
from pyconv.saving.files import check_overwrite, naming_file, replacing
from pyconv.saving.registration import CustomObjectScope, scoped_objects
from pyconv.saving.state import Loading, states
from pyconv.saving.weights_store import Reader, write_states

#: The version of Keras whose format is written.
KERAS_VERSION = "3.15.1"

#: Bytes of variables that metrics may have beside what optimizers keep for weights.
SPARE = 256 * 2**20


def save_model(model, filepath, overwrite=True, zipped=None, **kwargs):
    """Writes a model: architecture, weights, what `compile` fixed, and the optimizer's state.

    Keras 3 opens the file, predicts the same and goes on training where this one stopped. The file
    is there whole or, where writing fails, not at all; one that was there before stays then.

    Args:
        model: the model.
        filepath: ends with ".keras"; ".h5" and ".hdf5" are Keras' older format.
        overwrite: whether a file of this name may be replaced.
        zipped: None or True.
        **kwargs: `include_optimizer`, for ".h5".

    Raises:
        ValueError: another name, a file that must not be replaced, or a model that cannot be
            described.

    Example:
        >>> from pyconv import Input, Sequential, layers
        >>> model = Sequential([Input((3,)), layers.Dense(2, name="last")])
        >>> path = os.path.join(tempfile.mkdtemp(), "model.keras")
        >>> save_model(model, path)
        >>> load_model(path).layers
        [<Dense name=last, built=True>]
    """
    path = os.fspath(filepath)
    check_overwrite(path, overwrite)
    if path.endswith((".h5", ".hdf5")):
        from pyconv.saving.legacy import save_legacy_model

        return save_legacy_model(model, path, **kwargs)
    if kwargs or zipped is False or not path.endswith(".keras"):
        further = "".join(f", {name}={value!r}" for name, value in kwargs.items())
        raise ValueError(
            f"expected a name that ends with '.keras' (or '.h5'), without further arguments, "
            f"received {path!r}, zipped={zipped}{further}"
        )
    if not model.built:
        warnings.warn(
            f"model {model.name} is saved without weights, since it is not built; call it on data "
            "first",
            stacklevel=2,
        )
    _write(model, path)


def _write(model, path: str) -> None:
    config = serialize_shared(model)
    metadata = {
        "keras_version": KERAS_VERSION,
        "date_saved": datetime.datetime.now().strftime("%Y-%m-%d@%H:%M:%S"),
    }
    with replacing(path) as file, tempfile.TemporaryFile(dir=os.path.dirname(file.name)) as weights:
        write_states(weights, states(model))
        write_archive(file, config, metadata, weights, assets(model))


def load_model(filepath, custom_objects=None, compile=True, safe_mode=True):
    """The model that a file keeps, of pyconv or of Keras 3.

    Classes and functions that the file names are pyconv's, those of `custom_objects`, or
    registered ones; code in files is never run.

    Args:
        filepath: ends with ".keras", or ".h5" for Keras' older format.
        custom_objects: dict from name to class or function.
        compile: whether to compile it as it was, with the optimizer's state.
        safe_mode: accepted for Keras' sake; there is no unsafe mode.

    Returns:
        A `Model`.

    Raises:
        ValueError: no such file, one that is damaged, or one that asks for what no model is.
        TypeError: classes or functions that are not known.
    """
    path = os.fspath(filepath)
    if not os.path.isfile(path):
        raise ValueError(f"File not found: expected a file, received filepath={path!r}")
    if not path.endswith((".keras", ".h5", ".hdf5")):
        raise ValueError(
            f"expected a name that ends with '.keras' or '.h5', received {path!r}; save the model "
            "in this format"
        )
    with CustomObjectScope({**scoped_objects(), **(custom_objects or {})}), naming_file(path):
        if not path.endswith(".keras"):
            from pyconv.saving.legacy import load_legacy_model

            return load_legacy_model(path, compile)
        with open(path, "rb") as file:
            archive = Archive(file, path)
            with Reader(io.BytesIO(archive.read(WEIGHTS)), path) as reader:
                model = _model(archive.config(), reader, compile)
            load_assets(model, archive)
            return model


def _model(config: dict, reader: Reader, compile: bool):
    compile_config = config.pop("compile_config", None)
    stored = reader.nbytes()
    with decoding.sharing():
        with allowance(stored + 2**20):
            model = decoding.deserialize_keras_object(config)
        if not hasattr(model, "save"):
            raise ValueError(f"expected a file of a model, received one of {model!r}")
        if compile and compile_config:
            with allowance(8 * stored + SPARE):
                model.compile_from_config(compile_config)
    Loading(model, reader).assign()
    return model


def model_from_json(json_string, custom_objects=None):
    """The model, with new weights, that `model.to_json()` described.

    Args:
        json_string: what it returned.
        custom_objects: dict from name to class or function of a user.

    Raises:
        ValueError, TypeError: not such a string.

    Example:
        >>> from pyconv import Input, Sequential, layers
        >>> model = Sequential([Input((3,)), layers.Dense(2)])
        >>> model_from_json(model.to_json()).output_shape
        (None, 2)
    """
    with decoding.sharing():
        config = parse_config(json_string, "json_string")
        return decoding.deserialize_keras_object(config, custom_objects)
