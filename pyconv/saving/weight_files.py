"""Weights of models as files."""

from __future__ import annotations

import io
import os

from pyconv.saving.archive import WEIGHTS, Archive
from pyconv.saving.files import check_overwrite, naming_file, replacing
from pyconv.saving.state import Loading, states
from pyconv.saving.weights_store import Reader, write_states


def save_weights(model, filepath, overwrite=True, max_shard_size=None, **kwargs):
    """Writes a model's weights, and the optimizer's state where it was compiled.

    Args:
        model: a built model.
        filepath: ends with ".weights.h5".
        overwrite: whether a file of this name may be replaced.
        max_shard_size: None.
        **kwargs: `objects_to_skip`, a list of layers that are left out.

    Raises:
        ValueError: another name, a model that is not built, or a file that must not be replaced.
    """
    path = os.fspath(filepath)
    skip = kwargs.pop("objects_to_skip", None) or ()
    if kwargs:
        raise ValueError(f"expected no further arguments, received {', '.join(sorted(kwargs))}")
    if not path.endswith(".weights.h5") or max_shard_size is not None:
        raise ValueError(
            f"expected a name that ends with '.weights.h5' and no shards, received {path!r}, "
            f"max_shard_size={max_shard_size}"
        )
    _check_built(model)
    check_overwrite(path, overwrite)
    with replacing(path) as file:
        write_states(file, states(model, skip))


def load_weights(model, filepath, skip_mismatch=False, **kwargs):
    """Sets a model's weights, and its optimizer's state, from a file of pyconv or Keras.

    Everything is checked before anything is set: where the file does not fit, the model stays as it
    was.

    Args:
        model: a built model.
        filepath: ends with ".weights.h5", ".keras", or ".h5" for Keras' older format.
        skip_mismatch: whether layers that do not fit keep their weights, with a warning.
        **kwargs: `objects_to_skip`, a list of layers that keep theirs; `by_name`, for older files,
            whether layers are found by their names rather than in their order.

    Raises:
        FileNotFoundError: no such file.
        ValueError: a file that is damaged or does not fit.
    """
    path = os.fspath(filepath)
    by_name, skip = kwargs.pop("by_name", None), kwargs.pop("objects_to_skip", None)
    if kwargs:
        raise ValueError(f"expected no further arguments, received {', '.join(sorted(kwargs))}")
    _check_built(model)
    if not os.path.isfile(path):
        raise FileNotFoundError(f"expected a file of weights, received filepath={path!r}")
    with naming_file(path):
        _load(model, path, skip_mismatch, by_name, skip)


def _load(model, path: str, skip_mismatch: bool, by_name, skip) -> None:
    legacy = path.endswith((".h5", ".hdf5")) and not path.endswith(".weights.h5")
    if (by_name is not None and not legacy) or (skip is not None and not path.endswith(".h5")):
        raise ValueError("expected `by_name` for '.h5' and `objects_to_skip` for '.weights.h5'")
    if legacy:
        from pyconv.saving.legacy import load_legacy_weights

        return load_legacy_weights(model, path, skip_mismatch, bool(by_name))
    with _reader(path) as reader:
        Loading(model, reader, skip_mismatch, skip or ()).assign()


def _reader(path: str) -> Reader:
    if path.endswith(".weights.h5"):
        return Reader(path, path)
    if not path.endswith(".keras"):
        raise ValueError(
            f"expected a name that ends with '.weights.h5', '.keras' or '.h5', received {path!r}"
        )
    with open(path, "rb") as file:
        return Reader(io.BytesIO(Archive(file, path).read(WEIGHTS)), path)


def _check_built(model) -> None:
    if not model.built:
        raise ValueError(
            f"model {model.name}: expected a model with weights, received one that is not built; "
            "call it on data, or build(input_shape), first"
        )
