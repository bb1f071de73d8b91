"""Files from elsewhere, kept in Keras' cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pyconv.config.switches import show
from pyconv.data.archives import extract_archive
from pyconv.data.cache import cache_folder, keras_home
from pyconv.utils.arguments import choice

ALGORITHMS = ("auto", "sha256", "md5")
SCHEMES = ("http", "https", "ftp")


def get_file(
    fname=None,
    origin=None,
    untar=False,
    md5_hash=None,
    file_hash=None,
    cache_subdir="datasets",
    hash_algorithm="auto",
    extract=False,
    archive_format="auto",
    cache_dir=None,
    force_download=False,
):
    """The path of a file in the cache, fetched where it is missing.

    What was fetched is checked before it takes its place, and so are the members of an archive:
    names that lead out of its folder, links and bombs are refused.

    Args:
        fname: the name in the cache; by default the last part of the origin.
        origin: URL of http, https, ftp or file, or a path.
        untar: `extract` for a tar file.
        md5_hash: `file_hash` by MD5.
        file_hash: the hash, in hexadecimal, that the file must have.
        cache_subdir: folder within the cache.
        hash_algorithm: "sha256", "md5" or "auto", which goes by the hash's length.
        extract: whether the file is an archive to unpack; then the folder's path is returned.
        archive_format: "tar", "zip", a list of them, or "auto".
        cache_dir: the cache; by default $KERAS_HOME, else ~/.keras.
        force_download: whether it is fetched although it is there.

    Returns:
        The path, a string.

    Raises:
        ValueError: no origin, another hash, no archive, or one that is refused.
        ConnectionError: the download failed.
        ImportError: a download needs pooch, which is not installed.

    Example (no doctest, it needs a network):
        get_file("flowers", "https://example.org/flowers.tgz", extract=True)
    """
    if origin is None:
        raise ValueError("expected `origin`, the file's URL or path, received None")
    choice(hash_algorithm, "hash_algorithm", ALGORITHMS)
    if md5_hash is not None and file_hash is None:
        file_hash, hash_algorithm = md5_hash, "md5"
    extract = extract or untar
    folder = cache_folder(cache_dir, cache_subdir)
    name = _checked_name(fname, origin)
    file, unpacked = _places(folder, name, fname is not None) if extract else (folder / name, None)
    there = file.exists() and not force_download
    if there and file_hash is not None and not has_hash(file, file_hash, hash_algorithm):
        show(f"{file} has another hash than expected; it is fetched again.")
        there = False
    if not there:
        _fetch(str(origin), file, file_hash, hash_algorithm)
    if not extract:
        return str(file)
    done = there and unpacked.exists()
    if not done and not extract_archive(file, unpacked, "tar" if untar else archive_format):
        raise ValueError(f"expected a tar or zip archive to extract, received {file}")
    return str(unpacked)


def cached(fname, origin, file_hash=None, cache_subdir="datasets") -> str:
    """The path of a file in the cache as it is; fetched and checked where there is none."""
    path = keras_home() / cache_subdir / fname
    if path.exists():
        return str(path)
    return get_file(fname, origin, file_hash=file_hash, cache_subdir=cache_subdir)


def has_hash(file, file_hash, hash_algorithm="auto") -> bool:
    """Whether a file has this hash, by "md5", "sha256", or what the length says."""
    sha = hash_algorithm == "sha256" or (hash_algorithm == "auto" and len(file_hash) == 64)
    digest = hashlib.sha256() if sha else hashlib.md5(usedforsecurity=False)
    with open(file, "rb") as content:
        while block := content.read(1 << 20):
            digest.update(block)
    return digest.hexdigest() == str(file_hash).lower()


def _checked_name(fname, origin) -> str:
    if fname is None:
        fname = os.path.basename(urlsplit(str(origin)).path)
        if not fname:
            raise ValueError(f"expected `fname`, since {origin!r} ends without a name")
        return fname
    fname = os.fspath(fname)
    if os.path.basename(fname) != fname or fname in ("", ".", ".."):
        raise ValueError(
            f"expected `fname` to be a name without folders, received {fname!r}; choose the folder "
            "by `cache_dir` and `cache_subdir`"
        )
    return fname


def _places(folder, name, given) -> tuple[Path, Path]:
    """Where an archive lies, and where its content: as Keras names them."""
    if given and "." in name:
        return folder / name, folder / f"{name.partition('.')[0]}_extracted"
    return folder / f"{name}_archive", folder / name


def _fetch(origin, file, file_hash, hash_algorithm) -> None:
    """Puts the checked file in its place."""
    show(f"Downloading data from {origin}")
    with tempfile.TemporaryDirectory(dir=file.parent) as place:
        fetched = Path(place) / file.name
        parts = urlsplit(origin)
        if parts.scheme in SCHEMES:
            _download(origin, fetched)
        else:
            shutil.copyfile(unquote(parts.path) if parts.scheme == "file" else origin, fetched)
        if file_hash is not None and not has_hash(fetched, file_hash, hash_algorithm):
            raise ValueError(
                f"expected a file with the hash {file_hash} from {origin}, received another: it is "
                "incomplete or was changed"
            )
        os.replace(fetched, file)


def _download(url, file) -> None:
    try:
        import pooch
    except ImportError as error:
        raise ImportError(
            f'expected pooch for the download of {url}: pip install "pyconv[datasets]", or put a '
            f"copy into the cache, {file.parent.parent}"
        ) from error
    try:
        pooch.retrieve(url, None, fname=file.name, path=file.parent)
    except OSError as error:  # of which requests' errors are kinds
        raise ConnectionError(
            f"could not download {url} ({type(error).__name__}): check the network, or put a copy "
            f"into the cache, {file.parent.parent}"
        ) from error
