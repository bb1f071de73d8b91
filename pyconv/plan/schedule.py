"""Scheduling: op records in an order in which examples flow through many ops at once."""

from __future__ import annotations

import heapq
from collections import defaultdict
from functools import cached_property

from pyconv import core
from pyconv.plan.memory import Buffer


class Record:
    """One op record while a plan is made: the op's name, its buffers and its numbers.

    `origin` is the layer that it belongs to; `numbers` the entries of its list, some of which may
    be buffers that the op changes.
    """

    def __init__(self, name: str, origin: str, buffers: dict, params: dict, constants, numbers):
        self.name = name
        self.origin = origin
        self.buffers: dict[str, Buffer] = buffers
        self.params = params
        self.constants = constants
        self.numbers = numbers

    @property
    def listed(self) -> list[Buffer]:
        """The buffers among the numbers."""
        return [x for x in self.numbers if isinstance(x, Buffer)]

    @property
    def written(self) -> list[Buffer]:
        """The buffers that the op changes."""
        names = core.OP_TYPES[self.name].written
        return [b for name, b in self.buffers.items() if name in names] + self.listed

    @property
    def used(self) -> list[Buffer]:
        """All buffers that the op reads or changes."""
        return [*self.buffers.values(), *self.listed]

    @property
    def may_fail(self) -> bool:
        """Whether the op checks what it reads and may end the run."""
        return core.OP_TYPES[self.name].may_fail

    @property
    def lasts(self) -> bool:
        """Whether it changes memory that outlives the run, such as a variable's."""
        return any(b.slot > 0 for b in self.written)

    @cached_property
    def by_example(self) -> bool:
        """Whether examples do not meet in the op."""
        return core.by_example(self.name, self.params)


def schedule(records: list[Record]) -> list[list[Record]]:
    """The records in units: a stripe, in which no examples meet, or a single record.

    Records keep the order that the buffers they share ask for. Among those that may come next,
    one in which examples meet goes first; when there is none, all that can follow one another by
    example make a stripe. So a training step is: what depends on no example; forward and
    backward, by example; sums over the examples; the update.
    """
    followers, missing = _dependencies(records)
    ready: dict[bool, list[int]] = {True: [], False: []}
    for i, count in enumerate(missing):
        if count == 0:
            heapq.heappush(ready[records[i].by_example], i)
    units: list[list[Record]] = []

    def take(by_example: bool) -> Record:
        i = heapq.heappop(ready[by_example])
        for j in followers[i]:
            missing[j] -= 1
            if missing[j] == 0:
                heapq.heappush(ready[records[j].by_example], j)
        return records[i]

    while ready[True] or ready[False]:
        if ready[False]:
            units.append([take(False)])
        else:
            units.append([])
            while ready[True]:
                units[-1].append(take(True))
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
