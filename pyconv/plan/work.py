"""What op records do: bytes that they move, products that they sum; and how long buffers live."""

from __future__ import annotations

from typing import NamedTuple

from pyconv.plan.memory import Buffer
from pyconv.plan.record import Record


class Work(NamedTuple):
    """One op record. `..._each` is for every example of a run.

    Attributes:
        nbytes, nbytes_each: bytes of all its buffers, each counted once.
        products, products_each: multiply-adds of a convolution, padding included.
    """

    nbytes: int
    nbytes_each: int
    products: int
    products_each: int


class Life(NamedTuple):
    """A buffer of the arena: the layer that wrote it first, bytes, and the units that use it."""

    origin: str
    nbytes: int
    batched: bool
    first: int
    last: int


def work_of(record: Record) -> Work:
    """Bytes and products of one record."""
    used = set(record.used)
    products = _products(record.params) if record.name in _CONVOLUTIONS else 0
    batched = products and record.params["batched"]
    return Work(
        sum(b.nbytes for b in used if not b.batched),
        sum(b.nbytes for b in used if b.batched),
        0 if batched else products,
        products if batched else 0,
    )


_CONVOLUTIONS = ("conv_forward", "conv_backward_data", "conv_backward_weights")


def _products(p: dict) -> int:
    """Every output pixel of the convolution sums taps x channels for each of its channels."""
    pixels, taps = p["od"] * p["oh"] * p["ow"], p["kd"] * p["kh"] * p["kw"]
    return p["n"] * pixels * taps * p["ic"] // p["groups"] * p["oc"]


def lives_of(records: list[Record]) -> list[Life]:
    """All buffers of the arena, in the order in which they are first written."""
    origins: dict[Buffer, str] = {}
    for record in records:
        for buffer in record.used:
            if buffer.slot == 0:
                origins.setdefault(buffer, record.origin)
    return [Life(name, b.nbytes, b.batched, b.first, b.last) for b, name in origins.items()]
