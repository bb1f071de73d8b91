"""Products that sum over axes, by the labels of the axes or by their numbers."""

from __future__ import annotations

from math import prod
from string import ascii_letters

from pyconv.graph import apply
from pyconv.ops.convolution_ops import ConvKernelGradient
from pyconv.ops.described import described
from pyconv.ops.diagonals import diagonal
from pyconv.ops.dtypes import alike, is_integral
from pyconv.ops.elementwise import cast, multiply, subtract
from pyconv.ops.geometry import Geometry
from pyconv.ops.linear import matmul
from pyconv.ops.rearranging import moveaxis
from pyconv.ops.reduce import sum
from pyconv.ops.shaping import axis_of, broadcast_to, reshape, shape_of, transpose
from pyconv.ops.slices import getitem, stack


def einsum(subscripts, *operands, **kwargs):
    """Sums of products over axes that have labels (Einstein's convention, as NumPy's).

    Args:
        subscripts: labels of each operand's axes, separated by commas, then "->" and those of the
            result; without them the labels that occur once, in order. "..." stands for any axes.
        operands: tensors or arrays.
        kwargs: `optimize` is taken for Keras' sake; operands are joined from left to right.

    Raises:
        ValueError: labels that do not fit the shapes.

    Example:
        >>> from pyconv import ops
        >>> ops.einsum("ij,jk->ik", [[1.0, 2.0]], [[3.0], [4.0]])
        array([[11.]], dtype=float32)
    """
    inputs, output, sizes = _labels(subscripts, [shape_of(x) for x in operands])
    integral = all(map(is_integral, operands))
    if any(None in shape_of(x)[1:] for x in operands):
        return described(operands[0], tuple(sizes[label] for label in output))
    terms = [_without_repeats(*term) for term in zip(alike(*operands), inputs, strict=True)]
    x, labels = terms[0]
    for position, (other, more) in enumerate(terms[1:], start=2):
        later = set(output).union(*(names for _, names in terms[position:]))
        x, labels = _joined(x, labels, other, more, later, sizes)
    x, labels = _summed(x, labels, set(output))
    y = transpose(x, [labels.index(label) for label in output])
    return cast(y, "int32") if integral and not is_integral(y) else y


def _labels(subscripts: str, shapes: list[tuple]):
    """(labels of each operand, of the result, {label: size}); "..." becomes capital labels."""
    text = subscripts.replace(" ", "")
    left, arrow, right = text.partition("->")
    names = left.split(",")
    if len(names) != len(shapes):
        raise ValueError(
            f"einsum: expected labels for {len(shapes)} operands, received {subscripts!r}"
        )
    spare = [c for c in reversed(ascii_letters) if c not in text]
    dotted = zip(names, shapes, strict=True)
    most = max([0, *(len(s) - len(n.replace("...", "")) for n, s in dotted if "." in n)])
    hidden = "".join(spare[:most])
    inputs = []
    for name, shape in zip(names, shapes, strict=True):
        count = len(shape) - len(name.replace("...", ""))
        inputs.append(name.replace("...", hidden[most - count :] if count else ""))
    if not arrow:
        joined = "".join(inputs)
        once = sorted(c for c in set(joined) if joined.count(c) == 1 and c not in hidden)
        right = "..." + "".join(once)
    output = right.replace("...", hidden)
    sizes = {}
    for name, shape in zip(inputs, shapes, strict=True):
        fits = len(name) == len(shape)
        for label, size in zip(name, shape, strict=False):
            fits = fits and sizes.get(label, size) in (size, 1) or size == 1
            if sizes.get(label, 1) == 1:
                sizes[label] = size
        if not fits:
            raise ValueError(f"einsum: {subscripts!r} does not fit the shapes {shapes}")
    if not set(output) <= set(sizes):
        raise ValueError(f"einsum: {subscripts!r} has labels on the right only")
    return inputs, output, sizes


def _without_repeats(x, labels: str):
    """x with one axis for each label: the diagonal of those that share one."""
    for label in dict.fromkeys(labels):
        while labels.count(label) > 1:
            first = labels.index(label)
            second = labels.index(label, first + 1)
            x = diagonal(x, 0, first, second)
            labels = labels[:first] + labels[first + 1 : second] + labels[second + 1 :] + label
    return x, labels


