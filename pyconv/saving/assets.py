"""Files that layers keep in a model's file: vocabularies, under `assets/` and the layer's path."""

from __future__ import annotations

import os
import tempfile

from pyconv.saving.state import walk

FOLDER = "assets/"


def assets(model):
    """Yields (member of the archive, bytes) for what `save_assets` of the model's layers writes."""
    for saveable, path in _with_method(model, "save_assets"):
        with tempfile.TemporaryDirectory() as folder:
            saveable.save_assets(folder)
            for name in _files(folder):
                with open(os.path.join(folder, name), "rb") as file:
                    yield _prefix(path) + name.replace(os.sep, "/"), file.read()


def load_assets(model, archive) -> None:
    """Calls `load_assets` of the model's layers with folders of what the archive has for them."""
    for saveable, path in _with_method(model, "load_assets"):
        with tempfile.TemporaryDirectory() as folder:
            _unpack(archive, _prefix(path), folder)
            saveable.load_assets(folder)


def _with_method(model, name: str) -> list:
    """Pairs (object, path) of a model and all within it that have a method."""
    found = {}
    walk(model, lambda saveable, path: found.setdefault(path, saveable) is saveable)
    return [(saveable, path) for path, saveable in found.items() if hasattr(saveable, name)]


def _prefix(path: str) -> str:
    """How the names of the files of an object begin."""
    return f"{FOLDER}{path}/" if path else FOLDER


def _files(folder):
    """Paths of the files in a folder, relative to it."""
    for root, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            yield os.path.relpath(os.path.join(root, name), folder)


def _unpack(archive, prefix: str, folder: str) -> None:
    """Writes the members below a name to a folder; the archive has checked that names lead in."""
    for name in archive.names:
        below = name.removeprefix(prefix)
        if below == name or not below or below.endswith("/"):
            continue
        target = os.path.join(folder, *filter(None, below.replace("\\", "/").split("/")))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as file:
            file.write(archive.read(name))
