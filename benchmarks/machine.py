"""What a measurement is stamped with."""

from __future__ import annotations

import os
import platform

from pyconv import core


def describe() -> dict[str, str | int | float]:
    """CPU, cores, instruction set, threads, versions, and how busy the machine was."""
    return {
        "cpu": core.cpu_name(),
        "cores": os.cpu_count(),
        "isa": core.isa(),
        "threads": core.get_num_threads(),
        "load": os.getloadavg()[0],  # busy cores over the last minute, this program's included
        "python": platform.python_version(),
        "system": platform.platform(),
    }
