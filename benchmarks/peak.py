"""The FMA peak of this machine, beside which rates are given."""

from __future__ import annotations

import statistics
from concurrent.futures import ThreadPoolExecutor

from pyconv import core
from pyconv.analysis.roofs import multiply_add_rates


class Peak:
    """The rate of multiply-adds on a number of threads; `isa` is the one that pyconv uses."""

    def __init__(self, isa: str, threads: int):
        if isa != core.isa():
            raise ValueError(f"expected {core.isa()}, received {isa!r}; set PYCONV_ISA")
        self._pool = ThreadPoolExecutor(threads)
        self._threads = threads

    def rate(self) -> float:
        """FLOP/s of all threads at once, the median of some bursts."""
        return statistics.median(multiply_add_rates(self._pool, self._threads))