def _summed(x, labels: str, kept: set):
    """x summed over the labels that nothing needs any more."""
    axes = tuple(i for i, label in enumerate(labels) if label not in kept)
    if not axes:
        return x, labels
    return sum(x, axes), "".join(label for label in labels if label in kept)


def _joined(a, left: str, b, right: str, later: set, sizes: dict):
    """The product of two operands, summed over what neither the result nor others need."""
    a, left = _summed(a, left, later | set(right))
    b, right = _summed(b, right, later | set(left))
    shared = [c for c in left if c in right]
    summed = [c for c in shared if c not in later]
    batch = [c for c in shared if c in later]
    own, other = ([c for c in names if c not in shared] for names in (left, right))
    if any(sizes[c] is None for c in other) and not any(sizes[c] is None for c in left):
        return _joined(b, right, a, left, later, sizes)
    order = batch + own + other
    order.sort(key=lambda c: sizes[c] is not None)
    if not summed or not (own or other):
        return _multiplied(a, left, b, right, order + summed, len(summed), sizes)
    if sizes[summed[0]] is None or any(sizes[c] is None for c in summed):
        return _over_examples(a, left, b, right, (batch, own, other, summed), sizes)
    if batch and any(sizes[c] is None for c in own):
        lone = next(c for c in own if sizes[c] is None)
        b, right = broadcast_to(b, (None, *shape_of(b))), lone + right
        batch, own = [lone, *batch], [c for c in own if c != lone]
    batch.sort(key=lambda c: sizes[c] is not None)
    own.sort(key=lambda c: sizes[c] is not None)
    x = _arranged(a, left, batch, own, summed, sizes)
    y = matmul(x, _arranged(b, right, batch, summed, other, sizes))
    result = [*batch, *own, *other]
    return reshape(y, tuple(sizes[c] for c in result)), "".join(result)


def _arranged(x, labels: str, batch: list, rows: list, columns: list, sizes: dict):
    """x as matrices (batch..., rows, columns)."""
    order = [*batch, *rows, *columns]
    x = broadcast_to(x, tuple(sizes[c] for c in labels))
    x = transpose(x, [labels.index(c) for c in order])
    lead = [sizes[c] for c in batch]
    heights, widths = [sizes[c] for c in rows], [sizes[c] for c in columns]
    if None in heights:
        lead, heights = [None], heights[1:]
    if None in widths:
        raise ValueError("einsum: expected the label of the examples to lead the result")
    return reshape(x, (*lead, prod(heights), prod(widths)))


def _multiplied(a, left: str, b, right: str, order: list, summed: int, sizes: dict):
    """The product element by element, over all labels, then summed over the last ones."""
    y = multiply(_spread(a, left, order, sizes), _spread(b, right, order, sizes))
    if not summed:
        return y, "".join(order)
    return sum(y, tuple(range(-summed, 0))), "".join(order[:-summed])


def _spread(x, labels: str, order: list, sizes: dict):
    """x with its axes in this order, of size 1 where it does not have a label."""
    x = transpose(x, [labels.index(c) for c in order if c in labels])
    own = iter(shape_of(x))
    return reshape(x, tuple(next(own) if c in labels else 1 for c in order))


def _over_examples(a, left: str, b, right: str, parts: tuple, sizes: dict):
    """The sum over the examples, which is a kernel's gradient."""
    batch, own, other, summed = parts
    summed = sorted(summed, key=lambda c: sizes[c] is not None)
    if batch:
        order = [*summed, *batch, *own, *other]
        y = multiply(_spread(a, left, order, sizes), _spread(b, right, order, sizes))
        return sum(y, tuple(range(len(summed)))), "".join(order[len(summed) :])
    x, g = (
        reshape(
            transpose(t, [labels.index(c) for c in (*summed, *free)]),
            (None, prod(sizes[c] for c in summed[1:]), prod(sizes[c] for c in free)),
        )
        for t, labels, free in ((a, left, own), (b, right, other))
    )
    y = apply(ConvKernelGradient(Geometry((1,), (1,), "valid"), (1,)), x, g)
    return reshape(y, tuple(sizes[c] for c in (*own, *other))), "".join((*own, *other))


