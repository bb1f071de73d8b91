"""In place: results that are written onto inputs which nobody needs any more."""

from __future__ import annotations

from pyconv import core
from pyconv.plan.memory import Buffer
from pyconv.plan.record import Record


def overwrite(units: list[list[Record]]) -> None:
    """Lets the result of an op lie where an input ends, where the op goes element by element.

    A result that lives within one stripe takes the place of inputs alone that do so, too: its own
    memory stays in the cache, theirs would be written back.
    """
    lives: dict[Buffer, _Life] = {}
    for unit in units:
        for record in unit:
            for buffer in record.used:
                lives.setdefault(buffer, _Life(unit, record)).extend(unit, record)
    replaced: dict[Buffer, Buffer] = {}
    for unit in units:
        for record in unit:
            record.replace(replaced)
            source, result = _pair(record, lives)
            if source is not None:
                replaced[result] = source
                lives[source].extend(lives[result].end, lives[result].last)
                record.replace(replaced)


class _Life:
    """The units, and the records, that use a buffer first and last."""

    def __init__(self, unit: list[Record], record: Record):
        self.start, self.first = unit, record

    def extend(self, unit: list[Record], record: Record) -> None:
        self.end, self.last = unit, record

    @property
    def local(self) -> bool:
        """Whether it lives within one stripe."""
        return self.start is self.end and len(self.start) > 1


def _pair(record: Record, lives: dict[Buffer, _Life]) -> tuple[Buffer | None, Buffer | None]:
    """An input that ends in this record, and the result that may lie there."""
    onto = core.OP_TYPES[record.name].onto
    if not onto:
        return None, None
    [result] = record.written
    if result.slot != 0 or lives[result].first is not record:
        return None, None
    for name, source in record.buffers.items():
        if (
            name in onto
            and source.slot == 0
            and (source.nbytes, source.batched) == (result.nbytes, result.batched)
            and lives[source].last is record
            and (lives[source].local or not lives[result].local)
        ):
            return source, result
    return None, None
