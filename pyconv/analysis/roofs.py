"""What this machine can do at most: multiply-adds in registers, and bytes from and to memory."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np

from pyconv import core, ops
from pyconv.graph import Attributes
from pyconv.plan import Function

_BURST = 0.005  # seconds
_BURSTS = 9
_ELEMENTS = 1 << 24  # of each array: 64 MB, more than caches hold


class Roofs(Attributes):
    """The most that the machine does on `threads` threads.

    Attributes:
        flops: operations a second of multiply-adds whose operands are in registers.
        bandwidth: bytes a second that a sum of two long arrays reads and writes.
    """

    flops: float
    bandwidth: float
    threads: int


def roofs() -> Roofs:
    """Those of the threads that plans use now; measured when they are first asked for.

    Example:
        >>> roofs().flops > 1e8 and roofs().bandwidth > 1e7
        True
    """
    return _measured(core.get_num_threads())


@cache
def _measured(threads: int) -> Roofs:
    with ThreadPoolExecutor(threads) as pool:
        rate = max(multiply_add_rates(pool, threads))
    return Roofs(rate, _bandwidth(), threads)


def multiply_add_rates(pool: ThreadPoolExecutor, threads: int) -> list[float]:
    """FLOP/s of so many threads at once, in some short bursts."""
    rounds = 1000
    core.multiply_adds(20 * rounds)
    rounds = int(rounds * _BURST * _rate(rounds) / core.multiply_adds(rounds))
    return [sum(pool.map(_rate, [rounds] * threads)) for _ in range(_BURSTS)]


def _rate(rounds: int) -> float:
    start = time.perf_counter()
    operations = core.multiply_adds(rounds)
    return operations / (time.perf_counter() - start)


def _bandwidth() -> float:
    a, b, y = (np.ones((_ELEMENTS,), np.float32) for _ in range(3))
    function = Function(lambda a, b: [ops.add(a, b)])
    plan = function.executable((a, b)).plan
    times = []
    for _ in range(_BURSTS):
        start = time.perf_counter()
        plan.run(function.arena, _ELEMENTS, (a, b, y))
        times.append(time.perf_counter() - start)
    return 3 * a.nbytes / min(times)
