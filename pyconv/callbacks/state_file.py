"""Nested numbers, strings and arrays in one file, which is whole or not there."""

import numpy as np

#: The key of a dict that stands for an array, and the entry that holds everything but arrays.
_ARRAY, _TREE = "__array__", "tree"


def write_state(path, state):
    """Writes a dict of dicts, lists, numbers, strings and arrays to a file of NumPy's npz format.

    A process that is killed leaves the old file or the new one (`pyconv.saving.files`).

    Raises:
        TypeError: something else is in the state.
    """
    import json

    from pyconv.saving.files import replacing

    arrays = {}
    text = json.dumps(_packed(state, arrays))
    with replacing(path) as file:
        np.savez(file, allow_pickle=False, **{_TREE: np.array(text)}, **arrays)


def read_state(path):
    """What `write_state` wrote; nothing in the file is executed.

    Raises:
        OSError: the file is damaged, or none of this kind.
    """
    import json
    import zipfile

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
