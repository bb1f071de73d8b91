"""Arrays in HDF5 files, as Keras lays them out: groups by path, in each "vars" with "0", "1", ...

What comes from a file is checked before memory is taken for it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import contextmanager

import numpy as np

from pyconv.saving.files import one_line

#: How many times larger than its bytes in the file an array may be.
MAX_RATIO = 100

#: Bytes of arrays that may be packed better than that.
SMALL = 2**14

#: HDF5's own filters and h5py's: deflate, shuffle, checksum, lzf.
_FILTERS = {1, 2, 3, 32000}


class Store(Mapping):
    """The arrays of one object by name, read when they are asked for."""

    def __init__(self, group):
        self._group = group
        with intact("a group"):
            self._names = list(group)

    def __len__(self):
        return len(self._names)

    def __iter__(self):
        return iter(self._names)

    def __getitem__(self, name):
        if name not in self._names:
            raise KeyError(name)
        return read(self.dataset(name))

    def dataset(self, name):
        """The array as it is in the file, checked but not read."""
        if name not in self._names:
            raise ValueError(f"expected an array {name!r} in the file, received {self._names[:9]}")
        return checked_dataset(self._group, name)


class Reader:
    """Groups of an HDF5 file by their paths.

    Args:
        file: a name, or an open binary file.
        what: what errors call it.

    Raises:
        ValueError: no HDF5 file.
    """

    def __init__(self, file, what: str):
        self.file = open_hdf5(file, what)

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *exception):
        self.file.close()

    def store(self, path: str) -> Store | None:
        """The arrays of the object at a path, None where the file has no such group."""
        group = self.file
        for part in [*filter(None, path.split("/")), "vars"]:
            group = checked_group(group, part)
            if group is None:
                return None
        return Store(group)

    def nbytes(self) -> int:
        """The bytes of variables for all arrays; each array is checked."""
        total, seen, stack = 0, set(), [self.file]
        while stack:
            group = stack.pop()
            with intact("a group"):
                names = list(group)
            for name in names:
                member = checked_member(group, name)
                if not hasattr(member, "keys"):
                    total += 4 * math.prod(checked_dataset(group, name).shape)
                elif member.id not in seen:
                    seen.add(member.id)
                    stack.append(member)
        return total


def write_states(file, states) -> None:
    """Writes an HDF5 file.

    Args:
        file: an open binary file.
        states: pairs (path, name of the object, dict of its arrays).
    """
    import h5py

    with h5py.File(file, "w") as target:
        for path, name, arrays in states:
            group = target.create_group(f"{path}/vars" if path else "vars")
            if name is not None:
                group.attrs["name"] = name
            for key, array in arrays.items():
                group[key] = np.asarray(array)


def open_hdf5(file, what: str):
    """An open `h5py.File` for reading; raises ValueError for what is none."""
    import h5py

    try:
        return h5py.File(file, "r")
    except FileNotFoundError:
        raise
    except (OSError, RuntimeError, ValueError, TypeError, KeyError) as error:
        raise ValueError(
            f"{what}: expected an HDF5 file of weights, received one that is damaged or of another "
            f"kind ({one_line(error)})"
        ) from None


@contextmanager
def intact(name: str):
    """Within it, what HDF5 says of damage is a ValueError of one line."""
    try:
        yield
    except (OSError, RuntimeError, KeyError, TypeError, OverflowError, MemoryError) as error:
        raise ValueError(
            f"expected a whole file, received damage at {name!r} ({one_line(error)})"
        ) from None


def checked_member(group, name: str):
    """A member of a group that lies in the file itself; raises ValueError for other links."""
    import h5py

    with intact(name):
        link = group.get(name, getlink=True)
        if not isinstance(link, h5py.HardLink):
            raise ValueError(
                f"expected weights within the file, received {type(link).__name__} at {name!r}, "
                "which leads elsewhere"
            )
        return group[name]


def checked_group(group, name: str):
    """A group within a group, None where there is none of this name."""
    import h5py

    with intact(name):
        if name not in group:
            return None
    member = checked_member(group, name)
    if not isinstance(member, h5py.Group):
        raise ValueError(f"expected a group {name!r} in the file, received an array")
    return member


def checked_dataset(group, name: str):
    """An array of numbers that the file holds itself and wholly, not read yet."""
    import h5py

    dataset = checked_member(group, name)
    if not isinstance(dataset, h5py.Dataset):
        raise ValueError(f"expected an array {name!r} in the file, received a group")
    with intact(name):
        _check_storage(dataset, name)
    return dataset


def read(dataset) -> np.ndarray:
    """The values of a checked array."""
    with intact(dataset.name):
        return np.asarray(dataset[()])


def _check_storage(dataset, name: str) -> None:
    if dataset.is_virtual or dataset.external:
        raise ValueError(f"expected weights within the file, received {name!r} from other files")
    if dataset.dtype.kind not in "fiub":
        raise ValueError(
            f"expected real numbers as weights, received {name!r} of dtype {dataset.dtype}"
        )
    if dataset.shape is None:
        raise ValueError(f"expected an array {name!r}, received one without shape")
    properties = dataset.id.get_create_plist()
    filters = {properties.get_filter(i)[0] for i in range(properties.get_nfilters())}
    if filters - _FILTERS:
        raise ValueError(f"expected gzip or no compression, received {name!r} with other filters")
    stored = dataset.id.get_storage_size()
    most = max(MAX_RATIO * stored, SMALL) if filters else stored
    if _declared(dataset) > most:
        raise ValueError(
            f"expected an array that the file holds, received {name!r} of shape {dataset.shape}, "
            f"for which it has {stored} bytes"
        )


def _declared(dataset) -> int:
    return math.prod(dataset.shape) * dataset.dtype.itemsize
