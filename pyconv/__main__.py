"""`python -m pyconv` prints what a bug report needs."""

import platform
import sys

import numpy as np

import pyconv
from pyconv import core


def describe() -> str:
    """Version, CPU, instruction set, threads and caches, a line each."""
    caches = ", ".join(
        f"L{level} {size // 1024} KiB" if size else f"L{level} unknown"
        for level, size in enumerate(core.cache_sizes(), start=1)
    )
    lines = {
        "pyconv": pyconv.__version__,
        "python": f"{platform.python_version()} ({platform.system()} {platform.machine()})",
        "numpy": np.__version__,
        "cpu": core.cpu_name() or "unknown",
        "isa": core.isa(),
        "threads": f"{pyconv.get_num_threads()} ({core.threading_backend()})",
        "caches": caches,
    }
    return "\n".join(f"{key:8}{value}" for key, value in lines.items())


if __name__ == "__main__":
    print(describe())
    sys.exit(0)
