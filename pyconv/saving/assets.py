"""Files that layers keep in a model's file: vocabularies, under `assets/` and the layer's path."""

from __future__ import annotations

import os
import tempfile

from pyconv.saving.state import walk

FOLDER = "assets/"


def assets(model):
    """Yields (member of the archive, bytes) for what `save_assets` of the model's layers writes."""
    found = []
    walk(model, lambda saveable, path: found.append((saveable, path)) or True)
    for saveable, path in found:
        if hasattr(saveable, "save_assets"):
            with tempfile.TemporaryDirectory() as folder:
                saveable.save_assets(folder)
                for name in _files(folder):
                    with open(os.path.join(folder, name), "rb") as file:
                        parts = [FOLDER.rstrip("/"), path, name.replace(os.sep, "/")]
                        yield "/".join(filter(None, parts)), file.read()


def load_assets(model, archive) -> None:
    """Calls `load_assets` of the model's layers with folders of what the archive has for them."""
    found = []
    walk(model, lambda saveable, path: found.append((saveable, path)) or True)
    for saveable, path in found:
        if hasattr(saveable, "load_assets"):
            with tempfile.TemporaryDirectory() as folder:
                _unpack(archive, f"{FOLDER}{path}/" if path else FOLDER, folder)
                saveable.load_assets(folder)


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
