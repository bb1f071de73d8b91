"""What a measurement is stamped with."""

from __future__ import annotations

import os
import platform

from pyconv import core


def describe() -> dict[str, str | int]:
    """CPU, cores, instruction set, threads and versions."""
    return {
        "cpu": core.cpu_name(),
        "cores": os.cpu_count(),
        "isa": core.isa(),
        "threads": core.get_num_threads(),
        "python": platform.python_version(),
        "system": platform.platform(),
    }
