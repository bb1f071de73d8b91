"""Liveness-planned memory: where each buffer of a plan lies in the arena."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable

#: Bytes of an element: float32 and int32 alike.
ITEM = 4

#: Offsets are multiples of this many bytes, a cache line and the widest register.
ALIGNMENT = 64

#: Examples of a run that sizes are compared by where an order must not depend on the batch.
EXAMPLES = 16

#: Slot of buffers that live within one stripe, in memory of the thread that works on a slice.
LOCAL = -1

#: Slot of buffers that stand for another one, a sum over the examples, while a stripe makes it.
SUM = -2


class Buffer:
    """Memory that op records name: in the arena, or in the slot of a variable, input or output.

    Attributes:
        nbytes: bytes, of one example where `batched`.
        slot: 0 for the arena, LOCAL for a stripe's memory, SUM for the sums of one of its parts.
        offset: bytes from the slot's start; in the arena given by `place`.
        whole: of slot SUM, the buffer that it stands for.
        first, last: the units (see schedule) that use it first and last; of a local one, the
            records within its stripe.
    """

    __slots__ = ("batched", "first", "last", "nbytes", "offset", "slot", "whole")

    def __init__(self, nbytes: int, batched: bool, slot: int = 0):
        self.nbytes = nbytes
        self.batched = batched
        self.slot = slot
        self.offset = 0
        self.whole: Buffer | None = None
        self.first: int | None = None
        self.last = -1

    @property
    def held(self) -> int:
        """Bytes of the arena in a run of `EXAMPLES`."""
        if self.slot != 0:
            return 0
        return self.nbytes * EXAMPLES if self.batched else self.nbytes

    def use(self, time: int) -> None:
        """Notes that it is read or written at this time; times come in order."""
        if self.first is None:
            self.first = time
        self.last = time


def place(buffers: Iterable[Buffer], centred: bool = False) -> int:
    """Gives each buffer an offset so that buffers that live at once never overlap.

    Greedy by size: the largest first, each at the lowest offset that is free during its whole life
    (Pisarchyk & Lee 2020). Those of a cache line or less, of which deep models have thousands, lie
    behind them, each at a place of its own. Returns the bytes that all need together.

    centred: where it needs no more memory, they lie around the middle of larger ones instead. The
    half of a map that a thread writes is then where it wrote before, in its own cache.
    """
    used = [b for b in buffers if b.first is not None]
    large = sorted((b for b in used if b.nbytes > ALIGNMENT), key=lambda b: -b.nbytes)
    total = _place_by_size(large, _lowest_gap)
    if centred and _place_by_size(large, _middle_or_gap) > total:
        _place_by_size(large, _lowest_gap)
    for buffer in used:
        if buffer.nbytes <= ALIGNMENT:
            buffer.offset = total
            total += aligned(buffer.nbytes)
    return total


def _place_by_size(large: list[Buffer], offset_of: Callable) -> int:
    """Places buffers one after another; returns the bytes that they need together."""
    placed: list[Buffer] = []
    total = 0
    for i, buffer in enumerate(large):
        alive = [o for o in placed if o.first <= buffer.last and buffer.first <= o.last]
        buffer.offset = offset_of(buffer, alive, large[:i])
        total = max(total, _end(buffer))
        insort(placed, buffer, key=lambda b: b.offset)
    return total


def _lowest_gap(buffer: Buffer, alive: list[Buffer], larger: list[Buffer]) -> int:
    offset = 0
    for other in alive:
        if other.offset - offset >= aligned(buffer.nbytes):
            break
        offset = max(offset, _end(other))
    return offset


def _middle_or_gap(buffer: Buffer, alive: list[Buffer], larger: list[Buffer]) -> int:
    """The middle of the largest buffer that is free there, or the lowest gap."""
    size = aligned(buffer.nbytes)
    for other in larger:
        if other.first <= buffer.last and buffer.first <= other.last:
            continue
        offset = other.offset + (aligned(other.nbytes) - size) // (2 * ALIGNMENT) * ALIGNMENT
        if all(_end(o) <= offset or offset + size <= o.offset for o in alive):
            return offset
    return _lowest_gap(buffer, alive, larger)


def _end(buffer: Buffer) -> int:
    return buffer.offset + aligned(buffer.nbytes)


def aligned(nbytes: int) -> int:
    """Bytes rounded up to whole cache lines."""
    return -(-nbytes // ALIGNMENT) * ALIGNMENT
