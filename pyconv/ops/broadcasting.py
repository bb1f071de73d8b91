"""Shapes that meet: NumPy's rule, its strides, and its transpose."""

from __future__ import annotations

from itertools import zip_longest

from pyconv.graph import Tensor, merged


def broadcast_shape(what: str, a: tuple, b: tuple) -> tuple:
    """The shape that two shapes broadcast to; raises ValueError when they do not."""
    result = []
    for p, q in zip_longest(reversed(a), reversed(b), fillvalue=1):
        if p != q and p != 1 and q != 1 and not (None in (p, q) and _free(a, b)):
            raise ValueError(
                f"{what}: expected shapes that broadcast, received {a} and {b}; reshape one, so "
                "that aligned from the right each pair of sizes is equal or has a 1"
            )
        result.append(q if p == 1 else p if p is not None else q if q != 1 else None)
    return tuple(reversed(result))


def _free(a: tuple, b: tuple) -> bool:
    """Whether a model with free spatial sizes is being described, where None may meet a number."""
    return None in a[1:] or None in b[1:]


def sum_to_shape(x: Tensor, shape: tuple) -> Tensor:
    """Adds up the axes along which a tensor of `shape` was repeated: broadcasting's transpose."""
    if x.shape == shape:
        return x
    padded = (1,) * (x.ndim - len(shape)) + tuple(shape)
    axes = tuple(i for i, (p, q) in enumerate(zip(x.shape, padded, strict=True)) if p != q)
    return (x.sum(axes, keepdims=True) if axes else x).reshape(shape)


def broadcast_strides(shape: tuple, a: tuple, b: tuple) -> dict[str, int]:
    """Sizes d1..d4 behind the leading axis, and the operands' strides; new axes lead the sizes."""
    strides = (_strides(shape, a) or [0], _strides(shape, b) or [0])
    lead, *axes = zip(shape or (1,), *strides, strict=True)
    axes = merged(axes)
    if len(axes) > 4:
        raise ValueError(f"cannot combine {a} with {b}: expected at most 5 axes; reshape them")
    axes = [(1, 0, 0)] * (4 - len(axes)) + axes
    result = {"an": lead[1], "bn": lead[2]}
    for i, (size, sa, sb) in enumerate(axes, start=1):
        result |= {f"d{i}": size, f"a{i}": sa, f"b{i}": sb}
    return result


def _strides(shape: tuple, operand: tuple) -> list[int]:
    """Strides, in elements, of an operand seen in the broadcast shape; 0 where it is repeated."""
    operand = (1,) * (len(shape) - len(operand)) + tuple(operand)
    strides, step = [], 1
    for size, full in zip(reversed(operand), reversed(shape), strict=True):
        strides.append(0 if size == 1 and full != 1 else step)
        step *= 1 if size is None else size
    return strides[::-1]
