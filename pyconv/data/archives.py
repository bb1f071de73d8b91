"""Archives from elsewhere are unpacked only where nothing in them can do harm."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path, PurePosixPath, PureWindowsPath

FORMATS = ("tar", "zip")
#: An archive may hold this many times its own size, or so many bytes, before it counts as a bomb.
RATIO, ALLOWED = 200, 1 << 30


def extract_archive(file, folder, archive_format="auto") -> bool:
    """Unpacks an archive into a folder, which appears when all is unpacked.

    Args:
        file: a tar file, compressed or not, or a zip file.
        folder: the folder; one that is there is replaced.
        archive_format: "tar", "zip", a list of them, "auto" for both, or None for none.

    Returns:
        Whether the file is such an archive.

    Raises:
        ValueError: a name that leads out of the folder, a link, a device, or a bomb.
    """
    names = FORMATS if archive_format == "auto" else archive_format or ()
    names = (names,) if isinstance(names, str) else names
    if not set(names) <= set(FORMATS):
        raise ValueError(
            f"expected `archive_format` 'auto', 'tar', 'zip' or None, received {archive_format!r}"
        )
    kind = next((name for name in names if _is(name, file)), None)
    if kind is None:
        return False
    folder = Path(folder)
    with tempfile.TemporaryDirectory(dir=folder.parent) as place:
        inside = Path(place) / "content"
        inside.mkdir()
        (_untar if kind == "tar" else _unzip)(file, inside)
        if folder.exists():
            shutil.rmtree(folder)
        os.replace(inside, folder)
    return True


def _is(kind, file) -> bool:
    import tarfile
    import zipfile

    return tarfile.is_tarfile(file) if kind == "tar" else zipfile.is_zipfile(file)


def _untar(file, folder) -> None:
    import tarfile

    budget = _Budget(file)
    with tarfile.open(file) as archive:
        for member in archive:
            path = safe_path(folder, member.name)
            if not (member.isfile() or member.isdir()):
                raise ValueError(
                    f"expected files and folders in {file}, received {member.name!r}, which is a "
                    "link or a device; unpack it yourself if you trust it"
                )
            budget.spend(member.size)
            _write(path, archive.extractfile(member) if member.isfile() else None)


def _unzip(file, folder) -> None:
    import stat
    import zipfile

    budget = _Budget(file)
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            path = safe_path(folder, member.filename)
            if stat.S_ISLNK(member.external_attr >> 16):
                raise ValueError(
                    f"expected files and folders in {file}, received {member.filename!r}, which is "
                    "a link; unpack it yourself if you trust it"
                )
            budget.spend(member.file_size)
            _write(path, None if member.is_dir() else archive.open(member))


def safe_path(folder, name) -> Path:
    """The path of a member; raises ValueError for a name that leads out of the folder.

    Example:
        >>> safe_path("data", "a/b.txt").as_posix()
        'data/a/b.txt'
    """
    posix, windows = PurePosixPath(name), PureWindowsPath(name)
    outside = posix.is_absolute() or windows.is_absolute() or windows.drive or windows.root
    if outside or ".." in windows.parts or "\0" in name:
        raise ValueError(
            f"expected names within the archive's folder, received {name!r}; the archive is not "
            "unpacked"
        )
    return Path(folder) / posix


def _write(path, source) -> None:
    """A folder, or a file with what the source holds."""
    if source is None:
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with source, open(path, "wb") as target:
        shutil.copyfileobj(source, target)


class _Budget:
    """The bytes that an archive's members may have."""

    def __init__(self, file):
        self._file = file
        self._left = max(ALLOWED, RATIO * os.path.getsize(file))

    def spend(self, size):
        self._left -= size
        if self._left < 0:
            raise ValueError(
                f"expected an archive that grows at most {RATIO} times, received {self._file}, "
                "whose members need more; unpack it yourself if you trust it"
            )
