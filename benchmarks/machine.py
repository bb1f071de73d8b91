"""What a measurement is stamped with."""

from __future__ import annotations

import os
import platform
from datetime import date
from importlib.metadata import PackageNotFoundError, version

from pyconv import core

PACKAGES = ("numpy", "torch", "keras", "tensorflow-cpu", "onnxruntime")


def describe() -> dict:
    """CPU, cores, instruction set, threads, versions, and how busy the machine was."""
    return {
        "cpu": core.cpu_name(),
        "cores": os.cpu_count(),
        "isa": core.isa(),
        "threads": core.get_num_threads(),
        "load": os.getloadavg()[0],  # busy cores over the last minute, this program's included
        "python": platform.python_version(),
        "system": platform.platform(),
        "date": date.today().isoformat(),
        "versions": {name: _version(name) for name in PACKAGES},
    }


def _version(package: str) -> str | None:
    """The installed one; None where there is none."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