def tensordot(x1, x2, axes=2):
    """The sum of products over some axes of both; the others of x1, then those of x2, stay.

    Args:
        x1, x2: tensors or arrays.
        axes: how many axes at x1's end and x2's beginning; or the axes of x1 and those of x2.

    Example:
        >>> from pyconv import ops
        >>> ops.tensordot([[1.0, 2.0]], [[3.0], [4.0]], axes=1)
        array([[11.]], dtype=float32)
    """
    first, second = shape_of(x1), shape_of(x2)
    if hasattr(axes, "__index__"):
        axes = (range(len(first) - axes, len(first)), range(axes))
    axes1, axes2 = ([a] if hasattr(a, "__index__") else list(a) for a in axes)
    left, right = list(ascii_letters[: len(first)]), list(ascii_letters[26:][: len(second)])
    for one, two in zip(axes1, axes2, strict=True):
        right[axis_of("tensordot", second, two)] = left[axis_of("tensordot", first, one)]
    kept = [c for c in left if c not in right] + [c for c in right if c not in left]
    return einsum(f"{''.join(left)},{''.join(right)}->{''.join(kept)}", x1, x2)


def dot(x1, x2):
    """The sum of products over the last axis of x1 and the second-last of x2, or its only one.

    Example:
        >>> from pyconv import ops
        >>> float(ops.dot([1.0, 2.0], [3.0, 4.0]))
        11.0
    """
    if not shape_of(x1) or not shape_of(x2):
        return multiply(x1, x2)
    return tensordot(x1, x2, ([-1], [-min(len(shape_of(x2)), 2)]))


def inner(x1, x2):
    """The sum of products over the last axes of both.

    Example:
        >>> from pyconv import ops
        >>> float(ops.inner([1.0, 2.0], [3.0, 4.0]))
        11.0
    """
    if not shape_of(x1) or not shape_of(x2):
        return multiply(x1, x2)
    return tensordot(x1, x2, ([-1], [-1]))


def outer(x1, x2):
    """All products of an element of x1 and one of x2, both as vectors.

    Example:
        >>> from pyconv import ops
        >>> ops.outer([1.0, 2.0], [3.0, 4.0])
        array([[3., 4.],
               [6., 8.]], dtype=float32)
    """
    return multiply(reshape(x1, (-1, 1)), reshape(x2, (1, -1)))


def vdot(x1, x2):
    """The sum of products of all elements, both as vectors.

    Example:
        >>> from pyconv import ops
        >>> float(ops.vdot([1.0, 2.0], [3.0, 4.0]))
        11.0
    """
    return sum(multiply(reshape(x1, (-1,)), reshape(x2, (-1,))))


def kron(x1, x2):
    """Kronecker's product: each element of x1 times all of x2.

    Example:
        >>> from pyconv import ops
        >>> ops.kron([1.0, 2.0], [1.0, 1.0])
        array([1., 1., 2., 2.], dtype=float32)
    """
    first, second = shape_of(x1), shape_of(x2)
    rank = max(len(first), len(second))
    first, second = ((1,) * (rank - len(s)) + s for s in (first, second))
    a = reshape(x1, tuple(v for size in first for v in (size, 1)))
    b = reshape(x2, tuple(v for size in second for v in (1, size)))
    return reshape(multiply(a, b), tuple(p * q for p, q in zip(first, second, strict=True)))


def cross(x1, x2, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """The vector product along an axis of size 3; of size 2 the third component is 0.

    Args:
        x1, x2: tensors or arrays.
        axisa, axisb: the axes of the vectors in x1 and x2.
        axisc: that of the result's.
        axis: one for all three.

    Example:
        >>> from pyconv import ops
        >>> ops.cross([1.0, 0.0, 0.0], [0.0, 1.0, 0.0])
        array([0., 0., 1.], dtype=float32)
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = moveaxis(x1, axisa, -1), moveaxis(x2, axisb, -1)
    sizes = shape_of(a)[-1], shape_of(b)[-1]
    if not set(sizes) <= {2, 3}:
        raise ValueError(f"cross: expected axes of size 2 or 3, received sizes {sizes}")
    (a0, a1, a2), (b0, b1, b2) = _components(a), _components(b)
    third = subtract(multiply(a0, b1), multiply(a1, b0))
    if sizes == (2, 2):
        return third
    first = subtract(multiply(a1, b2), multiply(a2, b1))
    second = subtract(multiply(a2, b0), multiply(a0, b2))
    return moveaxis(stack([first, second, third], axis=-1), -1, axisc)


def _components(x) -> list:
    parts = [getitem(x, (..., i)) for i in range(shape_of(x)[-1])]
    return parts if len(parts) == 3 else [*parts, multiply(parts[0], 0.0)]
