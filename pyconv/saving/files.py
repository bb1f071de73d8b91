"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import secrets
from contextlib import contextmanager


@contextmanager
def replacing(filepath):
    """A new file, open for writing and reading, that takes the place of `filepath` at the end.

    It is written beside it, brought to the disk and renamed. Where something fails before, the file
    that was there stays as it is and the new one is removed.

    Args:
        filepath: where it will be.

    Example:
        >>> import tempfile
        >>> path = os.path.join(tempfile.mkdtemp(), "a.txt")
        >>> with replacing(path) as file:
        ...     _ = file.write(b"whole")
        >>> open(path).read()
        'whole'
    """
    target = os.path.realpath(filepath)
    folder, name = os.path.split(target)
    if not os.path.isdir(folder):
        raise FileNotFoundError(
            f"expected a folder for {os.fspath(filepath)!r}, received one that does not exist; "
            f"make {folder!r} first"
        )
    if os.path.exists(target) and not os.path.isfile(target):
        raise ValueError(
            f"expected a regular file at {os.fspath(filepath)!r}, received a folder or a device; "
            "give another name"
        )
    partial = os.path.join(folder, f".{name}.{secrets.token_hex(6)}.partial")
    try:
        with open(partial, "x+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if os.path.exists(target):
            os.chmod(partial, os.stat(target).st_mode & 0o777)
        os.replace(partial, target)
        _sync_folder(folder)
    finally:
        if os.path.exists(partial):
            os.remove(partial)


def _sync_folder(folder: str) -> None:
    """Brings the new name to the disk, where the system can do that."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        pass
    finally:
        os.close(handle)


def check_overwrite(filepath, overwrite: bool) -> None:
    """Raises ValueError where a file is there that must stay."""
    if not overwrite and os.path.exists(filepath):
        raise ValueError(
            f"expected a new file with overwrite=False, received {os.fspath(filepath)!r}, which "
            "exists; choose another name, or pass overwrite=True"
        )


def one_line(error: BaseException, most: int = 300) -> str:
    """What an error says, in one line."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= most else f"{text[: most - 3]}..."


class naming_file:  # noqa: N801 (used as a function)
    """Within it, errors are one line that names the file: TypeErrors, or else ValueErrors."""

    def __init__(self, path: str):
        self._path = path

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if error is None or not isinstance(error, Exception):
            return
        text = one_line(error)
        text = text if text.startswith(self._path) else f"{self._path}: {text}"
        raise (TypeError if isinstance(error, TypeError) else ValueError)(text) from error
