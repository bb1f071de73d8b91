"""Order: op records one after another, so that little memory is needed at once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from pyconv.plan.memory import Buffer
from pyconv.plan.record import Record


def ranks(records: list[Record], followers: dict[int, list[int]]) -> list[int]:
    """The place of each record in an order that keeps the peak of memory low.

    It is the order in which they came, but for two kinds. What waits for nothing, such as the
    packing of a kernel, comes right before the first record that needs it. What gives as much
    memory back as it takes, alone or with the one record that waits for it, or takes little, comes
    as soon as it can: a kernel's gradient and the update that ends its life, so that gradients need
    not all be alive at once.
    """
    order = _Order(records, followers)
    sources = {i for i in range(len(records)) if followers[i] and not order.leaders[i]}
    before: dict[int, list[int]] = defaultdict(list)
    for source in sorted(sources):
        for i in followers[source]:
            before[i].append(source)
    for i in range(len(records)):
        if i not in sources:
            order.take([*before[i], i])
    return order.rank


class _Order:
    """Records taken so far, and the memory that they left alive.

    Attributes:
        rank: the place of each record; -1 while it is not taken.
        leaders: of each record, those that it has to follow and that are not taken.
    """

    def __init__(self, records: list[Record], followers: dict[int, list[int]]):
        self.rank = [-1] * len(records)
        self.leaders: list[set[int]] = [set() for _ in records]
        self._followers = followers
        for i, others in list(followers.items()):
            for j in others:
                self.leaders[j].add(i)
        self._small = [record.kind == "small" for record in records]
        self._buffers = [set(record.used) for record in records]
        self._users: dict[Buffer, set[int]] = defaultdict(set)  # those that are not taken
        for i, buffers in enumerate(self._buffers):
            for buffer in buffers:
                self._users[buffer].add(i)
        self._alive: set[Buffer] = set()
        self._count = 0

    def take(self, chosen: Iterable[int]) -> None:
        """Takes these, and all that then gives memory back."""
        touched = [j for i in chosen for j in self._append(i)]
        while touched:
            i = touched.pop()
            if self._relieves(i):
                touched += self._append(i)

    def _append(self, i: int) -> list[int]:
        """Takes one, if it is not taken; returns those that may give memory back from now on."""
        if self.rank[i] >= 0:
            return []
        self.rank[i] = self._count
        self._count += 1
        touched = set(self._followers[i])
        for j in self._followers[i]:
            self.leaders[j].discard(i)
            touched |= _only(self.leaders[j])
        for buffer in self._buffers[i]:
            self._users[buffer].discard(i)
            self._alive.add(buffer)
            touched |= _only(self._users[buffer])
        return sorted(touched)  # the last, such as an update, is looked at first

    def _relieves(self, i: int) -> bool:
        if self.rank[i] >= 0 or self.leaders[i]:
            return False
        if self._small[i] or self._growth([i]) <= 0:
            return True
        heirs = self._followers[i]
        return len(heirs) == 1 and self.leaders[heirs[0]] == {i} and self._growth([i, *heirs]) <= 0

    def _growth(self, group: list[int]) -> int:
        """Bytes by which more is alive when these have run."""
        uses = Counter(buffer for i in group for buffer in self._buffers[i])
        growth = 0
        for buffer, count in uses.items():
            ends = count == len(self._users[buffer])
            growth += buffer.held * (int(not ends) - int(buffer in self._alive))
        return growth


def _only(indices: set[int]) -> set[int]:
    return indices if len(indices) == 1 else set()
