"""Masks: where an activation lets a gradient through, as bits that its maker writes beside it."""

from __future__ import annotations

from collections import defaultdict

from pyconv import core
from pyconv.plan.memory import ITEM, Buffer
from pyconv.plan.record import Record

#: Bytes of an example's map up to which a stripe that made or read it still has it in the cache.
CACHED = 256 * 1024

#: What may end with an activation: its result, the number that counts its channels, its bits.
_MAKERS = {
    "conv_forward": ("y", "oc", "code"),
    "conv_backward_data": ("dx", "ic", "code"),
    "normalize": ("y", "channels", "bits"),
}

#: Channels of a byte of bits. Maps of whole bytes lie without gaps, so that a sweep need not go row
#: by row; groups of whole bytes, of more than one, may have bits (src/ops/conv.c: bits_fit).
_BYTE = 8

_GRADIENTS = [core.FUNCTIONS["binary"].index(f"{name}_gradient") for name in ("relu", "relu6")]

#: Who reads or writes each buffer: the number of the unit, and the record.
_Users = dict[Buffer, list[tuple[int, Record]]]


def masks(units: list[list[Record]]) -> list[Buffer]:
    """Has what makes an activation write bits, and its gradients read these instead of the
    activation, where that pays. Returns the buffers of the bits.

    Of an element the gradient reads only whether it lies between the bounds. As a bit that is a
    32nd of what comes from memory; and where nothing else of the backward pass reads the
    activation, it need not be kept.
    """
    users: _Users = defaultdict(list)
    for u, unit in enumerate(units):
        for record in unit:
            for buffer in dict.fromkeys(record.used):
                users[buffer].append((u, record))
    made = [_bits(u, record, users) for u, unit in enumerate(units) for record in unit]
    return [bits for bits in made if bits is not None]


def _bits(unit: int, maker: Record, users: _Users) -> Buffer | None:
    """The bits of the maker's activation, if it is to write them; gradients then read them."""
    if not _may_make(maker):
        return None
    result, channels, name = _MAKERS[maker.name]
    y, channels = maker.buffers[result], maker.params[channels]
    gradients = [(u, r) for u, r in users[y] if _is_gradient(r, y, channels)]
    others = {u for u, r in users[y] if r is not maker and (u, r) not in gradients}
    if not gradients or not _pays(y, {unit, *others}, {u for u, _ in gradients}):
        return None
    bits = Buffer(y.nbytes // (ITEM * channels) * core.bits_row(channels), y.batched)
    maker.buffers[name] = bits
    for _, record in gradients:
        _read(record, bits)
    return bits


def _pays(y: Buffer, near: set[int], gradients: set[int]) -> bool:
    """Whether a gradient would read the activation from memory. It would not within a unit that
    makes it or reads it for something else as well, while all that stays in the cache."""
    return y.nbytes > CACHED or bool(gradients - near)


def _may_make(record: Record) -> bool:
    """Whether it ends with an activation, whose rows begin with bytes, and not with a pooling."""
    if record.name not in _MAKERS or not record.params["activation"] or "mask" in record.buffers:
        return False
    p, channels = record.params, _MAKERS[record.name][1]
    return p.get("qh", 1) * p.get("qw", 1) == 1 and _fits(p, channels)


def _fits(params: dict, channels: str) -> bool:
    groups = params.get("groups", 1)
    each = params[channels] // groups
    return groups == 1 or (each % _BYTE == 0 and each > _BYTE)


def _is_gradient(record: Record, y: Buffer, channels: int) -> bool:
    """Whether it reads y as the mask of a gradient alone, and could read bits."""
    p, used = record.params, record.used
    if used.count(y) > 1:
        return False
    if record.name == "binary":
        size = p["d1"] * p["d2"] * p["d3"] * p["d4"]
        flat = p["an"] == p["bn"] == p["d4"] == size and channels % _BYTE == 0
        return record.buffers["a"] is y and p["function"] in _GRADIENTS and flat
    if record.buffers.get("mask") is not y:
        return False
    name = _MAKERS[record.name][1]
    return p[name] == channels and _fits(p, name)


def _read(record: Record, bits: Buffer) -> None:
    """Has the gradient read bits instead of the activation."""
    if record.name == "binary":
        a = record.params
        record.name, record.constants = "masked", {}
        record.buffers = {"bits": bits, "dy": record.buffers["b"], "dx": record.buffers["y"]}
        record.params = {"batched": a["batched"], "n": a["n"], "count": a["d4"]}
    else:
        record.buffers["mask"] = bits
        record.params = {**record.params, "mask": core.MASK_BITS}
