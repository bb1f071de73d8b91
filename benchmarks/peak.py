"""The FMA peak of this machine, measured with benchmarks/peak.c."""

from __future__ import annotations

import ctypes
import shutil
import statistics
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_FLAGS = {"baseline": [], "avx2": ["-mavx2", "-mfma"], "avx512": ["-mavx512f"]}
_BURST = 0.005  # seconds
_BURSTS = 9


class Peak:
    """The rate of multiply-adds of an instruction set on a number of threads."""

    def __init__(self, isa: str, threads: int):
        self._library = _compile(isa)
        self._pool = ThreadPoolExecutor(threads)
        self._threads = threads
        self._rounds = 1000
        if self._library:
            rate = max(self._one(None) for _ in range(20))
            self._rounds = int(rate * _BURST / self._library.flops_per_round())

    def rate(self) -> float | None:
        """FLOP/s of all threads at once, the median of some bursts; None without a C compiler."""
        if self._library is None:
            return None
        return statistics.median(
            sum(self._pool.map(self._one, range(self._threads))) for _ in range(_BURSTS)
        )

    def _one(self, _) -> float:
        start = time.perf_counter()
        self._library.multiply_add(self._rounds, 0.999, 0.001)
        return self._rounds * self._library.flops_per_round() / (time.perf_counter() - start)


def _compile(isa: str) -> ctypes.CDLL | None:
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    source = Path(__file__).with_name("peak.c")
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "peak.so")
        options = ["-O2", "-ffp-contract=fast", "-fPIC", "-shared", *_FLAGS[isa]]
        subprocess.run([compiler, *options, source, "-o", target], check=True)
        library = ctypes.CDLL(str(target))
    library.multiply_add.argtypes = (ctypes.c_int64, ctypes.c_float, ctypes.c_float)
    library.multiply_add.restype = ctypes.c_float
    library.flops_per_round.restype = ctypes.c_int64
    return library
