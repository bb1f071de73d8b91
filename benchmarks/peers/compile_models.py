"""The models in PyTorch with `torch.compile`, channels last."""

from __future__ import annotations

import torch

from benchmarks.peers import cores, torch_models
from benchmarks.workloads import Workload

TRAINS = True
EXACT = {"exact": True}


def configurations(heavy: bool = False) -> list[dict]:
    return [{"threads": cores()}]  # which the generated code keeps


class Peer(torch_models.Peer):
    """See benchmarks.peers."""

    def __init__(self, workload: Workload, dropout: float, threads: int, exact: bool = False):
        super().__init__(workload, dropout, threads, exact)
        self.call = torch.compile(self.model, dynamic=False)
        self.description = f"PyTorch {torch.__version__} compiled, threads: {threads}"
