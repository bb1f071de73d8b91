"""The models in pyconv."""

from __future__ import annotations

import pyconv
from benchmarks.peers.keras_api import KerasPeer
from benchmarks.workloads import Workload


def configurations() -> list[dict]:
    return [{}]


class Peer(KerasPeer):
    """See benchmarks.peers."""

    library = pyconv

    def __init__(self, workload: Workload, dropout: float):
        super().__init__(workload, dropout)
        self.description = (
            f"pyconv {pyconv.__version__} {pyconv.core.isa()}, threads: {pyconv.get_num_threads()}"
        )
