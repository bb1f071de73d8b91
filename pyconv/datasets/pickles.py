"""Pickles of arrays and lists, read without running anything that they name."""

from __future__ import annotations

import pickle

import numpy as np

#: What a pickle may name: what NumPy's arrays, numbers and bytes are made with.
_MODULES = ("numpy.core.multiarray", "numpy._core.multiarray", "numpy", "_codecs")
_NAMES = ("_reconstruct", "scalar", "ndarray", "dtype", "encode")


class _Unpickler(pickle.Unpickler):
    def find_class(self, module, name):
        if module not in _MODULES or name not in _NAMES:
            raise ValueError(
                f"expected a pickle of arrays, lists and numbers, received one that names "
                f"{module}.{name}; it is not read"
            )
        return super().find_class(module, name)


def read_pickle(file):
    """What an open file holds: nests of arrays, numbers and bytes; strings of Python 2 as bytes.

    Raises:
        ValueError: it names anything else, or is cut off.

    Example:
        >>> import io
        >>> read_pickle(io.BytesIO(pickle.dumps({"data": np.arange(3)})))
        {'data': array([0, 1, 2])}
    """
    try:
        return _Unpickler(file, encoding="bytes").load()
    except (pickle.UnpicklingError, EOFError, AttributeError, IndexError, KeyError) as error:
        raise ValueError(f"expected a whole pickle of arrays, could not read it: {error}") from None


def read_npz(path, keys) -> dict[str, np.ndarray]:
    """Arrays of an .npz file by name, also those of lists.

    Args:
        path: the file.
        keys: names of arrays.

    Raises:
        ValueError: no archive, a missing array, or objects of other kinds.
    """
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            return {key: _array(archive, f"{key}.npy") for key in keys}
    except (zipfile.BadZipFile, KeyError) as error:
        raise ValueError(
            f"expected the arrays {', '.join(keys)} in the archive {path}: {error}"
        ) from None


def _array(archive, name):
    form = np.lib.format
    with archive.open(name) as file:
        read_header = {
            (1, 0): form.read_array_header_1_0,
            (2, 0): form.read_array_header_2_0,
        }[form.read_magic(file)]
        shape, _, dtype = read_header(file)
        if not dtype.hasobject:
            count = int(np.prod(shape))
            return np.frombuffer(file.read(count * dtype.itemsize), dtype, count).reshape(shape)
        return np.asarray(read_pickle(file), dtype=object).reshape(shape)
