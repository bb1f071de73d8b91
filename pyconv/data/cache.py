"""Keras' folder of data sets and weights."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def keras_home() -> Path:
    """$KERAS_HOME, else ~/.keras."""
    home = os.environ.get("KERAS_HOME")
    return Path(home).expanduser() if home else Path.home() / ".keras"


def cache_folder(cache_dir=None, cache_subdir="datasets") -> Path:
    """A folder in the cache, made where it is missing; in the folder of temporary files where the
    cache cannot be written to."""
    base = Path(cache_dir).expanduser() if cache_dir else keras_home()
    try:
        base.mkdir(parents=True, exist_ok=True)
        writable = os.access(base, os.W_OK)
    except OSError:
        writable = False
    folder = (base if writable else Path(tempfile.gettempdir()) / ".keras") / cache_subdir
    folder.mkdir(parents=True, exist_ok=True)
    return folder
