"""Nested numbers, strings and arrays in one file, which is whole or not there."""

import json
import os
import zipfile
from pathlib import Path

import numpy as np

#: The key of a dict that stands for an array, and the entry that holds everything but arrays.
_ARRAY, _TREE = "__array__", "tree"


def write_state(path, state):
    """Writes a dict of dicts, lists, numbers, strings and arrays to a file of NumPy's npz format.

    It is written to a temporary file beside it, synced and renamed: a process that is killed leaves
    the old file or the new one.

    Raises:
        TypeError: something else is in the state.
    """
    arrays = {}
    text = json.dumps(_packed(state, arrays))
    path = Path(path)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            np.savez(file, allow_pickle=False, **{_TREE: np.array(text)}, **arrays)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_directory(path.parent)


def read_state(path):
    """What `write_state` wrote; nothing in the file is executed.

    Raises:
        OSError: the file is damaged, or none of this kind.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if any(entry.compress_type != zipfile.ZIP_STORED for entry in archive.infolist()):
                raise ValueError("compressed entries")
        with np.load(path, allow_pickle=False) as arrays:
            return _unpacked(json.loads(str(arrays[_TREE])), arrays)
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise OSError(f"{path}: expected a whole file of training state: {error}") from None


def _packed(value, arrays):
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise TypeError(f"expected strings as keys of a state, received {list(value)!r}")
        return {key: _packed(item, arrays) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_packed(item, arrays) for item in value]
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        arrays[f"array{len(arrays)}"] = np.asarray(value)
        return {_ARRAY: f"array{len(arrays) - 1}"}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(
        f"expected numbers, strings, arrays, lists and dicts in a state, received {value!r} of "
        f"type {type(value).__name__}; leave it out of `kept`, or define get_state and set_state"
    )


def _unpacked(value, arrays):
    if isinstance(value, dict):
        if set(value) == {_ARRAY}:
            return arrays[value[_ARRAY]]
        return {key: _unpacked(item, arrays) for key, item in value.items()}
    if isinstance(value, list):
        return [_unpacked(item, arrays) for item in value]
    return value


def _sync_directory(path):
    """Makes a rename last where the system can: a directory is no file everywhere."""
    if hasattr(os, "O_DIRECTORY"):
        number = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
