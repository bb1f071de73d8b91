"""Again: maps that a sweep makes anew for the backward pass, so that nobody keeps them."""

from __future__ import annotations

from copy import copy

from pyconv.plan.memory import Buffer
from pyconv.plan.record import Record


def again(records: list[Record]) -> tuple[list[Record], list[Buffer]]:
    """The records, with normalized maps made a second time where backward needs them, and the
    buffers of these. Where both their uses are of stripes, such a map lives in the cache each time
    and is not written to memory at all: its gradient reads what it is made of anyway.
    """
    result, buffers = list(records), []
    for record in records:
        late = _late(record, records)
        if late:
            new = Buffer(record.buffers["y"].nbytes, True)
            for other in late:
                other.replace({record.buffers["y"]: new})
            twin = copy(record)
            twin.buffers = {**record.buffers, "y": new}
            twin.after = [b for b in late[0].used if b.batched and b is not new]
            result.insert(result.index(late[0]), twin)
            buffers.append(new)
    return result, buffers


def _late(record: Record, records: list[Record]) -> list[Record]:
    """The records that read a normalized map for a gradient, if it can be made again for them."""
    y = record.buffers.get("y")
    if record.name != "normalize" or "residual" in record.buffers or y.slot != 0 or not y.batched:
        return []
    readers = [r for r in records if r is not record and y in r.used]
    first = next((i for i, r in enumerate(readers) if _is_late(r, y)), 0)
    if not first or any(r.kind != "stripe" for r in readers):
        return []
    at = records.index(readers[first])
    alive = any(record.buffers["x"] in r.used for r in records[at + 1 :])
    same = alive and not _is_changed(record, records[records.index(record) + 1 : at])
    return readers[first:] if same else []


def _is_changed(record: Record, between: list[Record]) -> bool:
    """Whether what it reads is written meanwhile, as a variable is by an update within the run."""
    return any(b in record.used for other in between for b in other.written)


def _is_late(reader: Record, y: Buffer) -> bool:
    """Whether it reads the map for a gradient: of a kernel, or through its activation."""
    name = "x" if reader.name == "conv_backward_weights" else "mask"
    return reader.buffers.get(name) is y
