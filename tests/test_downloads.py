"""`get_file`: the cache, hashes, and archives that would do harm."""

import hashlib
import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from pyconv.data import archives
from pyconv.data.archives import extract_archive, safe_path
from pyconv.utils import get_file


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def origin(tmp_path):
    path = tmp_path / "numbers.txt"
    path.write_text("1 2 3")
    return path


def content(path):
    return Path(path).read_text()


def tar(path, *members, content=b"hello"):
    with tarfile.open(path, "w:gz") as archive:
        for member in members:
            info = tarfile.TarInfo(member) if isinstance(member, str) else member
            info.size = len(content) if info.isfile() else 0
            archive.addfile(info, io.BytesIO(content) if info.isfile() else None)
    return path


def test_files_come_into_the_cache_once(home, origin, capsys):
    path = get_file(origin=origin.as_uri())
    assert path == str(home / "datasets" / "numbers.txt") and content(path) == "1 2 3"
    assert "Downloading" in capsys.readouterr().out
    origin.write_text("4")
    assert content(get_file("numbers.txt", origin.as_uri())) == "1 2 3"
    assert capsys.readouterr().out == ""
    assert content(get_file("numbers.txt", str(origin), force_download=True)) == "4"
    assert os.listdir(home / "datasets") == ["numbers.txt"]


@pytest.mark.parametrize("algorithm", ["md5", "sha256", "auto"])
def test_hashes_are_checked(home, origin, algorithm):
    name = "md5" if algorithm == "md5" else "sha256"
    digest = hashlib.new(name, origin.read_bytes()).hexdigest()
    options = {"file_hash": digest, "hash_algorithm": algorithm, "cache_subdir": "models"}
    path = get_file("a", origin.as_uri(), **options)
    (home / "models" / "a").write_text("changed")
    assert content(get_file("a", origin.as_uri(), **options)) == "1 2 3"
    with pytest.raises(ValueError, match="hash"):
        get_file("b", origin.as_uri(), **options | {"file_hash": digest[::-1]})
    assert not (home / "models" / "b").exists() and os.path.exists(path)


def test_an_older_name_of_the_hash(home, origin):
    digest = hashlib.md5(origin.read_bytes()).hexdigest()
    assert get_file("a", origin.as_uri(), md5_hash=digest)
    with pytest.raises(ValueError, match="hash"):
        get_file("b", origin.as_uri(), md5_hash="0" * 32)


@pytest.mark.parametrize(
    ("given", "archive", "unpacked"),
    [
        ("data.tgz", "data.tgz", "data_extracted"),
        ("data", "data_archive", "data"),
        (None, "pack.tgz_archive", "pack.tgz"),
    ],
)
def test_archives_are_unpacked_where_keras_does(home, tmp_path, given, archive, unpacked):
    file = tar(tmp_path / "pack.tgz", "a/b.txt", "c.txt")
    path = get_file(given, file.as_uri(), extract=True, cache_dir=home / "other")
    assert path == str(home / "other" / "datasets" / unpacked)
    assert content(os.path.join(path, "a", "b.txt")) == "hello"
    assert sorted(os.listdir(home / "other" / "datasets")) == sorted([archive, unpacked])
    assert get_file(given, file.as_uri(), untar=True, cache_dir=home / "other") == path


def test_zip_files_are_unpacked(home, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("folder/", "")
        archive.writestr("folder/x.txt", "hello")
    path = get_file("a.zip", str(tmp_path / "a.zip"), extract=True, archive_format="zip")
    assert content(os.path.join(path, "folder", "x.txt")) == "hello"
    with pytest.raises(ValueError, match="tar or zip"):
        get_file("b.zip", str(tmp_path / "a.zip"), untar=True)


NAMES = ("../evil", "a/../../evil", "/tmp/evil", "C:\\evil", "a\\..\\..\\evil", "C:evil", "\\evil")


@pytest.mark.parametrize("name", NAMES)
def test_names_that_lead_out_are_refused(tmp_path, name):
    with pytest.raises(ValueError, match="within the archive"):
        safe_path(tmp_path, name)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("good", "hello")
        archive.writestr(zipfile.ZipInfo(name), "hello")
    for file in (tmp_path / "a.zip", tar(tmp_path / "a.tar", "good", name)):
        with pytest.raises(ValueError, match="within the archive"):
            extract_archive(file, tmp_path / "inside")
    assert sorted(os.listdir(tmp_path)) == ["a.tar", "a.zip"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(tmp_path, kind):
    link = tarfile.TarInfo("link")
    link.type, link.linkname = kind, "../.."
    with pytest.raises(ValueError, match="link or a device"):
        extract_archive(tar(tmp_path / "a.tar", link, "link/evil"), tmp_path / "inside")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        member = zipfile.ZipInfo("link")
        member.external_attr = 0o120777 << 16
        archive.writestr(member, "../..")
    with pytest.raises(ValueError, match="link"):
        extract_archive(tmp_path / "a.zip", tmp_path / "inside")
    assert not (tmp_path / "inside").exists()


def test_bombs_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "ALLOWED", 1 << 20)
    zeros = bytes(4 << 20)
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", zeros)
    for file in (tmp_path / "a.zip", tar(tmp_path / "a.tar", "zeros", content=zeros)):
        with pytest.raises(ValueError, match="grows at most"):
            extract_archive(file, tmp_path / "inside")
    assert not (tmp_path / "inside").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "origin"),
        ({"origin": "https://example.org/"}, "fname"),
        ({"fname": "../a", "origin": "file:///a"}, "fname"),
        ({"fname": "a/b", "origin": "file:///a"}, "fname"),
        ({"fname": "a", "origin": "file:///a", "hash_algorithm": "crc"}, "hash_algorithm"),
    ],
)
def test_arguments_that_do_not_fit_are_named(home, options, message):
    with pytest.raises(ValueError, match=message):
        get_file(**options)


def test_failed_downloads_leave_nothing(home, monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError("no route to host")

    monkeypatch.setattr("pooch.retrieve", refuse)
    with pytest.raises(ConnectionError, match="check the network"):
        get_file("a", "https://example.org/a")
    assert os.listdir(home / "datasets") == []
