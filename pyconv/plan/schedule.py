"""Scheduling: op records in an order in which examples flow through many ops at once."""

from __future__ import annotations

import heapq
from collections import defaultdict

from pyconv.plan.memory import Buffer
from pyconv.plan.order import ranks
from pyconv.plan.record import Record


def schedule(records: list[Record]) -> list[list[Record]]:
    """The records in units: a stripe, in which no examples meet, or a single record.

    Records keep the order that the buffers they share ask for. Among those that may come next, one
    in which examples meet goes first if it writes little; one that writes much waits for its rank,
    which keeps the peak of memory low. When neither is next, all that can follow one another by
    example make a stripe. So a training step is: what depends on no example; forward and
    backward, by example; sums over the examples; the update.
    """
    followers, missing = _dependencies(records)
    rank = ranks(records, followers)
    ready: dict[str, list[tuple[int, int]]] = {"small": [], "large": [], "stripe": []}
    units: list[list[Record]] = []

    def make_ready(i: int) -> None:
        heapq.heappush(ready[records[i].kind], (rank[i], i))

    def take(kind: str) -> Record:
        _, i = heapq.heappop(ready[kind])
        for j in followers[i]:
            missing[j] -= 1
            if missing[j] == 0:
                make_ready(j)
        return records[i]

    for i, count in enumerate(missing):
        if count == 0:
            make_ready(i)
    while any(ready.values()):
        if ready["small"]:
            units.append([take("small")])
        elif ready["large"] and (not ready["stripe"] or ready["large"] < ready["stripe"]):
            units.append([take("large")])
        else:
            units.append([])
            while ready["stripe"]:
                units[-1].append(take("stripe"))
    return units


def _dependencies(records: list[Record]) -> tuple[dict[int, list[int]], list[int]]:
    """(the records that have to follow each, how many each has to follow).

    What lasts is written after all that may fail, so that a run that fails has changed nothing.
    """
    followers: dict[int, list[int]] = defaultdict(list)
    missing = []
    writer: dict[Buffer, int] = {}
    readers: dict[Buffer, list[int]] = defaultdict(list)
    checks: set[int] = set()
    for i, record in enumerate(records):
        written = set(record.written)
        before = {writer[b] for b in record.used if b in writer}
        before |= {j for b in written for j in readers[b]}
        before |= checks if record.lasts else set()
        before.discard(i)
        for j in before:
            followers[j].append(i)
        missing.append(len(before))
        if record.may_fail:
            checks.add(i)
        for b in record.used:
            if b in written:
                writer[b], readers[b] = i, []
            else:
                readers[b].append(i)
    return followers, missing
