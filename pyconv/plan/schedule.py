"""Scheduling: op records in an order in which examples flow through many ops at once."""

from __future__ import annotations

import heapq
from collections import defaultdict

from pyconv.plan.memory import Buffer
from pyconv.plan.order import ranks
from pyconv.plan.record import Record

#: Bytes of a stripe's sums, of which each of its parts, 16 or more, has its own.
SUMS_MOST = 1 << 19


def schedule(records: list[Record]) -> list[list[Record]]:
    """The records in units: a stripe, in which no examples meet but in sums, or a single record.

    Records keep the order that the buffers they share ask for. Among those that may come next, one
    in which examples meet goes first if it writes little; one that writes much waits for its rank,
    which keeps the peak of memory low. When neither is next, all that can follow one another by
    example make a stripe, with the sums over what they made. So a training step is: what depends
    on no example; forward, backward and the sums over the examples; the update.
    """
    queue = _Queue(records)
    units: list[list[Record]] = []
    while any(queue.ready.values()):
        units.append(queue.next_unit())
    return units


class _Queue:
    """The records that may come next, by their kind and in the order of their ranks."""

    def __init__(self, records: list[Record]):
        self._records = records
        self._followers, self._missing = _dependencies(records)
        self._rank = ranks(records, self._followers)
        self.ready: dict[str, list[tuple[int, int]]] = {"small": [], "large": [], "stripe": []}
        for i, count in enumerate(self._missing):
            if count == 0:
                self._push(records[i].kind, i)

    def _push(self, kind: str, i: int) -> None:
        heapq.heappush(self.ready[kind], (self._rank[i], i))

    def _done(self, i: int) -> None:
        for j in self._followers[i]:
            self._missing[j] -= 1
            if self._missing[j] == 0:
                self._push(self._records[j].kind, j)

    def next_unit(self) -> list[Record]:
        large, stripe = self.ready["large"], self.ready["stripe"]
        if self.ready["small"]:
            return [self._single("small")]
        if large and (not stripe or large < stripe):
            return [self._single("large")]
        return self._stripe()

    def _single(self, kind: str) -> Record:
        _, i = heapq.heappop(self.ready[kind])
        self._done(i)
        return self._records[i]

    def _stripe(self) -> list[Record]:
        """All that can follow one another; those that read sums come after it, and sums for which
        there is no room as well."""
        taken, sums, room = [], [], SUMS_MOST
        while self.ready["stripe"]:
            _, i = heapq.heappop(self.ready["stripe"])
            record = self._records[i]
            if record.sums > room:
                self._push(record.alone, i)
                continue
            taken.append(record)
            room -= record.sums
            if record.sums:
                sums.append(i)
            else:
                self._done(i)
        for i in sums:
            self._done(i)
        return taken


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
        before = {writer[b] for b in (*record.used, *record.after) if b in writer}
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
