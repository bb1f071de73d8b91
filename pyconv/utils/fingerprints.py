"""Hashes of byte strings, the same numbers as TensorFlow's: FarmHash's fingerprint and SipHash.

FarmHash: Google's Fingerprint64 (github.com/google/farmhash, "na" variant); SipHash-2-4: Aumasson
and Bernstein, "SipHash: a fast short-input PRF", 2012. Words are little-endian, arithmetic is
modulo 2^64.
"""

from __future__ import annotations

_MASK = (1 << 64) - 1
_K0, _K1, _K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F
_JOIN = 0xC6A4A7935BD1E995
_BLOCK = 64  # bytes that a round of long strings mixes in


def farm_fingerprint(text: bytes) -> int:
    """FarmHash's Fingerprint64, from 0 to 2^64 - 1.

    Example:
        >>> farm_fingerprint(b"a") % 1000
        939
    """
    size = len(text)
    if size > _BLOCK:
        return _of_blocks(text)
    if size > 32:
        return _up_to_64(text)
    if size > 16:
        return _up_to_32(text)
    return _up_to_16(text)


def joined_fingerprint(first: int, second: int) -> int:
    """The fingerprint of two, in this order, as TensorFlow's crossed columns have it.

    Example:
        >>> joined_fingerprint(1, 2) == joined_fingerprint(2, 1)
        False
    """
    mixed = first ^ _JOIN
    mixed ^= _shifted(second * _JOIN & _MASK) * _JOIN & _MASK
    mixed = mixed * _JOIN & _MASK
    return _shifted(_shifted(mixed) * _JOIN & _MASK)


def sip_hash(text: bytes, key) -> int:
    """SipHash-2-4 of a string with a key of two integers, from 0 to 2^64 - 1.

    Example:
        >>> hex(sip_hash(bytes(range(15)), (0x0706050403020100, 0x0F0E0D0C0B0A0908)))
        '0xa129ca6149be45e5'
    """
    k0, k1 = (part & _MASK for part in key)
    start = (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)
    v = [word ^ k for word, k in zip(start, (k0, k1, k0, k1), strict=True)]
    padded = text + bytes(-(len(text) + 1) % 8) + bytes([len(text) & 0xFF])
    for i in range(0, len(padded), 8):
        word = _word(padded, i)
        v[3] ^= word
        v = _sip_round(*_sip_round(*v))
        v[0] ^= word
    v[2] ^= 0xFF
    for _ in range(4):
        v = _sip_round(*v)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def _sip_round(a, b, c, d) -> list[int]:
    a, c = a + b & _MASK, c + d & _MASK
    b, d = _turned(b, -13) ^ a, _turned(d, -16) ^ c
    a = _turned(a, -32)
    a, c = a + d & _MASK, c + b & _MASK
    b, d = _turned(b, -17) ^ c, _turned(d, -21) ^ a
    return [a, b, _turned(c, -32), d]


def _word(text: bytes, at: int, size: int = 8) -> int:
    return int.from_bytes(text[at : at + size], "little")


def _turned(value: int, bits: int) -> int:
    """The 64 bits, turned to the right."""
    bits %= 64
    return (value >> bits | value << (64 - bits)) & _MASK


def _shifted(value: int) -> int:
    return value ^ value >> 47


def _both(u: int, v: int, factor: int) -> int:
    """Two words mixed into one."""
    a = _shifted(((u ^ v) & _MASK) * factor & _MASK)
    b = _shifted((v & _MASK ^ a) * factor & _MASK)
    return b * factor & _MASK


def _up_to_16(text: bytes) -> int:
    size = len(text)
    factor = _K2 + 2 * size
    if size >= 8:
        a, b = _word(text, 0) + _K2 & _MASK, _word(text, size - 8)
        return _both(_turned(b, 37) * factor + a, (_turned(a, 25) + b) * factor, factor)
    if size >= 4:
        return _both(size + (_word(text, 0, 4) << 3), _word(text, size - 4, 4), factor)
    if size == 0:
        return _K2
    y, z = text[0] + (text[size >> 1] << 8), size + (text[-1] << 2)
    return _shifted((y * _K2 ^ z * _K0) & _MASK) * _K2 & _MASK


def _up_to_32(text: bytes) -> int:
    size = len(text)
    factor = _K2 + 2 * size
    a, b = _word(text, 0) * _K1 & _MASK, _word(text, 8)
    c, d = _word(text, size - 8) * factor & _MASK, _word(text, size - 16) * _K2
    first = _turned(a + b & _MASK, 43) + _turned(c, 30) + d
    return _both(first, a + _turned(b + _K2 & _MASK, 18) + c, factor)


def _up_to_64(text: bytes) -> int:
    size = len(text)
    factor = _K2 + 2 * size
    a, b = _word(text, 0) * _K2 & _MASK, _word(text, 8)
    c, d = _word(text, size - 8) * factor & _MASK, _word(text, size - 16) * _K2
    y = _turned(a + b & _MASK, 43) + _turned(c, 30) + d & _MASK
    z = _both(y, a + _turned(b + _K2 & _MASK, 18) + c, factor)
    e, f = _word(text, 16) * factor & _MASK, _word(text, 24)
    g = (y + _word(text, size - 32)) * factor & _MASK
    h = (z + _word(text, size - 24)) * factor
    first = _turned(e + f & _MASK, 43) + _turned(g, 30) + h
    return _both(first, e + _turned(f + a & _MASK, 18) + g, factor)


def _of_blocks(text: bytes) -> int:
    """Of more than 64 bytes: rounds over blocks, the last of which is the string's end."""
    x, y = 81, (81 * _K1 + 113) & _MASK
    z = _shifted(y * _K2 + 113 & _MASK) * _K2 & _MASK
    x = x * _K2 + _word(text, 0) & _MASK
    v, w = (0, 0), (0, 0)
    end = (len(text) - 1) // _BLOCK * _BLOCK
    for at in range(0, end, _BLOCK):
        x, y, z, v, w = _round(text, at, x, y, z, v, w, _K1, 1)
    factor = _K1 + ((z & 0xFF) << 1)
    first = w[0] + (len(text) - 1 & 63)
    v = (v[0] + first & _MASK, v[1])
    w = (first + v[0] & _MASK, w[1])
    x, y, z, v, w = _round(text, len(text) - _BLOCK, x, y, z, v, w, factor, 9)
    first = _both(v[0], w[0], factor) + _shifted(y) * _K0 + z
    return _both(first, _both(v[1], w[1], factor) + x, factor)


def _round(text, at, x, y, z, v, w, factor, weight):
    """The state (x, y, z, v, w) after a block."""
    x = _turned(x + y + v[0] + _word(text, at + 8) & _MASK, 37) * factor & _MASK
    y = _turned(y + v[1] + _word(text, at + 48) & _MASK, 42) * factor & _MASK
    x ^= w[1] * weight & _MASK
    y = y + v[0] * weight + _word(text, at + 40) & _MASK
    z = _turned(z + w[0] & _MASK, 33) * factor & _MASK
    v = _weak(text, at, v[1] * factor, x + w[0])
    w = _weak(text, at + 32, z + w[1], y + _word(text, at + 16))
    return z, y, x, v, w


def _weak(text, at, a, b):
    """Four words and two seeds mixed into two words."""
    first, second, third, last = (_word(text, at + 8 * i) for i in range(4))
    a = a + first & _MASK
    b = _turned(b + a + last & _MASK, 21)
    start, a = a, a + second + third & _MASK
    return a + last & _MASK, b + _turned(a, 44) + start & _MASK
